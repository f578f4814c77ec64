import OperationHistory

/// One operation of a partition: what a model sees of it, and its interval.
public struct Entry: Hashable, Sendable {
  /// The call and its result.
  public var operation: ModelOperation
  /// The place of its invocation in the real-time order.
  public var invocation: Int32
  /// The place of its completion there, or `Int32.max`: it may happen at any time after its
  /// invocation, or never.
  public var completion: Int32
  /// Its index in `History.operations`.
  public var source: Int32

  /// Whether it may never have happened.
  public var isIndeterminate: Bool { completion == .max }

  /// Makes an entry.
  public init(_ operation: ModelOperation, invocation: Int32, completion: Int32, source: Int32) {
    self.operation = operation
    self.invocation = invocation
    self.completion = completion
    self.source = source
  }
}

/// The operations that concern one object, in the order of their invocations.
///
/// A history is linearizable if and only if each of its partitions is (Herlihy and Wing,
/// "Linearizability: a correctness condition for concurrent objects", 1990, section 3.2).
public struct Partition: Sendable {
  /// The object's key; `absent` if the history has but one object.
  public var key: ValueID
  /// The operations, by ascending invocation.
  public var entries: [Entry]

  /// Makes a partition of entries that are sorted by invocation.
  public init(key: ValueID, entries: [Entry]) {
    self.key = key
    self.entries = entries
  }
}

/// A history as a model sees it: operations that say nothing left out, the rest by object.
public struct CompiledHistory: Sendable {
  /// The model.
  public var model: BuiltInModel
  /// One partition a key, by first appearance; one for all with ``BuiltInModel/keyed``.
  public var partitions: [Partition]
  /// Whether the model follows from the operations, because nobody named one.
  public var isInferred = false
  /// How many failed compare-and-set operations were left out (``History/failedCas``).
  public var failedCasDropped = 0

  /// A history that was compiled elsewhere, for a model of one's own.
  public init(model: BuiltInModel, partitions: [Partition]) {
    self.model = model
    self.partitions = partitions
  }
}
