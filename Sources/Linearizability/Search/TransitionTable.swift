/// A model's states, numbered in the order in which a search meets them.
///
/// The search sees only numbers, so that it is compiled once and runs alike for every model, those
/// of a user's own module included.
protocol StateNumbers: AnyObject {
  /// The number of the state after an operation of `kind` in `state`; -1 if that is not legal.
  func next(_ state: Int32, _ kind: Int32) -> Int32
  /// See `Model.mayBecomeLegal`.
  func mayBecomeLegal(_ state: Int32, _ observation: Int32) -> Bool
  /// See `Model.mayReset`.
  func mayReset(_ kind: Int32, toward observation: Int32) -> Bool
  /// An estimate of the memory that the states take.
  var bytes: Int { get }
}

/// The states of one model for one search.
final class ModelStates<M: Model>: StateNumbers {
  /// The states by number, and the numbers by state.
  private final class Register: @unchecked Sendable {
    var states: [M.State] = []
    var numbers: [M.State: Int32] = [:]
  }

  private let model: M
  private let operations: [M.Operation]
  private let representative: (@Sendable (M.State) -> M.State)?
  private let register = Register()

  /// Starts with the initial state; `operations` has one of each kind.
  init(model: M, operations: [M.Operation]) {
    self.model = model
    self.operations = operations
    representative = model.representatives(among: operations)
    register.states = [model.initialState]
    register.numbers = [model.initialState: 0]
  }

  func next(_ state: Int32, _ kind: Int32) -> Int32 {
    guard var next = model.step(register.states[Int(state)], operations[Int(kind)]) else {
      return -1
    }
    if let representative { next = representative(next) }
    if let known = register.numbers[next] { return known }
    let number = Int32(register.states.count)
    register.states.append(next)
    register.numbers[next] = number
    return number
  }

  func mayBecomeLegal(_ state: Int32, _ observation: Int32) -> Bool {
    model.mayBecomeLegal(operations[Int(observation)], after: register.states[Int(state)])
  }

  func mayReset(_ kind: Int32, toward observation: Int32) -> Bool {
    model.mayReset(operations[Int(kind)], toward: operations[Int(observation)])
  }

  var bytes: Int { register.states.count * (3 * MemoryLayout<M.State>.stride + 64) }

  deinit {
    // To free millions of states takes seconds. Whoever waits for an answer need not wait for that.
    guard register.states.count > 1 << 14 else { return }
    Disposal.later { [register] in
      register.states = []
      register.numbers = [:]
    }
  }
}

/// A model's steps between numbered states, each computed once.
///
/// - Complexity: a known step costs one probe; a new one calls the model and hashes a state.
struct TransitionTable {
  private let states: any StateNumbers
  private let kindCount: UInt64
  private var transitions = Memo()
  private var prospects = Memo()
  private var resets = Memo()

  init(_ problem: ModelProblem) {
    states = problem.makeStates()
    kindCount = UInt64(problem.isObservation.count)
  }

  var bytes: Int { transitions.bytes + prospects.bytes + resets.bytes + states.bytes }

  /// The state after an operation of `kind` in `state`; -1 if it is not legal there.
  mutating func next(_ state: Int32, _ kind: Int32) -> Int32 {
    let key = UInt64(state) * kindCount + UInt64(kind)
    if let known = transitions.value(key) { return known }
    let result = states.next(state, kind)
    transitions.note(result, key)
    return result
  }

  /// See `Model.mayBecomeLegal`.
  mutating func mayBecomeLegal(_ state: Int32, _ observation: Int32) -> Bool {
    let key = UInt64(state) * kindCount + UInt64(observation)
    if let known = prospects.value(key) { return known != 0 }
    let result = states.mayBecomeLegal(state, observation)
    prospects.note(result ? 1 : 0, key)
    return result
  }

  /// See `Model.mayReset`.
  mutating func mayReset(_ kind: Int32, toward observation: Int32) -> Bool {
    let key = UInt64(kind) * kindCount + UInt64(observation)
    if let known = resets.value(key) { return known != 0 }
    let result = states.mayReset(kind, toward: observation)
    resets.note(result ? 1 : 0, key)
    return result
  }
}
