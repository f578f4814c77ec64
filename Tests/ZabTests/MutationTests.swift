import LinnaeusBase
import Testing

@testable import Zab

/// Each bug that can be switched on is seen by the random tests, and by them alone.
@Suite struct MutationTests {
  /// Seeds that have seen those that few see; they are tried first.
  private static let hints: [String: UInt64] = [
    "skips-epoch-check": 321, "writes-epoch-early": 419, "trusts-snapshot-early": 2847,
  ]

  /// Those of Zab, each with its name.
  private static let all: [(name: String, mutation: Mutations)] = [
    ("acknowledges-history-early", .acknowledgesHistoryEarly),
    ("writes-epoch-early", .writesEpochEarly), ("forgets-tail", .forgetsTail),
    ("commits-with-minority", .commitsWithMinority), ("skips-epoch-check", .skipsEpochCheck),
    ("never-steps-down", .neverStepsDown), ("omits-truncation", .omitsTruncation),
    ("leaves-hole", .leavesHole), ("trusts-snapshot-early", .trustsSnapshotEarly),
    ("acknowledges-proposals-first", .acknowledgesProposalsFirst),
    ("answers-sync-at-once", .answersSyncAtOnce), ("acknowledges-early", .acknowledgesEarly),
  ]

  @Test(arguments: Self.all.map(\.name))
  func isSeen(_ name: String) {
    guard let mutation = Self.all.first(where: { $0.name == name })?.mutation else {
      return
    }
    for seed in [Self.hints[name] ?? 1] + Array(1...UInt64(Effort.mutantSeeds)) {
      guard let violation = RandomTests.run(seed: seed, mutations: mutation).violation else {
        continue
      }
      if Effort.environment("ZAB_TRACE") != nil { print(name, violation) }
      #expect(RandomTests.run(seed: seed).violation == nil)
      return
    }
    Issue.record("\(name) was not seen")
  }
}
