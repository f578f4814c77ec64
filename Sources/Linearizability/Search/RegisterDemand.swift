/// What operations that have not been invoked yet will need of each value, and can give.
///
/// It moves with the window of a `RegisterSpace`.
struct RegisterDemand: Sendable {
  /// For each value its consumers in the order of invocation, or rather, for each of them, the
  /// earliest completion from that one on; its producers' invocations; its failed cas.
  private var consumers: Rows
  private var producers: Rows
  private var failed: Rows

  /// The places of each value in a shared array, and how far the window has come in them.
  private struct Rows {
    var starts: [Int32]
    var next: [Int32]
    var items: [Int32]

    init(valueCount: Int, _ pairs: [(value: Int32, item: Int32)]) {
      starts = [Int32](repeating: 0, count: valueCount + 1)
      for pair in pairs { starts[Int(pair.value) + 1] += 1 }
      for value in 0..<valueCount { starts[value + 1] += starts[value] }
      next = starts
      items = [Int32](repeating: 0, count: pairs.count)
      for pair in pairs {
        items[Int(next[Int(pair.value)])] = pair.item
        next[Int(pair.value)] += 1
      }
      next = starts
    }

    func current(_ value: Int) -> Int32? {
      next[value] < starts[value + 1] ? items[Int(next[value])] : nil
    }
  }

  /// - Complexity: O(n).
  init(_ problem: RegisterProblem) {
    var consumed: [(value: Int32, item: Int32)] = []
    var produced: [(value: Int32, item: Int32)] = []
    var refused: [(value: Int32, item: Int32)] = []
    for operation in 0..<problem.count {
      let completion = problem.completions[operation]
      if problem.consumed(operation) >= 0 {
        consumed.append((problem.consumed(operation), completion))
      }
      if problem.produced(operation) >= 0 {
        produced.append((problem.produced(operation), problem.invocations[operation]))
      }
      if problem.kinds[operation] == .failedCas {
        refused.append((problem.first[operation], completion))
      }
    }
    let count = Int(problem.valueCount)
    consumers = Rows(valueCount: count, consumed)
    producers = Rows(valueCount: count, produced)
    failed = Rows(valueCount: count, refused)
    for value in 0..<count {
      let row = Int(consumers.starts[value])..<Int(consumers.starts[value + 1])
      for index in row.dropLast().reversed() {
        consumers.items[index] = min(consumers.items[index], consumers.items[index + 1])
      }
    }
  }

  mutating func opened(_ operation: Int, _ problem: RegisterProblem) {
    move(operation, problem, by: 1)
  }

  mutating func unopened(_ operation: Int, _ problem: RegisterProblem) {
    move(operation, problem, by: -1)
  }

  private mutating func move(_ operation: Int, _ problem: RegisterProblem, by step: Int32) {
    let consumed = problem.consumed(operation)
    if consumed >= 0 { consumers.next[Int(consumed)] += step }
    let produced = problem.produced(operation)
    if produced >= 0 { producers.next[Int(produced)] += step }
    if problem.kinds[operation] == .failedCas { failed.next[Int(problem.first[operation])] += step }
  }

  /// Whether an operation still to be invoked needs `value`, if it happens.
  func hasFuture(_ value: Int) -> Bool { consumers.current(value) != nil }

  /// Whether an operation still to be invoked surely needs another value than this.
  func hasFutureFailed(_ value: Int) -> Bool { failed.current(value) != nil }

  /// The earliest completion of those that need `value`; `Int32.max` if none surely does.
  func earliestCompletion(_ value: Int) -> Int32 { consumers.current(value) ?? .max }

  /// The earliest invocation of one that can set `value`; `Int32.max` if there is none.
  func nextProducer(_ value: Int) -> Int32 { producers.current(value) ?? .max }
}
