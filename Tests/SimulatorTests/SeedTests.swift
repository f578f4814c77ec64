import LinnaeusBase
import Replica
import Testing
import Workload

@testable import Simulator

/// Runs of random options under everything that servers must survive.
@Suite struct SeedTests {
  private static func run(
    _ seed: UInt64, _ frame: SimulationOptions.Frame
  ) -> SimulationResult {
    var simulation = Simulation(SimulationOptions.draw(seed: seed, within: frame))
    return simulation.run()
  }

  private static func small(_ frame: SimulationOptions.Frame) -> SimulationOptions.Frame {
    var frame = frame
    frame.operations = 250
    return frame
  }

  private func judge(_ results: [SimulationResult]) {
    for result in results {
      let seed = result.options.seed
      #expect(result.violations.isEmpty, "seed \(seed): \(result.violations)")
      #expect(
        !result.isVoid, "seed \(seed): \(result.counters[.completedOperations]) operations")
    }
  }

  @Test("A server alone loses nothing that it has acknowledged")
  func alone() {
    judge((1...UInt64(Effort.scaled(6))).map { Self.run($0, Self.small(.alone)) })
  }

  @Test("An ensemble agrees, loses nothing, and converges when everything is mended")
  func ensembles() {
    judge((1...UInt64(Effort.scaled(6))).map { Self.run($0, Self.small(.ensembles)) })
  }

  @Test("What a session reads before a write of its own does not show that write")
  func pipelines() {
    for seed in 1...4 as ClosedRange<UInt64> {
      var options = SimulationOptions.draw(seed: seed, within: Self.small(.ensembles))
      options.replica.quorumSync = true
      options.workload.reads = .afterSync
      options.workload.depth = 4
      var simulation = Simulation(options)
      let violations = simulation.run().violations
      #expect(violations.isEmpty, "seed \(seed): \(violations)")
    }
  }

  @Test("The same seed is the same run, and another one is not")
  func determinism() {
    for frame in [Self.small(.alone), Self.small(.ensembles)] {
      let (one, again) = (Self.run(77, frame), Self.run(77, frame))
      #expect(one.traceHash == again.traceHash)
      #expect(one.history == again.history)
      #expect(one.counters == again.counters)
      #expect(one.traceHash != Self.run(78, frame).traceHash)
    }
  }

  @Test("Whatever a run may meet, some run meets")
  func sometimes() {
    var total = RunCounters()
    for seed in 1...25 as ClosedRange<UInt64> {
      total.add(Self.run(seed, Self.small(.ensembles)).counters)
    }
    #expect(total.missing.isEmpty, "\(total.missing)")
  }
}
