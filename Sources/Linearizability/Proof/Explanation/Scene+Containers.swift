import OperationHistory

/// Queues, stacks and priority queues.
extension Scene {
  func containerReason() -> String? {
    guard last.operation.action == .extract, last.operation.first != .absent else { return nil }
    let value = last.operation.first
    guard value != .null else { return emptyReason() }
    let verb =
      model.name == .queue ? "enqueues" : model.name == .stack ? "pushes" : "inserts"
    let makers = entries(.insert, value)
    if let reason = missingReason(makers, "\(verb) \(text(value))") { return reason }
    let early = makers.filter { $0.invocation < last.completion }
    let takers = ended.filter { $0.operation == last.operation }
    let was = "\(text(value)) was \(putIn)"
    return doubleReason(takers: takers, makers: early, was: was) ?? orderReason(value, early)
  }

  /// What was surely put in before the last operation began, and surely not taken out.
  private var waiting: [Entry] {
    let taken = Set(begun.lazy.filter { $0.operation.action == .extract }.map(\.operation.first))
    if taken.contains(.absent) { return [] }
    return entries.filter {
      $0.operation.action == .insert && precedes($0, last) && !taken.contains($0.operation.first)
    }
  }

  private func emptyReason() -> String? {
    guard let waiting = waiting.first else { return nil }
    let value = text(waiting.operation.first)
    return "\(who(waiting)) had \(putIn) \(value) before this one began, and nothing had begun to"
      + " take \(value) out"
  }

  private func orderReason(_ value: ValueID, _ early: [Entry]) -> String? {
    let notTaken = "and nothing had begun to take"
    switch model.name {
    case .queue:
      let first = early.min { $0.invocation < $1.invocation }
      guard let first, let ahead = waiting.first(where: { precedes($0, first) }) else {
        return nil
      }
      let other = text(ahead.operation.first)
      return "\(other) was ahead of it: \(who(ahead)) had \(putIn) \(other) before"
        + " \(who(first)), the first to enqueue \(text(value)), began, \(notTaken) \(other) out"
    case .stack:
      let final = early.max { $0.completion < $1.completion }
      guard let final, let above = waiting.first(where: { precedes(final, $0) }) else {
        return nil
      }
      let other = text(above.operation.first)
      return "\(other) was above it: \(who(above)) \(putIn) \(other) after \(who(final)), the last"
        + " to push \(text(value)), had ended, \(notTaken) \(other) out"
    default:
      guard let number = model.values.integer(value) else { return nil }
      let smaller = waiting.first {
        model.values.integer($0.operation.first).map { $0 < number } ?? false
      }
      guard let smaller else { return nil }
      let other = text(smaller.operation.first)
      return "\(other) is smaller: \(who(smaller)) had inserted \(other) before this one began,"
        + " \(notTaken) \(other) out"
    }
  }

  /// The operations that may have put in what the last one took, and why they do not help.
  func containerCandidates() -> [Explanation.Candidate] {
    guard last.operation.action == .extract else { return [] }
    return likeliest(entries(.insert, last.operation.first)).map { maker in
      if maker.invocation > last.completion {
        return .init(operation: maker.source, reason: "began after this operation had ended")
      }
      let taker = ended.first { $0.operation == last.operation }
      return .init(
        operation: maker.source,
        reason: taker.map { "put in what \(who($0)) may have taken out" }
          ?? "put in what cannot be next at that time in any order that explains all other answers")
    }
  }
}
