import OperationHistory

/// Translates the operations of one history for one model.
struct OperationCompiler {
  private(set) var model: BuiltInModel
  private(set) var failedCasDropped = 0
  private let history: History
  /// What each function does, by its number.
  private let roles: [Role]
  private let hasText: Bool
  private let hasIntegers: Bool
  /// The sum of all that was added to a counter, signs ignored.
  private var counterTotal: Int64 = 0

  init(_ history: History, model: BuiltInModel) {
    self.history = history
    self.model = model
    roles = history.functions.map { model.name.role(of: $0) ?? .none }
    let appends = zip(history.functions.indices, roles).filter { $0.1 == .append }.map { $0.0 }
    if model.name == .keyValue, !appends.isEmpty {
      self.model.missingIsEmpty = history.operations.contains {
        appends.contains(Int($0.function.raw))
      }
    }
    hasText = self.model.missingIsEmpty
    hasIntegers =
      switch model.name {
      case .counter, .priorityQueue, .semaphore: true
      default: false
      }
  }

  /// What the model sees of an operation; nil if the operation says nothing.
  ///
  /// It says nothing if it failed (a failed compare-and-set may be an observation), or if it is
  /// indeterminate and would have changed nothing. An indeterminate compare-and-set is one that
  /// succeeded, or never happened: one that failed changed nothing either.
  mutating func compile(
    _ operation: HistoryOperation
  ) throws(ModelError) -> ModelOperation? {
    let role = roles[Int(operation.function.raw)]
    if operation.outcome == .fail, role != .none, role != .cas { return nil }
    if operation.outcome == .ok, operation.error != .absent, role != .cas {
      throw misfit(operation, "an operation of this model has no `error` for an answer")
    }
    switch role {
    case .read: return try compileRead(operation)
    case .write: return ModelOperation(.write, try argument(of: operation))
    case .cas: return try compileCas(operation)
    case .append: return ModelOperation(.append, try argument(of: operation))
    case .delete: return ModelOperation(.delete)
    case .add, .subtract: return try compileAdd(operation, negated: role == .subtract)
    case .remove: return try compileRemove(operation)
    case .contains: return try compileContains(operation)
    case .insert: return try compileInsert(operation)
    case .extract: return try compileExtract(operation)
    case .acquire: return try compileLock(operation, .acquire)
    case .release: return try compileLock(operation, .release)
    case .none:
      throw misfit(operation, "the model \(model.name.rawValue) has no such operation")
    }
  }

  private func misfit(_ operation: HistoryOperation, _ message: String) -> ModelError {
    let line = operation.completionLine > 0 ? operation.completionLine : operation.invocationLine
    return .misfit(line: Int(line), message: "\(history.name(of: operation)): \(message)")
  }

  // MARK: Values

  /// The value that the operation was asked to store; some recorders name it in the completion.
  private func argument(of operation: HistoryOperation) throws(ModelError) -> ValueID {
    let value = operation.argument != .absent ? operation.argument : operation.result
    guard value != .absent else { throw misfit(operation, "the `value` is missing") }
    try requireForm(value, operation)
    return value
  }

  /// Refuses values that the model cannot hold.
  @inline(__always)
  private func requireForm(
    _ value: ValueID, _ operation: HistoryOperation
  ) throws(ModelError) {
    if hasText, model.values.string(value) == nil {
      throw misfit(
        operation,
        "\(model.values.describe(value)) is no string; in a history that appends every value is"
          + " one, and a missing key reads as \"\"")
    }
    if hasIntegers, model.values.integer(value) == nil {
      throw misfit(operation, "\(model.values.describe(value)) is no integer of 64 bits")
    }
  }

  // MARK: One role each

  private mutating func compileRead(
    _ operation: HistoryOperation
  ) throws(ModelError) -> ModelOperation? {
    guard operation.outcome == .ok else { return nil }
    guard operation.result != .absent else {
      throw misfit(operation, "an `ok` read has a `value`, `null` if there is none")
    }
    switch model.name {
    case .set:
      guard let sorted = SetModel.sorted(operation.result, in: &model.values) else {
        throw misfit(
          operation, "\(model.values.describe(operation.result)) is no list of elements")
      }
      return ModelOperation(.read, sorted)
    case .listAppend:
      if operation.result == .null { return ModelOperation(.read, model.values.intern(list: [])) }
      guard model.values.list(operation.result) != nil else {
        throw misfit(operation, "\(model.values.describe(operation.result)) is no list")
      }
    default: try requireForm(operation.result, operation)
    }
    return ModelOperation(.read, operation.result)
  }

  private mutating func compileCas(
    _ operation: HistoryOperation
  ) throws(ModelError) -> ModelOperation? {
    let answeredNo =
      operation.outcome == .ok && (operation.error != .absent || operation.result == .false)
    if operation.outcome == .fail || answeredNo {
      guard answeredNo || history.failedCasIsObservation(operation) else {
        failedCasDropped += 1
        return nil
      }
    }
    let pair = operation.argument != .absent ? operation.argument : operation.result
    guard let values = model.values.list(pair), values.count == 2,
      let from = values.first, let to = values.last
    else {
      throw misfit(operation, "the `value` is a list of two, [from, to]")
    }
    try requireForm(from, operation)
    try requireForm(to, operation)
    if operation.outcome == .fail || answeredNo { return ModelOperation(.failedCas, from) }
    if operation.outcome == .info, from == to { return nil }
    return ModelOperation(.cas, from, to)
  }

  private mutating func compileAdd(
    _ operation: HistoryOperation, negated: Bool
  ) throws(ModelError) -> ModelOperation? {
    guard model.name == .counter else {
      return ModelOperation(.add, try argument(of: operation))
    }
    // `increment` without a value adds one.
    let isOne = operation.argument == .absent || operation.argument == .null
    guard let number = isOne ? 1 : model.values.integer(operation.argument) else {
      throw misfit(
        operation, "\(model.values.describe(operation.argument)) is no integer of 64 bits")
    }
    let total = counterTotal.addingReportingOverflow(Int64(clamping: number.magnitude))
    guard !total.overflow, number != .min else {
      throw misfit(operation, "the counter could leave the integers of 64 bits here")
    }
    counterTotal = total.partialValue
    if number == 0, operation.outcome == .info { return nil }
    return ModelOperation(.add, model.values.intern(integer: negated ? -number : number))
  }

  private func compileRemove(
    _ operation: HistoryOperation
  ) throws(ModelError) -> ModelOperation? {
    let element = try argument(of: operation)
    // Some recorders repeat the element in the completion, which tells nothing.
    guard operation.outcome == .ok, operation.result != operation.argument,
      operation.result != .absent, operation.result != .null
    else { return ModelOperation(.remove, element) }
    guard operation.result == .true || operation.result == .false else {
      throw misfit(operation, "the answer is true or false, or left out")
    }
    return ModelOperation(.remove, element, operation.result)
  }

  private func compileContains(
    _ operation: HistoryOperation
  ) throws(ModelError) -> ModelOperation? {
    guard operation.outcome == .ok else { return nil }
    guard operation.argument != .absent else {
      throw misfit(operation, "the invocation's `value` is missing")
    }
    guard operation.result == .true || operation.result == .false else {
      throw misfit(operation, "the answer is true or false")
    }
    return ModelOperation(.contains, operation.argument, operation.result)
  }

  private func compileInsert(
    _ operation: HistoryOperation
  ) throws(ModelError) -> ModelOperation? {
    let value = try argument(of: operation)
    guard value != .null else {
      throw misfit(operation, "null cannot be put in: taking it out means that nothing was there")
    }
    return ModelOperation(.insert, value)
  }

  private func compileExtract(
    _ operation: HistoryOperation
  ) throws(ModelError) -> ModelOperation? {
    guard operation.outcome == .ok else { return ModelOperation(.extract) }
    guard operation.result != .absent else {
      throw misfit(operation, "the answer has a `value`, `null` if nothing was there")
    }
    if operation.result != .null { try requireForm(operation.result, operation) }
    return ModelOperation(.extract, operation.result)
  }

  private mutating func compileLock(
    _ operation: HistoryOperation, _ action: ModelOperation.Action
  ) throws(ModelError) -> ModelOperation? {
    if model.name == .mutex {
      return ModelOperation(action, model.values.intern(integer: operation.process))
    }
    let isOne = operation.argument == .absent || operation.argument == .null
    guard let permits = isOne ? 1 : model.values.integer(operation.argument), permits >= 0 else {
      throw misfit(
        operation, "\(model.values.describe(operation.argument)) is no number of permits")
    }
    if permits == 0, operation.outcome == .info { return nil }
    return ModelOperation(action, model.values.intern(integer: permits))
  }
}
