import ClientSession

/// An operation on its way.
struct PendingOperation: Sendable {
  var id: RequestID
  var invocation: HistoryRecorder.Invocation
  var intent: Intent
}

/// The operations on their way, in the order in which they were begun, which is as a rule the order
/// in which they end.
struct PendingOperations: Sendable {
  private var operations: [PendingOperation] = []
  private var first = 0

  var count: Int { operations.count - first }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ operation: PendingOperation) {
    operations.append(operation)
  }

  /// The operation with that request, which is on its way no more.
  mutating func take(_ id: RequestID) -> PendingOperation? {
    guard let index = operations[first...].firstIndex(where: { $0.id == id }) else { return nil }
    let operation = operations[index]
    if index > first {
      operations.remove(at: index)
    } else {
      first += 1
      if first == operations.count || first >= 64 && first * 2 > operations.count {
        operations.removeFirst(first)
        first = 0
      }
    }
    return operation
  }
}
