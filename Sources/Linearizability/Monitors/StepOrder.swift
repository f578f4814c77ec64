/// Operations that fall into steps, all of one step before all of the next.
///
/// Where a history's reads show the whole state, they form a chain, and the chain alone says which
/// step each operation belongs to. Then there is an order if and only if real time does not demand
/// an operation of a later step before one of an earlier step.
struct StepOrder {
  /// What became of the steps.
  enum Outcome {
    /// The entries, step after step, each step's in the order of their invocations.
    case order([Int32])
    /// The first belongs to an earlier step, and yet the second completed before it began.
    case contradiction(first: Int32, second: Int32)
  }

  /// The step of each entry; negative if it is left out.
  var step: [Int32]
  /// How many steps there are.
  var count: Int

  /// Puts the entries in the order of the steps.
  ///
  /// - Complexity: O(n + `count`).
  func run(_ entries: [Entry]) -> Outcome {
    var next = [Int32](repeating: 0, count: count + 1)
    for step in step where step >= 0 { next[Int(step) + 1] += 1 }
    for step in 0..<count { next[step + 1] += next[step] }
    var order = [Int32](repeating: 0, count: Int(next[count]))
    for (index, step) in step.enumerated() where step >= 0 {
      order[Int(next[Int(step)])] = Int32(index)
      next[Int(step)] += 1
    }
    // The entry that began last so far. Within a step it never began after another completed, since
    // a step's entries are in the order of their invocations.
    var latest: Int32?
    for index in order {
      let entry = entries[Int(index)]
      if let first = latest {
        let invocation = entries[Int(first)].invocation
        if entry.completion < invocation { return .contradiction(first: first, second: index) }
        if entry.invocation < invocation { continue }
      }
      latest = index
    }
    return .order(order)
  }
}
