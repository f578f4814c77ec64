import Jute
import LinnaeusBase

@testable import Zab

/// How an ensemble under test is made, and what it meets.
struct EnsembleOptions {
  var seed: UInt64 = 1
  var participants = 3
  var observers = 0
  var mutations: Mutations = []
  /// Few, so that snapshots are needed.
  var commitLogCount = 6
  /// Whether what is no longer in memory is read from the log.
  var readsLogs = false
  var provesLeadership = true
  /// Microseconds between two transactions, two faults; 0: none.
  var workloadPause: Int64 = 3_000
  var faultPause: Int64 = 0
  var tickMilliseconds: Int64 = 100
  /// In microseconds: the longest delays of a message, and of a write.
  var networkDelay: Int64 = 3_000
  var diskDelay: Int64 = 4_000
  var isTraced = false
}

/// One server: what it remembers, what it keeps, and the links it has.
struct TestServer {
  var id: ServerID
  var zab: Zab?
  var disk = TestDisk()
  /// Changes at each start, so that what belongs to an earlier life is dropped.
  var life = 0
  var state: [TestTransaction] = []
  /// By slot, the connection.
  var links: [Int?] = []
  var nextZxid = Zxid.zero
  var incoming: (link: Int32, zxid: Zxid, bytes: [UInt8])?
  var effects = ZabEffects()
  var wakeAt: Int64 = .max
  /// The clients' syncs that are not answered: how many transactions were committed before, and
  /// what the server had proposed if it leads.
  var syncs: [(committed: Int, proposed: Zxid)] = []
  /// From `serve` to `stopServing`.
  var isServing = false
}

/// Servers, their disks and the network between them, all from one seed, in virtual microseconds.
final class Ensemble {
  let options: EnsembleOptions
  let configuration: QuorumConfiguration
  var random: SeededRandom
  var now: Int64 = 0
  var servers: [TestServer] = []
  var queue = HappeningQueue()
  var connections: [Connection] = []
  /// By pair, whether messages go from one to the other, and when the last notification arrives.
  var isCut: [[Bool]]
  var notificationTime: [[Int64]]
  /// Bytes that wait for a cut to heal.
  var held: [Happening.Kind] = []
  var isFaulty = false
  /// One of so many messages is changed; 0: none.
  var corruption = 0
  var script: [(Ensemble) -> Void] = []

  // What must hold.
  var committed: [TestTransaction] = []
  var leaders: [Int64: ServerID] = [:]
  /// What was proposed, in the order in which it was, and what each leader began with.
  var proposed: [TestTransaction] = []
  var histories: [(epoch: Int64, state: [TestTransaction])] = []
  var violation: String?
  var nextValue: Int64 = 1
  var counts: [String: Int] = [:]
  var trace: [String] = []

  init(_ options: EnsembleOptions) {
    self.options = options
    random = SeededRandom(seed: options.seed)
    let count = options.participants + options.observers
    configuration = QuorumConfiguration(
      members: (0..<count).map { place in
        QuorumConfiguration.Member(
          id: ServerID(rawValue: Int64(place + 1)), address: Array("s\(place + 1):1:2".utf8),
          role: place < options.participants ? .participant : .observer)
      })
    isCut = Array(repeating: Array(repeating: false, count: count), count: count)
    notificationTime = Array(repeating: Array(repeating: 0, count: count), count: count)
    for place in 0..<count {
      servers.append(TestServer(id: ServerID(rawValue: Int64(place + 1))))
      queue.plan(.restart(server: place), at: Int64(random.below(2_000)))
    }
    if options.workloadPause > 0 { queue.plan(.workload, at: 1) }
    if options.faultPause > 0 { queue.plan(.fault, at: options.faultPause) }
    isFaulty = options.faultPause > 0
  }

  func fail(_ text: String) {
    // Of servers that hear lies, only that they do not trap is expected.
    if violation == nil, corruption == 0 {
      violation = "seed \(options.seed) at \(now) µs: \(text)"
    }
  }

  func count(_ what: String) { counts[what, default: 0] += 1 }

  func note(_ server: Int, _ text: @autoclosure () -> String) {
    if options.isTraced { trace.append("\(now / 1000) \(servers[server].id): \(text())") }
  }

  // MARK: Running

  /// Goes on until a time, or until something is violated.
  func run(until end: Int64) {
    while let time = queue.nextTime, time <= end, violation == nil {
      guard let next = queue.popFirst() else { break }
      now = max(now, next.time)
      happen(next.kind)
    }
    now = max(now, end)
  }

  private func happen(_ kind: Happening.Kind) {
    switch kind {
    case .wake(let server):
      guard servers[server].wakeAt <= now else { return }
      servers[server].wakeAt = .max
      input(server) { _, _ in }
    case .notification(let to, let from, let message):
      guard !isCut[from][to] else { return }
      corrupted(message).withBorrowedBytes { bytes in
        input(to) {
          $0.receiveNotification(bytes, from: servers[from].id, into: &$1)
        }
      }
    case .connect(let from, let to, let life): connect(from, to, life)
    case .bytes(let connection, let toOpener, let bytes):
      deliver(kind, connection, toOpener, bytes)
    case .closed(let connection, let toOpener): close(connection, toOpener)
    case .disk(let server, let life, let isLog): finishWrite(server, life, isLog)
    case .snapshot(let server, let life, let link, let connection):
      guard servers[server].life == life, servers[server].links[Int(link)] == connection else {
        return
      }
      sendSnapshot(server, link)
    case .reload(let server, let life):
      guard servers[server].life == life else { return }
      reload(server)
    case .restart(let server): start(server)
    case .workload: work()
    case .fault: makeFault()
    case .script(let place): script[place](self)
    }
  }

  func at(_ time: Int64, _ action: @escaping (Ensemble) -> Void) {
    script.append(action)
    queue.plan(.script(script.count - 1), at: time)
  }

  func input(_ server: Int, _ body: (inout Zab, inout ZabEffects) -> Void) {
    ask(server) {
      $0.advance(now: Instant(nanoseconds: now * 1000), into: &$1)
      body(&$0, &$1)
    }
    if servers[server].zab != nil { carryOut(server) }
  }

  func ask(_ server: Int, _ body: (inout Zab, inout ZabEffects) -> Void) {
    guard var zab = servers[server].zab else { return }
    servers[server].zab = nil
    var effects = ZabEffects()
    swap(&effects, &servers[server].effects)
    body(&zab, &effects)
    servers[server].zab = zab
    swap(&effects, &servers[server].effects)
  }

  // MARK: Lives

  func start(_ server: Int) {
    guard servers[server].zab == nil else { return }
    servers[server].life += 1
    servers[server].links = []
    let window = recover(server)
    let disk = servers[server].disk
    if disk.current > disk.accepted {
      fail("\(servers[server].id) has epoch files that contradict")
    }
    var zabOptions = ZabOptions()
    zabOptions.tickMilliseconds = options.tickMilliseconds
    zabOptions.finalizeWaitMilliseconds = 20
    zabOptions.maxNotificationMilliseconds = 4 * options.tickMilliseconds
    zabOptions.commitLogCount = options.commitLogCount
    servers[server].zab = Zab(
      options: zabOptions, id: servers[server].id, configuration: configuration,
      acceptedEpoch: disk.accepted, currentEpoch: disk.current, window: window,
      mutations: options.mutations)
    input(server) { $0.durable(upTo: window.last, into: &$1) }
    for other in servers.indices where other != server { meet(server, other) }
  }

  /// The election ports of two servers find each other.
  func meet(_ one: Int, _ other: Int) {
    guard !isCut[one][other], !isCut[other][one] else { return }
    input(one) { $0.electionConnected(to: servers[other].id, into: &$1) }
    input(other) { $0.electionConnected(to: servers[one].id, into: &$1) }
  }

  func crash(_ server: Int) {
    guard servers[server].zab != nil else { return }
    note(server, "crash")
    count("crash")
    servers[server].zab = nil
    servers[server].life += 1
    servers[server].effects = ZabEffects()
    servers[server].incoming = nil
    servers[server].syncs = []
    servers[server].isServing = false
    servers[server].wakeAt = .max
    for slot in servers[server].links.indices {
      if let connection = servers[server].links[slot] { hangUp(server, Int32(slot), connection) }
    }
    servers[server].disk.crash(&random)
  }

  private func recover(_ server: Int) -> TransactionWindow {
    let disk = servers[server].disk
    var window = TransactionWindow(
      after: disk.snapshotZxid, committedCount: options.commitLogCount)
    servers[server].state = disk.snapshot
    servers[server].incoming = nil
    for transaction in disk.log {
      if let cut = disk.cut, transaction.zxid > cut { continue }
      guard transaction.zxid > window.last else {
        fail("\(servers[server].id) has \(transaction.zxid) in its log behind \(window.last)")
        break
      }
      servers[server].state.append(transaction)
      transaction.payload.withBorrowedBytes { window.append($0, zxid: transaction.zxid) }
      window.commit(upTo: transaction.zxid)
    }
    return window
  }

  private func reload(_ server: Int) {
    guard servers[server].disk.isIdle else {
      return queue.plan(.reload(server: server, life: servers[server].life), at: now + 1_000)
    }
    count("reload")
    let window = recover(server)
    input(server) { $0.reloaded(window, into: &$1) }
    // What was cut is away for good before the rest counts as durable.
    servers[server].disk.finishCut()
    input(server) { $0.durable(upTo: window.last, into: &$1) }
  }

  // MARK: Disks

  private func finishWrite(_ server: Int, _ life: Int, _ isLog: Bool) {
    guard servers[server].life == life else { return }
    if isLog {
      let zxid = servers[server].disk.finishBatch()
      planWrite(server, isLog)
      input(server) { $0.durable(upTo: zxid, into: &$1) }
    } else {
      let (isAccepted, epoch) = servers[server].disk.finishEpoch()
      planWrite(server, isLog)
      input(server) { $0.epochIsDurable(isAccepted ? .accepted : .current, epoch, into: &$1) }
    }
  }

  private func planWrite(_ server: Int, _ isLog: Bool) {
    let disk = servers[server].disk
    guard isLog ? !disk.writes.isEmpty : !disk.epochs.isEmpty else { return }
    if isLog { servers[server].disk.batch = disk.writes.count }
    // The epoch files are small; a snapshot is large.
    var longest = isLog ? options.diskDelay : options.diskDelay / 4
    if isLog, case .snapshot? = disk.writes.first { longest *= 4 }
    queue.plan(
      .disk(server: server, life: servers[server].life, isLog: isLog),
      at: now + 1 + Int64(random.below(Int(longest))))
  }

  func write(_ write: TestDisk.Write, _ server: Int) {
    servers[server].disk.writes.append(write)
    if servers[server].disk.writes.count == 1 { planWrite(server, true) }
  }

  func writeEpoch(_ file: EpochFile, _ epoch: Int64, _ server: Int) {
    servers[server].disk.epochs.append((file == .accepted, epoch))
    if servers[server].disk.epochs.count == 1 { planWrite(server, false) }
  }
}
