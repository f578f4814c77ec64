import OperationHistory

/// Many objects of one model as a single object: each operation names its key.
public struct KeyedModel<Base: Model<ModelOperation>>: Model {
  /// What each key's object does.
  public let base: Base

  /// The objects that are not in their initial state, by key.
  public let initialState: [ValueID: Base.State] = [:]

  /// Makes one object of those of all keys.
  public init(base: Base) {
    self.base = base
  }

  /// See ``Model/step(_:_:)``.
  public func step(
    _ state: [ValueID: Base.State], _ operation: ModelOperation
  ) -> [ValueID: Base.State]? {
    let old = state[operation.key] ?? base.initialState
    guard let new = base.step(old, operation) else { return nil }
    guard new != old else { return state }
    var result = state
    result[operation.key] = new == base.initialState ? nil : new
    return result
  }

  /// Whether it is one for its key.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    base.isObservation(operation)
  }

  /// Those of each key.
  public func representatives(
    among operations: [ModelOperation]
  ) -> (@Sendable ([ValueID: Base.State]) -> [ValueID: Base.State])? {
    var byKey: [ValueID: @Sendable (Base.State) -> Base.State] = [:]
    for (key, operations) in Dictionary(grouping: operations, by: \.key) {
      guard let representative = base.representatives(among: operations) else { return nil }
      byKey[key] = representative
    }
    return { [byKey] state in
      var result = state
      for (key, value) in state { result[key] = byKey[key]?(value) ?? value }
      return result
    }
  }

  /// Whether it may for the key of both.
  public func mayReset(
    _ operation: ModelOperation, toward observation: ModelOperation
  ) -> Bool {
    operation.key == observation.key && base.mayReset(operation, toward: observation)
  }

  /// Whether it may for its key.
  public func mayBecomeLegal(
    _ observation: ModelOperation, after state: [ValueID: Base.State]
  ) -> Bool {
    base.mayBecomeLegal(observation, after: state[observation.key] ?? base.initialState)
  }

  /// The objects that are not in their initial state, in the order of their keys' numbers.
  public func describe(_ state: [ValueID: Base.State], values: ValueTable) -> String {
    let objects = state.sorted { $0.key.raw < $1.key.raw }.map { key, object in
      "\(values.describe(key)): \(base.describe(object, values: values))"
    }
    return objects.isEmpty ? "nothing" : objects.joined(separator: ", ")
  }
}
