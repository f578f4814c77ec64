import OperationHistory

/// Decides one value of a set: it is there, or it is not.
///
/// What matters is when it comes and goes, and which addition or removal does it; everything else
/// is a question, an addition of what is there already, or a removal of what is not, and fits
/// wherever the value is there, or is not, while the operation is open. So the search walks along
/// the events with the set of all configurations that are possible, and lets the value come or go
/// only where an operation completes that needs it, or that could bring it about for the last time.
///
/// - Complexity: O(events × configurations), of which there are a handful unless many operations
///   on the value are open at once; past 64 of these or 256 configurations nothing is decided.
struct MembershipSearch {
  /// What became of a value.
  enum Outcome {
    /// There is an order; `order` has it.
    case holds
    /// There is none for the prefix that ends at this place.
    case violated(Int32)
    /// Too many operations are open at once.
    case undecided
  }

  /// One possibility of what has happened so far.
  private struct Configuration {
    var isThere = false
    /// The open operations, by slot, that made the value come or go.
    var used: UInt64 = 0
    /// Those that need no change any more: used, or open while the value was (not) there.
    var satisfied: UInt64 = 0
    /// How many indeterminate operations made the value come, and go.
    var optionalAdds: Int32 = 0
    var optionalRemoves: Int32 = 0
    /// The last change, in `changes`; negative if there was none.
    var change: Int32 = -1
  }

  private struct Change {
    var entry: Int32
    var event: Int32
    var previous: Int32
  }

  /// After ``Outcome/holds``: the order, in indices of all entries.
  private(set) var order: [Int32] = []
  private let entries: [Entry]
  private var events: [UInt64] = []
  private var changes: [Change] = []
  private var configurations: [Configuration] = []
  private var slotOfEntry: [UInt8]
  private var isChange: [Bool]
  private var entryOfSlot = [Int32](repeating: 0, count: 64)
  /// Slots by what their operation is; a removal that found the value is only in `takes`.
  private var open: UInt64 = 0
  private var adds: UInt64 = 0
  private var removes: UInt64 = 0
  private var takes: UInt64 = 0
  private var wantsPresence: UInt64 = 0
  private var wantsAbsence: UInt64 = 0
  private var optionalAdds: [Int32] = []
  private var optionalRemoves: [Int32] = []

  /// A search among these entries.
  init(entries: [Entry]) {
    self.entries = entries
    slotOfEntry = [UInt8](repeating: 0, count: entries.count)
    isChange = [Bool](repeating: false, count: entries.count)
  }

  /// Decides the value that the entries of `group`, by ascending invocation, concern.
  mutating func decide(_ group: ArraySlice<Int32>) -> Outcome {
    reset(group)
    for (number, event) in events.enumerated() {
      let index = Int32(truncatingIfNeeded: event >> 1 & 0x7FFF_FFFF)
      guard event & 1 == 1 else {
        guard invoke(index) else { return .undecided }
        continue
      }
      guard complete(index, event: Int32(number)) else { return .undecided }
      if configurations.isEmpty { return .violated(end(at: entries[Int(index)].completion)) }
    }
    emit()
    return .holds
  }

  private mutating func reset(_ group: ArraySlice<Int32>) {
    (open, adds, removes, takes, wantsPresence, wantsAbsence) = (0, 0, 0, 0, 0, 0)
    order.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
    changes.removeAll(keepingCapacity: true)
    optionalAdds.removeAll(keepingCapacity: true)
    optionalRemoves.removeAll(keepingCapacity: true)
    configurations.removeAll(keepingCapacity: true)
    configurations.append(Configuration())
    for index in group {
      let entry = entries[Int(index)]
      events.append(UInt64(entry.invocation) << 32 | UInt64(index) << 1)
      guard !entry.isIndeterminate else { continue }
      events.append(UInt64(entry.completion) << 32 | UInt64(index) << 1 | 1)
    }
    events.sort()
  }

  /// Opens an operation; false if there is no slot.
  private mutating func invoke(_ index: Int32) -> Bool {
    let entry = entries[Int(index)]
    if entry.isIndeterminate {
      switch entry.operation.action {
      case .add: optionalAdds.append(index)
      // A removal that would have found nothing changes nothing, and can be left out.
      case .remove where entry.operation.second != .false: optionalRemoves.append(index)
      default: break
      }
      return true
    }
    guard ~open != 0 else { return false }
    let slot = (~open).trailingZeroBitCount
    let bit = UInt64(1) << UInt64(slot)
    slotOfEntry[Int(index)] = UInt8(slot)
    entryOfSlot[slot] = index
    open |= bit
    switch Self.kind(entry.operation) {
    case .take: takes |= bit
    case .wants(let presence, let canChange):
      if presence { wantsPresence |= bit } else { wantsAbsence |= bit }
      if canChange { if presence { adds |= bit } else { removes |= bit } }
      for index in configurations.indices where configurations[index].isThere == presence {
        configurations[index].satisfied |= bit
      }
    }
    return true
  }

  private enum Kind {
    /// Must make the value go.
    case take
    /// Fits while the value is there, or is not; may make it so.
    case wants(presence: Bool, canChange: Bool)
  }

  private static func kind(_ operation: ModelOperation) -> Kind {
    switch (operation.action, operation.second) {
    case (.add, _): .wants(presence: true, canChange: true)
    case (.remove, .true): .take
    case (.remove, .false): .wants(presence: false, canChange: false)
    case (.remove, _): .wants(presence: false, canChange: true)
    case (_, let answer): .wants(presence: answer == .true, canChange: false)
    }
  }

  /// Closes an operation: keeps the configurations that have a place for it; false past the limit.
  private mutating func complete(_ index: Int32, event: Int32) -> Bool {
    let bit = UInt64(1) << UInt64(slotOfEntry[Int(index)])
    let canChange = (adds | removes) & bit != 0
    var reached: [Configuration] = []
    swap(&reached, &configurations)
    // Those that need no change now and lose nothing when the operation closes stay as they are.
    var next = 0
    let mayWait = reached.allSatisfy {
      $0.satisfied & bit != 0 && (!canChange || $0.used & bit != 0)
    }
    while !mayWait, next < reached.count {
      let configuration = reached[next]
      next += 1
      if configuration.satisfied & bit != 0, !canChange || configuration.used & bit != 0 {
        continue
      }
      for change in successors(of: configuration, event: event)
      where !reached.contains(where: { dominates($0, change) }) {
        guard reached.count < 256 else { return false }
        reached.append(change)
      }
    }
    (open, adds, removes, takes) = (open & ~bit, adds & ~bit, removes & ~bit, takes & ~bit)
    (wantsPresence, wantsAbsence) = (wantsPresence & ~bit, wantsAbsence & ~bit)
    for var configuration in reached where configuration.satisfied & bit != 0 {
      configuration.satisfied &= ~bit
      configuration.used &= ~bit
      if !configurations.contains(where: { dominates($0, configuration) }) {
        configurations.append(configuration)
      }
    }
    return true
  }

  /// The value comes or goes once, by the operation that has to end first among those of a kind.
  private mutating func successors(
    of configuration: Configuration, event: Int32
  ) -> [Configuration] {
    var result: [Configuration] = []
    func changed(by entry: Int32, _ bit: UInt64) -> Configuration {
      var next = configuration
      next.isThere.toggle()
      next.used |= bit
      next.satisfied |= bit | (next.isThere ? wantsPresence : wantsAbsence)
      next.change = Int32(changes.count)
      changes.append(Change(entry: entry, event: event, previous: configuration.change))
      return next
    }
    if configuration.isThere, let slot = earliest(takes & ~configuration.used) {
      result.append(changed(by: entryOfSlot[slot], 1 << UInt64(slot)))
    }
    if let slot = earliest((configuration.isThere ? removes : adds) & ~configuration.used) {
      result.append(changed(by: entryOfSlot[slot], 1 << UInt64(slot)))
    } else if configuration.isThere {
      if configuration.optionalRemoves < optionalRemoves.count {
        let entry = optionalRemoves[Int(configuration.optionalRemoves)]
        var next = changed(by: entry, 0)
        next.optionalRemoves += 1
        result.append(next)
      }
    } else if configuration.optionalAdds < optionalAdds.count {
      var next = changed(by: optionalAdds[Int(configuration.optionalAdds)], 0)
      next.optionalAdds += 1
      result.append(next)
    }
    return result
  }

  /// The slot whose operation completes first.
  private func earliest(_ slots: UInt64) -> Int? {
    var best: Int?
    var rest = slots
    while rest != 0 {
      let slot = rest.trailingZeroBitCount
      rest &= rest - 1
      let completion = entries[Int(entryOfSlot[slot])].completion
      if best.map({ completion < entries[Int(entryOfSlot[$0])].completion }) ?? true {
        best = slot
      }
    }
    return best
  }

  /// Whether all that `other` can still do, `configuration` can do too.
  private func dominates(_ configuration: Configuration, _ other: Configuration) -> Bool {
    configuration.isThere == other.isThere
      && configuration.used & takes == other.used & takes
      && configuration.used & ~takes & ~other.used == 0
      && other.satisfied & ~configuration.satisfied == 0
      && configuration.optionalAdds <= other.optionalAdds
      && configuration.optionalRemoves <= other.optionalRemoves
  }

  /// Until where the prefix reaches that is a violation when no configuration is left at `place`.
  ///
  /// A removal that is still open might have found the value, as far as the prefix tells.
  private func end(at place: Int32) -> Int32 {
    var result = place
    var rest = wantsAbsence
    while rest != 0 {
      let entry = entries[Int(entryOfSlot[rest.trailingZeroBitCount])]
      rest &= rest - 1
      if entry.operation.action == .remove { result = max(result, entry.completion) }
    }
    return result
  }

  /// Walks along the events again, with the changes of one configuration that is left.
  private mutating func emit() {
    var path: [Change] = []
    var change = configurations.first?.change ?? -1
    while change >= 0 {
      path.append(changes[Int(change)])
      change = changes[Int(change)].previous
    }
    for change in path { isChange[Int(change.entry)] = true }
    defer { for change in changes { isChange[Int(change.entry)] = false } }
    var isThere = false
    var waiting: (forPresence: [Int32], forAbsence: [Int32]) = ([], [])
    for (number, event) in events.enumerated() {
      let index = Int32(truncatingIfNeeded: event >> 1 & 0x7FFF_FFFF)
      while event & 1 == 1, let change = path.last, change.event == Int32(number) {
        path.removeLast()
        isThere.toggle()
        order.append(change.entry)
        order += isThere ? waiting.forPresence : waiting.forAbsence
        if isThere { waiting.forPresence = [] } else { waiting.forAbsence = [] }
      }
      guard event & 1 == 0, !isChange[Int(index)], !entries[Int(index)].isIndeterminate,
        case .wants(let presence, _) = Self.kind(entries[Int(index)].operation)
      else { continue }
      if presence == isThere {
        order.append(index)
      } else if presence {
        waiting.forPresence.append(index)
      } else {
        waiting.forAbsence.append(index)
      }
    }
  }
}
