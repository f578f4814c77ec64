import OperationHistory

/// A history of transactions in columns: the steps of all transactions one after another.
///
/// A transaction is an operation `txn` whose value lists its steps: `["r", key, value]` reads,
/// `["append", key, element]` or `["w", key, value]` writes. It has the number of its operation.
/// Steps have numbers too, those of a transaction without a gap. Of a transaction that is `ok` the
/// steps are those of its completion; of any other those of its invocation, whose reads tell
/// nothing.
public struct TransactionHistory: Sendable {
  /// What each step is.
  enum Kind: UInt8 {
    /// A read of an object that its transaction has not touched before: it shows what others wrote.
    case externalRead
    /// A read of an object that its transaction has read or written before.
    case laterRead
    /// The last write of its transaction to an object.
    case finalWrite
    /// A write after which the transaction writes to the object again.
    case earlierWrite

    var isRead: Bool { self == .externalRead || self == .laterRead }
  }

  /// The operations and the values that steps name.
  public let history: History
  /// What the objects are.
  public let model: TransactionModel
  /// Of each transaction the number of its first step, and at last the number of all steps.
  private(set) var firstStep: [Int32] = [0]
  /// Of each step what it is.
  private(set) var kinds: [Kind] = []
  /// Of each step the number of its key.
  private(set) var keyOf: [Int32] = []
  /// Of each step the value written, or read; `absent` for a read that tells nothing.
  private(set) var valueOf: [ValueID] = []
  /// Of each step the one before it of the same transaction and key; -1 if there is none.
  private(set) var previous: [Int32] = []
  /// Of each step its transaction.
  private(set) var transactionOf: [Int32] = []
  /// The keys, by first appearance.
  private(set) var keys: [ValueID] = []
  /// Of each key where its steps begin in `stepsByKey`, and at last the number of all steps.
  private(set) var firstOfKey: [Int32] = [0]
  /// The steps by key, those of a key in ascending order.
  private(set) var stepsByKey: [Int32] = []

  /// The steps of a transaction.
  func steps(of transaction: Int32) -> Range<Int32> {
    firstStep[Int(transaction)]..<firstStep[Int(transaction) + 1]
  }

  /// The steps that touch a key.
  func steps(ofKey key: Int) -> ArraySlice<Int32> {
    stepsByKey[Int(firstOfKey[key])..<Int(firstOfKey[key + 1])]
  }

  /// How the transaction of a step ended.
  func outcome(ofStep step: Int32) -> Outcome {
    history.operations[Int(transactionOf[Int(step)])].outcome
  }

  /// Reads the transactions of a history.
  ///
  /// - Throws: `HistoryError` with the line of an operation that is no transaction of this model.
  /// - Complexity: O(n) in the number of steps.
  public init(_ history: History, model: TransactionModel) throws(HistoryError) {
    self.history = history
    self.model = model
    let function = history.functions.firstIndex(of: TransactionModel.function) ?? -1
    var names = StepNames()
    var numbers = KeyNumbers()
    firstStep.reserveCapacity(history.operations.count + 1)
    for (index, operation) in history.operations.enumerated() {
      guard Int(operation.function.raw) == function else {
        throw HistoryError(
          line: Int(operation.invocationLine),
          "expected `txn` as `f`, as of other operations of this file, found"
            + " `\(history.name(of: operation))`")
      }
      try appendSteps(of: operation, number: Int32(truncatingIfNeeded: index), &names, &numbers)
    }
    keys = numbers.keys
    sortByKey()
  }

  // MARK: Steps

  private mutating func appendSteps(
    of operation: HistoryOperation, number: Int32, _ names: inout StepNames,
    _ numbers: inout KeyNumbers
  ) throws(HistoryError) {
    let isOk = operation.outcome == .ok
    let line = Int(isOk ? operation.completionLine : operation.invocationLine)
    var value = isOk ? operation.result : operation.argument
    // Some recorders write the steps down only when they know what came of them.
    if value == .absent, !isOk { value = operation.result }
    guard let list = history.values.list(value) else {
      throw HistoryError(line: line, "expected as `value` of a transaction a list of its steps")
    }
    if isOk { try requireSame(operation, list, line) }
    guard kinds.count + list.count < Int(Int32.max) else {
      throw HistoryError(line: line, "a history has at most 2147483646 steps of transactions")
    }
    let first = Int32(truncatingIfNeeded: kinds.count)
    for (place, step) in list.enumerated() {
      let (action, key, value) = try parts(step, place: place, line: line, &names)
      let number = numbers.number(of: key)
      let before = numbers.lastStep[Int(number)]
      let isFirst = before < first
      numbers.lastStep[Int(number)] = Int32(truncatingIfNeeded: kinds.count)
      keyOf.append(number)
      previous.append(isFirst ? -1 : before)
      if action == .read {
        kinds.append(isFirst ? .externalRead : .laterRead)
        valueOf.append(isOk ? try readValue(value, place: place, line: line) : .absent)
      } else {
        try requireWrite(action, value, place: place, line: line)
        if !isFirst { endRun(of: before) }
        kinds.append(.finalWrite)
        valueOf.append(value)
      }
    }
    transactionOf.append(contentsOf: repeatElement(number, count: list.count))
    firstStep.append(Int32(truncatingIfNeeded: kinds.count))
  }

  /// Notes that the last write up to a step is not the transaction's last one to the key.
  private mutating func endRun(of step: Int32) {
    var step = step
    while step >= 0 {
      if !kinds[Int(step)].isRead {
        kinds[Int(step)] = .earlierWrite
        return
      }
      step = previous[Int(step)]
    }
  }

  /// Name, key and value of a step.
  @inline(__always)
  private func parts(
    _ step: ValueID, place: Int, line: Int, _ names: inout StepNames
  ) throws(HistoryError) -> (StepAction, ValueID, ValueID) {
    guard let parts = history.values.list(step), parts.count == 3 || parts.count == 2,
      let action = names.action(parts[parts.startIndex], history.values)
    else { throw unknownStep(step, place: place, line: line) }
    // A read that tells nothing may leave out that it does.
    guard parts.count == 3 || action == .read else {
      throw unknownStep(step, place: place, line: line)
    }
    return (
      action, parts[parts.startIndex + 1],
      parts.count == 3 ? parts[parts.startIndex + 2] : .absent
    )
  }

  private var writeName: String { model == .listAppend ? "append" : "w" }

  private func unknownStep(_ step: ValueID, place: Int, line: Int) -> HistoryError {
    HistoryError(
      line: line,
      "expected as step \(place + 1) [\"r\", key, value] or [\"\(writeName)\", key, value], found"
        + " \(text(of: step))")
  }

  private func readValue(
    _ value: ValueID, place: Int, line: Int
  ) throws(HistoryError) -> ValueID {
    guard model == .listAppend, value != .null, value != .absent,
      history.values.list(value) == nil
    else { return value }
    throw HistoryError(
      line: line,
      "expected as the value of step \(place + 1), a read of a list, a list or null, found"
        + " \(text(of: value))")
  }

  private func requireWrite(
    _ action: StepAction, _ value: ValueID, place: Int, line: Int
  ) throws(HistoryError) {
    guard action == (model == .listAppend ? .append : .write) else {
      throw HistoryError(
        line: line,
        "step \(place + 1) is `\(action == .append ? "append" : "w")`, but the model"
          + " \(model.rawValue) has only `r` and `\(writeName)`")
    }
    guard value != .null || model == .listAppend else {
      throw HistoryError(
        line: line, "step \(place + 1) writes null, which is what a register holds at first")
    }
  }

  /// Refuses a completion that tells of other steps than the invocation.
  private func requireSame(
    _ operation: HistoryOperation, _ result: ArraySlice<ValueID>, _ line: Int
  ) throws(HistoryError) {
    guard operation.argument != operation.result, operation.argument != .absent,
      operation.argument != .null
    else { return }
    guard let asked = history.values.list(operation.argument) else {
      throw HistoryError(
        line: Int(operation.invocationLine),
        "expected as `value` of a transaction a list of its steps")
    }
    guard asked.count == result.count else {
      throw HistoryError(
        line: line,
        "the transaction has \(result.count) steps, but was invoked with \(asked.count) at line"
          + " \(operation.invocationLine)")
    }
    for (place, pair) in zip(asked, result).enumerated() where pair.0 != pair.1 {
      // They may differ in the values that were read.
      guard let left = history.values.list(pair.0), let right = history.values.list(pair.1),
        left.count >= 2, right.count >= 2, left.prefix(2) == right.prefix(2),
        isRead(left[left.startIndex])
      else {
        throw HistoryError(
          line: line,
          "step \(place + 1) is \(text(of: pair.1)), but was invoked as \(text(of: pair.0)) at line"
            + " \(operation.invocationLine)")
      }
    }
  }

  private func isRead(_ name: ValueID) -> Bool {
    let text = history.values.symbol(name) ?? history.values.string(name) ?? []
    return text.elementsEqual("r".utf8) || text.elementsEqual("read".utf8)
  }

  /// A value as JSON, cut off where it is long.
  func text(of value: ValueID) -> String {
    var bytes: [UInt8] = []
    appendJSON(history.values[value], to: &bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    return text.count > 80 ? text.prefix(77) + "…" : text
  }

  // MARK: Keys

  private mutating func sortByKey() {
    firstOfKey = Array(repeating: 0, count: keys.count + 1)
    for key in keyOf { firstOfKey[Int(key) + 1] += 1 }
    for key in keys.indices { firstOfKey[key + 1] += firstOfKey[key] }
    var next = firstOfKey
    stepsByKey = Array(repeating: 0, count: keyOf.count)
    for (step, key) in keyOf.enumerated() {
      stepsByKey[Int(next[Int(key)])] = Int32(truncatingIfNeeded: step)
      next[Int(key)] += 1
    }
  }
}

/// Numbers keys by first appearance.
private struct KeyNumbers {
  private(set) var keys: [ValueID] = []
  /// Of each key the last step that touched it.
  var lastStep: [Int32] = []
  private var table = IdentifierTable()

  @inline(__always)
  mutating func number(of key: ValueID) -> Int32 {
    let (number, isNew) = table.insert(key.raw, Int32(truncatingIfNeeded: keys.count))
    if isNew {
      keys.append(key)
      lastStep.append(-1)
    }
    return number
  }
}

extension TransactionHistory {
  /// Takes the steps of the first transaction from some that come one transaction after another; nil
  /// if none is left.
  func popTransaction(from steps: inout ArraySlice<Int32>) -> ArraySlice<Int32>? {
    guard let first = steps.first else { return nil }
    let transaction = transactionOf[Int(first)]
    let own = steps.prefix { transactionOf[Int($0)] == transaction }
    steps = steps.dropFirst(own.count)
    return own
  }
}
