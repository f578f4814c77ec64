import OperationHistory

/// A list that is appended to and read whole; empty at first.
public struct ListAppendModel: Model {
  /// The empty list.
  public let initialState: [ValueID] = []
  private let values: ValueTable

  /// An empty list, of operations that name these values.
  public init(values: ValueTable) {
    self.values = values
  }

  /// See ``Model/step(_:_:)``.
  public func step(_ state: [ValueID], _ operation: ModelOperation) -> [ValueID]? {
    switch operation.action {
    case .append: state + [operation.first]
    case .read: values.list(operation.first) == state[...] ? state : nil
    default: nil
    }
  }

  /// Reads.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    operation.action == .read
  }

  /// None: lists only grow.
  public func mayReset(
    _ operation: ModelOperation, toward observation: ModelOperation
  ) -> Bool { false }

  /// Whether what was read begins with the list that is there.
  public func mayBecomeLegal(_ observation: ModelOperation, after state: [ValueID]) -> Bool {
    values.list(observation.first).map { begins($0, with: state) } ?? true
  }

  /// One for all lists that no list that was read begins with.
  public func representatives(
    among operations: [ModelOperation]
  ) -> (@Sendable ([ValueID]) -> [ValueID])? {
    let seen = Set(operations.lazy.filter { $0.action == .read }.map(\.first))
    let index = PrefixIndex(seen.lazy.compactMap { values.list($0).map(Array.init) })
    return { state in index.contains(prefix: state) ? state : [.absent] }
  }

  /// The elements.
  public func describe(_ state: [ValueID], values: ValueTable) -> String {
    "[" + state.map { values.describe($0) }.joined(separator: ", ") + "]"
  }
}
