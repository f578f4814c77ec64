import OperationHistory

/// Wing and Gong's search with Lowe's cache: the plainest complete engine.
struct PlainSearch<M: Model<ModelOperation>> {
  private struct Visited: Hashable {
    var placed: [UInt64]
    var state: M.State
  }

  let model: M
  let entries: [Entry]

  func run(budget: SearchBudget) -> PartitionResult {
    var placed = [UInt64](repeating: 0, count: (entries.count + 63) / 64)
    var order: [Int32] = []
    var visited: Set<Visited> = []
    var best = order
    func isPlaced(_ index: Int) -> Bool { placed[index >> 6] >> UInt64(index & 63) & 1 == 1 }

    var stack: [(state: M.State, next: Int)] = [(model.initialState, 0)]
    var steps = 0
    while let top = stack.last {
      steps += 1
      if steps & 1023 == 0, let limit = budget.limitReached {
        var result = PartitionResult(verdict: .unknown, decidedBy: "plain")
        result.limit = limit
        return result
      }
      // The earliest completion among the operations not placed bounds what may come next.
      var earliest = Int32.max
      for (index, entry) in entries.enumerated() where !isPlaced(index) {
        earliest = min(earliest, entry.completion)
      }
      if earliest == .max {
        return PartitionResult(verdict: .holds, decidedBy: "plain", order: order)
      }
      if order.count > best.count { best = order }
      var index = top.next
      var advanced = false
      while index < entries.count, entries[index].invocation < earliest {
        defer { index += 1 }
        guard !isPlaced(index), let state = model.step(top.state, entries[index].operation)
        else { continue }
        placed[index >> 6] ^= 1 << UInt64(index & 63)
        guard visited.insert(Visited(placed: placed, state: state)).inserted else {
          placed[index >> 6] ^= 1 << UInt64(index & 63)
          continue
        }
        stack[stack.count - 1].next = index + 1
        order.append(Int32(index))
        stack.append((state, 0))
        advanced = true
        break
      }
      if !advanced {
        stack.removeLast()
        if let last = order.popLast() { placed[Int(last) >> 6] ^= 1 << UInt64(last & 63) }
      }
    }
    return PartitionResult(verdict: .violated, decidedBy: "plain")
  }
}
