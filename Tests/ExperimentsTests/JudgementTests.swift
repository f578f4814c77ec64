import Simulator
import Testing

@testable import Experiments

/// What clients saw is judged in every run.
@Suite struct JudgementTests {
  private static func run(_ seed: UInt64, _ mutant: String? = nil) throws -> RunOutcome {
    var plan = RunPlan(seed: seed, frame: .campaigns)
    if let name = mutant {
      let mutant: Mutant = try #require(Mutant(named: name))
      plan.mutant = mutant
    }
    plan.looksAtHistoryAlone = true
    return plan.run()
  }

  @Test("Clean runs are judged and raise no alarm")
  func clean() throws {
    var judged = JudgementCounts()
    for seed in 1...12 as ClosedRange<UInt64> {
      let outcome = try Self.run(seed)
      #expect(outcome.isClean, "seed \(seed): \(outcome.findings)")
      judged.add(outcome.judged)
    }
    #expect(judged[.histories] == 12)
    #expect(judged[.undecidedHistories] < judged[.histories] / 2)
    for kind in [.reads, .syncs, .watchEvents, .ephemerals, .lostWrites] as [JudgedKind] {
      #expect(judged[kind] > 50, "\(kind)")
    }
  }

  @Test(
    "Seeds that showed something once are clean",
    arguments: [
      // An event was taken for a lie, for another lost write had been taken for the one it names.
      300_556, 308_143, 366_705, 6_086,
      // A leader read a history with a hole from logs of which a purge had removed one.
      319_665, 354_785,
      // Ensembles did not go on after a reconfiguration that got stuck.
      204_550, 208_588, 235_740, 268_639,
    ] as [UInt64])
  func mended(_ seed: UInt64) throws {
    let outcome = RunPlan(seed: seed, frame: .campaigns).run()
    #expect(outcome.isClean, "\(outcome.findings)")
  }

  @Test(
    "What a bug does to clients is named by the property that it breaks",
    arguments: [
      ("zookeeper-1412", "P12, watches"), ("count-children", "P4, legal-replay"),
      ("forget-replies", "P4, legal-replay"),
    ])
  func named(_ mutant: String, _ promise: String) throws {
    let seen = try (1...60 as ClosedRange<UInt64>).lazy.map { try Self.run($0, mutant) }
      .first { !$0.isClean }
    let outcome = try #require(seen, "no seed shows \(mutant)")
    #expect(outcome.findings.contains { $0.promise == promise }, "seed \(outcome.seed)")
  }
}
