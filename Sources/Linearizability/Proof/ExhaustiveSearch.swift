import OperationHistory

/// A search that tries every order of a small number of operations.
///
/// It shares nothing with the engines but the models, so that it may check what they say. It knows
/// one short cut: of indeterminate entries with the same operation, the one that began first is
/// placed first, which loses no order, for they can change places.
struct ExhaustiveSearch {
  /// How many entries it takes.
  static let entryLimit = 128

  private struct Configuration: Hashable {
    var placed: UInt128
    var state: Int32

    /// One call instead of one for each field: nothing here takes more time than hashing.
    func hash(into hasher: inout Hasher) {
      var copy = self
      withUnsafeBytes(of: &copy.placed) { hasher.combine(bytes: $0) }
      hasher.combine(state)
    }
  }

  /// The state after an entry's operation in a state, both by number; -1 if it is not legal there.
  private let step: (_ state: Int32, _ entry: Int) -> Int32
  private let describe: (_ state: Int32, ValueTable) -> String
  /// What `step` said, by state and entry.
  private var steps: [Int32?] = []
  private let entries: [Entry]
  /// For each entry, the entries that ended before it began.
  private let before: [UInt128]
  /// For each indeterminate entry, an earlier one with the same operation.
  private let twin: [UInt128]
  private let definite: UInt128
  /// Of each state, the entries that the model rules out after it, unless something resets toward
  /// them; by number.
  private let ruledOut: (_ state: Int32) -> UInt128
  private var ruledOutAfter: [UInt128?] = []
  /// For each definite observation, the entries that may reset toward it.
  private let resetting: [UInt128]
  private var canEnd: [Configuration: Bool] = [:]
  private var stepsLeft: Int
  /// Whether to go on after an order was found.
  private var visitsAll = false

  /// How many configurations it knows.
  var configurations: Int { canEnd.count }

  /// Prepares a search; nil if there are too many entries.
  init?<M: Model<ModelOperation>>(_ model: M, _ entries: [Entry], stepLimit: Int) {
    guard entries.count <= Self.entryLimit else { return nil }
    func set(where condition: (Int) -> Bool) -> UInt128 {
      entries.indices.reduce(0) { condition($1) ? $0 | (1 as UInt128) << UInt128($1) : $0 }
    }
    self.entries = entries
    before = entries.map { entry in
      set { entries[$0].completion < entry.invocation }
    }
    twin = entries.indices.map { index in
      guard entries[index].isIndeterminate else { return 0 }
      let earlier = entries[..<index].lastIndex {
        $0.isIndeterminate && $0.operation == entries[index].operation
      }
      return set { $0 == earlier }
    }
    definite = set { !entries[$0].isIndeterminate }
    stepsLeft = stepLimit

    var states = [model.initialState]
    var numbers = [model.initialState: Int32(0)]
    step = { state, entry in
      guard let next = model.step(states[Int(state)], entries[entry].operation) else { return -1 }
      if let known = numbers[next] { return known }
      numbers[next] = Int32(states.count)
      states.append(next)
      return Int32(states.count - 1)
    }
    describe = { model.describe(states[Int($0)], values: $1) }
    let observations = set {
      !entries[$0].isIndeterminate && model.isObservation(entries[$0].operation)
    }
    ruledOut = { state in
      set {
        observations >> UInt128($0) & 1 == 1
          && !model.mayBecomeLegal(entries[$0].operation, after: states[Int(state)])
      }
    }
    resetting = entries.indices.map { index in
      guard observations >> UInt128(index) & 1 == 1 else { return 0 }
      return set {
        !model.isObservation(entries[$0].operation)
          && model.mayReset(entries[$0].operation, toward: entries[index].operation)
      }
    }
  }

  /// Whether the entries have an order; nil if the steps did not suffice.
  mutating func hasOrder() -> Bool? {
    canEnd(Configuration(placed: 0, state: 0))
  }

  /// The states in which an operation of this interval could find the object, in any order of the
  /// entries, which do not include that operation, in words and sorted; nil if the steps did not
  /// suffice.
  mutating func states(
    invocation: Int32, completion: Int32, values: ValueTable
  ) -> [String]? {
    canEnd = [:]
    visitsAll = true
    guard hasOrder() != nil else { return nil }
    var must: UInt128 = 0
    var mustNot: UInt128 = 0
    for (index, entry) in entries.enumerated() {
      if entry.completion < invocation { must |= 1 << UInt128(index) }
      if entry.invocation > completion { mustNot |= 1 << UInt128(index) }
    }
    // Every configuration on a way to an end was visited from the start.
    var found: Set<Int32> = []
    for (configuration, ends) in canEnd where ends {
      let placed = configuration.placed
      if placed & must == must, placed & mustNot == 0 { found.insert(configuration.state) }
    }
    // Shorter ones first: so numbers stand in their order.
    return found.map { describe($0, values) }.sorted {
      ($0.utf8.count, $0) < ($1.utf8.count, $1)
    }
  }

  /// Whether the entries that are not placed can follow.
  private mutating func canEnd(_ configuration: Configuration) -> Bool? {
    if let known = canEnd[configuration] { return known }
    guard stepsLeft > 0 else { return nil }
    stepsLeft -= 1
    var result = configuration.placed & definite == definite
    for index in entries.indices where !result || visitsAll {
      let bit = (1 as UInt128) << UInt128(index)
      guard configuration.placed & bit == 0,
        (before[index] | twin[index]) & ~configuration.placed == 0
      else { continue }
      let state = next(configuration.state, index)
      guard state >= 0, !visitsAll || mayEnd(configuration.placed | bit, state) else { continue }
      let next = Configuration(placed: configuration.placed | bit, state: state)
      guard let ends = canEnd(next) else { return nil }
      if ends { result = true }
    }
    canEnd[configuration] = result
    return result
  }

  /// Whether the model lets every definite observation that is not placed become legal.
  ///
  /// Only what tells states for an explanation asks: a check of a proof takes no hint.
  private mutating func mayEnd(_ placed: UInt128, _ state: Int32) -> Bool {
    let place = Int(state)
    if place >= ruledOutAfter.count {
      ruledOutAfter += repeatElement(nil, count: place + 1 - ruledOutAfter.count)
    }
    let known = ruledOutAfter[place] ?? ruledOut(state)
    ruledOutAfter[place] = known
    var due = known & ~placed
    while due != 0 {
      let index = due.trailingZeroBitCount
      if resetting[index] & ~placed == 0 { return false }
      due &= due - 1
    }
    return true
  }

  /// What `step` says, asked once.
  private mutating func next(_ state: Int32, _ entry: Int) -> Int32 {
    let place = Int(state) * entries.count + entry
    if place < steps.count, let known = steps[place] { return known }
    if place >= steps.count {
      steps += repeatElement(nil, count: (Int(state) + 1) * entries.count - steps.count)
    }
    let result = step(state, entry)
    steps[place] = result
    return result
  }
}

/// How many configurations an exhaustive search may visit unless told otherwise.
let exhaustiveStepLimit = 2_000_000

/// Whether entries have an order that a model allows, by trying all; nil if they are too many.
func hasOrderExhaustively(
  _ entries: [Entry], model: BuiltInModel, stepLimit: Int = exhaustiveStepLimit
) -> Bool? {
  func run(_ specification: some Model<ModelOperation>) -> Bool? {
    var search = ExhaustiveSearch(specification, entries, stepLimit: stepLimit)
    return search?.hasOrder()
  }
  return run(model.specification)
}
