import ClientSession
import LinnaeusBase
import Replica
import Storage
import Workload
import Zab

/// How a run is drawn from its seed: each leaves out a random part of what could vary or go wrong,
/// for features keep one another from being seen (Groce et al., "Swarm testing", ISSTA 2012).
extension SimulationOptions {
  /// What a campaign keeps the same in all of its runs.
  public struct Frame: Sendable {
    /// How many servers may vote; one of these.
    public var voters = [1]
    /// How many servers may only learn; one of these.
    public var observers = [0]
    /// How many clients there are; one of these.
    public var clients = Array(2...8)
    /// Which kinds of faults there may be.
    public var faults = FaultKind.allCases.filter { $0 != .rot }
    /// How many operations a run has.
    public var operations = 500

    /// A server alone, and all faults that it must survive.
    public init() {}

    /// A server alone.
    public static var alone: Frame { Frame() }

    /// Three or five servers that vote, and perhaps one or two that only learn.
    public static var ensembles: Frame {
      var frame = Frame()
      frame.voters = [3, 3, 5]
      frame.observers = [0, 0, 1, 2]
      return frame
    }

    /// An ensemble, or now and then a server alone.
    public static var campaigns: Frame {
      var frame = ensembles
      frame.voters += [1]
      return frame
    }
  }

  /// Draws every option from a seed.
  public static func draw(seed: UInt64, within frame: Frame = Frame()) -> SimulationOptions {
    var options = SimulationOptions(seed: seed)
    var random = SeededRandom(seed: seed, .options)
    options.voters = random.pick(frame.voters)
    options.observers = options.voters > 1 ? random.pick(frame.observers) : 0
    options.workload.clients = random.pick(frame.clients)
    options.operations = frame.operations
    let tick = random.pick([50, 100, 200, 500, 2_000])
    options.drawServers(tick: tick, &random)
    options.drawClients(tick: tick, &random)
    options.drawNetwork(tick: tick, &random)
    options.drawDisk(&random)
    options.drawFaults(frame, tick: tick, &random)
    options.drawRarities(&random)
    // With a file for each transaction or two, each with syncs of its own, clients of short patience
    // are never answered in time, and no server could help it (seed 54530).
    if options.storage.logSizeLimitBytes > 0 {
      options.storage.logSizeLimitBytes = max(
        options.storage.logSizeLimitBytes, 8 * options.workload.valueSize)
    }
    return options
  }

  /// What is far away in life: the end of an epoch's zxids, and trees that take long to write.
  private mutating func drawRarities(_ random: inout SeededRandom) {
    replica.snapshotStepBytes = random.pick([200, 2_000, 256 << 10])
    if random.chance(1, in: 10) {
      replica.lastCounter = UInt32(random.within(20...200))
    }
  }

  private mutating func drawServers(tick: Int, _ random: inout SeededRandom) {
    replica.tickMilliseconds = Int32(tick)
    replica.globalOutstandingLimit = random.pick([1_000, 1_000, 3])
    replica.containerCheckMilliseconds = Int64(tick * 10)
    replica.quorumSync = random.chance(1, in: 2)
    zab.tickMilliseconds = Int64(tick)
    zab.initLimit = Int64(random.pick([5, 10]))
    zab.syncLimit = Int64(random.pick([2, 5]))
    zab.finalizeWaitMilliseconds = Int64(min(200, tick))
    zab.maxNotificationMilliseconds = Int64(tick * random.pick([2, 30]))
    zab.commitLogCount = random.pick([5, 50, 500])
    storage.preallocationBytes = random.pick([0, 4_096, 16_384, 65_536])
    storage.snapshotEveryTransactions = random.pick([10, 40, 150, 100_000])
    storage.logSizeLimitBytes = random.pick([0, 0, 2_000, 20_000])
    storage.retainedSnapshots = random.pick([nil, 3, 5])
    storage.writesLastProcessedZxid = random.chance(1, in: 3)
    turnNanoseconds = random.pick([0, 10_000, 200_000])
    inputNanoseconds = random.pick([0, 2_000, 50_000])
    driftPartsPerMillion = random.pick([0, 0, 200, 50_000])
  }

  private mutating func drawClients(tick: Int, _ random: inout SeededRandom) {
    workload.mix = random.pick([.standard, .standard, .readsAndWrites])
    for recipe in [.lock, .readWriteLock, .election, .doubleBarrier, .enqueue, .dequeue]
      as [Activity] where random.chance(1, in: 6)
    {
      workload.mix[recipe] = 5
    }
    workload.holdNanoseconds = Int64(tick) * 1_000_000 / Int64(random.pick([1, 10, 100]))
    for activity in Activity.allCases where random.chance(1, in: 4) {
      workload.mix[activity] = 0
    }
    // Something is left.
    workload.mix[.set] = max(5, workload.mix[.set])
    workload.keys = random.pick([1, 3, 10, 40])
    workload.valueSize = random.pick([16, 100, 1_500])
    workload.depth = random.pick([1, 1, 1, 4])
    workload.watchPercent = random.pick([0, 20])
    workload.reads = random.pick([.plain, .plain, .afterSync, .afterWrite])
    workload.placement = random.pick([.anyServer, .spread])
    workload.session.timeoutMilliseconds = Int32(tick * random.pick([2, 4, 10, 20]))
    workload.session.connectTimeoutMilliseconds = Int64(tick * 5)
    workload.session.reconnectDelayMilliseconds = Int64(max(1, tick / random.pick([1, 5, 50])))
    workload.session.asksForRetransmission = random.chance(1, in: 3)
    // So that the operations are spread over the time in which things go wrong.
    safetyNanoseconds = Int64(tick) * 1_000_000 * 200
    let think = safetyNanoseconds * Int64(clients) / Int64(max(1, operations)) / 2
    workload.arrivals = .closedLoop(thinkNanoseconds: think / Int64(random.pick([1, 1, 4])))
  }

  private mutating func drawNetwork(tick: Int, _ random: inout SeededRandom) {
    let scale = Int64(tick) * 1_000_000
    network.delayNanoseconds = random.pick([20_000, 100_000, scale / 100])
    network.jitterNanoseconds = random.pick([0, 20_000, 100_000, scale / 20])
    network.retransmissionNanoseconds = max(1_000_000, scale / random.pick([20, 5, 1]))
    network.connectTimeoutNanoseconds = scale * 3
    if random.chance(1, in: 2) {
      network.oneLostIn = random.pick([20, 100, 500])
      network.oneLossBreaksIn = random.pick([0, 3, 10])
    }
    network.oneSplitIn = random.pick([0, 0, 5, 50])
    network.oneNotificationLostIn = random.pick([0, 0, 5, 50])
    network.oneNotificationRepeatedIn = random.pick([0, 0, 5, 50])
    network.nanosecondsPerKilobyte = random.pick([0, 0, 10_000])
  }

  private mutating func drawDisk(_ random: inout SeededRandom) {
    disk.syncNanoseconds = random.pick([10_000, 300_000, 5_000_000])
    disk.syncJitterNanoseconds = random.pick([0, 100_000, 5_000_000])
    disk.oneSlowSyncIn = random.pick([0, 0, 100, 1_000])
  }

  private mutating func drawFaults(
    _ frame: Frame, tick: Int, _ random: inout SeededRandom
  ) {
    let share = random.within(1...3)
    faultKinds = frame.faults.filter { _ in random.chance(share, in: 4) }
    let mean = Int64(tick) * 1_000_000 * Int64(random.pick([3, 10, 30]))
    var draw = FaultSchedule(
      seed: seed, servers: servers, voters: voters, clients: clients, kinds: faultKinds, tick: tick)
    schedule = draw.draw(from: Int64(tick) * 2_000_000, to: safetyNanoseconds, apart: mean)
    livenessNanoseconds = Int64(tick) * 1_000_000 * 400
  }
}
