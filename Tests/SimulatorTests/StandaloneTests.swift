import Testing

@testable import Simulator

/// A server alone under everything that it must survive.
@Suite struct StandaloneTests {
  @Test("Nothing acknowledged is lost, and a mended server goes on")
  func seeds() {
    var total = RunCounters()
    for seed in 1...UInt64(Effort.scaled(60)) {
      var simulation = Simulation(.draw(seed: seed))
      let result = simulation.run()
      #expect(result.violations.isEmpty, "seed \(seed): \(result.violations)")
      #expect(!result.isVoid, "seed \(seed): \(result.counters[.completedOperations]) operations")
      total.add(result.counters)
    }
    print(total)
  }
}
