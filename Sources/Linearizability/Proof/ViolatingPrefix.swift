import OperationHistory

/// The shortest part of a violated partition, from its start, that is violated.
struct ViolatingPrefix {
  /// What had been seen right after the completion that makes it impossible.
  var entries: [Entry]
  /// Where each of those entries stands in the partition.
  var origins: [Int32]
  /// Where the entry of that completion stands in the partition.
  var last: Int32
  /// An order of all that completed before, as indices into the partition's entries; empty if no
  /// limit allowed to find it.
  var orderBefore: [Int32]
  /// Whether it is surely the shortest.
  var isShortest: Bool
}

/// Answers for one partition whether a part of it is linearizable, and counts the questions.
struct Oracle {
  let model: BuiltInModel
  let budget: SearchBudget
  /// A limit for each question; nil leaves only the budget's.
  var timeout: Duration?
  private(set) var checks = 0
  /// Whether a question remained without an answer.
  private(set) var isUncertain = false

  init(model: BuiltInModel, budget: SearchBudget) {
    self.model = model
    self.budget = budget
    var single = model
    single.keyed = false
    singleModel = single
  }

  private let singleModel: BuiltInModel

  mutating func check(_ entries: [Entry]) -> PartitionResult {
    checks += 1
    guard budget.limitReached == nil else {
      isUncertain = true
      return PartitionResult(verdict: .unknown, decidedBy: "limit")
    }
    let partition = Partition(key: .absent, entries: entries)
    let limits = timeout.map { SearchBudget(timeout: $0, memoryLimit: 256 << 20) } ?? budget
    let result = checkLinearizability(partition, model: singleModel, budget: limits)
    if result.verdict == .unknown { isUncertain = true }
    return result
  }

  /// Whether entries are surely a violation.
  mutating func isViolated(_ entries: [Entry]) -> Bool {
    check(entries).verdict == .violated
  }

  /// Finds the shortest violated prefix of a violated partition by halving, since every prefix of
  /// a linearizable one is linearizable.
  ///
  /// - Parameters:
  ///   - entries: all entries.
  ///   - violatedBy: the end of a prefix that is known to be violated, if one is.
  ///   - holdsBefore: a place before which all is known to hold, if one is.
  ///   - needsOrder: whether to look for an order of what completed before.
  ///   - relaxation: how the partition is truncated.
  /// - Returns: nil if no entry is definite.
  mutating func shortestPrefix(
    of entries: [Entry], violatedBy: Int32, holdsBefore: Int32 = .min, needsOrder: Bool = true,
    relaxation: Relaxation
  ) -> ViolatingPrefix? {
    var bound = violatedBy
    if holdsBefore == .min,
      let local = localViolation(in: entries, before: violatedBy, relaxation: relaxation)
    {
      bound = min(bound, local)
    }
    let all = entries.indices.filter { !entries[$0].isIndeterminate }
      .sorted { entries[$0].completion < entries[$1].completion }
    let ends = all.prefix { entries[$0].completion <= bound }
    // A bound that excludes everything tells nothing.
    let completions = ends.isEmpty ? all : Array(ends)
    guard var violated = completions.indices.last else { return nil }
    var holding = completions.prefix { entries[$0].completion < holdsBefore }.count - 1
    holding = min(holding, violated - 1)
    let isBoundedBelow = holding >= 0
    var order: [Int32] = []
    var isShortest = true
    var step = 1
    while holding + 1 < violated {
      // An engine's bound is mostly right or nearly so: look close to it first.
      let half = (holding + violated) / 2
      let middle = isBoundedBelow ? min(half, holding + step) : max(half, violated - step)
      step = step > violated ? step : step * 4
      let prefix = relaxation.truncated(entries, at: entries[completions[middle]].completion)
      let result = check(prefix.entries)
      switch result.verdict {
      case .violated:
        violated = middle
      case .holds:
        holding = middle
        order = result.order.map { prefix.origins[Int($0)] }
      case .unknown:
        isShortest = false
        holding = middle
        order = []
      }
    }
    if needsOrder, order.isEmpty, holding >= 0, isShortest {
      let prefix = relaxation.truncated(entries, at: entries[completions[holding]].completion)
      order = check(prefix.entries).order.map { prefix.origins[Int($0)] }
    }
    let last = completions[violated]
    let prefix = relaxation.truncated(entries, at: entries[last].completion)
    return ViolatingPrefix(
      entries: prefix.entries, origins: prefix.origins, last: Int32(last), orderBefore: order,
      isShortest: isShortest)
  }

  // MARK: Looking at a part at a time

  private static let windowSize = 4096

  /// The end of a prefix that is violated, found by looking at what follows a write for itself.
  ///
  /// Where nothing is known of where a violation is, this costs about as much as a check of the
  /// whole, while halving costs as much for each step.
  private mutating func localViolation(
    in entries: [Entry], before violatedBy: Int32, relaxation: Relaxation
  ) -> Int32? {
    let stride = Self.windowSize / 2
    guard violatedBy == .max, entries.count > Self.windowSize else { return nil }
    var end = Self.windowSize
    while true {
      end = min(end, entries.count)
      let window = max(0, end - Self.windowSize)..<end
      if let part = self.part(window, of: entries, relaxation), isViolated(part) {
        return shortestEnd(of: part, relaxation)
      }
      guard end < entries.count, budget.limitReached == nil else { return nil }
      end += stride
    }
  }

  /// What had been seen when the last entry of a window began, without the past before a write
  /// that ended before the window; nil without such a write.
  private func part(
    _ window: Range<Int>, of entries: [Entry], _ relaxation: Relaxation
  ) -> [Entry]? {
    let place = entries[window.upperBound - 1].invocation
    guard window.lowerBound > 0 else {
      return relaxation.truncated(Array(entries[window]), at: place).entries
    }
    let start = entries[window.lowerBound].invocation
    let base = entries[..<window.lowerBound].lastIndex {
      $0.completion < start && relaxation.isPlainWrite($0.operation)
    }
    guard let base else { return nil }
    // What had ended before the write goes anyway.
    let earlier = entries[..<base].filter { $0.completion > entries[base].invocation }
    let near = earlier + entries[base..<window.upperBound]
    let cut = relaxation.cut(near, after: earlier.count).compactMap { $0 }
    return relaxation.truncated(cut, at: place).entries
  }

  private mutating func shortestEnd(of part: [Entry], _ relaxation: Relaxation) -> Int32? {
    let ends = part.lazy.filter { !$0.isIndeterminate }.map(\.completion).sorted()
    var (holding, violated) = (-1, ends.count - 1)
    while holding + 1 < violated {
      let middle = (holding + violated) / 2
      if isViolated(relaxation.truncated(part, at: ends[middle]).entries) {
        violated = middle
      } else {
        holding = middle
      }
    }
    return violated >= 0 ? ends[violated] : nil
  }
}
