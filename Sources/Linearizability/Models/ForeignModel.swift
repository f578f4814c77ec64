/// A model that another module brings: its operations are ``ModelOperation/Action/step``s, numbered
/// in a table of its own.
///
/// Search, shrinking, explanation and certificates then serve it like the models of this module.
public protocol ForeignModel: Model<ModelOperation> {
  /// A call and its result in a few words: `setData "x" → version 3`.
  func describe(_ operation: ModelOperation) -> String
  /// What an operation did, in the past tense: `found version 3`.
  func did(_ operation: ModelOperation) -> String
  /// The operation as it is if it happened at an unknown time and nobody saw its result.
  ///
  /// Wherever `operation` is legal, so must be what this returns, and lead to a state in which
  /// everything stays legal that was.
  func withoutResult(_ operation: ModelOperation) -> ModelOperation
  /// Indices of the entries in an order that they probably have, indeterminate ones left out.
  ///
  /// It is checked: where it is none, the search goes on without it.
  func likelyOrder(_ entries: [Entry]) -> [Int32]?
}

/// Decides a partition whose likely order is one; else nil.
///
/// - Complexity: O(n), and what the model needs to tell the order.
func decideByLikelyOrder(_ partition: Partition, _ model: some ForeignModel) -> PartitionResult? {
  let entries = partition.entries
  guard let order = model.likelyOrder(entries) else { return nil }
  var state = model.initialState
  for index in order {
    guard let next = model.step(state, entries[Int(index)].operation) else { return nil }
    state = next
  }
  guard
    respectsRealTime(
      order, invocations: entries.map(\.invocation), completions: entries.map(\.completion))
  else { return nil }
  return PartitionResult(verdict: .holds, decidedBy: "likely order", order: order)
}
