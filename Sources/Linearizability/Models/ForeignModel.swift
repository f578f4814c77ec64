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
}
