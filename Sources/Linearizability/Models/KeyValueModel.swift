import OperationHistory

/// The value of one key: read, written, appended to, deleted, and compared and set.
///
/// A key without a value reads as `null`; in a history that appends, as `""`.
public struct KeyValueModel: Model {
  /// What the key holds.
  ///
  /// A string always stands in one of the two forms only: `text` in a history that appends.
  public enum State: Hashable, Sendable {
    /// A value of the history, `null` if there is none.
    case value(ValueID)
    /// The UTF-8 bytes of a string, which need not occur in the history.
    case text([UInt8])

    /// Hashes a text as a whole, which is many times quicker than byte by byte.
    public func hash(into hasher: inout Hasher) {
      switch self {
      case .value(let value): hasher.combine(value)
      case .text(let text): text.withUnsafeBytes { hasher.combine(bytes: $0) }
      }
    }
  }

  /// No value.
  public let initialState: State
  private let values: ValueTable

  /// A key without a value.
  ///
  /// - Parameters:
  ///   - values: the values that operations name.
  ///   - missingIsEmpty: whether this is a history that appends, so that no value reads as `""`.
  public init(values: ValueTable, missingIsEmpty: Bool) {
    self.values = values
    initialState = missingIsEmpty ? .text([]) : .value(.null)
  }

  /// See ``Model/step(_:_:)``.
  public func step(_ state: State, _ operation: ModelOperation) -> State? {
    switch operation.action {
    case .read: return holds(state, operation.first) ? state : nil
    case .write: return self.state(of: operation.first)
    case .cas: return holds(state, operation.first) ? self.state(of: operation.second) : nil
    case .failedCas: return holds(state, operation.first) ? nil : state
    case .append:
      guard case .text(let text) = state, let suffix = values.string(operation.first)
      else { return nil }
      return .text(text + suffix)
    case .delete: return initialState
    default: return nil
    }
  }

  private func state(of value: ValueID) -> State {
    guard case .text = initialState, let text = values.string(value) else { return .value(value) }
    return .text(Array(text))
  }

  private func holds(_ state: State, _ value: ValueID) -> Bool {
    switch state {
    case .value(let held): held == value
    case .text(let text):
      values.string(value).map { $0.count == text.count && begins($0, with: text) } ?? false
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

  /// Not by appending, nor by leaving a text that what was read does not begin with.
  public func mayReset(
    _ operation: ModelOperation, toward observation: ModelOperation
  ) -> Bool {
    guard observation.action == .read, let read = values.string(observation.first) else {
      return true
    }
    switch operation.action {
    case .append: return false
    case .write: return values.string(operation.first).map { read.starts(with: $0) } ?? true
    case .cas: return values.string(operation.second).map { read.starts(with: $0) } ?? true
    default: return true
    }
  }

  /// Whether what was read begins with the text that is there.
  public func mayBecomeLegal(_ observation: ModelOperation, after state: State) -> Bool {
    guard observation.action == .read, case .text(let text) = state,
      let read = values.string(observation.first)
    else { return true }
    return begins(read, with: text)
  }

  /// One for all texts that nothing read or compared begins with.
  ///
  /// It holds a byte that UTF-8 never has, so that no text begins with it either.
  public func representatives(
    among operations: [ModelOperation]
  ) -> (@Sendable (State) -> State)? {
    guard case .text = initialState else { return nil }
    let seen = Set(
      operations.lazy.filter { [.read, .cas, .failedCas].contains($0.action) }.map(\.first))
    let index = PrefixIndex(seen.lazy.compactMap { values.string($0).map(Array.init) })
    return { state in
      guard case .text(let text) = state, !index.contains(prefix: text) else { return state }
      return .text([0xFF])
    }
  }

  /// The value.
  public func describe(_ state: State, values: ValueTable) -> String {
    switch state {
    case .value(let value): values.describe(value)
    case .text(let text): describeValue(.string(String(decoding: text, as: UTF8.self)))
    }
  }
}
