import Dispatch
import OperationHistory
import Synchronization

/// The engines that decide a partition, in the order in which they are tried.
///
/// A narrow frontier finds most orders and proves most violations at once. What it cannot decide
/// goes to a wide frontier and a depth-first search side by side: each solves histories that the
/// other does not, and the first answer ends both.
struct Portfolio: Sendable {
  /// What may be used, for tests that set engines against each other.
  struct Engines: OptionSet, Sendable {
    let rawValue: Int
    static let monitors = Engines(rawValue: 1)
    static let narrowFrontier = Engines(rawValue: 2)
    static let wideFrontier = Engines(rawValue: 4)
    static let depthFirst = Engines(rawValue: 8)
    /// The register's own space of configurations, where it applies.
    static let registerSpace = Engines(rawValue: 16)
    static let all: Engines = [
      .monitors, .narrowFrontier, .wideFrontier, .depthFirst, .registerSpace,
    ]
  }

  var engines: Engines = .all
  /// How many configurations of a layer a narrow frontier may come to keep, and a wide one keeps
  /// at first.
  var wideWidth = 2048
  /// Among how many configurations of a layer dominated ones may stay: to look for them costs more
  /// than a few of them do.
  var dominanceThreshold = 32
  private static let narrowWidth = 8
  let budget: SearchBudget

  /// Decides a partition of a built-in model.
  func decide(_ partition: Partition, model: BuiltInModel) -> PartitionResult {
    if engines.contains(.registerSpace), !model.keyed,
      model.name == .register || (model.name == .keyValue && !model.missingIsEmpty),
      let problem = RegisterProblem(partition, initial: .null)
    {
      return decideRegister(problem, partition)
    }
    if engines.contains(.monitors), !model.keyed,
      let result = decideByMonitor(partition, model: model, budget: budget)
    {
      return result
    }
    func decide(_ specification: some Model<ModelOperation>) -> PartitionResult {
      let problem = ModelProblem(
        model: specification,
        partition.entries.lazy.map { ($0.operation, $0.invocation, $0.completion) },
        object: { $0.key.raw })
      return decideModel(problem)
    }
    let specification = model.specification
    // Told apart so that the compiler makes code of its own for texts, whose steps cost the most.
    if let keyValue = specification as? KeyValueModel { return decide(keyValue) }
    return decide(specification)
  }

  // MARK: Registers

  private func decideRegister(
    _ problem: RegisterProblem, _ partition: Partition
  ) -> PartitionResult {
    var problem = problem
    if engines.contains(.monitors), let place = problem.firstWithoutProducer() {
      return PartitionResult(verdict: .violated, decidedBy: "no producer", violatedBy: place)
    }
    if engines.contains(.monitors), let answer = UniqueRegisterMonitor.decide(problem) {
      return result(answer, problem)
    }
    let expiries = problem.leaveOutIdle()
    let plan = WindowPlan(
      invocations: problem.invocations, completions: problem.completions, expiries: expiries)
    if plan.slotCount <= 64 {
      return search(RegisterSpace<Mask64>(problem: problem, plan: plan), problem, plan)
    }
    if plan.slotCount <= 128 {
      return search(RegisterSpace<Mask128>(problem: problem, plan: plan), problem, plan)
    }
    return search(RegisterSpace<WideMask>(problem: problem, plan: plan), problem, plan)
  }

  private func result(
    _ answer: UniqueRegisterMonitor.Answer, _ problem: RegisterProblem
  ) -> PartitionResult {
    let name = "unique values"
    switch answer {
    case .violated(let place):
      return PartitionResult(verdict: .violated, decidedBy: name, violatedBy: place)
    case .holds(let order):
      precondition(
        problem.isLegal(order)
          && respectsRealTime(
            order, invocations: problem.invocations, completions: problem.completions),
        "the monitor's order is none")
      return PartitionResult(
        verdict: .holds, decidedBy: name, order: order.map { problem.sources[Int($0)] })
    }
  }

  private func search<Mask>(
    _ space: RegisterSpace<Mask>, _ problem: RegisterProblem, _ plan: WindowPlan
  ) -> PartitionResult {
    let (outcome, engine) = run(space)
    return result(
      outcome, engine, plan, invocations: problem.invocations, completions: problem.completions,
      sources: problem.sources
    ) { steps, layers, _ in
      let order = registerOrder(problem, plan, steps: steps, layers: layers)
      precondition(problem.isLegal(order), "\(engine) found an order that is not legal")
      return order
    }
  }

  // MARK: Any model

  /// Decides operations of any model.
  func decideModel(_ problem: ModelProblem) -> PartitionResult {
    let plan = WindowPlan(
      invocations: problem.invocations, completions: problem.completions,
      expiries: [Int32](repeating: .max, count: problem.count))
    if plan.slotCount <= 64 {
      return search(ModelSpace<Mask64>(problem: problem, plan: plan), problem, plan)
    }
    if plan.slotCount <= 128 {
      return search(ModelSpace<Mask128>(problem: problem, plan: plan), problem, plan)
    }
    return search(ModelSpace<WideMask>(problem: problem, plan: plan), problem, plan)
  }

  private func search<Mask>(
    _ space: ModelSpace<Mask>, _ problem: ModelProblem, _ plan: WindowPlan
  ) -> PartitionResult {
    let (outcome, engine) = run(space)
    return result(
      outcome, engine, plan, invocations: problem.invocations, completions: problem.completions,
      sources: problem.sources
    ) { steps, layers, patience in
      var transitions = TransitionTable(problem)
      let order = problem.order(
        plan, steps: steps, layers: &layers, &transitions, patience: patience)
      precondition(
        problem.isLegal(order, &transitions), "\(engine) found an order that is not legal")
      return order
    }
  }

  // MARK: Running

  private func run<Space: SearchSpace & Sendable>(
    _ space: Space
  ) -> (EngineOutcome, String) where Space.Configuration: Sendable {
    var frontier = FrontierSearch(
      space: space, budget: budget,
      baseWidth: engines.contains(.narrowFrontier) ? Self.narrowWidth : wideWidth,
      dominanceThreshold: dominanceThreshold)
    if engines.contains(.narrowFrontier) {
      let outcome = frontier.run(largestWidth: wideWidth)
      guard case .gaveUp = outcome else { return (outcome, "narrow frontier") }
    }
    guard engines.isSuperset(of: [.wideFrontier, .depthFirst]) else {
      if engines.contains(.depthFirst) {
        var search = DepthFirstSearch(space: space, budget: budget)
        return (search.run(), "depth first")
      }
      return (frontier.run(), "wide frontier")
    }
    return race(frontier, space)
  }

  private func race<Space: SearchSpace & Sendable>(
    _ frontier: FrontierSearch<Space>, _ space: Space
  ) -> (EngineOutcome, String) where Space.Configuration: Sendable {
    let winner = Mutex<(EngineOutcome, String)?>(nil)
    let isOver = Atomic<Bool>(false)
    @Sendable func finish(_ outcome: EngineOutcome, _ name: String) {
      winner.withLock { best in
        // The partial answer that came farther counts, unless there is a whole one.
        if case .stopped(_, let layers, _, _) = outcome, let other = best?.0 {
          guard case .stopped(_, let otherLayers, _, _) = other, layers > otherLayers else {
            return
          }
        } else if let other = best?.0 {
          guard case .stopped = other else { return }
        }
        best = (outcome, name)
      }
      isOver.store(true, ordering: .relaxed)
    }
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      if index == 0 {
        var search = frontier
        finish(search.run { isOver.load(ordering: .relaxed) }, "wide frontier")
      } else {
        var search = DepthFirstSearch(space: space.separate(), budget: budget)
        finish(search.run { isOver.load(ordering: .relaxed) }, "depth first")
      }
    }
    guard let result = winner.withLock({ $0 }) else {
      preconditionFailure("an engine ended without an outcome")
    }
    return result
  }

  private func result(
    _ outcome: EngineOutcome, _ engine: String, _ plan: WindowPlan, invocations: [Int32],
    completions: [Int32], sources: [Int32],
    order: (_ steps: [(operation: Int32, layer: Int32)], _ layers: inout Int, Duration?) -> [Int32]
  ) -> PartitionResult {
    switch outcome {
    case .found(let steps):
      var layers = plan.layerCount
      let order = order(steps, &layers, nil)
      precondition(
        respectsRealTime(order, invocations: invocations, completions: completions),
        "\(engine) found an order against real time")
      return PartitionResult(
        verdict: .holds, decidedBy: engine, order: order.map { sources[Int($0)] })
    case .impossible(let layers):
      // The first completion that cannot be passed may come before the prefix is a violation: a
      // search looks ahead at results that a prefix would not show.
      return PartitionResult(
        verdict: .violated, decidedBy: engine,
        holdsBefore: completions[Int(plan.goals[layers])])
    case .gaveUp:
      preconditionFailure("only a narrow frontier gives up")
    case .stopped(let limit, var layers, let steps, let hardestLayer):
      var result = PartitionResult(verdict: .unknown, decidedBy: engine)
      // An engine that the other one's end ended says that it was cancelled.
      result.limit = budget.limitNoticed ?? limit
      // Whoever set a limit does not wait for a whole second more.
      let partial = order(steps, &layers, .milliseconds(250))
      func end(_ layer: Int) -> Int32 {
        layer < 0 ? 0 : completions[Int(plan.goals[min(layer, plan.layerCount - 1)])]
      }
      let placed = Set(partial)
      let hardestEnd = end(hardestLayer)
      let failed = end(layers)
      var obstacles = completions.indices.filter { index in
        !placed.contains(Int32(index)) && completions[index] != .max && plan.slots[index] >= 0
          && invocations[index] < failed && completions[index] >= failed
      }
      obstacles.sort { completions[$0] < completions[$1] }
      result.progress = SearchProgress(
        verifiedUpTo: layers > 0 ? end(layers - 1) + 1 : 0, order: partial.map { sources[Int($0)] },
        hardestWindow: end(hardestLayer - 1)...hardestEnd,
        obstacles: obstacles.prefix(64).map { sources[$0] })
      return result
    }
  }
}
