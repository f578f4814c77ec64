import Glibc
import Simulator
import Synchronization
import Testing

@testable import Experiments

@Suite("Campaigns")
struct CampaignTests {
  /// The outcomes in the order of their delivery.
  private func outcomes(
    _ seeds: ClosedRange<UInt64>, jobs: Int, keepsGoing: Bool = false, stopAfter: Int = .max,
    _ run: @escaping @Sendable (UInt64) -> RunOutcome
  ) -> [RunOutcome] {
    let delivered = Mutex<[RunOutcome]>([])
    var campaign = Campaign(seeds: seeds)
    campaign.jobs = jobs
    campaign.keepsGoing = keepsGoing
    campaign.run(run) { outcome in
      delivered.withLock {
        $0.append(outcome)
        return $0.count < stopAfter
      }
    }
    return delivered.withLock { $0 }
  }

  @Test("One job and several tell the same")
  func jobs() {
    let alone = outcomes(1...6, jobs: 1) { RunPlan(seed: $0).run() }
    #expect(alone.map(\.seed) == Array(1...6))
    #expect(alone.allSatisfy { $0.isClean }, "\(alone.flatMap(\.findings))")
    #expect(Set(alone.map(\.traceHash)).count == 6)
    for jobs in [2, 5] {
      #expect(outcomes(1...6, jobs: jobs) { RunPlan(seed: $0).run() } == alone)
    }
  }

  @Test("The first violation is that of the lowest seed, on any number of threads")
  func firstViolation() throws {
    let clean = RunPlan(seed: 1).run()
    let violation = Violation(.nothingLost, time: 1, "planted")
    @Sendable func run(_ seed: UInt64) -> RunOutcome {
      var outcome = clean
      outcome.seed = seed
      // Seed 40 is slower than all others, so that later ones end before it.
      if seed == 40 { usleep(20_000) }
      if seed >= 40, seed.isMultiple(of: 10) { outcome.findings = [Finding(violation)] }
      return outcome
    }
    for jobs in [1, 2, 3] {
      #expect(outcomes(7...1_000, jobs: jobs, run).map(\.seed) == Array(7...40), "\(jobs) jobs")
    }
    let all = outcomes(35...60, jobs: 2, keepsGoing: true, run)
    #expect(all.map(\.seed) == Array(35...60))
    #expect(all.count { !$0.isClean } == 3)
    #expect(outcomes(1...100, jobs: 2, stopAfter: 5, run).map(\.seed) == Array(1...5))
    #expect(outcomes(.max - 2 ... .max, jobs: 2, keepsGoing: true, run).count == 3)
  }

  @Test("A run is the same when it is run again")
  func twice() {
    #expect(RunPlan(seed: 5).runTwice().isRepeatable)
  }

  @Test("A summary counts runs, void ones and violated ones")
  func summary() {
    var outcome = RunPlan(seed: 3).run()
    var summary = CampaignSummary()
    summary.add(outcome)
    outcome.isVoid = true
    outcome.findings = [Finding(Violation(.oneLeader, time: 5, "planted"))]
    summary.add(outcome)
    #expect(summary.runs == 2)
    #expect(summary.voidRuns == 1)
    #expect(summary.violated == [3])
    #expect(
      summary.counters[.completedOperations] == 2 * outcome.counters[.completedOperations])
  }
}
