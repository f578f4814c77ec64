import OperationHistory

/// Registers and keys.
extension Scene {
  /// What an operation leaves, if it may change the value.
  private func product(_ entry: Entry) -> ValueID? {
    guard !relaxation.isObservation(entry.operation) else { return nil }
    switch entry.operation.action {
    case .write: return entry.operation.first
    case .cas: return entry.operation.second
    case .delete: return initialValue
    default: return nil
    }
  }

  private var initialValue: ValueID {
    model.name == .keyValue && model.missingIsEmpty ? .emptyString : .null
  }

  /// Whether values are whole: nothing is appended to them.
  private var valuesAreWhole: Bool {
    !entries.contains { $0.operation.action == .append }
  }

  func valueReason() -> String? {
    let wanted = last.operation.first
    guard last.operation.action == .read || last.operation.action == .cas else { return nil }
    guard valuesAreWhole else { return textReason() }
    let makers = entries.filter { product($0) == wanted && $0.source != last.source }
    let atStart = wanted == initialValue
    if !atStart, let reason = missingReason(makers, "writes \(text(wanted))") { return reason }
    let early = makers.filter { $0.invocation < last.completion }
    if last.operation.action == .cas, last.operation.second != wanted {
      let takers = ended.filter {
        $0.operation.action == .cas && $0.operation.first == wanted
          && $0.operation.second != wanted
      }
      let was = "\(text(wanted)) was written"
      if let reason = doubleReason(takers: takers, makers: early, atStart: atStart, was: was) {
        return reason
      }
    }
    return staleReason(wanted, early, atStart: atStart)
  }

  /// The operation that surely replaced what `maker` wrote before the last one began.
  private func replacement(of maker: Entry?, _ value: ValueID) -> Entry? {
    entries.filter { entry in
      guard let product = product(entry), product != value, precedes(entry, last) else {
        return false
      }
      return maker.map { precedes($0, entry) } ?? true
    }.min { $0.invocation < $1.invocation }
  }

  private func staleReason(_ wanted: ValueID, _ early: [Entry], atStart: Bool) -> String? {
    // If each that may have written it was surely followed by another value before the last
    // operation began, then so was the latest of them in any order.
    var latest: Int32 = -1
    for entry in entries where precedes(entry, last) {
      if let product = product(entry), product != wanted { latest = max(latest, entry.invocation) }
    }
    guard latest >= 0, early.allSatisfy({ $0.completion < latest }) else { return nil }
    guard let maker = early.max(by: { $0.completion < $1.completion }) else {
      guard let other = replacement(of: nil, wanted) else { return nil }
      return "\(who(other)) had \(hadDone(other)) before this one began, and nothing brought back"
        + " \(text(wanted))"
    }
    guard let other = replacement(of: maker, wanted) else { return nil }
    return "\(text(wanted)) had been replaced before this one began: \(who(maker)), the last that"
      + " can have written it, had ended before \(who(other)) began, which \(did(other))"
  }

  private func hadDone(_ entry: Entry) -> String {
    let words = did(entry)
    return words.hasPrefix("wrote ") ? "written " + words.dropFirst("wrote ".count) : words
  }

  /// The operations that may have written what the last one found, and why they do not help.
  func valueCandidates() -> [Explanation.Candidate] {
    guard last.operation.action == .read || last.operation.action == .cas, valuesAreWhole
    else { return [] }
    let wanted = last.operation.first
    let makers = entries.filter { product($0) == wanted && $0.source != last.source }
    return likeliest(makers).map { maker in
      let reason: String
      if maker.invocation > last.completion {
        reason = "began after this operation had ended"
      } else if let other = replacement(of: maker, wanted) {
        reason =
          "must come before \(who(other)), which \(did(other)) and had ended before this"
          + " operation began"
      } else {
        reason =
          "cannot be the last to write before this operation in any order that explains"
          + " all other answers"
      }
      return Explanation.Candidate(operation: maker.source, reason: reason)
    }
  }

  // MARK: Text that is appended to

  /// Reasons that hold where all that is ever done is to append and to read.
  private func textReason() -> String? {
    guard last.operation.action == .read, let read = model.values.string(last.operation.first),
      entries.allSatisfy({ $0.operation.action == .append || $0.operation.action == .read })
    else { return nil }
    let words = Array(read)
    var known: [ValueID: Bool] = [:]
    for entry in entries where entry.operation.action == .append && precedes(entry, last) {
      let part = entry.operation.first
      let isThere = known[part] ?? contains(words, model.values.string(part) ?? [])
      known[part] = isThere
      if !isThere {
        return "\(who(entry)) had appended \(text(part)) before this one began, and that is missing"
      }
    }
    for other in ended.reversed() where other.operation.action == .read {
      guard let otherText = model.values.string(other.operation.first) else { continue }
      if !words.starts(with: otherText), !otherText.starts(with: words) {
        return "\(who(other)) read \(text(other.operation.first)), and neither continues the other"
      }
      if otherText.count > words.count, precedes(other, last) {
        return "\(who(other)) had read \(text(other.operation.first)) before this one began, and"
          + " what is appended stays"
      }
    }
    return nil
  }

  private func contains(_ text: [UInt8], _ part: ArraySlice<UInt8>) -> Bool {
    guard part.count <= text.count else { return false }
    return (0...text.count - part.count).contains {
      text[$0..<$0 + part.count].elementsEqual(part)
    }
  }
}
