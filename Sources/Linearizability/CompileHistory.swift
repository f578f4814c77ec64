import OperationHistory

extension CompiledHistory {
  /// Translates a history for a model and splits it by key.
  ///
  /// - Parameters:
  ///   - history: the history.
  ///   - model: its model; nil is the one that its header names or, failing that, the one that its
  ///     operations fit.
  ///   - partitioned: whether each key is decided for itself.
  /// - Throws: `ModelError` if the model is not clear, or an operation does not fit it.
  /// - Complexity: O(n) in the number of operations, and O(n log n) if they are not in the order of
  ///   their invocations.
  public init(
    _ history: History, model: ModelName? = nil, partitioned: Bool = true
  ) throws(ModelError) {
    let found = try BuiltInModel.find(model, for: history)
    var compiler = OperationCompiler(history, model: found.model)
    var keys = KeyNumbers(history.values.count)
    var counts: [Int] = []
    for operation in history.operations {
      let number = keys.number(of: operation.key)
      if number == counts.count { counts.append(0) }
      counts[number] += 1
    }
    let isKeyed = !partitioned && keys.keys.count > 1
    var partitions =
      isKeyed
      ? [Partition(key: .absent, entries: [])]
      : keys.keys.map { Partition(key: $0, entries: []) }
    for index in partitions.indices {
      partitions[index].entries.reserveCapacity(
        isKeyed ? history.operations.count : counts[index])
    }
    for (index, operation) in history.operations.enumerated() {
      guard var seen = try compiler.compile(operation) else { continue }
      if isKeyed { seen.key = operation.key }
      let number = isKeyed ? 0 : keys.number(of: operation.key)
      partitions[number].entries.append(
        Entry(
          seen, invocation: operation.invocation,
          completion: operation.outcome == .info ? .max : operation.completion,
          source: Int32(truncatingIfNeeded: index)))
    }
    for index in partitions.indices { partitions[index].sortByInvocation() }
    self.init(model: compiler.model, partitions: partitions)
    self.model.keyed = isKeyed
    isInferred = found.isInferred
    failedCasDropped = compiler.failedCasDropped
  }
}

extension Partition {
  /// Puts the entries in order, which they are already unless times differ from lines.
  fileprivate mutating func sortByInvocation() {
    var last = Int32.min
    for entry in entries {
      if entry.invocation < last {
        entries.sort { $0.invocation < $1.invocation }
        return
      }
      last = entry.invocation
    }
  }
}

/// Numbers keys by first appearance.
private struct KeyNumbers {
  private(set) var keys: [ValueID] = []
  /// The number of each value of the table, and of the integers from 0; -1 before it appears.
  private var ofValue: [Int32]
  private var ofSmallInteger: [Int32] = []
  private var ofOther: [ValueID: Int32] = [:]
  /// The key that was asked for last: often the only one.
  private var last = (key: ValueID.absent, number: -1)

  init(_ valueCount: Int) {
    ofValue = Array(repeating: -1, count: valueCount)
  }

  @inline(__always)
  mutating func number(of key: ValueID) -> Int {
    if key == last.key, last.number >= 0 { return last.number }
    last = (key, find(key))
    return last.number
  }

  private mutating func find(_ key: ValueID) -> Int {
    if key.raw >= 0, Int(key.raw) < ofValue.count {
      return Self.number(&ofValue[Int(key.raw)], key, &keys)
    }
    if let integer = key.smallInteger, (0..<65_536).contains(integer) {
      let missing = Int(integer) + 1 - ofSmallInteger.count
      if missing > 0 { ofSmallInteger.append(contentsOf: repeatElement(-1, count: missing)) }
      return Self.number(&ofSmallInteger[Int(integer)], key, &keys)
    }
    return Self.number(&ofOther[key, default: -1], key, &keys)
  }

  private static func number(
    _ number: inout Int32, _ key: ValueID, _ keys: inout [ValueID]
  ) -> Int {
    if number < 0 {
      number = Int32(truncatingIfNeeded: keys.count)
      keys.append(key)
    }
    return Int(number)
  }
}
