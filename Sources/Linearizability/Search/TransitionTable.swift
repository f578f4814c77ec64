/// A model's states, numbered in the order in which a search meets them.
///
/// The search sees only numbers, so that it is compiled once and runs alike for every model, those
/// of a user's own module included.
protocol StateNumbers: AnyObject {
  /// The number of the state after an operation of `kind` in `state`; -1 if that is not legal.
  func next(_ state: Int32, _ kind: Int32) -> Int32
  /// Whether an observation of `kind` is legal in `state`, or may be after operations that are no
  /// resets.
  func mayBecomeLegal(_ state: Int32, _ kind: Int32) -> Bool
  /// An estimate of the memory that the states take.
  var bytes: Int { get }
}

/// The states of one model for one search.
final class ModelStates<M: Model>: StateNumbers {
  private let model: M
  private let operations: [M.Operation]
  private var states: [M.State]
  private var numbers: [M.State: Int32]

  /// Starts with the initial state; `operations` has one of each kind.
  init(model: M, operations: [M.Operation]) {
    self.model = model
    self.operations = operations
    states = [model.initialState]
    numbers = [model.initialState: 0]
  }

  func next(_ state: Int32, _ kind: Int32) -> Int32 {
    guard let next = model.step(states[Int(state)], operations[Int(kind)]) else { return -1 }
    if let known = numbers[next] { return known }
    let number = Int32(states.count)
    states.append(next)
    numbers[next] = number
    return number
  }

  func mayBecomeLegal(_ state: Int32, _ kind: Int32) -> Bool {
    model.mayBecomeLegal(operations[Int(kind)], after: states[Int(state)])
  }

  var bytes: Int { states.count * (3 * MemoryLayout<M.State>.stride + 64) }
}

/// A model's steps between numbered states, each computed once.
///
/// - Complexity: a known step costs one probe; a new one calls the model and hashes a state.
struct TransitionTable {
  private let states: any StateNumbers
  private let kindCount: UInt64
  /// Open addressing; a key is state · kinds + kind + 1, 0 an empty slot.
  private var keys = [UInt64](repeating: 0, count: 1024)
  private var results = [Int32](repeating: 0, count: 1024)
  private var count = 0

  init(_ problem: ModelProblem) {
    states = problem.makeStates()
    kindCount = UInt64(problem.isObservation.count)
  }

  var bytes: Int { keys.count * 12 + states.bytes }

  /// The state after an operation of `kind` in `state`; -1 if it is not legal there.
  mutating func next(_ state: Int32, _ kind: Int32) -> Int32 {
    let key = UInt64(state) * kindCount + UInt64(kind) + 1
    var slot = Int(truncatingIfNeeded: mix(key, 0)) & (keys.count - 1)
    while keys[slot] != 0 {
      if keys[slot] == key { return results[slot] }
      slot = (slot + 1) & (keys.count - 1)
    }
    let result = states.next(state, kind)
    keys[slot] = key
    results[slot] = result
    count += 1
    if count * 2 > keys.count { grow() }
    return result
  }

  /// See `StateNumbers.mayBecomeLegal`; not remembered.
  func mayBecomeLegal(_ state: Int32, _ kind: Int32) -> Bool {
    states.mayBecomeLegal(state, kind)
  }

  private mutating func grow() {
    let (oldKeys, oldResults) = (keys, results)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    results = Array(repeating: 0, count: oldKeys.count * 2)
    for (old, key) in oldKeys.enumerated() where key != 0 {
      var slot = Int(truncatingIfNeeded: mix(key, 0)) & (keys.count - 1)
      while keys[slot] != 0 { slot = (slot + 1) & (keys.count - 1) }
      keys[slot] = key
      results[slot] = oldResults[old]
    }
  }
}
