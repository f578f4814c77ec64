import LinnaeusBase
import Testing

@testable import Zab

/// The properties of Zab, as its paper has them (Junqueira, Reed and Serafini, "Zab:
/// High-performance broadcast for primary-backup systems", DSN 2011), of runs with faults.
///
/// A server delivers a transaction when it applies it and serves; a primary is a leader that serves.
@Suite struct PaperTests {
  private struct Run: Sendable {
    var seed: UInt64
    var proposed: [TestTransaction]
    var committed: [TestTransaction]
    var histories: [(epoch: Int64, state: [TestTransaction])]
    var states: [[TestTransaction]]

    init(seed: UInt64) {
      let ensemble = RandomTests.run(seed: seed)
      self.seed = seed
      proposed = ensemble.proposed
      committed = ensemble.committed
      histories = ensemble.histories
      states = ensemble.servers.map(\.state)
    }
  }

  private static let runs = (1_000..<1_040).map { Run(seed: $0) }

  private func each(_ body: (Run) -> Void) {
    for run in Self.runs {
      #expect(!run.committed.isEmpty, "seed \(run.seed) delivered nothing")
      body(run)
    }
  }

  @Test("Integrity: what is delivered was broadcast by a primary, and is delivered once")
  func integrity() {
    each { run in
      let proposed = Set(run.proposed)
      #expect(run.committed.allSatisfy { proposed.contains($0) })
      #expect(Set(run.committed).count == run.committed.count)
    }
  }

  @Test("Total order and agreement: of two servers, one has delivered a prefix of the other's")
  func agreement() {
    each { run in
      for one in run.states {
        for other in run.states {
          let common = min(one.count, other.count)
          #expect(one.prefix(common) == other.prefix(common))
        }
      }
    }
  }

  @Test("Local primary order: what one primary broadcasts is delivered in that order, without gaps")
  func localOrder() {
    each { run in
      for epoch in Set(run.committed.map(\.zxid.epoch)) {
        let delivered = run.committed.filter { $0.zxid.epoch == epoch }
        let broadcast = run.proposed.filter { $0.zxid.epoch == epoch }
        #expect(Array(broadcast.prefix(delivered.count)) == delivered)
      }
    }
  }

  @Test("Global primary order: what an earlier primary broadcast is not delivered after a later's")
  func globalOrder() {
    each { run in
      for (one, next) in zip(run.committed, run.committed.dropFirst()) {
        #expect(one.zxid < next.zxid && one.zxid.epoch <= next.zxid.epoch)
      }
    }
  }

  @Test("Primary integrity: a primary has delivered everything of earlier ones before it begins")
  func primaryIntegrity() {
    each { run in
      for (epoch, state) in run.histories {
        let earlier = run.committed.filter { Int64($0.zxid.epoch) < epoch }
        #expect(state == earlier, "epoch \(epoch) of seed \(run.seed)")
      }
    }
  }

  @Test("One leader an epoch")
  func oneLeader() {
    each { run in
      #expect(Set(run.histories.map(\.epoch)).count == run.histories.count)
    }
  }
}
