import Glibc
import LinnaeusBase
import Testing

@testable import Zab

/// How much random tests do.
enum Effort {
  /// `ZAB_SEEDS` is how many, or one range such as `7...7`.
  static var seeds: ClosedRange<Int> {
    guard let text = environment("ZAB_SEEDS") else { return 1...100 }
    let ends = text.split(separator: ".").compactMap { Int($0) }
    return ends.count == 2 ? ends[0]...ends[1] : 1...(ends.first ?? 1)
  }

  /// So many seeds are tried to see a bug.
  static var mutantSeeds: Int { environment("ZAB_MUTANT_SEEDS").flatMap { Int($0) } ?? 4_000 }

  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// Ensembles under random faults, each from one seed.
@Suite struct RandomTests {
  /// What a seed makes of an ensemble, and whether it came through.
  static func run(seed: UInt64, mutations: Mutations = [], isTraced: Bool = false) -> Ensemble {
    var random = SeededRandom(seed: seed &* 31)
    var options = EnsembleOptions()
    options.seed = seed
    options.mutations = mutations
    options.isTraced = isTraced
    options.participants = [3, 3, 3, 5, 1, 2][random.below(6)]
    options.observers = random.chance(1, in: 4) ? 1 : 0
    options.readsLogs = seed.isMultiple(of: 2)
    options.commitLogCount = [2, 6, 100][random.below(3)]
    options.tickMilliseconds = [20, 50][random.below(2)]
    options.faultPause = [6_000, 20_000, 80_000][random.below(3)]
    options.workloadPause = [1_000, 4_000, 20_000][random.below(3)]
    options.networkDelay = [300, 2_000, 8_000][random.below(3)]
    options.diskDelay = [300, 4_000, 30_000][random.below(3)]
    let ensemble = Ensemble(options)
    ensemble.run(until: 900_000)
    calmDown(ensemble)
    return ensemble
  }

  /// Without faults everybody must come to the same state, and go on.
  static func calmDown(_ ensemble: Ensemble) {
    ensemble.isFaulty = false
    ensemble.heal()
    for server in ensemble.servers.indices where ensemble.servers[server].zab == nil {
      ensemble.start(server)
    }
    let calm = ensemble.now + 24 * ensemble.options.tickMilliseconds * 1_000
    ensemble.run(until: calm)
    let reached = ensemble.committed.count
    for server in ensemble.servers.indices { ensemble.propose(server) }
    ensemble.run(until: calm + 200_000)
    guard ensemble.violation == nil else { return }
    let servers = ensemble.servers
    let leaders = servers.filter { $0.zab?.phase == .leading && $0.isServing }
    if leaders.count != 1 { ensemble.fail("\(leaders.count) leaders after all faults") }
    for server in servers where !server.isServing {
      ensemble.fail("\(server.id) does not serve: \(server.zab.map { "\($0.phase)" } ?? "")")
    }
    if ensemble.committed.count <= reached { ensemble.fail("nothing is committed any more") }
    for server in servers where server.state.count < reached {
      ensemble.fail("\(server.id) lags behind")
    }
  }

  @Test func keepsItsPromises() {
    var counts: [String: Int] = [:]
    for seed in Effort.seeds {
      let ensemble = Self.run(seed: UInt64(seed))
      #expect(ensemble.violation == nil)
      counts.merge(ensemble.counts) { $0 + $1 }
      guard ensemble.violation == nil else {
        if Effort.environment("ZAB_TRACE") != nil {
          print(Self.run(seed: UInt64(seed), isTraced: true).trace.joined(separator: "\n"))
        }
        break
      }
    }
    for what in [
      "DIFF from the log", "TRUNC", "SNAP received", "reload", "crash", "split", "sync", "epoch",
    ] {
      #expect(counts[what, default: 0] > 0, "no seed met \(what)")
    }
  }
}
