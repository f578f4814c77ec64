import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

/// One ZooKeeper server as a value: packets and completed disk operations in, packets and disk
/// operations out.
///
/// A request becomes a transaction at once (``Preparation``), is logged, and is applied to the tree
/// and answered when its disk ticket is complete: reads see only what is durable, and never wait
/// for the disk but behind writes of their own connection. Replies of a connection come in the
/// order of its requests (zookeeper-protocol.md, section 5).
///
/// It sees no clock, socket, file or randomness. The driver tells the time before each batch of
/// inputs (``advance(now:wall:into:)``) and ends the batch with ``endOfBatch(into:)``.
public struct ZooKeeperReplica: Sendable {
  /// How it is set up.
  public let options: ReplicaOptions
  /// The znodes, as of the last applied transaction.
  public internal(set) var tree: ZnodeTree
  /// What it has counted.
  public internal(set) var statistics = ReplicaStatistics()
  /// Why it has stopped for good; nil while it serves.
  public internal(set) var failure: String?

  var preparation: Preparation
  var sessions: SessionTracker
  var storage: DurableStorage
  var connections: [Connection] = []
  var pending = FIFO<PendingTransaction>()
  /// This server's part in its ensemble; nil if it is alone.
  public internal(set) var zab: Zab?
  /// What it does for clients at present.
  var role: Role
  /// The transactions that are logged and not durable, if it is alone; else `zab` has them.
  var window: TransactionWindow
  /// By session, its connection here; looked up, never walked.
  var sessionSlots: [Int64: Int32] = [:]
  /// The next owner of a session: a connection, or a learner's link.
  var nextOwner: Int64 = 1
  /// By link, the owner of the sessions that a learner brings along.
  var linkOwners: [Int64] = []
  /// What the ensemble becomes by the transaction that was prepared last.
  var preparedConfiguration: QuorumConfiguration?
  /// The last client that a learner forwarded a request of.
  var lastIdentities: (bytes: [UInt8], list: [Identity]) = ([], [])
  /// The clients that wait for the leader to say whether their sessions live.
  var revalidations: [Revalidation] = []
  /// The clients that wait for transactions before they get their sessions.
  var resumptions: [Resumption] = []
  /// The connections that wait for syncs, in the order in which the leader answers.
  var pendingSyncs = FIFO<(slot: Int32, generation: UInt32)>()
  /// The connections that were heard of since the leader was last told.
  var touchedSlots: [Int32] = []
  /// The snapshot that is coming in from the leader.
  var incoming: IncomingSnapshot?
  /// What sessions that send requests again were answered.
  var replies = ReplyTable()
  /// What they had been answered when the snapshot began that is being written.
  var snapshotReplies: ReplyTable?
  /// The snapshots that are going out to learners; the first one is under way.
  var outgoing: [Int32] = []
  /// Whether the first of them has begun, and of what state it is.
  var isSending = false
  var outgoingZxid = Zxid.zero
  /// What the mutation `commitsBeforeApplying` has let out and not applied, and when it will be.
  var deferredCommit: (zxid: Zxid, due: Instant)?
  /// A thread of its own applies transactions in Apache's leader, which may be so late.
  static let deferredMilliseconds: Int64 = 5
  /// Zab knows that everything up to it is durable.
  var toldDurable = Zxid(rawValue: -1)
  /// Whether events of Zab are being carried out.
  var isCarryingOut = false
  /// Whether the driver is recovering the tree.
  var isReloading = false
  /// The zxid of the last transaction that was prepared.
  var lastPrepared: Zxid
  var now: Instant
  /// Milliseconds since 1970.
  var wall: Int64
  var nextSession: Int64
  var nextContainerCheck: Instant
  var isTakingSnapshot = false
  var mayTakeSnapshots = true
  /// The digest of the tree that the snapshot holds.
  var snapshotDigest: UInt64?
  /// Used again for each event and each payload.
  var events: [WatchNotification] = []
  var scratch = ByteWriter()
  /// The transaction that is being applied; used again for each.
  var applying: [UInt8] = []
  /// Whether ``appliedMarks`` grows with each transaction that is applied.
  package var marksApplied = false
  /// What was applied; whoever asked for it empties it.
  package var appliedMarks: [AppliedMark] = []

  /// Starts to serve a tree that was recovered with this storage.
  ///
  /// Every session of the tree gets its whole time-out to come back.
  ///
  /// - Parameters:
  ///   - options: How it is set up.
  ///   - recovered: The znodes and what else was recovered.
  ///   - storage: Goes on from what was recovered.
  ///   - zab: Its part in an ensemble; nil if it is alone and serves at once.
  ///   - now: The time.
  ///   - wall: Milliseconds since 1970.
  public init(
    options: ReplicaOptions, recovered: RecoveringTree, storage: DurableStorage, zab: Zab? = nil,
    now: Instant, wall: Int64
  ) {
    self.options = options
    tree = recovered.tree
    replies = recovered.replies
    self.storage = storage
    self.now = now
    self.wall = wall
    self.zab = zab
    role = zab == nil ? .alone : .idle
    window = TransactionWindow(after: tree.lastZxid, committedCount: 0)
    preparation = Preparation()
    sessions = SessionTracker(tickMilliseconds: Int(options.tickMilliseconds))
    lastPrepared = tree.lastZxid
    // As Apache: the server's number on top, then the time, so that ids do not come back.
    nextSession = (options.serverID << 56) | Int64(bitPattern: UInt64(bitPattern: wall << 24) >> 8)
    nextContainerCheck = now.advanced(milliseconds: options.containerCheckMilliseconds)
    for (session, timeout) in tree.sessions {
      sessions.add(session, timeoutMilliseconds: timeout, now: now)
    }
    showConfiguration()
  }

  // MARK: Time

  /// Tells the time, and nothing is done for it yet.
  ///
  /// A driver that was held up tells the time, gives the packets that have come meanwhile, and calls
  /// ``advance(now:wall:into:)`` then: a session must not expire whose client was heard in time.
  public mutating func tell(now: Instant, wall: Int64) {
    self.now = max(now, self.now)
    self.wall = wall
  }

  /// Tells the time: call it before each batch of inputs, and at ``nextDeadline`` at the latest.
  public mutating func advance(now: Instant, wall: Int64, into effects: inout Effects) {
    tell(now: now, wall: wall)
    guard failure == nil, !isReloading else { return }
    if let deferred = deferredCommit, now >= deferred.due {
      deferredCommit = nil
      commit(upTo: deferred.zxid, into: &effects)
    }
    if zab != nil {
      zab?.advance(now: self.now, into: &effects.peers)
      carryOutEvents(into: &effects)
    }
    guard role == .alone || role == .leading else { return }
    for session in sessions.expire(now: self.now) {
      statistics.expiredSessions += 1
      effects.note(.info, "session 0x\(hexadecimal(session)) expired")
      prepareClose(of: session, into: &effects)
    }
    if self.now >= nextContainerCheck {
      nextContainerCheck = self.now.advanced(milliseconds: options.containerCheckMilliseconds)
      prepareContainerDeletions(into: &effects)
    }
  }

  /// When ``advance(now:wall:into:)`` has something to do again.
  public var nextDeadline: Instant? {
    guard failure == nil, !isReloading else { return nil }
    if isTakingSnapshot, storage.hasRoomForSnapshot { return now }
    if !outgoing.isEmpty { return now }
    let protocolDeadline = zab?.nextDeadline
    if let due = deferredCommit?.due { return min(due, protocolDeadline ?? due) }
    guard role == .alone || role == .leading else { return protocolDeadline }
    let own = min(sessions.nextExpiry ?? nextContainerCheck, nextContainerCheck)
    return min(own, protocolDeadline ?? own)
  }

  /// Whether what was recovered is durable and clients may be told of it.
  ///
  /// The first ``endOfBatch(into:)`` sees to that; until then nobody may connect.
  public var isReady: Bool { storage.isReady }

  /// Ends a batch of inputs: what was prepared goes to the disk.
  public mutating func endOfBatch(into effects: inout Effects) {
    guard failure == nil, !isReloading else { return }
    continueOutgoing(into: &effects)
    if storage.isReady || storage.isRestarting { continueSnapshot(into: &effects) }
    storage.flush(into: &effects.disk)
    guard zab != nil else { return }
    // What had to be made durable may have been so from the beginning; more may follow from that.
    tellDurable(into: &effects)
    storage.flush(into: &effects.disk)
  }

  // MARK: Connections

  /// A client has connected.
  ///
  /// - Parameters:
  ///   - slot: a number that no open connection has.
  ///   - address: the client's address as text.
  ///   - effects: where this one may be closed again.
  public mutating func connected(_ slot: Int32, address: [UInt8], into effects: inout Effects) {
    while connections.count <= Int(slot) { connections.append(Connection()) }
    effects.enter(slot)
    let generation = connections[Int(slot)].generation &+ 1
    connections[Int(slot)] = Connection()
    connections[Int(slot)].generation = generation
    connections[Int(slot)].state = .new
    connections[Int(slot)].statistics.address = address
    connections[Int(slot)].statistics.established = wall
    connections[Int(slot)].owner = issueOwner()
    if role == .idle { return close(slot, into: &effects) }
    // Every connection is somebody by its address (section 9).
    connections[Int(slot)].identities = [Authentication.identity(ofAddress: address)]
  }

  /// A connection is gone, from whichever side; its session goes on.
  public mutating func disconnected(_ slot: Int32, into effects: inout Effects) {
    guard connections.indices.contains(Int(slot)) else { return }
    if case .absent = connections[Int(slot)].state { return }
    let generation = connections[Int(slot)].generation
    outstandingRequests -= connections[Int(slot)].statistics.outstanding
    forgetSlot(of: connections[Int(slot)].session, slot)
    connections[Int(slot)] = Connection()
    connections[Int(slot)].generation = generation
    tree.removeWatches(of: slot)
  }

  /// The requests of a connection that have no reply yet.
  public func outstanding(on slot: Int32) -> Int {
    connections.indices.contains(Int(slot)) ? connections[Int(slot)].statistics.outstanding : 0
  }

  /// The requests of all connections that have no reply yet.
  public internal(set) var outstandingRequests = 0

  /// So many packets of a connection wait at most for its session, which may be long on a slow disk.
  private static let mostEarlyPackets = 16

  /// So long may the replies be together that wait for a write of their connection.
  private static let mostWaitingBytes = 4 << 20

  /// Whether more is under way than should be.
  public var isOverloaded: Bool {
    max(outstandingRequests, pending.count) > options.globalOutstandingLimit
  }

  /// Whether what a connection sends should be left unread for now, so that nobody fills memory
  /// with requests.
  ///
  /// Transactions count as well whose connection has gone: they take memory until they are durable.
  public func isThrottled(_ slot: Int32) -> Bool {
    if connections.indices.contains(Int(slot)),
      connections[Int(slot)].early.count >= Self.mostEarlyPackets
        || connections[Int(slot)].waitingBytes > Self.mostWaitingBytes
    {
      return true
    }
    return isOverloaded && outstanding(on: slot) > 0
  }

  // MARK: The disk

  /// A sync is done: what it made durable is applied and answered.
  public mutating func completed(_ ticket: Ticket, into effects: inout Effects) {
    guard failure == nil, !isReloading else { return }
    let progress = storage.completed(ticket, into: &effects.disk)
    if zab == nil {
      commit(upTo: progress.durable, into: &effects)
    } else {
      tell(progress, into: &effects)
    }
    if let finished = progress.finishedSnapshot {
      effects.note(.info, "the snapshot of \(finished) is complete")
    }
  }

  /// A sync failed: nothing is acknowledged any more.
  public mutating func failed(_ ticket: Ticket, errno: Int32, into effects: inout Effects) {
    guard !isReloading else { return }
    if options.mutations.contains(.ignoresDiskErrors) { return completed(ticket, into: &effects) }
    let progress = storage.failed(ticket, errno: errno, into: &effects.disk)
    if let abandoned = progress.abandonedSnapshot {
      if isTakingSnapshot { tree.abandonSnapshot() }
      isTakingSnapshot = false
      let error = SystemError(errno: abandoned.errno, call: "write", path: "the snapshot")
      effects.note(
        .error, "the snapshot of \(abandoned.zxid) was given up, the log goes on: \(error)")
    }
    guard let failure = storage.failure else { return }
    let file = failure.file.map { "\($0)" } ?? "the data directory"
    let error = SystemError(errno: failure.errno, call: "sync", path: file)
    stop(
      "what was written may be lost, so that nothing is promised any more: \(error)", into: &effects
    )
  }

  /// Stops for good: every connection is closed.
  mutating func stop(_ reason: String, into effects: inout Effects) {
    guard failure == nil else { return }
    failure = reason
    effects.note(.error, reason)
    for slot in connections.indices {
      if case .absent = connections[slot].state { continue }
      connections[slot].state = .closing
      effects.close(Int32(slot))
    }
  }

  // MARK: Administration

  /// By slot, what is known of each connection; nil where there is none.
  public func connectionStatistics(_ slot: Int32) -> ConnectionStatistics? {
    guard connections.indices.contains(Int(slot)) else { return nil }
    if case .absent = connections[Int(slot)].state { return nil }
    return connections[Int(slot)].statistics
  }

  /// One more than the largest slot that was ever used.
  public var slotCount: Int32 { Int32(connections.count) }

  /// Counts from nothing again, but for connections.
  public mutating func resetStatistics() {
    statistics = ReplicaStatistics()
  }

  /// Counts each connection's packets from nothing again.
  public mutating func resetConnectionStatistics() {
    for slot in connections.indices {
      connections[slot].statistics.packetsReceived = 0
      connections[slot].statistics.packetsSent = 0
      connections[slot].statistics.latency = LatencyStatistics()
    }
  }

  /// Sessions by when they expire, in milliseconds of the clock, unless they are heard of.
  public var sessionExpiries: [(time: Int64, sessions: [Int64])] { sessions.expiries }
}

/// A session as administrators know it.
func hexadecimal(_ session: Int64) -> String {
  String(UInt64(bitPattern: session), radix: 16)
}
