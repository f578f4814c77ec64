import LinnaeusBase
import Replica
import Testing
import Workload
import Zab

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

  @Test("Clocks that change their rate, and that somebody sets, break no promise")
  func clocks() {
    let results = (1...UInt64(Effort.scaled(6))).map { seed in
      var options = SimulationOptions.draw(seed: seed, within: Self.small(.ensembles))
      let tick = options.zab.tickMilliseconds * 1_000_000
      options.schedule = (1...20 as ClosedRange<Int>).map { index in
        let server = index % options.servers
        let fault: Fault =
          index % 3 == 0
          ? .wallStep(server: server, milliseconds: index % 2 == 0 ? 60_000 : -60_000)
          : .drift(server: server, partsPerMillion: index % 2 == 0 ? 100_000 : -100_000)
        return ScheduledFault(time: Int64(index) * 5 * tick, fault: fault)
      }
      var simulation = Simulation(options)
      return simulation.run()
    }
    judge(results)
    for result in results {
      #expect(result.counters[.clockDrifts] > 0, "seed \(result.options.seed)")
    }
  }

  @Test(
    "Damage of what is durable is refused, changes nothing, or is warned of",
    arguments: [false, true])
  func rot(hidesWarnings: Bool) {
    var frame = Self.small(.alone)
    frame.faults = [.rot]
    var total = RunCounters()
    var found: [Violation.Promise: Int] = [:]
    // Of a hundred seeds two have a bit that matters and does not keep the server from starting.
    for seed: UInt64 in [55, 171, 206, 209, 482] {
      var options = SimulationOptions.draw(seed: seed, within: frame)
      if hidesWarnings { options.mutants = .hidesWarnings }
      var simulation = Simulation(options)
      let result = simulation.run()
      total.add(result.counters)
      for violation in result.violations { found[violation.promise, default: 0] += 1 }
      #expect(hidesWarnings || result.violations.isEmpty, "seed \(seed): \(result.violations)")
    }
    let outcomes: [RunCounter] = [.refusedRots, .harmlessRots, .costlyRots]
    for counter in outcomes { #expect(total[counter] > 0, "\(counter)") }
    #expect(outcomes.map { total[$0] }.reduce(0, +) == total[.rots])
    #expect(Array(found.keys) == (hidesWarnings ? [.damage] : []))
  }

  @Test("Who reads of a fault counts hosts from 1, as in everything else that is printed")
  func hostsCountFromOne() {
    let faults: [(Fault, String)] = [
      (.pause(server: 0, milliseconds: 5), "pause server=1 for=5ms"),
      (.block(from: 2, to: 3, milliseconds: 5), "link from=server-3 to=client-1 for=5ms"),
      (.breakConnections(host: 4), "broken host=client-2"),
    ]
    for (fault, line) in faults { #expect(fault.line(servers: 3) == line) }
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
    for seed in 1...80 as ClosedRange<UInt64> {
      total.add(Self.run(seed, Self.small(.ensembles)).counters)
    }
    #expect(total.missing.isEmpty, "\(total.missing)")
  }
}
