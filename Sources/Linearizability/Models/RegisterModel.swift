import OperationHistory

/// One value that is read, written, and compared and set; `null` before the first write.
public struct RegisterModel: Model {
  /// `null`.
  public let initialState = ValueID.null

  /// A register that was never written.
  public init() {}

  /// See ``Model/step(_:_:)``.
  public func step(_ state: ValueID, _ operation: ModelOperation) -> ValueID? {
    switch operation.action {
    case .read: operation.first == state ? state : nil
    case .write: operation.first
    case .cas: operation.first == state ? operation.second : nil
    case .failedCas: operation.first == state ? nil : state
    default: nil
    }
  }

  /// Reads, failed compare-and-sets, and those that set what they compared with.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    switch operation.action {
    case .read, .failedCas: true
    case .cas: operation.first == operation.second
    default: false
    }
  }

  /// The value.
  public func describe(_ state: ValueID, values: ValueTable) -> String { values.describe(state) }
}
