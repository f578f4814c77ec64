import OperationHistory

/// A search that tries every order of a small number of operations.
///
/// It shares nothing with the engines but the models, so that it may check what they say. It knows
/// one short cut: of indeterminate entries with the same operation, the one that began first is
/// placed first, which loses no order, for they can change places.
struct ExhaustiveSearch<M: Model> where M.Operation == ModelOperation {
  /// How many entries it takes.
  static var entryLimit: Int { 128 }

  private struct Configuration: Hashable {
    var placed: UInt128
    var state: M.State
  }

  private let model: M
  private let entries: [Entry]
  /// For each entry, the entries that ended before it began.
  private let before: [UInt128]
  /// For each indeterminate entry, an earlier one with the same operation.
  private let twin: [Int?]
  private let definite: UInt128
  private var canEnd: [Configuration: Bool] = [:]
  private var stepsLeft: Int
  /// Whether to go on after an order was found.
  private var visitsAll = false

  /// How many configurations it knows.
  var configurations: Int { canEnd.count }

  /// Prepares a search; nil if there are too many entries.
  init?(_ model: M, _ entries: [Entry], stepLimit: Int) {
    guard entries.count <= Self.entryLimit else { return nil }
    self.model = model
    self.entries = entries
    before = entries.map { entry in
      entries.indices.reduce(0) {
        entries[$1].completion < entry.invocation ? $0 | (1 as UInt128) << UInt128($1) : $0
      }
    }
    twin = entries.indices.map { index in
      guard entries[index].isIndeterminate else { return nil }
      return entries[..<index].lastIndex {
        $0.isIndeterminate && $0.operation == entries[index].operation
      }
    }
    definite = entries.indices.reduce(0) {
      entries[$1].isIndeterminate ? $0 : $0 | (1 as UInt128) << UInt128($1)
    }
    stepsLeft = stepLimit
  }

  /// Whether the entries have an order; nil if the steps did not suffice.
  mutating func hasOrder() -> Bool? {
    canEnd(Configuration(placed: 0, state: model.initialState))
  }

  /// The states in which an operation of this interval could find the object, in any order of the
  /// entries, which do not include that operation; nil if the steps did not suffice.
  mutating func states(invocation: Int32, completion: Int32) -> Set<M.State>? {
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
    return canEnd.reduce(into: []) { states, visited in
      let placed = visited.key.placed
      guard visited.value, placed & must == must, placed & mustNot == 0 else { return }
      states.insert(visited.key.state)
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
      guard configuration.placed & bit == 0, before[index] & ~configuration.placed == 0,
        twin[index].map({ configuration.placed >> UInt128($0) & 1 == 1 }) ?? true,
        let state = model.step(configuration.state, entries[index].operation)
      else { continue }
      let next = Configuration(placed: configuration.placed | bit, state: state)
      guard let ends = canEnd(next) else { return nil }
      if ends { result = true }
    }
    canEnd[configuration] = result
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
