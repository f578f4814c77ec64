import Linearizability
import OperationHistory

/// Reports for programs: an object a line for each file and guarantee.
///
/// | field | holds |
/// |---|---|
/// | `file` | the path as it was given, or as the folder lists it |
/// | `model` | the model's name, `null` if the file came not so far |
/// | `operations` | how many the file has |
/// | `guarantee` | `linearizable`, or of ZooKeeper and of transactions what was asked for |
/// | `verdict` | `holds`, `violated`, `unknown`, `malformed` |
/// | `reason` | a sentence, or `null` for *holds* |
/// | `witness` | for *violated* and *unknown* an object, else `null`; of ZooKeeper's always one |
/// | `seconds` | wall-clock time, reading included |
///
/// In a corpus `expected` follows. Operations are named by their `op`, in a file without it by
/// their index from 0.
public struct JSONReport: Sendable {
  /// The only form.
  public init() {}

  /// A file's lines: one for each guarantee.
  public func render(_ report: FileReport) -> [UInt8] {
    guard let summary = report.consistency, summary.guarantees.count > 1 else {
      return line(report)
    }
    return summary.guarantees.flatMap { guarantee in
      line(report.only(guarantee))
    }
  }

  private func line(_ report: FileReport) -> [UInt8] {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    add("file", .string(report.file))
    add("model", report.model.map { .string($0) } ?? .null)
    add("operations", .integer(Int64(report.operations)))
    add("guarantee", .string(report.guarantee))
    let isMissing = report.expectation == .missing
    add("verdict", isMissing ? .null : .string(report.verdict.rawValue))
    let reason = isMissing ? "the file is missing" : report.reason
    add("reason", reason.map { .string($0) } ?? .null)
    add("witness", witness(report))
    add("seconds", .decimal((report.seconds * 1e6).rounded() / 1e6))
    switch report.expectation {
    case .none: break
    case .verdict(let expected): add("expected", .string(expected.rawValue))
    case .missing, .notListed, .undecidable: add("expected", .null)
    }
    var bytes: [UInt8] = []
    appendJSON(.map(fields), to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private func witness(_ report: FileReport) -> Value {
    if let violation = report.violation { return witness(violation) }
    if let answer = report.partialAnswer { return witness(answer) }
    if let summary = report.consistency { return witness(summary) }
    return .null
  }

  private func witness(_ summary: ConsistencySummary) -> Value {
    func text(_ text: String?) -> Value { text.map { .string($0) } ?? .null }
    let broken = summary.guarantees.flatMap(\.broken).map { broken -> Value in
      var fields: [Value.Field] = []
      func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
      if broken.number.isEmpty {
        add("anomaly", .string(broken.name))
      } else {
        add("property", .string(broken.number))
        add("name", .string(broken.name))
      }
      add("certain", .boolean(!broken.isUncertain))
      add("count", .integer(Int64(broken.count)))
      add("operations", .list(broken.operations.map { .integer($0) }))
      add("sentence", text(broken.examples.first))
      for part in broken.classes { add("class-\(part.name)", .integer(Int64(part.count))) }
      return .map(fields)
    }
    return .map([
      .init(.string("strongest"), text(summary.strongest)),
      .init(.string("weakest-broken"), text(summary.weakestBroken)),
      .init(.string("broken"), .list(broken)),
      .init(.string("cycles"), .list(summary.cycles.map(value))),
      .init(.string("unknown-writes"), .integer(Int64(summary.unknownWrites))),
      .init(.string("pinned"), .integer(Int64(summary.pinned.count))),
    ])
  }

  private func value(_ cycle: ReportedCycle) -> Value {
    let edges = cycle.edges.map { edge -> Value in
      .map([
        .init(.string("from"), .integer(edge.from)), .init(.string("to"), .integer(edge.to)),
        .init(.string("kind"), .string(edge.kind)),
        .init(.string("because"), .list([.integer(edge.because), .string(edge.field)])),
        .init(.string("sentence"), .string(edge.sentence)),
      ])
    }
    return .map([
      .init(.string("class"), .string(cycle.anomaly)),
      .init(.string("levels"), .list(cycle.levels.map { .string($0) })),
      .init(.string("shortest"), .string(cycle.shortest)),
      .init(.string("edges"), .list(edges)),
    ])
  }

  private func witness(_ violation: Violation) -> Value {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    if let key = violation.key { add("key", keyValue(key)) }
    if let operation = violation.operation { add("operation", value(operation)) }
    if !violation.states.isEmpty { add("states", .list(violation.states.map { .string($0) })) }
    if !violation.candidates.isEmpty {
      add(
        "candidates",
        .list(
          violation.candidates.map { candidate in
            guard case .map(let fields) = value(candidate.operation) else { return .null }
            return .map(fields + [.init(.string("reason"), .string(candidate.reason))])
          }))
    }
    if let subhistory = violation.subhistory {
      add("history", .list(subhistory.operations.map { .integer($0.id) }))
      add("minimal", .boolean(subhistory.isMinimal))
    }
    return .map(fields)
  }

  private func witness(_ answer: PartialAnswer) -> Value {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    add("limit", .string(answer.limit.rawValue))
    if let key = answer.key { add("key", keyValue(key)) }
    add("verified", .integer(Int64(answer.verifiedOperations)))
    add("of", .integer(Int64(answer.completedOperations)))
    if let window = answer.hardestWindow {
      add("lines", .list([.integer(Int64(window.lowerBound)), .integer(Int64(window.upperBound))]))
    }
    add("obstacles", .list(answer.obstacles.map { value($0) }))
    return .map(fields)
  }

  /// A key stands in a report as JSON text already.
  private func keyValue(_ text: String) -> Value {
    var text = text
    return text.withUTF8 { utf8 in
      do { return try parseJSON(UnsafeRawBufferPointer(utf8)) } catch { return .null }
    }
  }

  private func value(_ operation: ReportedOperation) -> Value {
    .map([
      .init(.string("op"), .integer(operation.id)),
      .init(.string("process"), .integer(operation.process)),
      .init(.string("line"), .integer(Int64(operation.line))),
      .init(.string("call"), .string(operation.text)),
    ])
  }
}
