import OperationHistory

/// A number of permits, which are taken and given back.
///
/// Nobody can take more than are left. A release of more than are taken is an answer that no such
/// semaphore gives; who took them does not matter.
public struct SemaphoreModel: Model {
  /// All permits.
  ///
  /// A state is the number that is left.
  public let initialState: Int64
  private let values: ValueTable

  /// A semaphore with all its permits, of operations that name these values.
  public init(permits: Int64, values: ValueTable) {
    initialState = permits
    self.values = values
  }

  /// See ``Model/step(_:_:)``.
  public func step(_ state: Int64, _ operation: ModelOperation) -> Int64? {
    guard let number = values.integer(operation.first), number >= 0 else { return nil }
    switch operation.action {
    case .acquire: return number <= state ? state - number : nil
    case .release: return number <= initialState - state ? state + number : nil
    default: return nil
    }
  }

  /// How many permits are left.
  public func describe(_ state: Int64, values: ValueTable) -> String {
    "\(state) of \(initialState) left"
  }
}
