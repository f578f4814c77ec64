import OperationHistory

/// Mutexes, and which operations count as candidates for what.
extension Scene {
  func mutexReason() -> String? {
    let owner = last.operation.first
    guard last.operation.action == .release else { return heldReason(owner) }
    let acquires = begun.filter {
      $0.operation.action == .acquire && $0.operation.first == owner
    }
    let releases = ended.filter { $0.operation == last.operation }
    guard acquires.count <= releases.count else { return nil }
    return acquires.isEmpty
      ? "process \(text(owner)) had not begun to acquire it"
      : "process \(text(owner)) had acquired it only \(times(acquires.count)), and released it"
        + " before"
  }

  private func heldReason(_ owner: ValueID) -> String? {
    // Where the last release of each owner ends that may have begun by now.
    var released: [ValueID: Int32] = [:]
    for entry in begun where entry.operation.action == .release {
      released[entry.operation.first] = max(
        released[entry.operation.first] ?? -1, entry.completion)
    }
    func keeps(_ acquire: Entry) -> Bool {
      released[acquire.operation.first].map { $0 < acquire.invocation } ?? true
    }
    // Of two that acquired it, neither can have been released by now.
    guard keeps(last),
      let other = ended.last(where: { $0.operation.action == .acquire && keeps($0) })
    else { return nil }
    return "\(who(other)) acquired it too, and process \(text(other.operation.first)) had not begun"
      + " to release it"
  }

  /// The operations that might seem to make the last one possible.
  func candidates() -> [Explanation.Candidate] {
    switch model.name {
    case .register, .keyValue: valueCandidates()
    case .queue, .stack, .priorityQueue: containerCandidates()
    default: []
    }
  }

  /// The candidates that are told of: the latest that had begun in time, the nearest first, and the
  /// first that had not.
  func likeliest(_ makers: [Entry]) -> [Entry] {
    let early = makers.filter { $0.invocation < last.completion }
    return early.suffix(15).reversed() + makers.dropFirst(early.count).prefix(1)
  }
}
