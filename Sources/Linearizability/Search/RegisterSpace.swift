/// The configurations of a register: its state, which open writes were spent on setting it, and
/// which open operations have had their moment.
///
/// An order of operations is reduced to its *spent* operations, those that change the state; all
/// others are placed beside them when the order is written down:
/// - a read is satisfied once the state is its value while it is open, a failed cas once it is not;
/// - a write is satisfied like a read, or when another write is spent while it is open: placed just
///   before that one it is overwritten unseen. It may still be spent later, until it completes;
/// - a cas must be spent.
///
/// Operations are spent only at a completion that nothing else satisfies, or at the completion of
/// a write that was not spent before (its last chance). On the way there, a step must enable
/// something that is open: otherwise it can be put off, or left out.
struct RegisterSpace<Mask: SlotMask>: SearchSpace, Sendable {
  struct Configuration: Equatable, Sendable {
    var spent = Mask()
    var satisfied = Mask()
    var state: Int32 = 0
    var committed = false
  }

  let problem: RegisterProblem
  let plan: WindowPlan
  private var demand: RegisterDemand
  private(set) var layer = -1

  // The window: the operation in each slot, and slots by what they do to which value.
  private var occupants: [Int32]
  private var reads: [Mask]
  private var writes: [Mask]
  private var failed: [Mask]
  private var casFrom: [Mask]
  private var casTo: [Mask]
  private var allWrites = Mask()
  private var allFailed = Mask()
  private var allCas = Mask()
  private var optional = Mask()
  // What opened in this layer.
  private var newReads = Mask()
  private var newWrites = Mask()
  private var newFailed = Mask()

  init(problem: RegisterProblem, plan: WindowPlan) {
    self.problem = problem
    self.plan = plan
    demand = RegisterDemand(problem)
    occupants = Array(repeating: -1, count: plan.slotCount)
    let none = [Mask](repeating: Mask(), count: Int(problem.valueCount))
    reads = none
    writes = none
    failed = none
    casFrom = none
    casTo = none
    if plan.layerCount > 0 { advance() }
  }

  func separate() -> Self { self }
  var bytes: Int { 0 }
  var layerCount: Int { plan.layerCount }
  var initial: Configuration { Configuration() }

  func goal(of layer: Int) -> Int32 { plan.goals[layer] }

  private var goal: Int { Int(plan.goals[layer]) }
  private var goalSlot: Int { Int(plan.slots[goal]) }

  // MARK: The window

  mutating func advance() {
    if layer >= 0 {
      for index in plan.closing(layer) { toggle(Int(plan.closing[index]), opens: false) }
    }
    layer += 1
    for index in plan.opening(layer) {
      let operation = Int(plan.opening[index])
      toggle(operation, opens: true)
      demand.opened(operation, problem)
    }
    noteOpened()
  }

  mutating func retreat() {
    for index in plan.opening(layer) {
      let operation = Int(plan.opening[index])
      toggle(operation, opens: false)
      demand.unopened(operation, problem)
    }
    layer -= 1
    for index in plan.closing(layer) { toggle(Int(plan.closing[index]), opens: true) }
    noteOpened()
  }

  private mutating func noteOpened() {
    newReads = Mask()
    newWrites = Mask()
    newFailed = Mask()
    for index in plan.opening(layer) {
      let operation = Int(plan.opening[index])
      let slot = Int(plan.slots[operation])
      switch problem.kinds[operation] {
      case .read: newReads.insert(slot)
      case .write: newWrites.insert(slot)
      case .failedCas: newFailed.insert(slot)
      case .cas: break
      }
    }
  }

  private mutating func toggle(_ operation: Int, opens: Bool) {
    let slot = Int(plan.slots[operation])
    let bit = Mask(slot: slot)
    let value = Int(problem.first[operation])
    func change(_ mask: inout Mask) { mask = opens ? mask | bit : mask - bit }
    occupants[slot] = opens ? Int32(operation) : -1
    switch problem.kinds[operation] {
    case .read: change(&reads[value])
    case .write:
      change(&writes[value])
      change(&allWrites)
    case .failedCas:
      change(&failed[value])
      change(&allFailed)
    case .cas:
      change(&casFrom[value])
      change(&casTo[Int(problem.second[operation])])
      change(&allCas)
    }
    if problem.completions[operation] == .max { change(&optional) }
  }

  // MARK: Passing a layer

  func admit(_ configuration: inout Configuration) -> Bool {
    let state = Int(configuration.state)
    configuration.satisfied =
      configuration.satisfied | (newReads & reads[state]) | (newWrites & writes[state])
      | (newFailed - failed[state])
    var demanding = newReads - reads[state]
    while let slot = demanding.popFirst() {
      if isDoomed(Int(problem.first[Int(occupants[slot])]), configuration) { return false }
    }
    return true
  }

  func mayPass(_ configuration: Configuration) -> Bool {
    guard !configuration.committed else { return configuration.spent.contains(goalSlot) }
    switch problem.kinds[goal] {
    case .read, .failedCas: return configuration.satisfied.contains(goalSlot)
    case .cas: return configuration.spent.contains(goalSlot)
    case .write:
      return configuration.satisfied.contains(goalSlot) || configuration.spent.contains(goalSlot)
    }
  }

  func pass(_ configuration: inout Configuration) -> Bool {
    let wasSpent = configuration.spent.contains(goalSlot)
    var closing = Mask()
    for index in plan.closing(layer) { closing.insert(Int(plan.slots[Int(plan.closing[index])])) }
    configuration.spent = configuration.spent - closing
    configuration.satisfied = configuration.satisfied - closing
    configuration.committed = false
    guard problem.kinds[goal] == .write, !wasSpent else { return true }
    let value = problem.first[goal]
    guard value != configuration.state else { return true }
    return !isDoomed(Int(value), configuration, without: closing)
  }

  /// Whether `value`, which is not the state, is still needed and can never be the state in time.
  private func isDoomed(
    _ value: Int, _ configuration: Configuration, without gone: Mask = Mask()
  ) -> Bool {
    let producers = (writes[value] | casTo[value]) - configuration.spent - gone
    guard producers.isEmpty else { return false }
    let earliest = demand.nextProducer(value)
    let needed = demand.earliestCompletion(value)
    if needed != .max, needed <= earliest { return true }
    var waiting =
      ((reads[value] - configuration.satisfied) | (casFrom[value] - optional - configuration.spent))
      - gone
    while let slot = waiting.popFirst() {
      if problem.completions[Int(occupants[slot])] <= earliest { return true }
    }
    return false
  }

  // MARK: Steps

  func appendSteps(
    from configuration: Configuration, to steps: inout [Step<Configuration>]
  ) {
    let state = Int(configuration.state)
    var configuration = configuration
    var target = -1
    let isWrite = problem.kinds[goal] == .write
    if isWrite {
      guard !configuration.spent.contains(goalSlot) else { return }
      if mayPass(configuration), !mayMatter(configuration) { return }
      configuration.committed = true
    } else {
      guard !mayPass(configuration) else { return }
      if problem.kinds[goal] != .failedCas { target = Int(problem.first[goal]) }
    }
    appendCasSteps(configuration, target: target, &steps)
    appendWriteSteps(configuration, target: target, &steps)
    if isWrite || (problem.kinds[goal] == .cas && target == state) {
      append(goalSlot, configuration, &steps)
    }
  }

  /// Whether setting the goal's value at its last chance can help anything.
  private func mayMatter(_ configuration: Configuration) -> Bool {
    let value = Int(problem.first[goal])
    if !(reads[value] - configuration.satisfied).isEmpty { return true }
    if !(casFrom[value] - configuration.spent).isEmpty { return true }
    if demand.hasFuture(value) { return true }
    // Nobody needs the value, but a failed cas may need the register to have left another one: the
    // state, or what anything open may set before.
    if leavingHelps(configuration) || demand.hasFutureFailed(Int(configuration.state)) {
      return true
    }
    var others = (allWrites | allCas) - configuration.spent
    while let slot = others.popFirst() {
      let other = Int(problem.produced(Int(occupants[slot])))
      if other != value, demand.hasFutureFailed(other) { return true }
    }
    return false
  }

  private func appendCasSteps(
    _ configuration: Configuration, target: Int, _ steps: inout [Step<Configuration>]
  ) {
    var candidates = casFrom[Int(configuration.state)] - configuration.spent
    while let slot = candidates.popFirst() {
      guard slot != goalSlot || problem.kinds[goal] != .cas else { continue }
      let operation = Int(occupants[slot])
      let value = Int(problem.second[operation])
      if optional.contains(slot), value != target, !leavingHelps(configuration),
        !enables(value, configuration)
      {
        continue
      }
      let twins = casFrom[Int(configuration.state)] & casTo[value]
      guard isEarliest(slot, among: twins - configuration.spent) else { continue }
      append(slot, configuration, &steps)
    }
  }

  private func appendWriteSteps(
    _ configuration: Configuration, target: Int, _ steps: inout [Step<Configuration>]
  ) {
    let state = Int(configuration.state)
    let leavingHelps = leavingHelps(configuration)
    let unseen = allWrites - optional - configuration.satisfied
    let twins = writes[state] - configuration.spent
    if !unseen.isEmpty, !twins.isEmpty {
      // Away to those that nobody sees, and back, before anything needs the state as it is.
      append(earliest(among: twins), configuration, &steps)
    }
    var final: Int?
    var candidates = allWrites - configuration.spent - writes[state]
    while !candidates.isEmpty {
      let value = Int(problem.first[Int(occupants[candidates.firstSlot])])
      let twins = writes[value] - configuration.spent
      candidates = candidates - twins
      guard !twins.contains(goalSlot) else { continue }
      let slot = earliest(among: twins)
      if value == target {
        final = slot
      } else if leavingHelps || enables(value, configuration) {
        append(slot, configuration, &steps)
      }
    }
    if let final { append(final, configuration, &steps) }
  }

  /// Whether something open waits for the state to be any other.
  private func leavingHelps(_ configuration: Configuration) -> Bool {
    !(failed[Int(configuration.state)] - configuration.satisfied).isEmpty
  }

  /// Whether something open waits for the state to be `value`.
  private func enables(_ value: Int, _ configuration: Configuration) -> Bool {
    !(reads[value] - configuration.satisfied).isEmpty
      || !(casFrom[value] - configuration.spent).isEmpty
  }

  private func earliest(among slots: Mask) -> Int {
    var slots = slots
    var best = slots.firstSlot
    while let slot = slots.popFirst() { if precedes(slot, best) { best = slot } }
    return best
  }

  private func isEarliest(_ slot: Int, among slots: Mask) -> Bool {
    var slots = slots
    while let other = slots.popFirst() { if precedes(other, slot) { return false } }
    return true
  }

  /// Whether the operation in `slot` completes first; ties, which indeterminate ones have, are
  /// broken by slot.
  private func precedes(_ slot: Int, _ other: Int) -> Bool {
    let left = problem.completions[Int(occupants[slot])]
    let right = problem.completions[Int(occupants[other])]
    return left != right ? left < right : slot < other
  }

  private func append(
    _ slot: Int, _ configuration: Configuration, _ steps: inout [Step<Configuration>]
  ) {
    let operation = Int(occupants[slot])
    let value = Int(problem.produced(operation))
    let old = Int(configuration.state)
    var result = configuration
    result.state = Int32(value)
    result.spent.insert(slot)
    result.satisfied =
      result.satisfied | reads[value] | writes[value] | (allFailed - failed[value])
    if problem.kinds[operation] == .write { result.satisfied = result.satisfied | allWrites }
    if old != value, isDoomed(old, result) { return }
    steps.append(Step(operation: Int32(operation), result: result))
  }

  // MARK: Comparing

  func score(_ configuration: Configuration) -> Int32 {
    let left = (allWrites - configuration.spent).slotCount
    let casDone = (allCas & configuration.spent).slotCount
    return Int32(4 * configuration.satisfied.slotCount + 3 * left + 6 * casDone)
  }

  func dominates(_ configuration: Configuration, _ other: Configuration) -> Bool {
    configuration.state == other.state && configuration.committed == other.committed
      && other.satisfied.isSubset(of: configuration.satisfied)
      && configuration.spent.isSubset(of: other.spent)
      && (other.spent - configuration.spent).isSubset(of: allWrites | optional)
  }

  func dominanceClass(_ configuration: Configuration) -> UInt64 {
    mix((configuration.spent & (allCas - optional)).fingerprint, UInt64(configuration.state))
  }

  func fingerprint(_ configuration: Configuration) -> UInt64 {
    let low = UInt64(configuration.state) << 1 | (configuration.committed ? 1 : 0)
    return mix(mix(configuration.spent.fingerprint, low), configuration.satisfied.fingerprint)
  }
}
