import OperationHistory

/// Smallest number out first; taking from an empty queue answers `null`.
public struct PriorityQueueModel: Model {
  /// Nothing.
  ///
  /// The numbers of a state descend, so that the next to be taken is the last.
  public let initialState: [Int64] = []
  private let values: ValueTable

  /// An empty queue, of operations that name these values.
  public init(values: ValueTable) {
    self.values = values
  }

  /// See ``Model/step(_:_:)``.
  public func step(_ state: [Int64], _ operation: ModelOperation) -> [Int64]? {
    switch operation.action {
    case .insert:
      guard let number = values.integer(operation.first) else { return nil }
      var result = state
      result.insert(number, at: state.firstIndex { $0 <= number } ?? state.count)
      return result
    case .extract:
      switch operation.first {
      case .absent: break
      case .null: guard state.isEmpty else { return nil }
      default:
        guard let number = values.integer(operation.first), number == state.last
        else { return nil }
      }
      return Array(state.dropLast())
    default: return nil
    }
  }

  /// Finding nothing.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    operation.action == .extract && operation.first == .null
  }

  /// The numbers, the next to be taken first.
  public func describe(_ state: [Int64], values: ValueTable) -> String {
    "[" + state.reversed().map { "\($0)" }.joined(separator: ", ") + "]"
  }
}
