/// The observations that come due next, and what opens before they do.
struct DueObservations: Sendable {
  /// All observations, in the order of their completions.
  private var observations: [Int32] = []
  /// For each layer, the first of them that completes in it or later.
  private var starts: [Int32] = []
  /// For each layer, the first operation that opens later.
  private var firstLater: [Int32] = []

  /// Whether there are none, or the model never rules any out.
  var isEmpty: Bool { observations.isEmpty }

  /// Looks whether looking ahead can help, and if so prepares it.
  ///
  /// - Complexity: O(n).
  init(_ problem: ModelProblem, _ plan: WindowPlan) {
    guard Self.mayHelp(problem) else { return }
    starts.reserveCapacity(plan.layerCount)
    firstLater.reserveCapacity(plan.layerCount)
    var next = 0
    for goal in plan.goals {
      starts.append(Int32(observations.count))
      if problem.isObservation[Int(problem.kinds[Int(goal)])] { observations.append(goal) }
      let end = problem.completions[Int(goal)]
      while next < problem.count, problem.invocations[next] < end { next += 1 }
      firstLater.append(Int32(next))
    }
  }

  /// Whether some operation does not reset toward some observation, in a sample of both.
  private static func mayHelp(_ problem: ModelProblem) -> Bool {
    let kinds = problem.isObservation.indices
    let observations = kinds.lazy.filter { problem.isObservation[$0] }.prefix(16)
    let others = kinds.lazy.filter { !problem.isObservation[$0] }.prefix(64)
    let states = problem.makeStates()
    return observations.contains { observation in
      others.contains { !states.mayReset(Int32($0), toward: Int32(observation)) }
    }
  }

  /// The observations that complete in this layer or later.
  func due(_ layer: Int) -> ArraySlice<Int32> {
    observations[Int(starts[layer])...]
  }

  /// The operations that open after this layer, before `place`.
  func opening(after layer: Int, before place: Int32, _ problem: ModelProblem) -> Range<Int> {
    var end = Int(firstLater[layer])
    while end < problem.count, problem.invocations[end] < place { end += 1 }
    return Int(firstLater[layer])..<end
  }
}
