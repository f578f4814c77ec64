import Glibc
import LinnaeusBase
import OperationHistory

/// How much longer than usual random tests run.
let effort = getenv("LINNAEUS_EFFORT").flatMap { Double(String(cString: $0)) } ?? 1

/// The folder of public histories, if the environment names it.
let sharedFolder = getenv("LINNAEUS_SHARED").map { String(cString: $0) }

/// The history that some text is.
func read(_ text: String, as format: HistoryFormat? = nil) throws(HistoryError) -> History {
  try read(Array(text.utf8), as: format)
}

/// The history that some bytes are.
func read(_ bytes: [UInt8], as format: HistoryFormat? = nil) throws(HistoryError) -> History {
  try bytes.withUnsafeBufferPointer { (bytes) throws(HistoryError) in
    try HistoryReader.read(UnsafeRawBufferPointer(bytes), format: format)
  }
}

/// Why some text is no history; empty if it is one.
func refusal(_ text: String, as format: HistoryFormat? = nil) -> String {
  do {
    _ = try read(text, as: format)
    return ""
  } catch {
    return error.description
  }
}

/// The text of a history in some format.
func text(_ history: History, as format: HistoryFormat) -> String {
  String(decoding: HistoryWriter.write(history, as: format), as: UTF8.self)
}

/// The JSON value of some text.
func json(_ text: String) throws(HistoryError) -> Value {
  try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(HistoryError) in
    try parseJSON(UnsafeRawBufferPointer(bytes))
  }
}

/// A value as JSON.
func json(_ value: Value) -> String {
  var text: [UInt8] = []
  appendJSON(value, to: &text)
  return String(decoding: text, as: UTF8.self)
}

/// One line for each operation: what it was and where it stands.
func summary(_ history: History) -> [String] {
  history.operations.map { operation in
    let values = [
      operation.key, operation.argument, operation.result, operation.error,
      operation.invocationFields, operation.completionFields,
    ].map { $0 == .absent ? "-" : json(history.values[$0]) }
    let end = operation.completion == .max ? "…" : "\(operation.completion)"
    return "\(operation.process) \(history.name(of: operation)) \(values.joined(separator: " "))"
      + " \(operation.outcome) \(operation.invocation)-\(end)"
  }
}

/// The bytes of a public file, and its name for messages.
func sharedFile(_ name: String) throws -> [UInt8] {
  let input = try InputBytes(path: "\(sharedFolder ?? "")/data/\(name)")
  return withExtendedLifetime(input) { Array(input.bytes) }
}
