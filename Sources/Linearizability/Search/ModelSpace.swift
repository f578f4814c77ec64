/// The configurations of any model: its state, and which open operations are placed.
///
/// Operations are placed only at a completion that nothing else satisfies, observations as soon as
/// they are legal, and of open operations of one kind the one that completes first.
///
/// Copies number states together, so that two threads must not use them at the same time: see
/// `separate`.
struct ModelSpace<Mask: SlotMask>: SearchSpace, @unchecked Sendable {
  struct Configuration: Equatable, Sendable {
    var placed = Mask()
    var state: Int32 = 0
  }

  let problem: ModelProblem
  let plan: WindowPlan
  private var transitions: TransitionTable
  private(set) var layer = -1
  private var occupants: [Int32]
  private var open = Mask()
  private var observations = Mask()
  private var optional = Mask()
  private let due: DueObservations
  private var newObservations = Mask()

  init(problem: ModelProblem, plan: WindowPlan) {
    self.problem = problem
    self.plan = plan
    transitions = TransitionTable(problem)
    due = DueObservations(problem, plan)
    occupants = Array(repeating: -1, count: plan.slotCount)
    if plan.layerCount > 0 { advance() }
  }

  func separate() -> Self { Self(problem: problem, plan: plan) }
  var layerCount: Int { plan.layerCount }
  var initial: Configuration { Configuration() }
  var bytes: Int { transitions.bytes }
  func goal(of layer: Int) -> Int32 { plan.goals[layer] }

  private var goalSlot: Int { Int(plan.slots[Int(plan.goals[layer])]) }

  // MARK: The window

  mutating func advance() {
    if layer >= 0 {
      for index in plan.closing(layer) { toggle(plan.closing[index], opens: false) }
    }
    layer += 1
    for index in plan.opening(layer) { toggle(plan.opening[index], opens: true) }
    noteOpened()
  }

  mutating func retreat() {
    for index in plan.opening(layer) { toggle(plan.opening[index], opens: false) }
    layer -= 1
    for index in plan.closing(layer) { toggle(plan.closing[index], opens: true) }
    noteOpened()
  }

  private mutating func noteOpened() {
    newObservations = Mask()
    for index in plan.opening(layer) {
      let operation = Int(plan.opening[index])
      if problem.isObservation[Int(problem.kinds[operation])] {
        newObservations.insert(Int(plan.slots[operation]))
      }
    }
  }

  private mutating func toggle(_ operation: Int32, opens: Bool) {
    let slot = Int(plan.slots[Int(operation)])
    let bit = Mask(slot: slot)
    func change(_ mask: inout Mask) { mask = opens ? mask | bit : mask - bit }
    occupants[slot] = opens ? operation : -1
    change(&open)
    if problem.isObservation[Int(problem.kinds[Int(operation)])] { change(&observations) }
    if problem.completions[Int(operation)] == .max { change(&optional) }
  }

  private func kind(_ slot: Int) -> Int32 { problem.kinds[Int(occupants[slot])] }
  private func completion(_ slot: Int) -> Int32 { problem.completions[Int(occupants[slot])] }

  // MARK: Layers and steps

  mutating func admit(_ configuration: inout Configuration) -> Bool {
    place(newObservations, &configuration)
    return !isDoomed(configuration)
  }

  /// Whether an observation comes due that can never be legal: nothing open may lead back to where
  /// it is, and nothing that opens in time.
  private mutating func isDoomed(_ configuration: Configuration) -> Bool {
    guard !due.isEmpty else { return false }
    // The next few tell enough.
    var looks = 8
    for operation in due.due(layer) {
      let slot = Int(plan.slots[Int(operation)])
      if occupants[slot] == operation, configuration.placed.contains(slot) { continue }
      guard isPossible(operation, configuration) else { return true }
      looks -= 1
      guard looks > 0 else { break }
    }
    return false
  }

  private mutating func isPossible(
    _ observation: Int32, _ configuration: Configuration
  ) -> Bool {
    let observed = problem.kinds[Int(observation)]
    if transitions.mayBecomeLegal(configuration.state, observed) { return true }
    var movable = open - observations - configuration.placed
    while let slot = movable.popFirst() {
      if transitions.mayReset(kind(slot), toward: observed) { return true }
    }
    let later = due.opening(
      after: layer, before: problem.completions[Int(observation)], problem)
    for operation in later where !problem.isObservation[Int(problem.kinds[operation])] {
      if transitions.mayReset(problem.kinds[operation], toward: observed) { return true }
    }
    return false
  }

  /// Places those of the observations in `slots` that are legal now.
  private mutating func place(_ slots: Mask, _ configuration: inout Configuration) {
    var slots = slots
    while let slot = slots.popFirst() {
      if transitions.next(configuration.state, kind(slot)) >= 0 {
        configuration.placed.insert(slot)
      }
    }
  }

  func mayPass(_ configuration: Configuration) -> Bool {
    configuration.placed.contains(goalSlot)
  }

  func pass(_ configuration: inout Configuration) -> Bool {
    for index in plan.closing(layer) {
      configuration.placed.remove(Int(plan.slots[Int(plan.closing[index])]))
    }
    return true
  }

  mutating func appendSteps(
    from configuration: Configuration, to steps: inout [Step<Configuration>]
  ) {
    guard !mayPass(configuration) else { return }
    let movable = open - observations - configuration.placed
    // What concerns another object than the goal can wait for a goal of its own.
    let object = problem.objects[Int(kind(goalSlot))]
    var candidates = movable
    var final: Step<Configuration>?
    while let slot = candidates.popFirst() {
      guard problem.objects[Int(kind(slot))] == object else { continue }
      let next = transitions.next(configuration.state, kind(slot))
      guard next >= 0, isEarliest(slot, among: movable) else { continue }
      if next == configuration.state, optional.contains(slot) { continue }
      var result = configuration
      result.state = next
      result.placed.insert(slot)
      if next != configuration.state {
        place(observations - result.placed, &result)
        if isDoomed(result) { continue }
      }
      let step = Step(operation: occupants[slot], result: result)
      if slot == goalSlot { final = step } else { steps.append(step) }
    }
    if let final { steps.append(final) }
  }

  private func isEarliest(_ slot: Int, among slots: Mask) -> Bool {
    var slots = slots
    let (ownKind, ownCompletion) = (kind(slot), completion(slot))
    while let other = slots.popFirst() {
      guard kind(other) == ownKind, other != slot else { continue }
      let completion = completion(other)
      if completion < ownCompletion || (completion == ownCompletion && other < slot) {
        return false
      }
    }
    return true
  }

  // MARK: Comparing

  func score(_ configuration: Configuration) -> Int32 {
    let surely = (configuration.placed - optional).slotCount
    return Int32(2 * surely - (configuration.placed & optional).slotCount)
  }

  func dominates(_ configuration: Configuration, _ other: Configuration) -> Bool {
    configuration.state == other.state
      && (configuration.placed - other.placed).isSubset(of: observations)
      && (other.placed - configuration.placed).isSubset(of: optional)
  }

  func dominanceClass(_ configuration: Configuration) -> UInt64 {
    mix((configuration.placed - observations - optional).fingerprint, UInt64(configuration.state))
  }

  func fingerprint(_ configuration: Configuration) -> UInt64 {
    mix(configuration.placed.fingerprint, UInt64(configuration.state))
  }
}
