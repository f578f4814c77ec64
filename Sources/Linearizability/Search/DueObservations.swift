/// The observations that come due next, while no reset can come between.
///
/// It moves with the window of a `ModelSpace`.
struct DueObservations: Sendable {
  /// All observations, in the order of their completions.
  private var observations: [Int32] = []
  /// For each layer, the first of them that completes in it or later.
  private var starts: [Int32] = []
  /// For each layer, the first invocation of a reset that opens later.
  private var nextResets: [Int32] = []

  /// Whether there can be any: a model all of whose operations are resets has none.
  var isEmpty: Bool { observations.isEmpty }

  /// - Complexity: O(n).
  init(_ problem: ModelProblem, _ plan: WindowPlan) {
    // A model that knows of nothing that grows needs no looking ahead.
    guard zip(problem.isObservation, problem.isReset).contains(where: { !$0 && !$1 }) else {
      return
    }
    starts.reserveCapacity(plan.layerCount)
    for goal in plan.goals {
      starts.append(Int32(observations.count))
      if problem.isObservation[Int(problem.kinds[Int(goal)])] { observations.append(goal) }
    }
    nextResets = [Int32](repeating: .max, count: plan.layerCount)
    var next = Int32.max
    var operation = problem.count - 1
    for layer in stride(from: plan.layerCount - 1, through: 0, by: -1) {
      let end = problem.completions[Int(plan.goals[layer])]
      while operation >= 0, problem.invocations[operation] > end {
        if problem.isReset[Int(problem.kinds[operation])] { next = problem.invocations[operation] }
        operation -= 1
      }
      nextResets[layer] = next
    }
  }

  /// The observations that complete in this layer or later and before any reset opens after it.
  func due(_ layer: Int, _ problem: ModelProblem) -> some Sequence<Int32> {
    let limit = nextResets[layer]
    return observations[Int(starts[layer])...].lazy.prefix {
      problem.completions[Int($0)] < limit
    }
  }
}
