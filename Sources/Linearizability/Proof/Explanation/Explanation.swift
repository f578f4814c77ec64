import OperationHistory

/// Why a partition is not linearizable, for people.
public struct Explanation: Sendable {
  /// An operation that might seem to make the impossible one possible, and why it does not.
  public struct Candidate: Hashable, Sendable {
    /// Its index in `History.operations`.
    public var operation: Int32
    /// A part of a sentence whose subject it is: `began after this operation had ended`.
    public var reason: String
  }

  /// The operation that cannot be placed, as an index into `History.operations`: when it ended the
  /// history became impossible.
  public var operation: Int32
  /// One sentence that says what it did and why that cannot be.
  public var summary: String
  /// An order of all that had ended before, as indices into the partition's entries.
  public var prefixOrder: [Int32]
  /// The states in which it could find the object, in the words of the model; empty if there are
  /// too many operations to tell.
  public var states: [String]
  /// The operations that might have brought about what it found.
  public var candidates: [Candidate]
  /// Whether everything that had ended before surely has an order.
  public var isEarliest: Bool
}

/// Finds the operation that makes a partition impossible, and says why.
///
/// - Parameters:
///   - partition: a partition that is not linearizable.
///   - result: what the check found of it.
///   - compiled: the history that it belongs to, as the model sees it.
///   - history: where that came from.
///   - shrunk: what ``shrink(_:model:violatedBy:budget:)`` left of the partition, if it was asked:
///     it spares a search.
///   - isBrief: whether a sentence is enough: states and candidates are then left out, which saves
///     most of the work.
///   - budget: what may be spent.
/// - Returns: nil if the partition is not violated or has no definite operation.
public func explain(
  _ partition: Partition, _ result: PartitionResult, compiled: CompiledHistory, history: History,
  shrunk: ShrunkPartition? = nil, isBrief: Bool = false, budget: SearchBudget
) -> Explanation? {
  guard result.verdict == .violated else { return nil }
  var oracle = Oracle(model: compiled.model, budget: budget)
  let single = violatedKey(of: partition, model: compiled.model, oracle: &oracle)
  let relaxation = Relaxation(compiled.model)
  // What is left of the shortest violated prefix ends where that ends.
  let bound = shrunk.map { Relaxation.lastCompletion($0.entries) } ?? result.violatedBy
  guard
    let prefix = oracle.shortestPrefix(
      of: single.entries, violatedBy: min(bound, result.violatedBy),
      holdsBefore: result.holdsBefore, needsOrder: !isBrief, relaxation: relaxation)
  else { return nil }
  let last = single.entries[Int(prefix.last)]
  let scene = Scene(
    key: single.key, entries: single.entries, last: last, model: compiled.model, history: history)
  let states =
    isBrief
    ? nil
    : possibleStates(around: last, in: prefix.entries, model: compiled.model)
      ?? possibleStates(
        around: last, in: withoutPast(of: last, prefix.entries), model: compiled.model)
  let reason =
    scene.knownReason()
    ?? scene.generalReason(states: states ?? [], isEarliest: prefix.isShortest)
  return Explanation(
    operation: last.source,
    summary: "Operation\(scene.who(last).dropFirst("operation".count)) \(scene.did(last)), but"
      + " \(reason).",
    prefixOrder: places(of: prefix.orderBefore, among: single, in: partition),
    states: states ?? [], candidates: isBrief ? [] : scene.candidates(),
    isEarliest: prefix.isShortest)
}

/// The states in which an entry could find the object, whatever the order of the others.
private func possibleStates(
  around last: Entry, in entries: [Entry], model: BuiltInModel
) -> [String]? {
  var single = model
  single.keyed = false
  func run(_ specification: some Model<ModelOperation>) -> [String]? {
    let others = entries.filter { $0.source != last.source }
    guard
      var search = ExhaustiveSearch(specification, others, stepLimit: 20_000),
      let states = search.states(
        invocation: last.invocation, completion: last.completion, values: model.values)
    else { return nil }
    return states
  }
  return run(single.specification)
}

/// The entries that decide in which states another could find the object: where the last plain
/// write that had ended before it is known, nothing that had ended before that write began.
///
/// What is left out precedes the write in every order, so that it has no part in what comes after.
private func withoutPast(of last: Entry, _ entries: [Entry]) -> [Entry] {
  let writes = entries.filter {
    ($0.operation.action == .write || $0.operation.action == .delete) && !$0.isIndeterminate
      && $0.completion < last.invocation
  }
  guard let write = writes.max(by: { $0.invocation < $1.invocation }) else { return entries }
  return entries.filter { $0.completion > write.invocation }
}

/// Translates indices into the entries of one key into those of all.
private func places(of order: [Int32], among single: Partition, in partition: Partition) -> [Int32]
{
  guard single.entries.count != partition.entries.count else { return order }
  var places: [Int32: Int32] = [:]
  for (place, entry) in partition.entries.enumerated() {
    places[entry.source] = Int32(truncatingIfNeeded: place)
  }
  return order.compactMap { places[single.entries[Int($0)].source] }
}
