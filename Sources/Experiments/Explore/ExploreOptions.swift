import ClientSession
import LinnaeusBase
import Replica
import Simulator
import Workload
import Zab

/// What an exploration of reads is made of.
public struct ExploreOptions: Hashable, Sendable {
  /// How far servers and clients are from one another.
  public enum Latency: String, CaseIterable, Hashable, Sendable {
    /// In one room: a message takes a tenth of a millisecond.
    case local
    /// In the zones of one region: half a millisecond to two milliseconds.
    case region
    /// On several continents: 40 to 120 ms; each client is near its server.
    case world
  }

  /// What everything that is drawn follows from.
  public var seed: UInt64 = 1
  /// How many servers vote.
  public var voters = 5
  /// How many servers only learn.
  public var observers = 0
  /// How far hosts are from one another.
  public var latency = Latency.region
  /// How many times a server stands still, as in a long garbage collection.
  public var pauses = 4
  /// How many times the leader is cut off from the other servers, which notice before it does: they
  /// elect another one, and for a while it does not know.
  public var splits = 4
  /// How long clients read and write, in milliseconds of virtual time.
  public var milliseconds = 10_000
  /// How many reads are asked for in a second of virtual time.
  public var reads = 1_600
  /// How many writes are asked for in a second of virtual time.
  public var writes = 100

  /// Five servers in one region, four pauses and splits, ten seconds, sixteen reads to a write.
  public init() {}

  /// How many servers there are.
  public var servers: Int { voters + observers }

  /// How many clients read; as many write.
  var readers: Int { servers }
}

/// How clients read.
public enum ReadWay: String, CaseIterable, Hashable, Sendable {
  /// From the server that they happen to be connected to.
  case plain
  /// The same, after a `sync`.
  case sync
  /// The same, where the leader asks a quorum before it answers a `sync`.
  case quorumSync = "quorum sync"
  /// From the leader.
  case leader
}

extension ExploreOptions {
  /// The run whose clients read in that way; the weather is the same for all four.
  public func simulation(_ way: ReadWay) -> SimulationOptions {
    var options = SimulationOptions(seed: seed)
    options.voters = voters
    options.observers = observers
    options.operations = 1_000_000_000
    options.safetyNanoseconds = Int64(milliseconds) * 1_000_000
    setTimes(of: &options)
    setWorkload(of: &options, way)
    setNetwork(of: &options)
    options.replica.quorumSync = way == .quorumSync
    options.schedule = faultSchedule(tick: Int(options.zab.tickMilliseconds))
    return options
  }

  /// A tick is a hundred times a message's way or so: who is silent for three ticks is given up.
  private func setTimes(of options: inout SimulationOptions) {
    let tick = latency == .world ? 500 : 100
    options.zab.tickMilliseconds = Int64(tick)
    options.zab.syncLimit = 3
    options.zab.finalizeWaitMilliseconds = Int64(tick)
    options.replica.tickMilliseconds = Int32(tick)
    options.livenessNanoseconds = Int64(tick) * 1_000 * 1_000_000
    options.turnNanoseconds = 5_000
    options.inputNanoseconds = 5_000
  }

  private func setWorkload(of options: inout SimulationOptions, _ way: ReadWay) {
    options.workload.clients = readers * 2
    options.workload.keys = 10
    options.workload.valueSize = 100
    options.workload.depth = 1_000
    options.workload.reads = way == .sync || way == .quorumSync ? .afterSync : .plain
    let tick = options.replica.tickMilliseconds
    options.workload.session.timeoutMilliseconds = tick * 20
    options.workload.session.connectTimeoutMilliseconds = Int64(tick) * 5
    options.workload.session.reconnectDelayMilliseconds = Int64(tick) / 5
    func share(_ rate: Int) -> Arrivals {
      .openLoop(stepsPerSecond: Double(rate) / Double(readers))
    }
    var reader = ClientRole(clients: readers, mix: [.get: 1], arrivals: share(reads))
    reader.takers = way == .leader ? .leaders : .all
    reader.placement = way == .leader ? .spread : .pinned
    var writer = ClientRole(clients: readers, mix: [.set: 1], arrivals: share(writes))
    // A sync waits for what is proposed before it: by nobody, at a leader that is cut off.
    writer.placement = .spread
    writer.takers = .learners
    options.roles = [reader, writer]
  }

  private func setNetwork(of options: inout SimulationOptions) {
    let hosts = servers + options.workload.clients
    options.network.jitterNanoseconds = latency == .local ? 100_000 : 1_000_000
    // A message that is lost is late, and with it all that comes after it.
    options.network.oneLostIn = 2_000
    options.network.retransmissionNanoseconds = latency == .world ? 200_000_000 : 20_000_000
    guard latency != .local else { return }
    var random = SeededRandom(seed: seed ^ 0x6C61_7465_6E63_7900)
    for from in 0..<hosts {
      for to in 0..<from {
        // A client is where its server is.
        let isNear = from >= servers && from % servers == to % servers
        let far = latency == .region ? 500 + random.below(1_500) : 40_000 + random.below(80_000)
        let nanoseconds = isNear ? 250_000 : Int64(far) * 1_000
        options.network.regionDelays += [
          .init(from: from, to: to, nanoseconds: nanoseconds),
          .init(from: to, to: from, nanoseconds: nanoseconds),
        ]
      }
    }
  }

  /// Pauses of voters in turn, from the last, which leads first, and splits of the leader, evenly over
  /// the time; long enough for others to elect another leader meanwhile.
  private func faultSchedule(tick: Int) -> [ScheduledFault] {
    var random = SeededRandom(seed: seed ^ 0x7061_7573_6573_0000)
    let all = pauses + splits
    return (0..<all).map { number in
      let time = Int64(milliseconds) * 1_000_000 * Int64(number + 1) / Int64(all + 1)
      let length = tick * 6 + random.below(tick * 6)
      // They take turns as long as there are both.
      let isPause = number < 2 * min(pauses, splits) ? number % 2 == 0 : pauses > splits
      let server = voters - 1 - number / 2 % voters
      return ScheduledFault(
        time: time,
        fault: isPause
          ? .pause(server: server, milliseconds: length) : .deposedLeader(milliseconds: length))
    }
  }
}
