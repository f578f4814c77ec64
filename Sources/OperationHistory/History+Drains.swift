extension History {
  /// Turns each `drain` of a queue into one `dequeue` for each element that it took.
  ///
  /// Jepsen's tests of queues end so: every client takes what is left until it finds nothing, and
  /// tells the elements in one list. Each of the dequeues happened at some time between the call
  /// and the answer of its drain. That they came one after another, and that nothing was left, is
  /// not used. The first takes the place of the drain; the others follow all other operations, with
  /// numbers that no operation has.
  ///
  /// - Throws: `HistoryError` for a drain that does not tell what it took.
  /// - Complexity: O(n) in the number of operations and elements.
  public mutating func separateDrains() throws(HistoryError) {
    guard let drain = functions.firstIndex(of: "drain"),
      operations.contains(where: { Int($0.function.raw) == drain })
    else { return }
    let dequeue = functions.firstIndex(of: "dequeue") ?? functions.count
    if dequeue == functions.count { functions.append("dequeue") }
    var nextID = (operations.lazy.map(\.id).max() ?? 0) &+ 1
    for index in operations.indices where Int(operations[index].function.raw) == drain {
      var operation = operations[index]
      operation.function = FunctionID(raw: UInt16(truncatingIfNeeded: dequeue))
      guard operation.outcome != .info else {
        throw HistoryError(
          line: Int(operation.invocationLine),
          "the drain was not answered, so that nobody knows how much it took")
      }
      guard operation.outcome == .ok else {
        operations[index] = operation
        continue
      }
      guard let elements = values.list(operation.result) else {
        throw HistoryError(
          line: Int(operation.completionLine),
          "expected as `value` of a drain a list of the elements that it took")
      }
      // One that took nothing says nothing.
      if elements.isEmpty { operation.outcome = .fail }
      for (place, element) in elements.enumerated() {
        operation.result = element
        guard place > 0 else {
          operations[index] = operation
          continue
        }
        operation.id = nextID
        nextID &+= 1
        operations.append(operation)
      }
      if elements.isEmpty { operations[index] = operation }
    }
  }
}
