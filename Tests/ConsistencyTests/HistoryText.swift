import Linearizability
import OperationHistory

@testable import Consistency

/// Reads a native history of these lines, a header before them.
func history(_ lines: [String], header: String = "") throws -> History {
  let text =
    "{\"linnaeus\":1,\"model\":\"znode\"\(header)}\n" + lines.joined(separator: "\n") + "\n"
  return try Array(text.utf8).withUnsafeBytes { try HistoryReader.read($0) }
}

/// Two lines of an operation: its call and its reply, without times, one after the other.
func operation(
  _ id: Int, process: Int = 0, _ f: String, _ call: String, _ type: String = "ok",
  _ reply: String = ""
) -> [String] {
  [
    invocation(id, process: process, f, call),
    completion(id, process: process, f, type, reply),
  ]
}

/// The line of a call; `call` holds further fields, each with a comma before it.
func invocation(_ id: Int, process: Int = 0, _ f: String, _ call: String) -> String {
  "{\"type\":\"invoke\",\"op\":\(id),\"process\":\(process),\"f\":\"\(f)\""
    + ",\"session\":\"0x\(process + 1)\"\(call)}"
}

/// The line of a reply; `reply` holds further fields, each with a comma before it.
func completion(
  _ id: Int, process: Int = 0, _ f: String, _ type: String = "ok", _ reply: String = ""
) -> String {
  "{\"type\":\"\(type)\",\"op\":\(id),\"process\":\(process),\"f\":\"\(f)\"\(reply)}"
}

/// Whether every path of a history is linearizable.
func verdict(
  _ lines: [String], reads: ReadSelection = .all, header: String = ""
) throws -> Verdict {
  let projection = try ZnodeProjection(history(lines, header: header), reads: reads)
  return checkLinearizability(projection.compiled).verdict
}
