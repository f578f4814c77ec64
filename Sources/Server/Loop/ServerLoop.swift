import Jute
import LinnaeusBase
import Replica
import Sockets
import Storage

/// The one thread that owns the replica: brings it packets, answers of the disk and time, and
/// carries out its effects.
///
/// Sockets are registered once, for edges: the loop remembers what may be read and written. Each
/// turn reads from every connection that has something, lets the replica flush its storage once,
/// and writes once to every connection that has replies.
struct ServerLoop: ~Copyable {
  let configuration: ServerConfiguration
  let log: ServerLog
  let ports: Ports
  let startedWall: Int64
  let descriptorLimit: Int

  var replica: ZooKeeperReplica
  var effects = Effects()
  var disk: Disk
  var poller: Poller

  var connections: [Connection] = []
  var freeSlots: [Int32] = []
  /// Slots that ended in this turn: free in the next, when no event of theirs can be left.
  var endedSlots: [Int32] = []
  var connectionsByHost: [String: Int] = [:]
  var connectionCount = 0
  /// Slots to be served in the next turn without an event.
  var listed: [Int32] = []
  /// Slots whose packets are kept back.
  var held: [Int32] = []
  var pages = Pages()
  var counters = Counters()

  var now: Instant
  var wall: Int64
  private var isAccepting = true
  private var acceptAgain: Instant?
  private var nextSweep: Instant
  private var lastRefusalLog = Instant(nanoseconds: 0)
  private let scratch: UnsafeMutableRawBufferPointer
  private var working: [Int32] = []
  var touched: [Int32] = []
  var gathering = Gathering()
  /// How many of the slots to be sent to were answered by the disk.
  var touchedByDisk = 0
  var answers: [DiskAnswer] = []

  init(
    configuration: ServerConfiguration, log: ServerLog, ports: Ports, replica: ZooKeeperReplica,
    disk: Disk, poller: consuming Poller, now: Instant, wall: Int64
  ) {
    self.configuration = configuration
    self.log = log
    self.ports = ports
    self.replica = replica
    self.disk = disk
    self.now = now
    self.wall = wall
    startedWall = wall
    nextSweep = now.advanced(milliseconds: 1000)
    descriptorLimit = DescriptorLimit.raise()
    scratch = .allocate(byteCount: Limits.readBytes, alignment: 16)
    self.poller = poller
  }

  deinit {
    scratch.deallocate()
  }

  /// Serves until it is told to stop or cannot go on.
  ///
  /// - Throws: Why it cannot go on.
  mutating func run() throws(ServerError) {
    do { try register() } catch { throw .system(error) }
    do {
      while try turn() {}
    } catch {
      closeAll()
      throw error
    }
    log(.info, "stopping")
    shutDown()
  }

  private func register() throws(SystemError) {
    try poller.add(level: ports.stop.descriptor, token: Registration.stop.token())
    try poller.add(level: ports.client.descriptor, token: Registration.clientPort.token())
    if let answered = disk.answered {
      try poller.add(level: answered.descriptor, token: Registration.disk.token())
    }
    if let admin = ports.admin {
      try poller.add(level: admin.descriptor, token: Registration.adminPort.token())
    }
    if let metrics = ports.metrics {
      try poller.add(level: metrics.descriptor, token: Registration.metricsPort.token())
    }
  }

  /// One turn; false after the signal to stop.
  private mutating func turn() throws(ServerError) -> Bool {
    var isServing = try takeEvents(waiting: patience())
    if isServing, mayGather { isServing = try gather() }
    // Not before what has come is read: the loop may have been held up.
    replica.advance(now: now, wall: wall, into: &effects)
    finishBatch()
    releaseHeld()
    if now >= nextSweep { sweep() }
    if let failure = replica.failure { throw .replica("\(failure)") }
    return isServing
  }

  /// Takes the requests of those who will ask soon, to share a sync: until all are there or nobody
  /// comes any more; false after the signal to stop.
  private mutating func gather() throws(ServerError) -> Bool {
    var expected = gathering.expected
    var lastCame = now
    var someCame = false
    while mayGather {
      guard try takeEvents(waiting: 0) else { return false }
      if gathering.expected < expected {
        expected = gathering.expected
        lastCame = now
        someCame = true
      } else if now.nanoseconds - lastCame.nanoseconds > Gathering.nanoseconds {
        if !someCame { gathering.giveUp() }
        break
      }
    }
    return true
  }

  /// Waits for events and takes them; false after the signal to stop.
  private mutating func takeEvents(waiting milliseconds: Int?) throws(ServerError) -> Bool {
    let count: Int
    do { count = try poller.wait(milliseconds: milliseconds) } catch { throw .system(error) }
    tellTime()
    freeSlots += endedSlots
    endedSlots.removeAll(keepingCapacity: true)

    var mayAccept = acceptAgain.map { $0 <= now } ?? false
    var isStopping = false
    for index in 0..<count {
      switch Registration(rawValue: poller.event(index).token >> 32) {
      case .clientPort: mayAccept = true
      case .disk: takeAnswers()
      case .stop: isStopping = true
      case .adminPort: acceptPages(from: ports.admin, .admin)
      case .metricsPort: acceptPages(from: ports.metrics, .metrics)
      case .client, .page, nil: break
      }
    }
    // Who has waited comes before who arrives, else somebody waits for ever.
    releaseHeld()
    serveListed()
    for index in 0..<count {
      let event = poller.event(index)
      let slot = Int32(truncatingIfNeeded: event.token)
      switch Registration(rawValue: event.token >> 32) {
      case .client: take(event, slot)
      case .page: take(page: event, slot)
      default: break
      }
    }
    if mayAccept { accept() }
    return !isStopping
  }

  mutating func tellTime() {
    now = SystemClock.now()
    wall = SystemClock.wall()
    replica.tell(now: now, wall: wall)
  }

  private mutating func serveListed() {
    swap(&working, &listed)
    for slot in working {
      connections[Int(slot)].isListed = false
      serve(slot)
    }
    working.removeAll(keepingCapacity: true)
  }

  /// How long the next turn may wait for events.
  private func patience() -> Int? {
    if !listed.isEmpty { return 0 }
    var deadline = nextSweep
    if let next = replica.nextDeadline { deadline = min(deadline, next) }
    if let acceptAgain { deadline = min(deadline, acceptAgain) }
    let nanoseconds = deadline.nanoseconds - SystemClock.now().nanoseconds
    return max(0, Int((nanoseconds + 999_999) / 1_000_000))
  }

  // MARK: Accepting

  private mutating func accept() {
    setAccepting(true)
    for _ in 0..<Limits.acceptedAtOnce {
      switch ports.client.accept() {
      case .none: return
      case .connection(let socket, let peer): welcome(socket, peer)
      case .exhausted(let error):
        complainOfRefusal("\(error); accepting again in a moment")
        setAccepting(false)
        return
      }
    }
  }

  /// A port that is readable all the time while nobody can be accepted would keep the loop busy.
  private mutating func setAccepting(_ isAccepting: Bool) {
    acceptAgain =
      isAccepting ? nil : now.advanced(milliseconds: Limits.acceptPauseMilliseconds)
    guard isAccepting != self.isAccepting else { return }
    self.isAccepting = isAccepting
    do {
      try poller.setEnabled(
        isAccepting, level: ports.client.descriptor, token: Registration.clientPort.token())
    } catch {
      log(.error, "\(error)")
    }
  }

  private mutating func welcome(_ socket: StreamSocket, _ peer: SocketAddress) {
    let host = peer.host
    let sameHost = connectionsByHost[host, default: 0]
    if let reason = refusal(host: host, sameHost: sameHost) {
      counters.connectionsRejected += 1
      socket.close()
      complainOfRefusal(reason)
      return
    }
    let slot: Int32
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = Int32(connections.count)
      connections.append(Connection())
    }
    do {
      try poller.add(edge: socket, token: Registration.client.token(slot: slot))
    } catch {
      socket.close()
      freeSlots.append(slot)
      complainOfRefusal("\(error)")
      return
    }
    connectionsByHost[host] = sameHost + 1
    connectionCount += 1
    counters.connectionsAccepted += 1
    connections[Int(slot)] = Connection(
      phase: .greeting, socket: socket, host: host, port: peer.port, since: now,
      establishedWall: wall)
    replica.connected(slot, address: Array(host.utf8), into: &effects)
  }

  private func refusal(host: String, sameHost: Int) -> String? {
    let perHost = configuration.maxConnectionsPerAddress
    if perHost > 0, sameHost >= perHost {
      return "too many connections from \(host): maxClientCnxns is \(perHost)"
    }
    if configuration.maxConnections > 0, connectionCount >= configuration.maxConnections {
      return "too many connections: maxCnxns is \(configuration.maxConnections)"
    }
    // A log that cannot be opened would stop the server.
    if connectionCount + Limits.reservedDescriptors >= descriptorLimit {
      return "too many connections: the process may have \(descriptorLimit) descriptors"
    }
    return nil
  }

  /// Says that somebody was refused, but not a thousand times a second.
  private mutating func complainOfRefusal(_ reason: String) {
    guard now >= lastRefusalLog.advanced(milliseconds: 1000) else { return }
    lastRefusalLog = now
    log(.warning, reason)
  }

  // MARK: Housekeeping

  /// Once a second: ends connections that never asked for a session, and gives memory back.
  private mutating func sweep() {
    nextSweep = now.advanced(milliseconds: 1000)
    let limit = Instant(nanoseconds: now.nanoseconds - Limits.idleMilliseconds * 1_000_000)
    for index in connections.indices where connections[index].phase != .closed {
      let slot = Int32(index)
      let isOverdue = connections[index].since < limit
      if isOverdue, connections[index].phase == .greeting || connections[index].isAnswered {
        counters.sessionlessExpired += 1
        end(slot)
      } else {
        giveBackMemory(slot)
      }
    }
    sweepPages(before: limit)
    finishBatch()
  }

  /// A connection that has been busy once must not keep its buffers for ever.
  private mutating func giveBackMemory(_ slot: Int32) {
    let index = Int(slot)
    if effects.outputs[index].count == 0, effects.outputs[index].bytes.capacity > 0 {
      effects.outputs[index] = ByteWriter()
    }
    if connections[index].input.isEmpty, connections[index].input.capacity > 0 {
      connections[index].input = []
    }
  }

  /// Everything that is held and may go on is served in the next turn.
  ///
  /// While too much is under way nobody goes on: who could send one request more would stand behind
  /// everybody else again, and never come to the front.
  private mutating func releaseHeld() {
    guard !held.isEmpty else { return }
    let isOverloaded = replica.isOverloaded
    var kept = 0
    for slot in held {
      let index = Int(slot)
      guard connections[index].phase != .closed, connections[index].isHeld else { continue }
      if isOverloaded || mustHold(slot) {
        held[kept] = slot
        kept += 1
      } else {
        connections[index].isHeld = false
        list(slot)
      }
    }
    held.removeLast(held.count - kept)
  }

  mutating func list(_ slot: Int32) {
    guard !connections[Int(slot)].isListed else { return }
    connections[Int(slot)].isListed = true
    listed.append(slot)
  }

  /// The memory that every connection is read into in turn.
  func withScratch(
    _ body: (UnsafeMutableRawBufferPointer) -> StreamSocket.Transfer
  ) -> (StreamSocket.Transfer, UnsafeRawBufferPointer) {
    let transfer = body(scratch)
    guard case .bytes(let count) = transfer else {
      return (transfer, UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return (transfer, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count]))
  }
}
