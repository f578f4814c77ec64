import OperationHistory

/// A number that is added to and read; 0 at first.
public struct CounterModel: Model {
  /// Zero.
  public let initialState: Int64 = 0
  private let values: ValueTable

  /// A counter at zero, of operations that name these values.
  public init(values: ValueTable) {
    self.values = values
  }

  /// See ``Model/step(_:_:)``.
  ///
  /// An addition beyond 64 bits is illegal; histories that could come to it are refused earlier.
  public func step(_ state: Int64, _ operation: ModelOperation) -> Int64? {
    guard let number = values.integer(operation.first) else { return nil }
    switch operation.action {
    case .read: return number == state ? state : nil
    case .add:
      let sum = state.addingReportingOverflow(number)
      return sum.overflow ? nil : sum.partialValue
    default: return nil
    }
  }

  /// Reads, and additions of zero.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    operation.action == .read || values.integer(operation.first) == 0
  }

  /// The number.
  public func describe(_ state: Int64, values: ValueTable) -> String { "\(state)" }
}
