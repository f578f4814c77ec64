import OperationHistory

/// Sets, lists and counters.
extension Scene {
  // MARK: Sets

  func setReason() -> String? {
    let operation = last.operation
    switch operation.action {
    case .contains, .remove:
      if operation.second == .absent { return nil }
      return operation.second == .true
        ? absentReason(operation.first) : presentReason(operation.first)
    case .read:
      guard let elements = model.values.list(operation.first) else { return nil }
      for element in elements {
        if let reason = absentReason(element) { return reason }
      }
      let others = Set(ended.filter { $0.operation.action == .add }.map(\.operation.first))
      for element in others.subtracting(elements).sorted(by: { $0.raw < $1.raw }) {
        if let reason = presentReason(element) { return reason }
      }
      return nil
    default: return nil
    }
  }

  /// Why a value cannot be in the set; nil if it may be.
  private func absentReason(_ value: ValueID) -> String? {
    if let reason = missingReason(entries(.add, value), "adds \(text(value))") { return reason }
    let early = entries(.add, value).filter { $0.invocation < last.completion }
    guard let latest = early.max(by: { $0.completion < $1.completion }),
      let remover = entries(.remove, value).first(where: {
        precedes(latest, $0) && precedes($0, last) && $0.operation.second != .false
      })
    else { return nil }
    return "\(text(value)) had been removed before this one began: \(who(remover)) removed it after"
      + " \(who(latest)), the last that can have added it, had ended"
  }

  /// Why a value must be in the set; nil if it may be missing.
  private func presentReason(_ value: ValueID) -> String? {
    guard let adder = entries(.add, value).first(where: { precedes($0, last) }),
      !entries(.remove, value).contains(where: {
        $0.invocation < last.completion && $0.operation.second != .false
      })
    else { return nil }
    return "\(who(adder)) had added \(text(value)) before this one began, and nothing had begun to"
      + " remove it"
  }

  // MARK: Lists

  func listReason() -> String? {
    guard last.operation.action == .read, let list = model.values.list(last.operation.first)
    else { return nil }
    var counts: [ValueID: Int] = [:]
    for element in list { counts[element, default: 0] += 1 }
    for element in list {
      let makers = entries(.append, element)
      if let reason = missingReason(makers, "appends \(text(element))") { return reason }
      let early = makers.filter { $0.invocation < last.completion }
      if let count = counts[element], count > early.count {
        return "\(text(element)) is there \(times(count)), and was appended only"
          + " \(times(early.count))"
      }
    }
    let missed = entries.first {
      $0.operation.action == .append && precedes($0, last) && counts[$0.operation.first] == nil
    }
    if let missed {
      let value = text(missed.operation.first)
      return "\(who(missed)) had appended \(value) before this one began, and \(value) is missing"
    }
    return otherListReason(list) ?? realTimeReason(list, counts)
  }

  /// That another read does not go together with this one.
  private func otherListReason(_ list: ArraySlice<ValueID>) -> String? {
    for other in ended.reversed() where other.operation.action == .read {
      guard let otherList = model.values.list(other.operation.first) else { continue }
      if !list.starts(with: otherList), !otherList.starts(with: list) {
        return "\(who(other)) read \(text(other.operation.first)), and neither list continues the"
          + " other"
      }
      if otherList.count > list.count, precedes(other, last) {
        return "\(who(other)) had read \(text(other.operation.first)) before this one began, and"
          + " lists only grow"
      }
    }
    return nil
  }

  /// That two elements stand in the wrong order.
  private func realTimeReason(_ list: ArraySlice<ValueID>, _ counts: [ValueID: Int]) -> String? {
    // The one so far whose append began last; each element is appended once.
    var latest: Entry?
    for element in list where counts[element] == 1 {
      let makers = entries(.append, element)
      guard let maker = makers.first, makers.count == 1 else { continue }
      if let latest, precedes(maker, latest) {
        let (first, second) = (text(element), text(latest.operation.first))
        return "\(second) stands before \(first) there, and \(who(maker)) had appended \(first)"
          + " before \(who(latest)) began, which appended \(second)"
      }
      if latest.map({ $0.invocation < maker.invocation }) ?? true { latest = maker }
    }
    return nil
  }

  // MARK: Counters

  func counterReason() -> String? {
    guard last.operation.action == .read, let read = model.values.integer(last.operation.first)
    else { return nil }
    var least: Int64 = 0
    var most: Int64 = 0
    for entry in begun where entry.operation.action == .add {
      guard let amount = model.values.integer(entry.operation.first), amount >= 0 else {
        return nil
      }
      let sum = most.addingReportingOverflow(amount)
      guard !sum.overflow else { return nil }
      most = sum.partialValue
      if precedes(entry, last) { least += amount }
    }
    if read > most { return "all that had begun to be added when it ended comes to \(most)" }
    if read < least { return "what had been added before it began comes to \(least) already" }
    return nil
  }
}
