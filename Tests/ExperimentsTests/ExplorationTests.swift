import Consistency
import Simulator
import Testing

@testable import Experiments

@Suite("Explorations")
struct ExplorationTests {
  /// A second, with some of everything.
  private static var small: ExploreOptions {
    var options = ExploreOptions()
    options.voters = 3
    options.milliseconds = 2_000
    options.reads = 300
    options.writes = 100
    options.pauses = 1
    options.splits = 1
    return options
  }

  @Test("All ways meet the same faults, delays and arrivals", arguments: [1, 7] as [UInt64])
  func weather(seed: UInt64) {
    for latency in ExploreOptions.Latency.allCases {
      var options = Self.small
      options.seed = seed
      options.latency = latency
      let plain = options.simulation(.plain)
      for way in ReadWay.allCases {
        let other = options.simulation(way)
        #expect(other.seed == plain.seed)
        #expect(other.schedule == plain.schedule, "\(way)")
        #expect(other.network == plain.network, "\(way)")
        #expect(other.disk == plain.disk, "\(way)")
        #expect(other.roles.map(\.arrivals) == plain.roles.map(\.arrivals), "\(way)")
        #expect(Simulation(other).delays(200) == Simulation(plain).delays(200), "\(way)")
      }
      options.seed += 1
      #expect(
        Simulation(options.simulation(.plain)).delays(200) != Simulation(plain).delays(200))
    }
  }

  @Test("The number of jobs changes nothing, and a sync leaves no stale read where nothing breaks")
  func jobs() throws {
    let alone = try Exploration(Self.small, jobs: 1)
    let together = try Exploration(Self.small, jobs: 4)
    #expect(alone.reports.map(\.way) == ReadWay.allCases)
    for (one, other) in zip(alone.reports, together.reports) {
      #expect(one.staleness == other.staleness)
      #expect(one.readLatency == other.readLatency)
      #expect(one.findings.isEmpty, "\(one.way): \(one.findings)")
      #expect(one.staleness.reads > 200, "\(one.way)")
    }
    let quorumSync = try #require(alone.reports.first { $0.way == .quorumSync })
    #expect(quorumSync.staleness.staleReads == 0)
    #expect(quorumSync.held == .linearizable)
  }

  @Test("A leader that was replaced answers a sync with what is old, but asks a quorum in vain")
  func deposedLeaders() throws {
    var options = ExploreOptions()
    options.milliseconds = 3_000
    options.pauses = 0
    options.splits = 4
    let exploration = try Exploration(options, jobs: 2)
    let synced = try #require(exploration.reports.first { $0.way == .sync })
    #expect(synced.staleness.staleReads > 0)
    #expect(synced.held == .linearizableWrites)
    let asked = try #require(exploration.reports.first { $0.way == .quorumSync })
    #expect(asked.staleness.staleReads == 0)
    #expect(asked.staleness.reads > 1_000)
    #expect(asked.held == .linearizable)
    let leader = try #require(exploration.reports.first { $0.way == .leader })
    #expect(leader.staleness.staleReads > 0)
  }

  @Test("Plain reads are stale at times; by more, the further away their servers are")
  func stale() throws {
    var options = ExploreOptions()
    options.milliseconds = 2_000
    options.latency = .world
    options.writes = 400
    options.pauses = 0
    options.splits = 0
    let exploration = try Exploration(options, jobs: 2)
    let plain = exploration.reports[0]
    #expect(plain.staleness.staleReads > 0)
    #expect(plain.ages.count == plain.staleness.staleReads)
    #expect(plain.held == .linearizableWrites)
    let synced = exploration.reports[1]
    #expect(synced.staleness.staleReads == 0)
    // A sync goes to the leader and back, which takes longer than a read nearby.
    #expect(synced.readLatency.p50 > plain.readLatency.p50 * 2)
  }
}
