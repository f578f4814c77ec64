import LinnaeusBase

/// Which port a connection goes to.
enum PortKind: UInt8 {
  /// A client's connection to a server.
  case client
  /// A learner's connection to its leader's quorum port.
  case quorum
}

/// One end of a connection.
struct ConnectionEnd {
  enum State: UInt8 {
    /// It has not been accepted yet.
    case pending
    /// Bytes come and go.
    case open
    /// Its owner is done with it.
    case closed
    /// Its host lost power: nobody was told.
    case vanished
  }

  var host: Int32
  /// The number by which its owner knows it.
  var slot: Int32
  var state: State
}

/// What is under way on a pipe.
struct Segment {
  enum Content: UInt8 {
    /// The connection is there.
    case opened
    /// Bytes.
    case data
    /// The other end is done.
    case end
  }

  var time: Int64
  var content: Content
  var bytes: [UInt8]
}

/// One direction of a connection: what is under way comes in order.
struct Pipe {
  var segments = FIFO<Segment>()
  var lastArrival: Int64 = 0
  /// Whether an arrival is scheduled.
  var isArmed = false
  /// Since when its first piece is held up by a split; −1: it is not.
  var stalledSince: Int64 = -1
}

/// Connections between hosts as TCP gives them: bytes come whole and in order, late, in other pieces
/// than they were sent, or not at all; an end that is gone is noticed late, or never.
///
/// Connections are numbered, and used again. The two pipes of connection `c` are `2c`, from the end
/// that asked for it, and `2c + 1`; so are its ends. Delays come from a random stream for each pair of
/// hosts, the same number for each message: the n-th message of a pair meets the same weather,
/// whatever happens elsewhere.
struct Network {
  private(set) var options: NetworkOptions
  let hosts: Int
  private(set) var ends: [ConnectionEnd] = []
  private(set) var pipes: [Pipe] = []
  private(set) var kinds: [PortKind] = []
  private(set) var generations: [UInt32] = []
  /// When who asked for a connection gives up.
  private(set) var deadlines: [Int64] = []
  private var free: [Int32] = []
  /// Buffers that were delivered, to be used again.
  private var buffers: [[UInt8]] = []

  private var streams: [SeededRandom]
  private var baseDelays: [Int64]
  /// By pair, how many splits hold it up.
  private var blocks: [Int32]
  private var cloggedUntil: [Int64]
  private var busyUntil: [Int64]
  var random: SeededRandom
  /// Messages that were lost and sent again.
  private(set) var lostCount = 0
  /// Connections that broke by themselves.
  var brokenCount = 0

  init(options: NetworkOptions, hosts: Int, seed: UInt64) {
    self.options = options
    self.hosts = hosts
    streams = (0..<hosts * hosts).map { SeededRandom(seed: seed, .network, $0 + 1) }
    random = SeededRandom(seed: seed, .network)
    baseDelays = Array(repeating: options.delayNanoseconds, count: hosts * hosts)
    for region in options.regionDelays where region.from < hosts && region.to < hosts {
      baseDelays[region.from * hosts + region.to] = region.nanoseconds
    }
    blocks = Array(repeating: 0, count: hosts * hosts)
    cloggedUntil = Array(repeating: 0, count: hosts * hosts)
    busyUntil = Array(repeating: 0, count: hosts * hosts)
  }

  // MARK: Weather

  func pair(_ from: Int32, _ to: Int32) -> Int { Int(from) * hosts + Int(to) }

  /// Whether nothing gets through from one host to another.
  func isBlocked(_ from: Int32, _ to: Int32) -> Bool { blocks[pair(from, to)] > 0 }

  /// Whether a connection can be made.
  func isReachable(_ from: Int32, _ to: Int32) -> Bool {
    !isBlocked(from, to) && !isBlocked(to, from)
  }

  /// Holds up everything from one host to another; as often as this, it must be let through again.
  mutating func block(_ from: Int32, _ to: Int32) { blocks[pair(from, to)] += 1 }

  /// Undoes a ``block(_:_:)``.
  mutating func unblock(_ from: Int32, _ to: Int32) {
    let pair = pair(from, to)
    blocks[pair] = max(0, blocks[pair] - 1)
  }

  /// Nothing arrives from one host at another before that moment.
  mutating func clog(_ from: Int32, _ to: Int32, until time: Int64) {
    cloggedUntil[pair(from, to)] = max(cloggedUntil[pair(from, to)], time)
  }

  /// Nothing holds anything up any more, and nothing is lost.
  mutating func clear() {
    options.oneLostIn = 0
    for pair in blocks.indices {
      blocks[pair] = 0
      cloggedUntil[pair] = 0
    }
  }

  /// When a message arrives that is sent now, and whether it is lost for good.
  mutating func arrival(
    from: Int32, to: Int32, bytes: Int, now: Int64
  ) -> (time: Int64, isLost: Bool) {
    let pair = pair(from, to)
    // Two numbers for every message, needed or not.
    let jitter = streams[pair].exponential(mean: options.jitterNanoseconds)
    var luck = SeededRandom(seed: streams[pair].next())
    var time = max(now, cloggedUntil[pair])
    if options.nanosecondsPerKilobyte > 0 {
      time = max(time, busyUntil[pair])
      time += Int64(bytes) * options.nanosecondsPerKilobyte / 1024
      busyUntil[pair] = time
    }
    time += baseDelays[pair] + jitter
    var isLost = false
    if options.oneLostIn > 0 {
      var wait = options.retransmissionNanoseconds
      while luck.chance(1, in: options.oneLostIn), wait < 8 * options.retransmissionNanoseconds {
        lostCount += 1
        time += wait
        wait *= 2
        if options.oneLossBreaksIn > 0, luck.chance(1, in: options.oneLossBreaksIn) {
          isLost = true
        }
      }
    }
    return (time, isLost)
  }

  // MARK: Connections

  /// Whether an event still speaks of this connection.
  func isCurrent(_ connection: Int32, _ generation: UInt32) -> Bool {
    generations[Int(connection)] == generation
  }

  /// Asks for a connection: ``EventKind/connect`` comes when the other host hears of it.
  mutating func connect(
    _ kind: PortKind, from: Int32, slot: Int32, to: Int32, now: Int64, queue: inout EventQueue
  ) -> Int32 {
    let connection: Int32
    if let reused = free.popLast() {
      connection = reused
    } else {
      connection = Int32(kinds.count)
      kinds.append(kind)
      generations.append(0)
      deadlines.append(0)
      for _ in 0..<2 {
        ends.append(ConnectionEnd(host: 0, slot: 0, state: .closed))
        pipes.append(Pipe())
      }
    }
    kinds[Int(connection)] = kind
    deadlines[Int(connection)] = now + options.connectTimeoutNanoseconds
    ends[Int(connection) * 2] = ConnectionEnd(host: from, slot: slot, state: .open)
    ends[Int(connection) * 2 + 1] = ConnectionEnd(host: to, slot: -1, state: .pending)
    let arrival = arrival(from: from, to: to, bytes: 64, now: now).time
    queue.schedule(
      .connect, at: arrival, subject: connection, generation: generations[Int(connection)])
    return connection
  }

  /// The other host has taken the connection: it can send, and the first one will hear of it.
  mutating func accept(_ connection: Int32, slot: Int32, now: Int64, queue: inout EventQueue) {
    ends[Int(connection) * 2 + 1].slot = slot
    ends[Int(connection) * 2 + 1].state = .open
    append(.opened, [], to: connection * 2 + 1, now: now, queue: &queue)
  }

  /// The other host does not want the connection: the first one will hear of it.
  mutating func refuse(_ connection: Int32, now: Int64, queue: inout EventQueue) {
    ends[Int(connection) * 2 + 1].state = .closed
    append(.end, [], to: connection * 2 + 1, now: now, queue: &queue)
  }

  /// Sends bytes, which are taken away; a buffer that may be used again is put in their place.
  mutating func send(
    _ bytes: inout [UInt8], from end: Int32, now: Int64, queue: inout EventQueue
  ) {
    var taken = buffers.popLast() ?? []
    swap(&taken, &bytes)
    append(.data, taken, to: end, now: now, queue: &queue)
  }

  /// The owner of an end is done with it; what it sent still arrives, what comes to it does not.
  mutating func close(_ end: Int32, now: Int64, queue: inout EventQueue) {
    let peer = end ^ 1
    guard ends[Int(end)].state == .open else { return }
    ends[Int(end)].state = .closed
    drop(pipe: peer)
    switch ends[Int(peer)].state {
    case .open, .vanished: append(.end, [], to: end, now: now, queue: &queue)
    case .closed: release(end >> 1)
    // The request is still on its way.
    case .pending: break
    }
  }

  /// The host of an end lost power: what it sent is still under way, nothing else comes of it.
  mutating func vanish(_ end: Int32) {
    switch ends[Int(end)].state {
    case .open: ends[Int(end)].state = .vanished
    default: return
    }
    if ends[Int(end ^ 1)].state == .vanished || ends[Int(end ^ 1)].state == .closed {
      release(end >> 1)
    }
  }

  /// The connection breaks: of what is under way, what comes first may still arrive.
  mutating func breakUp(_ connection: Int32, now: Int64, queue: inout EventQueue) {
    brokenCount += 1
    for pipe in [connection * 2, connection * 2 + 1] {
      let kept = random.below(pipes[Int(pipe)].segments.count + 1)
      var rest = FIFO<Segment>()
      while let segment = pipes[Int(pipe)].segments.popFirst() {
        if rest.count < kept || segment.content == .opened { rest.append(segment) }
      }
      pipes[Int(pipe)].segments = rest
      append(.end, [], to: pipe, now: now, queue: &queue)
    }
  }

  /// An end has heard that the other is done.
  ///
  /// - Returns: Whether its owner did not know yet.
  mutating func finish(_ end: Int32) -> Bool {
    let wasOpen = ends[Int(end)].state == .open
    ends[Int(end)].state = .closed
    let peer = ends[Int(end ^ 1)].state
    if peer == .closed || peer == .vanished {
      release(end >> 1)
    } else {
      drop(pipe: end ^ 1)
    }
    return wasOpen
  }

  /// A host that lost power answers what comes on a connection that it does not know any more.
  mutating func forget(_ end: Int32, now: Int64, queue: inout EventQueue) {
    guard ends[Int(end ^ 1)].state == .open else { return release(end >> 1) }
    ends[Int(end)].state = .closed
    drop(pipe: end ^ 1)
    append(.end, [], to: end, now: now, queue: &queue)
  }

  /// The connection is gone, at once and for both.
  mutating func release(_ connection: Int32) {
    for index in [connection * 2, connection * 2 + 1] {
      drop(pipe: index)
      pipes[Int(index)] = Pipe()
      ends[Int(index)].state = .closed
    }
    generations[Int(connection)] &+= 1
    free.append(connection)
  }

  // MARK: Pipes

  private mutating func append(
    _ content: Segment.Content, _ bytes: [UInt8], to pipe: Int32, now: Int64,
    queue: inout EventQueue
  ) {
    let (from, to) = (ends[Int(pipe)].host, ends[Int(pipe ^ 1)].host)
    let (time, isLost) = arrival(from: from, to: to, bytes: bytes.count, now: now)
    let arrival = max(time, pipes[Int(pipe)].lastArrival)
    pipes[Int(pipe)].lastArrival = arrival
    pipes[Int(pipe)].segments.append(
      Segment(
        time: arrival, content: isLost && content == .data ? .end : content,
        bytes: isLost ? [] : bytes))
    arm(pipe, queue: &queue)
    if isLost, content == .data {
      brokenCount += 1
      append(.end, [], to: pipe ^ 1, now: now, queue: &queue)
    }
  }

  /// Schedules the next arrival of a pipe, if there is one and it is not scheduled.
  mutating func arm(_ pipe: Int32, notBefore time: Int64 = 0, queue: inout EventQueue) {
    guard !pipes[Int(pipe)].isArmed, pipes[Int(pipe)].stalledSince < 0,
      let first = pipes[Int(pipe)].segments.first
    else { return }
    pipes[Int(pipe)].isArmed = true
    queue.schedule(
      .arrival, at: max(first.time, time), subject: pipe, generation: generations[Int(pipe >> 1)])
  }

  /// A scheduled arrival has come.
  mutating func disarm(_ pipe: Int32) { pipes[Int(pipe)].isArmed = false }

  /// What comes next is held up until somebody says otherwise.
  mutating func stall(_ pipe: Int32, now: Int64) { pipes[Int(pipe)].stalledSince = now }

  /// Nothing holds the pipe up any more: what waited is sent again soon.
  mutating func resume(_ pipe: Int32, now: Int64, queue: inout EventQueue) {
    guard pipes[Int(pipe)].stalledSince >= 0 else { return }
    pipes[Int(pipe)].stalledSince = -1
    let wait = 1 + random.below(Int(options.retransmissionNanoseconds))
    arm(pipe, notBefore: now + Int64(wait), queue: &queue)
  }

  /// What has arrived by now and comes next; nil if nothing has.
  mutating func takeArrived(_ pipe: Int32, now: Int64) -> Segment? {
    guard let first = pipes[Int(pipe)].segments.first, first.time <= now else { return nil }
    return pipes[Int(pipe)].segments.popFirst()
  }

  /// Gives back a buffer whose bytes were delivered.
  mutating func recycle(_ bytes: inout [UInt8]) {
    guard buffers.count < 256, bytes.capacity > 0, bytes.capacity <= 64 << 10 else { return }
    bytes.removeAll(keepingCapacity: true)
    buffers.append(bytes)
  }

  private mutating func drop(pipe: Int32) {
    while var segment = pipes[Int(pipe)].segments.popFirst() { recycle(&segment.bytes) }
  }
}
