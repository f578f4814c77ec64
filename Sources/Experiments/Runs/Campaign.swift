import Dispatch
import Simulator
import Synchronization

/// Runs over a range of seeds, each on one thread, several at a time.
///
/// What it tells does not depend on how many: outcomes are handed over in the order of the seeds, and
/// the first violation is that of the lowest seed that has one.
public struct Campaign: Sendable {
  /// The seeds, both ends included.
  public var seeds: ClosedRange<UInt64>
  /// How many runs go on at a time.
  public var jobs = 1
  /// Whether a violation does not end it.
  public var keepsGoing = false

  /// A run for each seed, one after the other, until one is violated.
  public init(seeds: ClosedRange<UInt64>) {
    self.seeds = seeds
  }

  /// Runs every seed.
  ///
  /// - Parameters:
  ///   - run: Runs one seed; on several threads at once.
  ///   - deliver: Takes the outcomes, in the order of the seeds; on one thread at a time. What it
  ///     answers tells whether to go on.
  public func run(
    _ run: @escaping @Sendable (UInt64) -> RunOutcome,
    deliver: @escaping @Sendable (RunOutcome) -> Bool
  ) {
    let count = seeds.upperBound - seeds.lowerBound
    let workers = count < UInt64(max(1, jobs)) ? Int(count) + 1 : max(1, jobs)
    let order = SeedOrder(seeds, keepsGoing: keepsGoing, deliver: deliver)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while let seed = order.next() { order.finish(run(seed)) }
    }
  }
}

/// Gives out seeds, and puts what comes back in their order.
private final class SeedOrder: Sendable {
  private struct State {
    /// The next seed that nobody has begun with; nil if none is left.
    var next: UInt64?
    /// The last seed that is wanted.
    var last: UInt64
    /// The next seed whose outcome is handed over.
    var due: UInt64
    var waiting: [UInt64: RunOutcome] = [:]
  }

  private let state: Mutex<State>
  private let keepsGoing: Bool
  private let deliver: @Sendable (RunOutcome) -> Bool

  init(
    _ seeds: ClosedRange<UInt64>, keepsGoing: Bool,
    deliver: @escaping @Sendable (RunOutcome) -> Bool
  ) {
    state = Mutex(
      State(next: seeds.lowerBound, last: seeds.upperBound, due: seeds.lowerBound))
    self.keepsGoing = keepsGoing
    self.deliver = deliver
  }

  func next() -> UInt64? {
    state.withLock { state in
      guard let seed = state.next, seed <= state.last else { return nil }
      state.next = seed == .max ? nil : seed + 1
      return seed
    }
  }

  func finish(_ outcome: RunOutcome) {
    state.withLock { state in
      // What comes after the first violation is not begun with; what was begun is not told.
      if !outcome.isClean || !outcome.isRepeatable, !keepsGoing {
        state.last = min(state.last, outcome.seed)
      }
      state.waiting[outcome.seed] = outcome
      while state.due <= state.last, let due = state.waiting.removeValue(forKey: state.due) {
        let goesOn = deliver(due)
        guard goesOn, state.due < state.last else {
          state.last = state.due
          state.next = nil
          state.waiting = [:]
          return
        }
        state.due += 1
      }
    }
  }
}

/// What the runs of a campaign have shown together.
public struct CampaignSummary: Sendable {
  /// How many runs there were.
  public private(set) var runs = 0
  /// How many of them did too little to say anything.
  public private(set) var voidRuns = 0
  /// The seeds of runs in which promises were broken, the first thousand of them.
  public private(set) var violated: [UInt64] = []
  /// In how many runs promises were broken.
  public private(set) var violatedRuns = 0
  /// How often what happened in all of them.
  public private(set) var counters = RunCounters()
  /// How much of their histories was judged.
  public private(set) var judged = JudgementCounts()
  /// Their virtual time, in nanoseconds.
  public private(set) var virtualNanoseconds: Int64 = 0

  /// No run yet.
  public init() {}

  /// Adds a run.
  public mutating func add(_ outcome: RunOutcome) {
    runs += 1
    if outcome.isVoid { voidRuns += 1 }
    if !outcome.isClean {
      violatedRuns += 1
      if violated.count < 1_000 { violated.append(outcome.seed) }
    }
    counters.add(outcome.counters)
    judged.add(outcome.judged)
    virtualNanoseconds += outcome.virtualNanoseconds
  }
}
