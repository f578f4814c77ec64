import OperationHistory

/// What may be left out of a partition without turning one that has an order into one that has
/// none.
///
/// So a violation of what remains is a violation of the whole. From an order of the operations
/// before, each rule makes an order of those after:
///
/// 1. *An observation goes*: it changes no state, so its neighbours do not notice.
/// 2. *A definite operation becomes indeterminate and loses its result*: its place in the order
///    stays allowed, since fewer operations must follow it and fewer answers contradict it.
/// 3. *An indeterminate operation that began after every definite one had ended goes*: whatever
///    stands behind the last definite operation in the order may go, for all of that is optional.
/// 4. *An operation goes whose effect no remaining operation can have seen*: of a register, a
///    key or a list, one whose value no remaining operation found there, if no failed
///    compare-and-set remains (that one would notice the value that shows instead). Of a set,
///    queue, stack or priority queue all operations that name a value go together, and of a mutex
///    all of an owner: without them the rest of the order is what it was.
/// 5. *The past before a write goes* (``cut(_:after:)``).
///
/// A truncated history is a case of rules 1 to 3. Rules 1 to 4 stay applicable as operations go
/// or become indeterminate, so they may be applied in any order or all at once.
struct Relaxation {
  /// Which form rule 4 has.
  enum Separation {
    case none, bySight, byValue
  }

  let name: ModelName
  let values: ValueTable
  /// Whether strings can be appended to.
  private let joinsText: Bool
  private let specification: any Model<ModelOperation>
  private let foreign: (any ForeignModel)?

  init(_ model: BuiltInModel) {
    name = model.name
    values = model.values
    joinsText = model.name == .keyValue && model.missingIsEmpty
    var single = model
    single.keyed = false
    specification = single.specification
    foreign = model.foreign
  }

  var separation: Separation {
    switch name {
    case .register, .keyValue, .listAppend: .bySight
    case .set, .queue, .stack, .priorityQueue, .mutex: .byValue
    case .counter, .semaphore, .znode: .none
    }
  }

  // MARK: Rules 1 and 2

  /// Whether an operation never changes the state.
  func isObservation(_ operation: ModelOperation) -> Bool {
    specification.isObservation(operation)
  }

  /// The operation without its result, for an indeterminate entry.
  func withoutResult(_ operation: ModelOperation) -> ModelOperation {
    var operation = operation
    switch operation.action {
    case .extract: operation.first = .absent
    case .remove: operation.second = .absent
    case .step: return foreign?.withoutResult(operation) ?? operation
    default: break
    }
    return operation
  }

  /// An entry as rule 2 leaves it.
  func indeterminate(_ entry: Entry) -> Entry {
    guard !entry.isIndeterminate else { return entry }
    var entry = entry
    entry.operation = withoutResult(entry.operation)
    entry.completion = .max
    return entry
  }

  // MARK: Rules 1 to 3

  /// What had been seen of a partition right after the event at `place`.
  ///
  /// Operations still open there become indeterminate, observations among them go.
  ///
  /// - Returns: the entries, and where each stands in `entries`.
  func truncated(_ entries: [Entry], at place: Int32) -> (entries: [Entry], origins: [Int32]) {
    var kept: [Entry] = []
    var origins: [Int32] = []
    for (index, entry) in entries.enumerated() {
      if entry.invocation > place { break }
      let isOpen = entry.completion > place
      if isOpen, isObservation(entry.operation) { continue }
      kept.append(isOpen ? indeterminate(entry) : entry)
      origins.append(Int32(index))
    }
    return (kept, origins)
  }

  /// The place where the last definite entry ends; -1 without one.
  static func lastCompletion(_ entries: some Sequence<Entry>) -> Int32 {
    entries.reduce(-1) { $1.isIndeterminate ? $0 : max($0, $1.completion) }
  }

  // MARK: Rule 4

  /// What the operations of a partition find or name, to tell what can have been seen.
  struct Sights {
    /// The values found, for models separated by sight; otherwise the values or owners named.
    fileprivate(set) var values: Set<ValueID> = []
    /// Whether an operation notices even what rule 4 would take away.
    fileprivate(set) var noticesAll = false
    fileprivate var strings: [ArraySlice<UInt8>] = []
  }

  /// What the given operations find or name.
  func sights(_ entries: some Sequence<Entry>) -> Sights {
    var sights = Sights()
    var appends = false
    var writesNoText = false
    for entry in entries {
      let operation = entry.operation
      switch separation {
      case .none: break
      case .bySight:
        switch operation.action {
        case .read, .cas:
          guard sights.values.insert(operation.first).inserted else { break }
          if name == .listAppend, let list = values.list(operation.first) {
            sights.values.formUnion(list)
          } else if joinsText, let text = values.string(operation.first) {
            sights.strings.append(text)
          }
        case .append where joinsText: appends = true
        case .write where joinsText && values.string(operation.first) == nil: writesNoText = true
        case .write, .append, .delete: break
        default: sights.noticesAll = true
        }
      case .byValue:
        if operation.action == .extract, operation.first == .absent, !entry.isIndeterminate {
          sights.noticesAll = true
        }
        sights.values.formUnion(named(by: operation))
      }
    }
    // Only to a string can be appended: without a write of one, an append would notice.
    if appends && writesNoText { sights.noticesAll = true }
    return sights
  }

  /// The values, or the owner, that an operation names.
  func named(by operation: ModelOperation) -> [ValueID] {
    if name == .set, operation.action == .read {
      return values.list(operation.first).map(Array.init) ?? []
    }
    return operation.first == .absent ? [] : [operation.first]
  }

  /// Whether rule 4 lets an operation go while operations of such sights remain.
  ///
  /// It holds of all operations at once for which this says yes.
  func isUnseen(_ operation: ModelOperation, by sights: Sights) -> Bool {
    if sights.noticesAll { return false }
    switch separation {
    case .none: return false
    case .byValue:
      // An answer of null says that nothing was there: it names no value.
      guard operation.first != .absent, operation.first != .null else { return false }
      return !isObservation(operation) && !sights.values.contains(operation.first)
    case .bySight:
      switch operation.action {
      case .write: return !isSeen(operation.first, by: sights)
      case .cas: return !isSeen(operation.second, by: sights)
      case .delete: return !isSeen(.null, by: sights)
      case .append:
        guard name == .listAppend || values.string(operation.first) != nil else { return false }
        return !isSeen(operation.first, by: sights)
      default: return false
      }
    }
  }

  /// Whether a value was found, by itself or as a part of a string.
  private func isSeen(_ value: ValueID, by sights: Sights) -> Bool {
    if sights.values.contains(value) { return true }
    guard joinsText else { return false }
    // A missing key reads as "", and may be appended to.
    if value == .null || value == .emptyString {
      return !sights.strings.isEmpty || sights.values.contains(.null)
    }
    guard let part = values.string(value) else { return false }
    return sights.strings.contains { Self.contains($0, part) }
  }

  private static func contains(_ text: ArraySlice<UInt8>, _ part: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first, part.count <= text.count else { return part.isEmpty }
    let length = part.count
    for start in text.startIndex...(text.endIndex - length)
    where text[start] == first && text[start..<start + length].elementsEqual(part) {
      return true
    }
    return false
  }

  // MARK: Rule 5

  /// Whether an operation sets the state whatever it was, and is legal always.
  func isPlainWrite(_ operation: ModelOperation) -> Bool {
    guard name == .register || name == .keyValue else { return false }
    return operation.action == .write || operation.action == .delete
  }

  /// What remains if nobody looks at the past before the definite plain write at `index`.
  ///
  /// Operations that had ended when it began go. Of those that overlap it, observations go, plain
  /// writes stay, and others become indeterminate. In an order of all, let everything before the
  /// write go that is not a definite plain write: that is all that these rules removed or made
  /// optional, and the write hides the difference from what follows it.
  ///
  /// - Returns: for each entry what remains of it, if anything does.
  func cut(_ entries: [Entry], after index: Int) -> [Entry?] {
    let base = entries[index]
    return entries.enumerated().map { position, entry in
      if position == index || entry.invocation > base.completion { return entry }
      if entry.isIndeterminate { return isObservation(entry.operation) ? nil : entry }
      if entry.completion < base.invocation || isObservation(entry.operation) { return nil }
      return isPlainWrite(entry.operation) ? entry : indeterminate(entry)
    }
  }
}
