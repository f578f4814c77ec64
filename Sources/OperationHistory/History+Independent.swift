extension History {
  /// Takes the keys out of the values, if they are `[key value]` in every operation.
  ///
  /// Jepsen's `independent` runs one test on many objects; then each value is a pair of the
  /// object's key and the operation's own value: a read is invoked with `[key nil]`, a cas with
  /// `[key [from to]]`. A file is taken for such a history only if all its operations fit, so that
  /// a register whose values happen to be pairs stays one: its reads are invoked with nil.
  mutating func separateKeys() {
    guard !operations.isEmpty else { return }
    let fits = operations.allSatisfy { isIndependent($0) }
    guard fits else { return }
    for index in operations.indices {
      guard let pair = pair(operations[index].argument) else { continue }
      operations[index].key = pair.key
      operations[index].argument = pair.value
      // The completion of an operation that did not succeed may hold anything.
      if let result = self.pair(operations[index].result), result.key == pair.key {
        operations[index].result = result.value
      }
    }
  }

  private func isIndependent(_ operation: HistoryOperation) -> Bool {
    guard operation.key == .absent, let argument = pair(operation.argument) else { return false }
    let name = name(of: operation)
    // Transactions are lists of steps, which may be two.
    guard name != "txn", values.list(argument.key) == nil, values.map(argument.key) == nil else {
      return false
    }
    if name == "cas", pair(argument.value) == nil { return false }
    if operation.outcome == .ok {
      guard let result = pair(operation.result), result.key == argument.key else { return false }
    }
    return true
  }

  private func pair(_ id: ValueID) -> (key: ValueID, value: ValueID)? {
    guard let elements = values.list(id), elements.count == 2, let first = elements.first,
      let last = elements.last
    else { return nil }
    return (first, last)
  }
}
