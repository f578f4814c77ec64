import OperationHistory

/// An operation as its two lines have it, read for verification: without the columns, the replay and
/// the graph of the checker, which are to be verified.
struct RecordedOperation {
  /// What is asked of one path, and the answer.
  struct Part {
    var function: String
    /// The path that is read or changed; of a sequential create what it created, nil if nobody knows.
    var path: String?
    /// What is written, or was read.
    var value: Value?
    var version: Int64
    var mode: String
    var isSequential: Bool
    var children: [String]?
    var error: String?
    var stat: [String: Value]

    /// Whether it changes something where it is not refused.
    var isChange: Bool { ["create", "delete", "setData", "setACL"].contains(function) }
    /// Whether it makes a znode come or go.
    var isExistence: Bool { function == "create" || function == "delete" }
  }

  var index: Int
  var operation: HistoryOperation
  var function: String
  /// What names its session: that field, or its process.
  var session: String
  var error: String?
  var zxid: UInt64?
  var parts: [Part]
  /// Whether it asks for a watch.
  var setsWatch: Bool

  var isAnswered: Bool { operation.outcome == .ok }
  var isWrite: Bool {
    ["create", "delete", "setData", "setACL", "check", "multi", "closeSession"].contains(function)
  }
  var isRead: Bool {
    ["exists", "getData", "getChildren", "getACL", "multiRead"].contains(function)
  }
  /// Whether it is a write that is a transaction by its answer: errors that say nothing of a znode
  /// may come from before the leader is asked.
  var isTransaction: Bool {
    isWrite && isAnswered && (error.map(Self.transactionErrors.contains) ?? true)
  }

  static let transactionErrors: Set<String> = [
    "NoNode", "NodeExists", "BadVersion", "NotEmpty", "NoChildrenForEphemerals",
    "RuntimeInconsistency",
  ]

  init(_ history: History, _ index: Int) {
    self.index = index
    let operation = history.operations[index]
    self.operation = operation
    function = history.name(of: operation)
    let call = Self.fields(operation.invocationFields, history)
    let reply = Self.fields(operation.completionFields, history)
    session =
      if case .string(let name)? = call["session"] { name } else { "process \(operation.process)" }
    error = operation.outcome == .ok ? Self.text(Self.value(operation.error, history)) : nil
    zxid = Self.hexadecimal(reply["zxid"])
    setsWatch = call["watch"] == .boolean(true)
    if function == "multi" || function == "multiRead" {
      let calls = Self.list(call["ops"])
      let results = Self.list(reply["results"])
      parts = calls.indices.map { place in
        let call = Self.fields(calls[place])
        let reply = place < results.count ? Self.fields(results[place]) : [:]
        return Part(
          function: Self.text(call["f"]) ?? "", call: call, path: Self.text(call["path"]),
          written: call["value"], reply: reply, read: reply["value"],
          error: Self.text(reply["error"]))
      }
    } else if let path = Self.text(Self.value(operation.key, history)), function != "sync" {
      parts = [
        Part(
          function: function, call: call, path: path,
          written: Self.value(operation.argument, history), reply: reply,
          read: Self.value(operation.result, history), error: error)
      ]
    } else {
      parts = []
    }
  }

  // MARK: Values

  private static func value(_ id: ValueID, _ history: History) -> Value? {
    id == .absent ? nil : history.values[id]
  }

  static func fields(_ value: Value?) -> [String: Value] {
    guard case .map(let list)? = value else { return [:] }
    var fields: [String: Value] = [:]
    for field in list {
      if case .string(let name) = field.name { fields[name] = field.value }
    }
    return fields
  }

  private static func fields(_ id: ValueID, _ history: History) -> [String: Value] {
    fields(value(id, history))
  }

  static func text(_ value: Value?) -> String? {
    if case .string(let text)? = value { text } else { nil }
  }

  static func list(_ value: Value?) -> [Value] {
    if case .list(let list)? = value { list } else { [] }
  }

  /// A number as `"0x1a"`.
  static func hexadecimal(_ value: Value?) -> UInt64? {
    guard case .string(let text)? = value, text.hasPrefix("0x") else { return nil }
    return UInt64(text.dropFirst(2), radix: 16)
  }
}

extension RecordedOperation.Part {
  fileprivate init(
    function: String, call: [String: Value], path: String?, written: Value?,
    reply: [String: Value], read: Value?, error: String?
  ) {
    self.function = function
    isSequential = call["sequential"] == .boolean(true)
    self.path = isSequential ? RecordedOperation.text(reply["created"]) : path
    value = function == "getData" ? read : written
    version = if case .integer(let version)? = call["version"] { version } else { -1 }
    mode = RecordedOperation.text(call["mode"]) ?? "persistent"
    if case .list(let names)? = reply["children"] {
      children = names.map { RecordedOperation.text($0) ?? "" }
    }
    self.error = error
    stat = RecordedOperation.fields(reply["stat"])
  }

  /// A zxid of its Stat.
  func zxid(_ field: String) -> UInt64? { RecordedOperation.hexadecimal(stat[field]) }

  /// A count of its Stat.
  func count(_ field: String) -> Int64? {
    if case .integer(let count)? = stat[field] { count } else { nil }
  }

  /// Whether its answer tells of the children.
  var seesChildren: Bool {
    children != nil || ["pzxid", "cversion", "numChildren"].contains { stat[$0] != nil }
  }

  /// Whether this change touches what a read of another part shows: the znode itself, or a child.
  func touches(_ read: Self) -> (own: Bool, child: Bool) {
    guard let path, let seen = read.path, isChange, error == nil else { return (false, false) }
    return (path == seen, isExistence && read.seesChildren && Self.parent(of: path) == seen)
  }

  /// The path above: `/` of `/a`.
  static func parent(of path: String) -> String? {
    guard path.count > 1, let slash = path.lastIndex(of: "/") else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
