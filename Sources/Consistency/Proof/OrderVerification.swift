import OperationHistory

/// Checks that operations can have happened in an order, as a level wants it.
struct OrderVerification {
  private let history: History
  private let level: Level

  init(_ history: History, level: Level) {
    self.history = history
    self.level = level
  }

  /// - Returns: what was checked.
  /// - Complexity: O(n log n) in the size of the history, apart from multis that were refused.
  func verify(_ order: [Int64]) throws(Doubt) -> String {
    if let initial = history.headerField("initial") { try verifyInitial(initial) }
    let operations = try operations(order)
    try verifyComplete(operations)
    try verifySessions(operations)
    try verifyRealTime(operations)
    try verifyAnswers(operations)
    try verifyHandshakes()
    let levels: [Level] = [.zookeeper, .zookeeperSync, .linearizable]
    if levels.contains(level), hasWatches {
      throw .notChecked(
        "\(operations.count) operations stand in an order that is right, but when watches fired was"
          + " not looked at again")
    }
    return "\(operations.count) operations stand in an order that is as \(level.rawValue) wants it,"
      + " and gives every answer"
  }

  private var hasWatches: Bool {
    history.annotations.contains {
      RecordedOperation.fields($0.value)["type"] == .string("watch")
    }
  }

  private func verifyInitial(_ initial: Value) throws(Doubt) {
    let fields = RecordedOperation.fields(initial)
    guard fields.isEmpty || (fields.count == 1 && fields["/"] == .list([.string("zookeeper")]))
    else { throw .notChecked("the history begins with znodes of which nobody knows") }
  }

  private func operations(_ order: [Int64]) throws(Doubt) -> [RecordedOperation] {
    var byID: [Int64: Int] = [:]
    for (index, operation) in history.operations.enumerated() { byID[operation.id] = index }
    var seen: Set<Int64> = []
    var operations: [RecordedOperation] = []
    for id in order {
      guard let index = byID[id] else { throw .invalid("the history has no op \(id)") }
      guard seen.insert(id).inserted else { throw .invalid("op \(id) stands twice in the order") }
      operations.append(RecordedOperation(history, index))
    }
    return operations
  }

  /// Whether a level's order has to have an answered operation.
  private func matters(_ operation: RecordedOperation) -> Bool {
    guard operation.isAnswered else { return false }
    if operation.isTransaction { return true }
    guard level != .linearizableWrites else { return false }
    let isTold = operation.error.map(RecordedOperation.transactionErrors.contains) ?? true
    return (operation.isRead || operation.function == "sync") && isTold
  }

  private func verifyComplete(_ operations: [RecordedOperation]) throws(Doubt) {
    let placed = Set(operations.map(\.index))
    for index in history.operations.indices where !placed.contains(index) {
      let operation = RecordedOperation(history, index)
      if matters(operation) { throw .invalid("op \(operation.operation.id) is not in the order") }
    }
    for operation in operations where operation.operation.outcome == .fail {
      throw .invalid("op \(operation.operation.id) surely did not happen")
    }
    var last: (zxid: UInt64, id: Int64) = (0, 0)
    for operation in operations where operation.isTransaction {
      guard let zxid = operation.zxid else {
        throw .invalid("op \(operation.operation.id) was answered without a zxid")
      }
      guard zxid > last.zxid else {
        throw .invalid(
          "op \(operation.operation.id) stands behind op \(last.id) and has no larger zxid")
      }
      last = (zxid, operation.operation.id)
    }
  }

  // MARK: Sessions

  /// The calls of each session in their order, and what it was told in the order of transactions.
  private func verifySessions(_ operations: [RecordedOperation]) throws(Doubt) {
    // What was called last of all that stands in the order so far, and of the writes.
    var last: [String: RecordedOperation] = [:]
    var lastWrite: [String: RecordedOperation] = [:]
    for operation in operations {
      let session = operation.session
      let before = operation.isAnswered ? last[session] : lastWrite[session]
      if let before, before.index > operation.index {
        throw .invalid(
          "op \(operation.operation.id) stands behind op \(before.operation.id), which its session"
            + " called later")
      }
      if (last[session]?.index ?? -1) < operation.index { last[session] = operation }
      if operation.isWrite, (lastWrite[session]?.index ?? -1) < operation.index {
        lastWrite[session] = operation
      }
    }
    guard level != .linearizableWrites else { return }
    var told: [String: (zxid: UInt64, id: Int64)] = [:]
    for index in history.operations.indices where history.operations[index].outcome == .ok {
      let operation = RecordedOperation(history, index)
      guard let zxid = operation.zxid else { continue }
      let id = operation.operation.id
      if let before = told[operation.session],
        zxid < before.zxid || (zxid == before.zxid && operation.isTransaction)
      {
        throw .invalid(
          "op \(id) was answered from a state older than op \(before.id) of its session")
      }
      told[operation.session] = (zxid, id)
    }
  }

  /// What a server answers is at least what the session told it to have seen.
  private func verifyHandshakes() throws(Doubt) {
    guard level != .linearizableWrites else { return }
    var seen: [String: [(line: Int32, zxid: UInt64)]] = [:]
    for annotation in history.annotations {
      let fields = RecordedOperation.fields(annotation.value)
      guard fields["type"] == .string("connect"), case .string(let session)? = fields["session"],
        let zxid = RecordedOperation.hexadecimal(fields["lastZxidSeen"])
      else { continue }
      seen[session, default: []].append((annotation.line, zxid))
    }
    guard !seen.isEmpty else { return }
    for index in history.operations.indices where history.operations[index].outcome == .ok {
      let operation = RecordedOperation(history, index)
      guard let zxid = operation.zxid, let connects = seen[operation.session] else { continue }
      let line = operation.operation.invocationLine
      guard let connect = connects.last(where: { $0.line < line }), zxid < connect.zxid else {
        continue
      }
      throw .invalid(
        "op \(operation.operation.id) was answered from a state older than its session had seen")
    }
  }

  // MARK: Real time

  /// Whether whatever was answered before an operation was called must stand before it.
  private func isRecent(_ operation: RecordedOperation) -> Bool {
    switch level {
    case .session, .sequential: false
    case .linearizableWrites, .zookeeper: operation.isWrite
    case .zookeeperSync: operation.isWrite || operation.function == "sync"
    case .linearizable: true
    }
  }

  /// Nothing stands before something that had been answered when it was called: going back through
  /// the order, no call comes after the first answer among those behind it.
  private func verifyRealTime(_ operations: [RecordedOperation]) throws(Doubt) {
    var first: (answer: Int32, id: Int64) = (.max, 0)
    for operation in operations.reversed() {
      if isRecent(operation), operation.operation.invocation > first.answer {
        throw .invalid(
          "op \(operation.operation.id) stands before op \(first.id), which had been answered when"
            + " it was called")
      }
      if operation.isAnswered, operation.operation.completion < first.answer {
        first = (operation.operation.completion, operation.operation.id)
      }
    }
  }

  // MARK: Answers

  private func verifyAnswers(_ operations: [RecordedOperation]) throws(Doubt) {
    // What sessions see for themselves does not rest on what was there.
    guard level != .session else { return }
    var tree = VerifiedTree()
    for operation in operations {
      let zxid = operation.isTransaction ? operation.zxid : nil
      if let problem = tree.perform(operation, zxid: zxid) {
        throw .invalid(
          "op \(operation.operation.id) was answered otherwise in that order: \(problem)")
      }
    }
  }
}
