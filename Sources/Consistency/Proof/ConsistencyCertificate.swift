import OperationHistory

/// What proves that a history keeps or breaks a level, to somebody who does not trust the checker.
///
/// It is written as two JSON lines: one that names the history, the level and the verdict, and one
/// with an order of the operations, or with operations each of which comes before the next:
///
/// ```
/// {"certificate":1,"history":"9f86…","model":"zookeeper","guarantee":"linearizable","verdict":"violated"}
/// {"cycle":[{"from":3,"to":5,"kind":"realtime","because":[3,"time"]},{"from":5,"to":3,"kind":"rw","because":[5,"mzxid"]}]}
/// ```
///
/// Operations are named by their `op`. A write without an answer that an order leaves out did not
/// happen.
public struct ConsistencyCertificate: Hashable, Sendable {
  /// One operation that comes before another.
  public struct Edge: Hashable, Sendable {
    /// The `op` of what comes first.
    public var from: Int64
    /// The `op` of what comes after it.
    public var to: Int64
    /// An ``EdgeKind``'s name.
    public var kind: String
    /// The `op` of the operation whose lines show it.
    public var because: Int64
    /// What of those lines.
    public var field: String
  }

  /// What is proved.
  public enum Proof: Hashable, Sendable {
    /// The level is kept: all operations in an order.
    case order([Int64])
    /// It is broken.
    case cycle([Edge])
  }

  /// The SHA-256 of the history's bytes, as 64 hexadecimal digits.
  public var history: String
  /// The level that is kept or broken.
  public var level: Level
  /// Why.
  public var proof: Proof

  // MARK: Writing

  /// The JSON lines.
  public func write() -> [UInt8] {
    Self.write(history: history, model: "zookeeper", guarantee: level.rawValue, proof)
  }

  /// The JSON lines of a proof for any model and level.
  static func write(
    history: String, model: String, guarantee: String, _ proof: Proof
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    func field(_ name: String, _ value: Value) -> Value.Field { .init(.string(name), value) }
    let verdict: Value
    let body: Value
    switch proof {
    case .order(let operations):
      verdict = .string("holds")
      body = .map([field("order", .list(operations.map { .integer($0) }))])
    case .cycle(let edges):
      verdict = .string("violated")
      let edges = edges.map { edge -> Value in
        .map([
          field("from", .integer(edge.from)), field("to", .integer(edge.to)),
          field("kind", .string(edge.kind)),
          field("because", .list([.integer(edge.because), .string(edge.field)])),
        ])
      }
      body = .map([field("cycle", .list(edges))])
    }
    let head: Value = .map([
      field("certificate", .integer(1)), field("history", .string(history)),
      field("model", .string(model)), field("guarantee", .string(guarantee)),
      field("verdict", verdict),
    ])
    for line in [head, body] {
      appendJSON(line, to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  // MARK: Reading

  /// Whether bytes begin like a certificate of this model.
  public static func isOne(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    do {
      let fields = try Self.fields(UnsafeRawBufferPointer(rebasing: bytes[..<end]), line: 1)
      return fields["model"] == .string("zookeeper")
    } catch {
      return false
    }
  }

  /// Reads what ``write()`` wrote.
  ///
  /// It is strict: a field that is unknown, missing or there twice is an error.
  ///
  /// - Throws: `HistoryError` with the line.
  /// - Complexity: O(n) in the number of bytes.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer
  ) throws(HistoryError) -> ConsistencyCertificate {
    let (history, model, guarantee, proof) = try read(bytes)
    guard model == "zookeeper", let level = Level(rawValue: guarantee) else {
      throw HistoryError(line: 1, "expected zookeeper as `model`, and a level as `guarantee`")
    }
    return Self(history: history, level: level, proof: proof)
  }

  /// Reads the lines of a proof for any model and level.
  static func read(
    _ bytes: UnsafeRawBufferPointer
  ) throws(HistoryError) -> (history: String, model: String, guarantee: String, proof: Proof) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count == 2 || (lines.count == 3 && lines[2].isEmpty) else {
      throw HistoryError(line: max(1, lines.count), "a certificate of a level has two lines")
    }
    let head = try fields(UnsafeRawBufferPointer(rebasing: lines[0]), line: 1)
    let body = try fields(UnsafeRawBufferPointer(rebasing: lines[1]), line: 2)
    guard head.count == 5, head["certificate"] == .integer(1),
      case .string(let model)? = head["model"], case .string(let history)? = head["history"],
      case .string(let guarantee)? = head["guarantee"]
    else {
      throw HistoryError(
        line: 1,
        "the first line has the fields certificate (1), history, model, guarantee (a level) and"
          + " verdict")
    }
    switch (head["verdict"], body.count, body["order"], body["cycle"]) {
    case (.string("holds"), 1, .list(let order)?, nil):
      return (history, model, guarantee, .order(try integers(order)))
    case (.string("violated"), 1, nil, .list(let cycle)?):
      return (history, model, guarantee, .cycle(try edges(cycle)))
    default:
      throw HistoryError(
        line: 2, "expected the `order` of what holds, or the `cycle` of what is violated")
    }
  }

  static func fields(
    _ bytes: UnsafeRawBufferPointer, line: Int
  ) throws(HistoryError) -> [String: Value] {
    let value: Value
    do {
      value = try parseJSON(bytes)
    } catch {
      throw HistoryError(line: line, column: error.column, error.message)
    }
    return try fields(value, line: line)
  }

  private static func fields(
    _ value: Value, line: Int
  ) throws(HistoryError) -> [String: Value] {
    guard case .map(let list) = value else { throw HistoryError(line: line, "expected an object") }
    var fields: [String: Value] = [:]
    for field in list {
      guard case .string(let name) = field.name,
        fields.updateValue(field.value, forKey: name) == nil
      else { throw HistoryError(line: line, "a field is there twice") }
    }
    return fields
  }

  private static func integers(_ list: [Value]) throws(HistoryError) -> [Int64] {
    var numbers: [Int64] = []
    for value in list {
      guard case .integer(let number) = value else {
        throw HistoryError(line: 2, "expected the `op` of an operation in `order`")
      }
      numbers.append(number)
    }
    return numbers
  }

  private static func edges(_ list: [Value]) throws(HistoryError) -> [Edge] {
    var edges: [Edge] = []
    for value in list {
      let fields = try fields(value, line: 2)
      guard fields.count == 4, case .integer(let from)? = fields["from"],
        case .integer(let to)? = fields["to"], case .string(let kind)? = fields["kind"],
        case .list(let because)? = fields["because"], because.count == 2,
        case .integer(let operation) = because[0], case .string(let field) = because[1]
      else {
        throw HistoryError(
          line: 2, "expected {\"from\":op,\"to\":op,\"kind\":…,\"because\":[op,field]} in `cycle`")
      }
      edges.append(Edge(from: from, to: to, kind: kind, because: operation, field: field))
    }
    return edges
  }
}
