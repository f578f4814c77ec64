import Testing

@testable import Zab

/// Each bug that can be switched on is seen by the random tests, and by them alone.
@Suite struct MutationTests {
  /// Seeds that have seen those that few see; they are tried first.
  private static let hints: [String: UInt64] = [
    "skips-epoch-check": 321, "writes-epoch-early": 419, "trusts-snapshot-early": 2847,
  ]

  @Test(arguments: Zab.Mutations.all.map(\.name))
  func isSeen(_ name: String) {
    guard let mutation = Zab.Mutations.all.first(where: { $0.name == name })?.mutation else {
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
