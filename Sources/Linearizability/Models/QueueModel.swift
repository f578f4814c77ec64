import OperationHistory

/// First in, first out; taking from an empty queue answers `null`.
public struct QueueModel: Model {
  /// Nothing.
  ///
  /// A state's first element is the next to be taken.
  public let initialState: [ValueID] = []

  /// An empty queue.
  public init() {}

  /// See ``Model/step(_:_:)``.
  public func step(_ state: [ValueID], _ operation: ModelOperation) -> [ValueID]? {
    switch operation.action {
    case .insert: return state + [operation.first]
    case .extract:
      guard operation.first == .absent || operation.first == state.first ?? .null
      else { return nil }
      return Array(state.dropFirst())
    default: return nil
    }
  }

  /// Finding nothing.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    operation.action == .extract && operation.first == .null
  }

  /// The elements, the next to be taken first.
  public func describe(_ state: [ValueID], values: ValueTable) -> String {
    "[" + state.map { values.describe($0) }.joined(separator: ", ") + "]"
  }
}
