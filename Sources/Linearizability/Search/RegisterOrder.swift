/// Writes down the order of all operations of a register from the spent ones.
///
/// The rules are those by which `RegisterSpace` calls an operation satisfied.
///
/// - Parameters:
///   - problem: the operations.
///   - plan: their layers.
///   - steps: the spent operations in order, each with the layer it was spent in.
///   - layers: how many layers they pass; what opens later is left out.
/// - Returns: operations of `problem`; a caller that replays them finds out if one is missing.
/// - Complexity: O(n · concurrency).
func registerOrder(
  _ problem: RegisterProblem, _ plan: WindowPlan, steps: [(operation: Int32, layer: Int32)],
  layers: Int
) -> [Int32] {
  var order: [Int32] = []
  order.reserveCapacity(problem.count)
  var isSpent = [Bool](repeating: false, count: problem.count)
  for step in steps { isSpent[Int(step.operation)] = true }
  var waiting: [Int32] = []
  var state: Int32 = 0
  var next = 0

  func isAtHome(_ operation: Int32) -> Bool {
    let index = Int(operation)
    return (problem.kinds[index] == .failedCas) != (problem.first[index] == state)
  }
  for layer in 0..<layers {
    for index in plan.opening(layer) {
      let operation = plan.opening[index]
      if isSpent[Int(operation)] || problem.completions[Int(operation)] == .max { continue }
      if problem.kinds[Int(operation)] != .cas, isAtHome(operation) {
        order.append(operation)
      } else {
        waiting.append(operation)
      }
    }
    while next < steps.count, steps[next].layer == Int32(layer) {
      let operation = steps[next].operation
      if problem.kinds[Int(operation)] == .write {
        // Writes that nobody sees go just before the one that overwrites them.
        for other in waiting where problem.kinds[Int(other)] == .write { order.append(other) }
        waiting.removeAll { problem.kinds[Int($0)] == .write }
      }
      order.append(operation)
      state = problem.produced(Int(operation))
      for other in waiting where isAtHome(other) { order.append(other) }
      waiting.removeAll { isAtHome($0) }
      next += 1
    }
  }
  return order
}
