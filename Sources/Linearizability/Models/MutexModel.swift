import OperationHistory

/// A lock that one owner holds at a time; free at first.
///
/// The owner is a process. It cannot take the lock twice, and only it can give the lock back.
public struct MutexModel: Model {
  /// Free, which is `null`.
  ///
  /// Any other state is the owner.
  public let initialState = ValueID.null

  /// A free lock.
  public init() {}

  /// See ``Model/step(_:_:)``.
  public func step(_ state: ValueID, _ operation: ModelOperation) -> ValueID? {
    switch operation.action {
    case .acquire: state == .null ? operation.first : nil
    case .release: state == operation.first ? .null : nil
    default: nil
    }
  }

  /// Who holds the lock.
  public func describe(_ state: ValueID, values: ValueTable) -> String {
    state == .null ? "free" : "held by process \(values.describe(state))"
  }
}
