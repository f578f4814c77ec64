/// Decides registers in which every value is set at most once, in O(n log n).
///
/// A value's operations stand together in any order: who set it, then its reads. A cas joins the
/// values it leads between, so that a chain of them is one *block*. With `f` the first completion
/// and `s` the last invocation of a block, block A must precede B exactly if `f(A) < s(B)`, and an
/// order exists exactly if no two blocks must each precede the other: every longer cycle has such
/// a pair in it, next to the block with the least `f`. These are the zones of Gibbons and Korach,
/// "Testing shared memories" (SIAM J. Comput. 26, 1997), extended to chains.
///
/// A failed cas needs the state to be *another* value, which zones do not express: with those
/// present the monitor can only prove a violation, having left them out.
struct UniqueRegisterMonitor {
  enum Answer {
    /// An order of the problem's operations.
    case holds([Int32])
    /// A violation that is complete at this place; `Int32.max` if that is not known.
    case violated(by: Int32)
  }

  private let problem: RegisterProblem
  /// The operation that sets each value; -1 if none does.
  private var producers: [Int32]
  /// The cas that leads away from each value; -1 if none does.
  private var successors: [Int32]
  private var isNeeded: [Bool]

  /// - Returns: nil if a value is set twice, or if failed cas leave the question open.
  static func decide(_ problem: RegisterProblem) -> Answer? {
    guard var monitor = UniqueRegisterMonitor(problem) else { return nil }
    if let place = monitor.chain() { return .violated(by: place) }
    return monitor.decideBlocks()
  }

  private init?(_ problem: RegisterProblem) {
    self.problem = problem
    producers = [Int32](repeating: -1, count: Int(problem.valueCount))
    successors = producers
    isNeeded = [Bool](repeating: false, count: Int(problem.valueCount))
    for operation in 0..<problem.count {
      let value = Int(problem.produced(operation))
      guard value >= 0 else { continue }
      guard value > 0, producers[value] < 0 else { return nil }
      producers[value] = Int32(operation)
    }
  }

  /// Finds which operations happened, and links values by cas; returns the place of a violation.
  ///
  /// An indeterminate operation happened exactly if what it sets was needed. Asking that of each in
  /// turn follows a chain of them backwards once.
  private mutating func chain() -> Int32? {
    isNeeded[0] = true
    for operation in 0..<problem.count where problem.completions[operation] != .max {
      var value = Int(problem.consumed(operation))
      while value >= 0, !isNeeded[value] {
        isNeeded[value] = true
        let producer = Int(producers[value])
        guard producer >= 0 else { return problem.completions[operation] }
        value = problem.completions[producer] == .max ? Int(problem.consumed(producer)) : -1
      }
      let produced = Int(problem.produced(operation))
      if produced >= 0 { isNeeded[produced] = true }
    }
    for operation in 0..<problem.count where problem.kinds[operation] == .cas {
      guard isNeeded[Int(problem.second[operation])] else { continue }
      let value = Int(problem.first[operation])
      guard successors[value] < 0 else {
        let other = Int(successors[value])
        return max(problem.completions[operation], problem.completions[other])
      }
      successors[value] = Int32(operation)
    }
    return nil
  }

  private struct Block {
    var first: Int32
    var last: Int32
    var range: Range<Int>
    /// Where it goes: zones that hold their value throughout go by their end, others after them.
    var key: Int32 = 0
    var isForward: Bool { first < last }
  }

  private mutating func decideBlocks() -> Answer? {
    let (order, blocks, flaw) = layOut()
    if let flaw { return .violated(by: flaw) }
    // Values that only lead to one another have no beginning.
    let happened = (0..<problem.count).count { operation in
      problem.kinds[operation] != .failedCas
        && (problem.completions[operation] != .max || isNeeded[Int(problem.produced(operation))])
    }
    guard order.count == happened else { return .violated(by: .max) }
    var forward = blocks.filter(\.isForward).sorted { $0.last < $1.last }
    for index in forward.indices {
      forward[index].key = forward[index].last
      if index > 0, forward[index - 1].last > forward[index].first {
        return .violated(by: evidence(forward[index - 1], forward[index], order))
      }
    }
    var placed: [(key: Int32, rank: Int32, range: Range<Int>)] = forward.map {
      ($0.key, 0, $0.range)
    }
    placed.reserveCapacity(blocks.count)
    for block in blocks where !block.isForward {
      // The one forward zone that may hold the point `last` is the first to end after it.
      var (low, high) = (0, forward.count)
      while low < high {
        let middle = (low + high) / 2
        if forward[middle].last > block.last { high = middle } else { low = middle + 1 }
      }
      var key = block.last
      if low < forward.count, forward[low].first < block.last {
        if block.first < forward[low].last {
          return .violated(by: evidence(block, forward[low], order))
        }
        key = forward[low].last
      }
      placed.append((key, 1, block.range))
    }
    guard !problem.kinds.contains(.failedCas) else { return nil }
    placed.sort { $0.key != $1.key ? $0.key < $1.key : $0.rank < $1.rank }
    return .holds(placed.flatMap { order[$0.range] })
  }

  /// Writes each block's operations one after another.
  ///
  /// - Returns: also the place of a violation inside a block, if there is one.
  private func layOut() -> (order: [Int32], blocks: [Block], flaw: Int32?) {
    // Reads by value, in the order of invocation.
    var starts = [Int32](repeating: 0, count: Int(problem.valueCount) + 1)
    for operation in 0..<problem.count where problem.kinds[operation] == .read {
      starts[Int(problem.first[operation]) + 1] += 1
    }
    for value in 0..<Int(problem.valueCount) { starts[value + 1] += starts[value] }
    var reads = [Int32](repeating: 0, count: Int(starts.last ?? 0))
    var next = starts
    for operation in 0..<problem.count where problem.kinds[operation] == .read {
      let value = Int(problem.first[operation])
      reads[Int(next[value])] = Int32(operation)
      next[value] += 1
    }
    var order: [Int32] = []
    order.reserveCapacity(problem.count)
    var blocks: [Block] = []
    for root in 0..<Int(problem.valueCount) where isNeeded[root] {
      let producer = producers[root]
      // The initial value's producer is before everything; a cas belongs to the block before.
      if producer >= 0, problem.kinds[Int(producer)] == .cas { continue }
      let start = order.count
      var latest = Int32.min
      var block = Block(first: root == 0 ? .min : .max, last: .min, range: start..<start)
      var operation = producer
      var value = root
      while true {
        let readRange = Int(starts[value])..<Int(starts[value + 1])
        if operation >= 0 { order.append(operation) }
        order.append(contentsOf: reads[readRange])
        guard successors[value] >= 0 else { break }
        operation = successors[value]
        value = Int(problem.second[Int(operation)])
      }
      for operation in order[start...] {
        let completion = problem.completions[Int(operation)]
        if completion < latest { return (order, blocks, insideEvidence(order[start...])) }
        latest = max(latest, problem.invocations[Int(operation)])
        block.first = min(block.first, completion)
      }
      block.last = latest
      block.range = start..<order.count
      if !block.range.isEmpty { blocks.append(block) }
    }
    return (order, blocks, nil)
  }

  /// The last completion of a block's operations: all of them together are a violation.
  private func insideEvidence(_ operations: ArraySlice<Int32>) -> Int32 {
    operations.map { problem.completions[Int($0)] }.filter { $0 != .max }.max() ?? .max
  }

  private func evidence(_ one: Block, _ other: Block, _ order: [Int32]) -> Int32 {
    max(insideEvidence(order[one.range]), insideEvidence(order[other.range]))
  }
}
