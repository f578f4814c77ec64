import Consistency
import Replica
import Simulator
import Workload

/// A run that can be told in one line: a seed, what is the same in all runs of its campaign, and what
/// replaces what the seed draws.
public struct RunPlan: Sendable {
  /// What everything that is drawn follows from.
  public var seed: UInt64
  /// Within what it is drawn.
  public var frame: SimulationOptions.Frame
  /// A bug that is switched on.
  public var mutant: Mutant?
  /// What replaces the run's drawn size and faults.
  public var schedule: RunSchedule?
  /// Whether nothing is believed but what clients saw: the oracles, which see the servers' insides,
  /// count for nothing.
  public var looksAtHistoryAlone = false

  /// A run as its seed draws it.
  public init(seed: UInt64, frame: SimulationOptions.Frame = .init(), mutant: Mutant? = nil) {
    self.seed = seed
    self.frame = frame
    self.mutant = mutant
  }

  /// The same with another seed.
  public func with(seed: UInt64) -> RunPlan {
    var plan = self
    plan.seed = seed
    return plan
  }

  /// The options that follow.
  public var options: SimulationOptions {
    var options = SimulationOptions.draw(seed: seed, within: frame)
    schedule?.apply(to: &options)
    mutant?.apply(to: &options)
    return options
  }

  /// Runs it to its end, and judges what happened.
  ///
  /// - Parameter recording: What takes the history, in the native format, if somebody wants it.
  /// - Returns: What the oracles and the check of the history found.
  public func run(recording: (([UInt8]) -> Void)? = nil) -> RunOutcome {
    var simulation = Simulation(options)
    let result = simulation.run()
    var outcome = RunOutcome(result)
    if looksAtHistoryAlone { outcome.findings = [] }
    // Who has lost what was durable may say anything.
    if !result.counters.leftAtlas {
      // A leader that has proved that it leads knows everything that was acknowledged before.
      let syncsAreProof =
        result.options.replica.quorumSync && result.options.workload.reads == .afterSync
      let judgement = HistoryJudgement(result.history, syncsAreProof: syncsAreProof)
      outcome.findings += judgement.findings
      outcome.judged = judgement.counts
    }
    recording?(result.history)
    return outcome
  }

  /// Runs it, and tells what its servers logged and what went wrong, in order.
  public func log() -> [String] {
    var simulation = Simulation(options)
    simulation.keepsLog = true
    return simulation.run().log
  }

  /// Runs it twice, and tells whether both were the same.
  public func runTwice() -> RunOutcome {
    var outcome = run()
    outcome.isRepeatable = outcome == run()
    return outcome
  }
}
