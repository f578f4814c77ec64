import Dispatch
import OperationHistory
import Synchronization

/// Whether a history, or one partition of it, is linearizable.
public enum Verdict: String, Sendable {
  /// There is an order; a certificate has it.
  case holds
  /// There is none.
  case violated
  /// A limit was reached first.
  case unknown
}

/// Why no verdict was reached.
public enum LimitReached: String, Sendable {
  /// `CheckOptions.timeout` passed.
  case timeout
  /// `CheckOptions.memoryLimit` was reached.
  case memory
  /// Somebody asked to stop.
  case cancelled
}

/// The result of one partition.
public struct PartitionResult: Sendable {
  /// Whether this partition is linearizable.
  public var verdict: Verdict
  /// What decided: the name of an engine or monitor, for reports and tests.
  public var decidedBy: String
  /// For *holds*: indices into the partition's entries, in linearization order; an indeterminate
  /// entry that is left out did not happen.
  public var order: [Int32] = []
  /// For *violated*: the end of a prefix that is a violation already.
  ///
  /// It is a place in the real-time order, its own completion included; the smaller the better.
  /// `Int32.max` if nothing but the whole is known.
  public var violatedBy: Int32 = .max
  /// For *violated*: what completed before this place has an order; the larger the better.
  ///
  /// `Int32.min` if nothing is known.
  public var holdsBefore: Int32 = .min
  /// For *unknown*: which limit.
  public var limit: LimitReached?
  /// For *unknown*: the longest prefix that was found linearizable.
  public var progress: SearchProgress?
}

/// How far a search came that did not end.
public struct SearchProgress: Sendable {
  /// Everything that completed before this place in the real-time order has an order together.
  public var verifiedUpTo: Int32
  /// That order: indices into the partition's entries.
  public var order: [Int32]
  /// The first place of the window in which the search spent most.
  public var hardestWindow: ClosedRange<Int32>
  /// Entries that stood in the way: open where the prefix ends, and not placed; the one that had to
  /// be placed next comes first.
  public var obstacles: [Int32]
}

/// What to check and how much may be spent on it.
public struct CheckOptions: Sendable {
  /// How many partitions or engines work at the same time.
  public var parallelism = 2
  /// Where time, memory and cancellation are kept.
  public var budget = SearchBudget()
  /// Called as partitions are decided, from any thread: how many of how many.
  public var progress: (@Sendable (_ decided: Int, _ of: Int) -> Void)?

  /// Two threads, no limits.
  public init() {}
}

/// The results of a history's partitions.
public struct CheckResult: Sendable {
  /// In the order of `CompiledHistory.partitions`.
  public var partitions: [PartitionResult]

  /// *violated* if a partition is, else *unknown* if one is, else *holds*.
  public var verdict: Verdict {
    if partitions.contains(where: { $0.verdict == .violated }) { return .violated }
    return partitions.contains { $0.verdict == .unknown } ? .unknown : .holds
  }
}

/// Decides whether a history is linearizable.
///
/// Partitions are decided side by side; one that resists is left until the others are done and then
/// gets all threads.
public func checkLinearizability(
  _ history: CompiledHistory, options: CheckOptions = CheckOptions()
) -> CheckResult {
  let count = history.partitions.count
  let portfolio = Portfolio(budget: options.budget)
  let results = Mutex([PartitionResult?](repeating: nil, count: count))
  let decided = Atomic<Int>(0)
  @Sendable func decide(_ index: Int) {
    let result = portfolio.decide(history.partitions[index], model: history.model)
    results.withLock { $0[index] = result }
    options.progress?(decided.add(1, ordering: .relaxed).newValue, count)
  }
  if count > 1, options.parallelism > 1 {
    let cursor = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: min(options.parallelism, count)) { _ in
      while true {
        let index = cursor.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        decide(index)
      }
    }
  } else {
    for index in 0..<count { decide(index) }
  }
  return CheckResult(partitions: results.withLock { $0 }.compactMap { $0 })
}

/// Decides whether one partition is linearizable.
public func checkLinearizability(
  _ partition: Partition, model: BuiltInModel, budget: SearchBudget
) -> PartitionResult {
  Portfolio(budget: budget).decide(partition, model: model)
}
