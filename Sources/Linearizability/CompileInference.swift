import OperationHistory

extension BuiltInModel {
  /// The model of a history: the one that `name` or the header names, else the one that its
  /// operations fit.
  ///
  /// - Complexity: O(n) in the number of operations.
  static func find(
    _ name: ModelName?, for history: History
  ) throws(ModelError) -> (model: BuiltInModel, isInferred: Bool) {
    let parameters = try Parameters(history)
    var named = name
    if named == nil { named = try headerModel(history) }
    let chosen: ModelName
    if let named {
      chosen = named
    } else {
      chosen = try infer(history, hasPermits: parameters.permits != nil)
    }
    guard chosen != .znode else {
      throw .unknownModel("the model znode is not one of the module Linearizability")
    }
    var model = BuiltInModel(chosen, values: history.values)
    if chosen == .semaphore {
      guard let permits = parameters.permits else {
        throw .unknownModel(
          "a semaphore needs its number of permits in the history's header:"
            + " \"parameters\":{\"permits\":3}")
      }
      model.permits = permits
    }
    return (model, named == nil)
  }

  private struct Parameters {
    var permits: Int64?

    init(_ history: History) throws(ModelError) {
      guard case .map(let fields)? = history.headerField("parameters"),
        let field = fields.first(where: { $0.name == .string("permits") })
      else { return }
      guard case .integer(let permits) = field.value, permits >= 0 else {
        throw .misfit(line: 1, message: "`permits` is a natural number")
      }
      self.permits = permits
    }
  }

  private static func headerModel(_ history: History) throws(ModelError) -> ModelName? {
    guard let field = history.headerField("model"), field != .null else { return nil }
    guard case .string(let text) = field else {
      throw .unknownModel("the header's `model` is no string")
    }
    if let name = ModelName(rawValue: text) { return name }
    if text == "zookeeper" {
      throw .unknownModel(
        "this build does not have the model zookeeper yet; --model znode checks each path for itself"
      )
    }
    let known = ModelName.allCases.map(\.rawValue).joined(separator: ", ")
    throw .unknownModel("there is no model \(text); the models are \(known)")
  }

  // MARK: From the operations

  /// Which models the functions of a history tell of: the first row that has them all decides.
  ///
  /// Every row's model must know each function of the history (``ModelName/vocabulary``); what
  /// tells the rows apart are functions that must occur, and the results of reads.
  struct Rule {
    /// The functions that may occur, and at least one of which does.
    var functions: [String]
    /// At least one of these occurs too, if any are given.
    var oneOf: [String] = []
    var reads: ReadShape = .any
    var models: [ModelName]
  }

  /// What the answers of all reads have in common.
  enum ReadShape {
    /// Nothing that is looked at.
    case any
    /// There is a list or `null` in each, and at least one list.
    case lists
    /// No list, and at least one value.
    case noLists
  }

  private static let reads = ModelName.readNames
  private static let writes = ModelName.writeNames
  private static let swaps = ModelName.casNames

  static let rules: [Rule] = [
    Rule(functions: reads + writes + swaps, oneOf: ["get", "put"], models: [.keyValue]),
    Rule(functions: reads + writes + swaps, oneOf: writes + swaps, models: [.register]),
    Rule(functions: ["append"] + reads, oneOf: ["append"], reads: .lists, models: [.listAppend]),
    Rule(functions: ["append"] + reads, oneOf: ["append"], reads: .noLists, models: [.keyValue]),
    Rule(functions: ["append"] + reads, oneOf: ["append"], models: [.keyValue, .listAppend]),
    Rule(
      functions: reads + writes + swaps + ["append", "delete", "del"],
      oneOf: writes + swaps + ["delete", "del"], models: [.keyValue]),
    Rule(functions: ["add"] + reads, oneOf: ["add"], reads: .lists, models: [.set]),
    Rule(functions: ["add"] + reads, oneOf: ["add"], models: [.set, .counter]),
    Rule(
      functions: ["add", "remove", "contains"] + reads, oneOf: ["remove", "contains"],
      models: [.set]),
    Rule(
      functions: ["add", "increment", "incr", "inc", "decrement", "decr", "dec"] + reads,
      oneOf: ["increment", "incr", "inc", "decrement", "decr", "dec"], models: [.counter]),
    Rule(functions: ["enqueue", "dequeue"], models: [.queue]),
    Rule(functions: ["push", "pop"], models: [.stack]),
    Rule(
      functions: ["insert", "delete-min", "deleteMin"], oneOf: ["delete-min", "deleteMin"],
      models: [.priorityQueue]),
    Rule(functions: reads, reads: .lists, models: [.set, .listAppend]),
    Rule(functions: reads, models: [.register, .keyValue, .counter]),
  ]

  private static func infer(
    _ history: History, hasPermits: Bool
  ) throws(ModelError) -> ModelName {
    let functions = functionsInUse(history)
    // An empty log is one of a register, as all logs are; elsewhere any model would do.
    if functions.isEmpty { return .register }
    if history.format == .log, functions.allSatisfy({ reads.contains($0) }) { return .register }
    if functions.allSatisfy({ ModelName.mutex.role(of: $0) != nil }) {
      if hasPermits { return .semaphore }
      guard takesPermits(history) else { return .mutex }
      throw .ambiguous([.mutex, .semaphore])
    }
    let candidates = rules.filter { rule in
      functions.allSatisfy { rule.functions.contains($0) }
        && (rule.oneOf.isEmpty || functions.contains { rule.oneOf.contains($0) })
    }
    let rule = candidates.first { rule in
      guard rule.reads != .any else { return true }
      let (anyList, anyOther) = readShapes(history)
      return rule.reads == .lists ? anyList && !anyOther : anyOther && !anyList
    }
    guard let rule else {
      throw .unknownModel(
        "no model has all the operations \(functions.joined(separator: ", ")); name one with"
          + " --model")
    }
    if rule.models.count > 1 { throw .ambiguous(rule.models) }
    return rule.models[0]
  }

  /// The names that operations call, in the order of their numbers.
  private static func functionsInUse(_ history: History) -> [String] {
    var isUsed = [Bool](repeating: false, count: history.functions.count)
    var unseen = isUsed.count
    for operation in history.operations where !isUsed[Int(operation.function.raw)] {
      isUsed[Int(operation.function.raw)] = true
      unseen -= 1
      if unseen == 0 { break }
    }
    return zip(history.functions, isUsed).filter { $0.1 }.map { $0.0 }
  }

  /// Whether reads answered lists, and whether they answered anything else but `null`.
  private static func readShapes(_ history: History) -> (anyList: Bool, anyOther: Bool) {
    let isRead = history.functions.map { reads.contains($0) }
    var shapes = (anyList: false, anyOther: false)
    for operation in history.operations
    where operation.outcome == .ok && isRead[Int(operation.function.raw)] {
      guard operation.result != .null, operation.result != .absent else { continue }
      if history.values.list(operation.result) == nil {
        shapes.anyOther = true
      } else {
        shapes.anyList = true
      }
      if shapes.anyList && shapes.anyOther { break }
    }
    return shapes
  }

  /// Whether an operation names a number, as those of a mutex do not.
  private static func takesPermits(_ history: History) -> Bool {
    history.operations.contains { history.values.integer($0.argument) != nil }
  }
}
