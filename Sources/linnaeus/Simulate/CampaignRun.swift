import Experiments
import LinnaeusBase
import Report
import Simulator
import Synchronization

/// Many seeds of `linnaeus simulate`.
struct CampaignRun {
  private struct State {
    var summary = CampaignSummary()
    var failures: [RunOutcome] = []
    var status = ExitCode.success
  }

  private let verb: SimulateVerb

  init(_ verb: SimulateVerb) { self.verb = verb }

  func run() -> ExitCode {
    let plan = verb.plan(0, verb.mutant)
    var campaign = Campaign(seeds: verb.seeds)
    campaign.jobs = verb.jobs
    campaign.keepsGoing = verb.keepsGoing
    let watch = CampaignWatch(total: verb.seeds.upperBound - verb.seeds.lowerBound &+ 1)
    let state = Mutex(State())
    let (format, runsTwice) = (verb.format, verb.runsTwice)
    campaign.run(
      { runsTwice ? plan.with(seed: $0).runTwice() : plan.with(seed: $0).run() },
      deliver: { outcome in
        state.withLock { state in
          state.summary.add(outcome)
          state.status.combine(Verdict(outcome).status)
          if !outcome.isRepeatable { state.status.combine(Verdict.complain(unrepeatable: outcome)) }
          if !outcome.isClean, state.failures.count < 1_000 { state.failures.append(outcome) }
          if format == .json {
            state.status.combine(Output.print(SimulationText.json(outcome, command: nil)))
          }
          watch.note(state.summary)
        }
        return !watch.isInterrupted
      })
    watch.finish()
    return finish(state.withLock { $0 }, plan, watch)
  }

  private func finish(_ state: State, _ plan: RunPlan, _ watch: CampaignWatch) -> ExitCode {
    let isInterrupted = watch.isInterrupted
    var status = state.status
    if isInterrupted { status.combine(.unknown) }
    let seeds = verb.seeds
    switch verb.format {
    case .text:
      status.combine(Output.print(SimulationText.line(state.summary, seeds: seeds)))
      status.combine(
        Output.print("\n" + SimulationText.table(state.summary.counters, state.summary.judged)))
    case .json: status.combine(Output.print(SimulationText.json(state.summary, seeds: seeds)))
    }
    let missing = state.summary.counters.missing
    if verb.requiresCoverage, !missing.isEmpty {
      System.complain(
        "linnaeus: never happened: \(missing.map { SimulationText.words("\($0)") }.joined(separator: ", "))\n"
      )
      status.combine(.violated)
    }
    for (index, outcome) in state.failures.enumerated() where !isInterrupted {
      // Others are told as they are: making each smaller would take long.
      status.combine(tell(outcome, plan.with(seed: outcome.seed), watch, isFirst: index == 0))
    }
    return status
  }

  private func tell(
    _ outcome: RunOutcome, _ plan: RunPlan, _ watch: CampaignWatch, isFirst: Bool
  ) -> ExitCode {
    let options = plan.options
    if verb.format == .text {
      _ = Output.print(
        "\n" + SimulationText.line(outcome, options: options) + SimulationText.findings(outcome))
    }
    guard isFirst else { return .success }
    if verb.format == .json, verb.minimising == nil {
      // The seed says it all, and whoever reads this has its line.
      return .success
    }
    do throws(FileFailure) {
      let command = try FailingRun(plan, outcome, verb).tell { watch.isInterrupted }
      if verb.format == .json { System.complain("linnaeus: again: \(command)\n") }
      return .success
    } catch {
      return error.complain()
    }
  }
}

/// Shows how far a campaign has come, on a terminal, and whether somebody interrupts it.
final class CampaignWatch: Sendable {
  private struct State {
    var lastShown = ContinuousClock.now
    var width = 0
  }

  private let total: UInt64
  private let showsProgress = System.isTerminal(2)
  private let interrupted = Atomic(false)
  private let state = Mutex(State())
  private let start = ContinuousClock.now

  init(total: UInt64) {
    self.total = total
    System.holdBackSignals()
    _ = System.startThread {
      while let signal = System.nextSignal(withinMilliseconds: nil) {
        if self.interrupted.exchange(true, ordering: .relaxed) { System.die(of: signal) }
      }
    }
  }

  /// Whether somebody has interrupted.
  var isInterrupted: Bool { interrupted.load(ordering: .relaxed) }

  /// Takes what was done so far.
  func note(_ summary: CampaignSummary) {
    show(
      "\(grouped(summary.runs)) of \(wording(Int(clamping: total), "seed"))"
        + (summary.violatedRuns > 0 ? ", \(grouped(summary.violatedRuns)) violated" : ""))
  }

  /// Shows a line in place of the last one, now and then.
  func show(_ line: String) {
    guard showsProgress else { return }
    state.withLock { state in
      guard .now - state.lastShown > .milliseconds(100) else { return }
      state.lastShown = .now
      let line = "\(line), \(wording(seconds: secondsPassed(since: start)))"
      let rest = String(repeating: " ", count: max(0, state.width - line.count))
      System.complain("\r\(line)\(rest)")
      state.width = line.count
    }
  }

  /// Takes the line away.
  func finish() {
    state.withLock { state in
      guard state.width > 0 else { return }
      System.complain("\r" + String(repeating: " ", count: state.width) + "\r")
      state.width = 0
    }
  }
}
