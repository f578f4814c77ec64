import OperationHistory

/// One operation as the built-in models see it: a call and what it was answered.
///
/// What `first` and `second` hold depends on the action; what an action does not name is `absent`.
public struct ModelOperation: Hashable, Sendable {
  /// What was done.
  public enum Action: UInt8, Sendable {
    /// Answered `first`, the whole state.
    case read
    /// Set the state to `first`.
    case write
    /// Found `first` and replaced it by `second`.
    case cas
    /// Found another value than `first`, and changed nothing.
    case failedCas
    /// Added `first` at the end.
    case append
    /// Left the key without a value.
    case delete
    /// Added `first`: to a set, or as a number to a counter.
    case add
    /// Removed `first`; `second` is whether it was there, or `absent` where nothing tells.
    case remove
    /// Asked whether `first` is there; `second` is the answer.
    case contains
    /// Put `first` in: at the back of a queue, on a stack, into a priority queue.
    case insert
    /// Took `first` out, or found nothing if it is `null`; `absent` where nobody knows what.
    case extract
    /// Took the mutex for owner `first`, or `first` permits of the semaphore.
    case acquire
    /// Gave back the mutex of owner `first`, or `first` permits of the semaphore.
    case release
    /// Did what the operation numbered `first` of a ``ForeignModel`` does.
    case step
  }

  /// What was done.
  public var action: Action
  /// The action's first value.
  public var first: ValueID
  /// The action's second value.
  public var second: ValueID
  /// The object, where one partition holds several (``KeyedModel``); otherwise `absent`.
  public var key: ValueID

  /// An operation with its values.
  public init(
    _ action: Action, _ first: ValueID = .absent, _ second: ValueID = .absent,
    key: ValueID = .absent
  ) {
    self.action = action
    self.first = first
    self.second = second
    self.key = key
  }
}
