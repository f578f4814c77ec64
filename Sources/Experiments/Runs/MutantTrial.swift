import Simulator
import Synchronization

/// How a mutant was caught, if it was.
public struct MutantTrial: Sendable {
  /// What saw a mutant.
  public struct Catch: Hashable, Sendable {
    /// The first seed that showed it.
    public var seed: UInt64
    /// What was seen.
    public var finding: Finding
    /// Whether the same seed is clean without the mutant.
    public var isCleanWithout: Bool
  }

  /// The mutant.
  public var mutant: Mutant
  /// How many seeds were tried, the one that caught it included.
  public var seeds = 0
  /// How many operations their clients completed.
  public var operations = 0
  /// What saw it; nil if nothing did.
  public var caught: Catch?
  /// How long it took.
  public var duration = Duration.zero

  /// Tries seeds until one catches the mutant.
  ///
  /// - Parameters:
  ///   - mutant: The mutant.
  ///   - frame: Within what runs are drawn; without ensembles for a mutant that needs none.
  ///   - seeds: The seeds to try.
  ///   - jobs: How many runs go on at a time.
  public init(
    _ mutant: Mutant, within frame: SimulationOptions.Frame, seeds: ClosedRange<UInt64>, jobs: Int
  ) {
    self.mutant = mutant
    let start = ContinuousClock.now
    let plan = RunPlan(seed: 0, frame: frame, mutant: mutant)
    let tried = Mutex((summary: CampaignSummary(), last: RunOutcome?.none))
    var campaign = Campaign(seeds: seeds)
    campaign.jobs = jobs
    campaign.run(
      { plan.with(seed: $0).run() },
      deliver: { outcome in
        tried.withLock {
          $0.summary.add(outcome)
          $0.last = outcome
        }
        return true
      })
    let (summary, last) = tried.withLock { $0 }
    self.seeds = summary.runs
    operations = summary.counters[.completedOperations]
    if let last, let finding = last.findings.first {
      let sound = RunPlan(seed: last.seed, frame: frame).run()
      caught = Catch(seed: last.seed, finding: finding, isCleanWithout: sound.isClean)
    }
    duration = .now - start
  }
}
