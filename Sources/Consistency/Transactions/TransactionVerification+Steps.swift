import OperationHistory

/// What shows a dependency of two transactions on one object.
extension TransactionVerification {
  /// What all `ok` transactions read of an object.
  ///
  /// - Complexity: O(n) in the size of the history.
  func reads(of key: ValueID) throws(Doubt) -> [ValueID] {
    var reads: [ValueID] = []
    for (index, operation) in history.operations.enumerated() where operation.outcome == .ok {
      for step in try steps(index) where step.isRead && step.key == key { reads.append(step.value) }
    }
    return reads
  }

  /// The read with which a transaction begins on an object, if it does.
  private func externalRead(_ steps: [Step]) -> ValueID? {
    guard let first = steps.first, first.isRead else { return nil }
    return first.value
  }

  /// Whether the reads of a list show that one transaction comes before another.
  ///
  /// The steps are those on the list, in their order.
  func isShownByList(
    _ kind: EdgeKind, _ key: ValueID, _ left: [Step], _ right: [Step]
  ) throws(Doubt) -> Bool {
    let written = right.filter { !$0.isRead }.map(\.value)
    if kind == .writeRead {
      guard let read = externalRead(right) else { return false }
      let shown = list(read)
      return left.contains { !$0.isRead && shown.contains($0.value) }
    }
    let reads = try reads(of: key).map(list)
    // Where reads disagree about the order of versions none of them shows it.
    let longest = reads.max { $0.count < $1.count } ?? []
    guard reads.allSatisfy({ longest.starts(with: $0) }), Set(longest).count == longest.count else {
      return false
    }
    /// What no read shows was appended after all that a read shows.
    func place(_ element: ValueID) -> Int { longest.firstIndex(of: element) ?? longest.count }
    if kind == .writeWrite {
      return left.contains { step in
        !step.isRead && written.contains { place(step.value) < place($0) }
      }
    }
    guard let read = externalRead(left) else { return false }
    return written.contains { place($0) >= list(read).count }
  }

  /// Whether the reads of a register show it.
  func isShownByRegister(_ kind: EdgeKind, _ left: [Step], _ right: [Step]) -> Bool {
    let seen = externalRead(right)
    let writes = right.contains { !$0.isRead }
    switch kind {
    case .writeRead: return left.contains { !$0.isRead && $0.value == seen }
    case .writeWrite: return writes && left.contains { !$0.isRead && $0.value == seen }
    default:
      guard let read = externalRead(left), writes else { return false }
      // Null comes before every write.
      return read == .null || read == seen
    }
  }
}
