import Linearizability
import OperationHistory

/// The definition of linearizability, tried out on states of 64 bits: brute force that is quick
/// enough for hundreds of thousands of small histories, and shares no line with any model.
///
/// Values are the integers 1 to 15; a sequence is a hexadecimal number, its first element the
/// lowest digit.
struct CompactReference {
  private struct Step {
    var action: ModelOperation.Action
    /// -1 stands for `absent`, 0 for `null`.
    var value: Int64
    var answer: Bool?
    var list: UInt64
    var predecessors: Int
  }

  private let model: BuiltInModel
  private var steps: [Step] = []
  private var definite = 0
  private var visited: [[UInt64]] = []

  init(_ entries: [Entry], model: BuiltInModel) {
    self.model = model
    for (index, entry) in entries.enumerated() {
      let operation = entry.operation
      var predecessors = 0
      for (other, earlier) in entries.enumerated() where earlier.completion < entry.invocation {
        predecessors |= 1 << other
      }
      if !entry.isIndeterminate { definite |= 1 << index }
      steps.append(
        Step(
          action: operation.action,
          value: operation.first == .absent ? -1 : model.values.integer(operation.first) ?? 0,
          answer: operation.second == .absent ? nil : operation.second == .true,
          list: operation.action == .read ? packed(operation.first) : 0,
          predecessors: predecessors))
    }
  }

  private func packed(_ list: ValueID) -> UInt64 {
    guard let elements = model.values.list(list) else { return 0 }
    return elements.reversed().reduce(0) { $0 << 4 | UInt64(model.values.integer($1) ?? 0) }
  }

  /// Whether the history is linearizable.
  mutating func isLinearizable() -> Bool {
    visited = [[UInt64]](repeating: [], count: 1 << steps.count)
    return canFinish(0, placed: 0)
  }

  private mutating func canFinish(_ state: UInt64, placed: Int) -> Bool {
    if placed & definite == definite { return true }
    if visited[placed].contains(state) { return false }
    visited[placed].append(state)
    for index in steps.indices
    where placed >> index & 1 == 0 && steps[index].predecessors & ~placed == 0 {
      if let next = apply(steps[index], to: state),
        canFinish(next, placed: placed | 1 << index)
      {
        return true
      }
    }
    return false
  }

  private func apply(_ step: Step, to state: UInt64) -> UInt64? {
    switch model.name {
    case .set: return set(step, state)
    case .listAppend:
      if step.action == .read { return step.list == state ? state : nil }
      return state | UInt64(step.value) << Self.length(state)
    case .counter:
      if step.action == .read { return step.value == Int64(bitPattern: state) ? state : nil }
      return UInt64(bitPattern: Int64(bitPattern: state) + step.value)
    case .mutex:
      let owner = UInt64(step.value)
      return step.action == .acquire ? (state == 0 ? owner : nil) : (state == owner ? 0 : nil)
    case .semaphore:
      let amount = UInt64(step.value)
      guard step.action == .acquire else { return state >= amount ? state - amount : nil }
      return state + amount <= UInt64(model.permits) ? state + amount : nil
    default: return container(step, state)
    }
  }

  private func set(_ step: Step, _ state: UInt64) -> UInt64? {
    if step.action == .read {
      var list = step.list
      var elements: UInt64 = 0
      while list != 0 {
        elements |= 1 << (list & 15)
        list >>= 4
      }
      return elements == state ? state : nil
    }
    let bit = UInt64(1) << UInt64(step.value)
    if step.action == .add { return state | bit }
    if let answer = step.answer, answer != (state & bit != 0) { return nil }
    return step.action == .contains ? state : state & ~bit
  }

  private func container(_ step: Step, _ state: UInt64) -> UInt64? {
    if step.action == .insert { return state | UInt64(step.value) << Self.length(state) }
    guard state != 0 else { return step.value <= 0 ? 0 : nil }
    var shift: UInt64 = 0
    switch model.name {
    case .queue: break
    case .stack: shift = Self.length(state) - 4
    default:
      for other in stride(from: 0, to: Self.length(state), by: 4)
      where state >> other & 15 < state >> shift & 15 { shift = other }
    }
    guard step.value < 0 || step.value == Int64(state >> shift & 15) else { return nil }
    let below = state & ((1 << shift) - 1)
    return below | (shift + 4 >= 64 ? 0 : (state >> (shift + 4)) << shift)
  }

  /// The length of a sequence, in bits.
  private static func length(_ state: UInt64) -> UInt64 {
    UInt64((64 - state.leadingZeroBitCount + 3) / 4 * 4)
  }
}
