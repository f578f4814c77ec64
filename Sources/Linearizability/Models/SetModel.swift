import OperationHistory

/// Distinct values: added, removed, asked for one by one or all together; empty at first.
///
/// A read lists every element once, in any order; a list that names one twice is an answer that no
/// set gives.
public struct SetModel: Model {
  /// No elements.
  ///
  /// The elements of a state ascend by their numbers.
  public let initialState: [ValueID] = []
  private let values: ValueTable

  /// An empty set.
  ///
  /// - Parameter values: the values that operations name; the elements of lists that are read
  ///   ascend by their numbers (``sorted(_:in:)``).
  public init(values: ValueTable) {
    self.values = values
  }

  /// See ``Model/step(_:_:)``.
  public func step(_ state: [ValueID], _ operation: ModelOperation) -> [ValueID]? {
    let place = state.firstIndex { $0.raw >= operation.first.raw } ?? state.count
    let isThere = place < state.count && state[place] == operation.first
    switch operation.action {
    case .add:
      guard !isThere else { return state }
      var result = state
      result.insert(operation.first, at: place)
      return result
    case .remove:
      guard operation.second != (isThere ? .false : .true) else { return nil }
      guard isThere else { return state }
      var result = state
      result.remove(at: place)
      return result
    case .contains: return operation.second == (isThere ? .true : .false) ? state : nil
    case .read: return values.list(operation.first) == state[...] ? state : nil
    default: return nil
    }
  }

  /// Reads, questions, and removals of what was not there.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    switch operation.action {
    case .read, .contains: true
    case .remove: operation.second == .false
    default: false
    }
  }

  /// The number of the list with the same elements, as often, in ascending order of their numbers;
  /// nil if `value` is no list.
  public static func sorted(_ value: ValueID, in values: inout ValueTable) -> ValueID? {
    guard let elements = values.list(value) else { return nil }
    return values.intern(list: elements.sorted { $0.raw < $1.raw })
  }

  /// The elements.
  public func describe(_ state: [ValueID], values: ValueTable) -> String {
    "{" + state.map { values.describe($0) }.joined(separator: ", ") + "}"
  }
}
