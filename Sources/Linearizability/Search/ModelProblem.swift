/// A partition of any model, numbered for search: equal operations have the same kind.
struct ModelProblem: Sendable {
  /// Starts numbering the model's states; each search has numbers of its own.
  let makeStates: @Sendable () -> any StateNumbers
  /// Whether the operations of a kind are observations.
  private(set) var isObservation: [Bool] = []
  /// The object that the operations of a kind concern: those of different ones never meet.
  private(set) var objects: [Int32] = []
  private(set) var kinds: [Int32] = []
  private(set) var invocations: [Int32] = []
  private(set) var completions: [Int32] = []
  /// The index of each operation among those given; indeterminate observations are left out.
  private(set) var sources: [Int32] = []

  var count: Int { kinds.count }

  /// Numbers operations that are sorted by invocation; `object` says what each concerns.
  init<M: Model>(
    model: M,
    _ intervals: some Sequence<(operation: M.Operation, invocation: Int32, completion: Int32)>,
    object: (M.Operation) -> Int32 = { _ in 0 }
  ) {
    var operations: [M.Operation] = []
    var numbers: [M.Operation: Int32] = [:]
    for (index, interval) in intervals.enumerated() {
      let observes = model.isObservation(interval.operation)
      if interval.completion == .max, observes { continue }
      let kind = numbers[interval.operation] ?? Int32(operations.count)
      if kind == operations.count {
        numbers[interval.operation] = kind
        operations.append(interval.operation)
        isObservation.append(observes)
        objects.append(object(interval.operation))
      }
      kinds.append(kind)
      invocations.append(interval.invocation)
      completions.append(interval.completion)
      sources.append(Int32(index))
    }
    makeStates = { [operations] in ModelStates(model: model, operations: operations) }
  }

  /// Writes down the order of all operations from the steps of a search.
  ///
  /// Observations are no steps: each stands where it first was legal. Where the steps take longer
  /// than `patience` to repeat, `layers` becomes how many were.
  func order(
    _ plan: WindowPlan, steps: [(operation: Int32, layer: Int32)], layers: inout Int,
    _ transitions: inout TransitionTable, patience: Duration? = nil
  ) -> [Int32] {
    let end = patience.map { ContinuousClock.now + $0 }
    var order: [Int32] = []
    order.reserveCapacity(count)
    var waiting: [Int32] = []
    var state: Int32 = 0
    var next = 0
    for layer in 0..<layers {
      if layer & 15 == 15, let end, ContinuousClock.now > end {
        layers = layer
        return order
      }
      for index in plan.opening(layer) {
        let operation = plan.opening[index]
        guard isObservation[Int(kinds[Int(operation)])] else { continue }
        if transitions.next(state, kinds[Int(operation)]) >= 0 {
          order.append(operation)
        } else {
          waiting.append(operation)
        }
      }
      while next < steps.count, steps[next].layer == Int32(layer) {
        let operation = steps[next].operation
        order.append(operation)
        state = transitions.next(state, kinds[Int(operation)])
        guard state >= 0 else { return order }
        waiting.removeAll { observation in
          guard transitions.next(state, kinds[Int(observation)]) >= 0 else { return false }
          order.append(observation)
          return true
        }
        next += 1
      }
    }
    return order
  }
}
