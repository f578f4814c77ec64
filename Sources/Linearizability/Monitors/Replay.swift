/// A sequential object that is changed in place.
///
/// Models make a new state in each step, which is right for a search and quadratic for a replay of
/// one long order; this is the same specification for the replay.
protocol ReplayedObject {
  /// Does `operation`; false if the object would have answered otherwise.
  mutating func apply(_ operation: ModelOperation) -> Bool
}

/// Whether `order` is a linearization of `entries`: every definite entry once, every indeterminate
/// one at most once, in an order that real time allows and that `object` answers as recorded.
///
/// Every order that a monitor builds passes through here, so that a mistake in the construction
/// costs a verdict and never makes a wrong one.
///
/// - Complexity: O(n), and what the object needs.
func isLinearization(
  _ order: [Int32], of entries: [Entry], on object: consuming some ReplayedObject
) -> Bool {
  var object = object
  var placed = [Bool](repeating: false, count: entries.count)
  var latestInvocation = Int32.min
  for index in order {
    guard entries.indices.contains(Int(index)), !placed[Int(index)] else { return false }
    placed[Int(index)] = true
    let entry = entries[Int(index)]
    guard entry.completion >= latestInvocation, object.apply(entry.operation) else { return false }
    latestInvocation = max(latestInvocation, entry.invocation)
  }
  return entries.indices.allSatisfy { placed[$0] || entries[$0].isIndeterminate }
}

extension PartitionResult {
  /// *holds* by an order that the replay accepts; nil if it does not.
  static func holds(
    _ order: [Int32], of partition: Partition, on object: consuming some ReplayedObject,
    by monitor: String
  ) -> PartitionResult? {
    guard isLinearization(order, of: partition.entries, on: object) else { return nil }
    return PartitionResult(verdict: .holds, decidedBy: monitor, order: order)
  }

  /// *violated* by the prefix that ends at `place`.
  static func violated(at place: Int32, by monitor: String) -> PartitionResult {
    PartitionResult(verdict: .violated, decidedBy: monitor, violatedBy: place)
  }
}

/// The indices of `entries` in the order of their linearization points.
///
/// In the upper 32 bits of a key is the point's time, below them what decides between points at one
/// time.
func sortedByPoint(_ points: [(key: UInt64, entry: Int32)]) -> [Int32] {
  points.sorted { $0.key < $1.key }.map(\.entry)
}

extension Partition {
  /// The latest completion of an operation that is open at `place`, or `place`.
  ///
  /// In the prefix that ends at a place the results of the operations open there are unknown. Where
  /// a violation needs these results, the prefix has to reach so far. What is invoked later cannot
  /// mend it: the operations that completed by `place` have an order of their own, in which nothing
  /// stands that began later.
  func completionOfAllOpen(
    at place: Int32, where matters: (ModelOperation) -> Bool = { $0.action == .extract }
  ) -> Int32 {
    var result = place
    for entry in entries where entry.invocation < place && !entry.isIndeterminate {
      if entry.completion > result, matters(entry.operation) { result = entry.completion }
    }
    return result
  }
}
