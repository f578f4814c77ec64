import OperationHistory

/// A violated partition with the operation that makes it impossible, and words for both.
///
/// The reasons that it finds are true of themselves: each is a proof that the operation cannot be
/// placed, not a guess at one.
struct Scene {
  let key: ValueID
  /// All entries of the object.
  let entries: [Entry]
  /// The one whose completion makes the history impossible.
  let last: Entry
  let model: BuiltInModel
  let history: History
  let relaxation: Relaxation
  /// Entries other than the last that had begun when it ended.
  let begun: [Entry]
  /// Those that had ended, too.
  let ended: [Entry]
  /// The entries that put values in or take them out, by value or owner.
  private let byValue: [ValueID: [Entry]]

  init(key: ValueID, entries: [Entry], last: Entry, model: BuiltInModel, history: History) {
    self.key = key
    self.entries = entries
    self.last = last
    var single = model
    single.keyed = false
    self.model = single
    self.history = history
    relaxation = Relaxation(single)
    begun = entries.filter { $0.invocation < last.completion && $0.source != last.source }
    ended = begun.filter { $0.completion < last.completion }
    byValue = Dictionary(
      grouping: entries.filter { $0.operation.action != .read }, by: \.operation.first)
  }

  // MARK: Intervals

  /// The entries that did something with a value, in the order of their invocations.
  func entries(_ action: ModelOperation.Action, _ value: ValueID) -> [Entry] {
    byValue[value, default: []].filter { $0.operation.action == action }
  }

  /// Whether one had ended before another began.
  func precedes(_ first: Entry, _ second: Entry) -> Bool {
    first.completion < second.invocation
  }

  // MARK: Words

  func text(_ value: ValueID) -> String { model.values.describe(value) }

  /// `operation 6 (process 2, lines 11–14)`.
  func who(_ entry: Entry) -> String {
    let operation = history.operations[Int(entry.source)]
    let lines =
      operation.completionLine > 0
      ? "lines \(operation.invocationLine)–\(operation.completionLine)"
      : "line \(operation.invocationLine)"
    return "operation \(operation.id) (process \(operation.process), \(lines))"
  }

  /// What the object is called.
  var object: String {
    switch model.name {
    case .register: return key == .absent ? "the register" : "the register of key \(text(key))"
    case .keyValue: return key == .absent ? "the value" : "the value of key \(text(key))"
    case .znode: return "the znode" + (key == .absent ? "" : " \(text(key))")
    default:
      let name = model.name == .listAppend ? "list" : model.name.rawValue
      let words = name.map { $0 == "-" ? " " : $0 }
      return "the \(String(words))" + (key == .absent ? "" : " of key \(text(key))")
    }
  }

  /// What an operation did, in the past tense: `read 1`.
  func did(_ entry: Entry) -> String {
    let operation = entry.operation
    let first = text(operation.first)
    switch operation.action {
    case .read: return "read \(first)"
    case .write: return "wrote \(first)"
    case .cas: return "replaced \(first) by \(text(operation.second))"
    case .failedCas: return "found another value than \(first), which it was to replace"
    case .append: return "appended \(first)"
    case .delete: return "deleted the value"
    case .add: return "added \(first)"
    case .remove:
      return operation.second == .false ? "found no \(first) to remove" : "removed \(first)"
    case .contains: return operation.second == .true ? "found \(first)" : "did not find \(first)"
    case .insert: return "\(putIn) \(first)"
    case .extract:
      if operation.first == .null { return "found \(object) empty" }
      return operation.first == .absent ? "\(tookOut) something" : "\(tookOut) \(first)"
    case .acquire: return model.name == .mutex ? "acquired the mutex" : "acquired \(permits(first))"
    case .release: return model.name == .mutex ? "released the mutex" : "released \(permits(first))"
    case .step: return model.brought.did(operation)
    }
  }

  private func permits(_ count: String) -> String {
    count == "1" ? "1 permit" : "\(count) permits"
  }

  var putIn: String {
    model.name == .queue ? "enqueued" : model.name == .stack ? "pushed" : "inserted"
  }

  var tookOut: String {
    model.name == .queue ? "dequeued" : model.name == .stack ? "popped" : "took out"
  }

  /// `once`, `twice`, `3 times`.
  func times(_ count: Int) -> String {
    count == 1 ? "once" : count == 2 ? "twice" : "\(count) times"
  }

  /// `2`, `2 or 3`, `2, 3 or 4`; nil if there are too many for a sentence.
  func list(_ items: [String]) -> String? {
    guard let last = items.last, items.count <= 8 else { return nil }
    return items.count == 1
      ? last : items.dropLast().joined(separator: ", ") + " or " + last
  }

  // MARK: Reasons

  /// A reason of one of the frequent kinds, as the rest of a sentence after "but"; nil if none of
  /// them proves the violation.
  func knownReason() -> String? {
    switch model.name {
    case .register, .keyValue: valueReason()
    case .counter: counterReason()
    case .set: setReason()
    case .queue, .stack, .priorityQueue: containerReason()
    case .mutex: mutexReason()
    case .semaphore, .znode: nil
    case .listAppend: listReason()
    }
  }

  /// What can be said of every violation, as the rest of a sentence after "but".
  func generalReason(states: [String], isEarliest: Bool) -> String {
    guard isEarliest else {
      return "by the time it ended no order of the operations explained all answers"
    }
    let possible = list(states)
    let verb = model.name == .semaphore ? "have" : "be"
    guard relaxation.isObservation(last.operation) else {
      let rest = possible.map { "; without it \(object) could \(verb) \($0) at that time" } ?? ""
      return "no order of the operations seen by then has a place for it\(rest)"
    }
    let rest = possible.map { ": it could only be \($0)" } ?? ""
    return "no order of the other operations brings \(object) to that between its call and its"
      + " return\(rest)"
  }

  /// That nothing brought a value about, or not in time; nil if something did.
  ///
  /// - Parameters:
  ///   - makers: all operations that bring it about.
  ///   - verb: what they do: `writes 1`.
  /// - Returns: the rest of a sentence after "but".
  func missingReason(_ makers: [Entry], _ verb: String) -> String? {
    guard let first = makers.min(by: { $0.invocation < $1.invocation }) else {
      return "nothing in the history \(verb)"
    }
    guard first.invocation > last.completion else { return nil }
    let which =
      makers.count == 1
      ? "the only operation that \(verb)" : "the first operation that \(verb)"
    return "\(which), \(who(first)), began only after this one had ended"
  }

  /// That operations took something away more often than it was there; nil if they did not.
  ///
  /// - Parameters:
  ///   - takers: operations that ended and took it, the last one aside.
  ///   - makers: operations that may have brought it about.
  ///   - atStart: whether it was there at the start as well.
  ///   - was: how it came: `1 was written`.
  /// - Returns: the rest of a sentence after "but".
  func doubleReason(
    takers: [Entry], makers: [Entry], atStart: Bool = false, was: String
  ) -> String? {
    let present = makers.count + (atStart ? 1 : 0)
    guard present > 0, takers.count >= present, let other = takers.last else { return nil }
    guard present == 1 else {
      return "that makes \(takers.count + 1) operations that did so, and \(was) only"
        + " \(times(present))"
    }
    let only =
      makers.first.map { "\(was) only once, by \(who($0))" }
      ?? "that was there only at the start"
    return "\(who(other)) \(did(other)) as well, and \(only)"
  }
}
