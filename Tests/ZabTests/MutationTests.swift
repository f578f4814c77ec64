import Testing

@testable import Zab

/// Each bug that can be switched on is seen by the random tests, and by them alone.
@Suite struct MutationTests {
  @Test(arguments: Zab.Mutations.all.map(\.name))
  func isSeen(_ name: String) {
    guard let mutation = Zab.Mutations.all.first(where: { $0.name == name })?.mutation else {
      return
    }
    for seed in 1...UInt64(Effort.mutantSeeds) {
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
