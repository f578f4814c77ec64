import LinnaeusBase
import Replica
import Storage
import Tree
import Workload

/// One run: servers, clients, network, disks and clocks under virtual time, from one seed.
///
/// There is one queue of events, one thread, and no other source of time or chance: the same options
/// give the same run, event for event (``SimulationResult/traceHash``).
public struct Simulation {
  /// How far a run has come.
  enum Phase: UInt8 {
    /// Things go wrong.
    case safety
    /// Everything is mended: clients must make progress.
    case recovery
    /// Clients are done: servers must agree.
    case settling
    case done
  }

  let options: SimulationOptions
  var now: Int64 = 0
  var queue = EventQueue()
  var network: Network
  var election: ElectionNetwork
  var servers: [SimulatedServer] = []
  var clients: [SimulatedClient] = []
  var record: RunRecord
  var oracles: Oracles
  var counters = RunCounters()
  var trace = TraceHash()
  var faultRandom: SeededRandom
  var phase = Phase.safety
  var nextFault = 0
  /// What undoes faults, by the number of an event.
  var mendings: [Mending] = []
  /// When the present phase must be over.
  var phaseEnds: Int64
  /// By client, how many of its operations have completed in the present phase.
  var progress: [Int]
  /// Lines of the servers' logs, if they are kept.
  var log: [String] = []
  /// Whether lines of the servers' logs are kept, and the faults among them.
  public var keepsLog = false
  /// Used again for each server's effects.
  var touched: [Int32] = []
  var working: [ServerInput] = []
  var eventCount = 0
  /// How many events of each kind there were.
  var eventCounts = [Int](repeating: 0, count: 16)

  /// Sets the scene; nothing happens yet.
  public init(_ options: SimulationOptions) {
    self.options = options
    network = Network(
      options: options.network, hosts: options.servers + options.clients, seed: options.seed)
    election = ElectionNetwork(
      options: options.network, servers: options.servers, seed: options.seed)
    oracles = Oracles(servers: options.servers)
    record = RunRecord(
      history: HistoryRecorder(
        servers: (1...options.servers).map {
          (ServerID(rawValue: Int64($0)), "server\($0):2181")
        },
        source: options.script.map { "simulate --scenario \($0.name)" }
          ?? "simulate --seed \(options.seed)",
        more: options.script?.header ?? []))
    record.notesAnswers = true
    faultRandom = SeededRandom(seed: options.seed, .faults)
    phaseEnds = options.safetyNanoseconds
    progress = Array(repeating: 0, count: options.clients)
    for index in 0..<options.servers { servers.append(makeServer(index)) }
    var seeds = SeededRandom(seed: options.seed, .workload)
    let seed = seeds.next()
    for index in 0..<options.clients {
      clients.append(
        SimulatedClient(
          index: Int32(index), host: Int32(options.servers + index), options: options,
          seed: seed))
    }
  }

  private func makeServer(_ index: Int) -> SimulatedServer {
    var random = SeededRandom(seed: options.seed, .clocks, index)
    let drift = options.driftPartsPerMillion
    let clock = LocalClock(
      drift: drift > 0 ? Int64(random.within(-drift...drift)) : 0,
      offset: Int64(random.below(1_000_000)) * 1_000_000,
      wallMilliseconds: 1_700_000_000_000 + Int64(random.below(1_000)))
    var setup = ServerSetup(
      replica: options.replica, storage: options.storage,
      turnNanoseconds: options.turnNanoseconds, inputNanoseconds: options.inputNanoseconds)
    setup.outputNanoseconds = options.outputNanoseconds
    setup.outputNanosecondsPerKilobyte = options.outputNanosecondsPerKilobyte
    setup.replica.serverID = Int64(index + 1)
    setup.replica.mutations = options.mutations
    setup.replica.tree.mutations = options.mutations
    setup.replica.reconfigEnabled = true
    setup.replica.tree.authentication.superDigest = Authentication.digestID(
      SimulationOptions.administrator)
    setup.configuration = options.configuration
    setup.zab = options.zab
    var storageSeeds = SeededRandom(seed: options.seed, .storage, index)
    setup.storage.seed = storageSeeds.next()
    var disk = DiskWorker(options: options.disk, seed: options.seed, server: index)
    disk.mutants = options.mutants
    return SimulatedServer(index: Int32(index), setup: setup, disk: disk, clock: clock)
  }

  /// How long the first messages from the first server to the others take, whenever they are sent.
  package func delays(_ count: Int) -> [Int64] {
    var network = network
    return (0..<count).map { number in
      network.arrival(
        from: 0, to: Int32(1 + number % (network.hosts - 1)), bytes: 0, now: 0
      ).time
    }
  }

  // MARK: Running

  /// Runs until the end, and tells what happened.
  public mutating func run() -> SimulationResult {
    begin()
    while phase != .done, let event = queue.next() {
      now = event.time
      eventCount += 1
      eventCounts[Int(event.kind.rawValue)] += 1
      trace.fold(event)
      handle(event)
      if eventCount >= eventLimit { giveUp() }
    }
    return finish()
  }

  /// A run with more events than this goes round in circles.
  private var eventLimit: Int { 1_000_000 + 1_000 * options.operations }

  private mutating func giveUp() {
    phase = .done
    oracles.report(
      .convergence, time: now,
      "\(eventCount) events and no end; by kind \(eventCounts); servers wake at "
        + "\(servers.map(\.deadline))")
  }

  private mutating func begin() {
    for server in servers.indices { start(server) }
    for client in clients.indices {
      clients[client].wakesAt = Int64(1 + faultRandom.below(5_000_000))
      queue.schedule(
        .clientTimer, at: clients[client].wakesAt, subject: Int32(client))
    }
    if let first = options.schedule.first { queue.schedule(.fault, at: first.time) }
    queue.schedule(.supervision, at: supervisionInterval)
  }

  private mutating func handle(_ event: Event) {
    switch event.kind {
    case .connect: requestArrives(event)
    case .arrival: pieceArrives(event)
    case .turn: turnIsDue(event)
    case .disk: diskIsDone(event)
    case .serverTimer: serverWakes(event)
    case .clientTimer: clientWakes(event)
    case .electionConnect: electionConnects(event)
    case .notification: notificationArrives(event)
    case .fault: faultIsDue()
    case .mending: mend(mendings[Int(event.subject)])
    case .supervision: supervise()
    }
  }

  private mutating func finish() -> SimulationResult {
    for server in servers {
      counters[.tornEnds] += server.tornEnds
      for kind in TearKind.allCases {
        let counter: RunCounter =
          switch kind {
          case .allLost: .unsyncedLost
          case .allKept: .unsyncedKept
          case .prefixKept: .unsyncedPrefix
          case .torn: .unsyncedTorn
          }
        counters[counter] += server.disk.disk.tears[kind.rawValue]
      }
      counters[.snapshots] += server.disk.disk.namedSnapshots
      counters[.namesLost] += server.disk.disk.lostNames
    }
    counters[.lostMessages] = network.lostCount
    counters[.brokenConnections] = network.brokenCount
    counters[.transactions] = oracles.committed.count
    return SimulationResult(
      options: options, traceHash: trace.value, counters: counters,
      violations: oracles.violations, history: record.history.bytes,
      virtualNanoseconds: now, events: eventCount, log: log)
  }
}

/// What a run has shown.
public struct SimulationResult: Sendable {
  /// How it was set up.
  public var options: SimulationOptions
  /// A fingerprint of everything that happened, in order.
  public var traceHash: UInt64
  /// How often what happened.
  public var counters: RunCounters
  /// What was broken.
  public var violations: [Violation]
  /// What the clients did, in the native format.
  public var history: [UInt8]
  /// How long it was, in virtual time.
  public var virtualNanoseconds: Int64
  /// How many events there were.
  public var events: Int
  /// Lines of the servers' logs, if they were asked for.
  public var log: [String]

  /// Whether too little was done to say anything.
  public var isVoid: Bool { counters[.completedOperations] < 200 }
}
