import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

/// What a server does for clients.
enum Role: Hashable, Sendable {
  /// It is no part of an ensemble, and serves.
  case alone
  /// It is part of an ensemble that it has no place in at present: it serves nobody.
  case idle
  /// It serves, and makes transactions of everybody's requests.
  case leading
  /// It serves reads, and forwards writes.
  case learning
}

/// A client that waits for the leader to say whether its session lives.
struct Revalidation: Sendable {
  var session: Int64
  var slot: Int32
  var generation: UInt32
}

/// A snapshot that is coming in from the leader.
struct IncomingSnapshot: Sendable {
  var link: Int32
  var zxid: Zxid
  var restoration: TreeRestoration
}

/// The server in its ensemble: what other servers send, and what Zab asks for.
extension ZooKeeperReplica {
  /// Whether clients are served; if not, whoever connects is sent away.
  public var isServing: Bool { role != .idle }

  // MARK: What the driver tells

  /// Notifications can be exchanged with that server from now on, perhaps again.
  public mutating func electionConnected(to server: ServerID, into effects: inout Effects) {
    ask(&effects) { zab, effects in zab.electionConnected(to: server, into: &effects) }
  }

  /// A notification has arrived on the election port, without its length.
  public mutating func receiveNotification(
    _ message: BorrowedBytes, from server: ServerID, into effects: inout Effects
  ) {
    ask(&effects) { zab, effects in
      zab.receiveNotification(message, from: server, into: &effects)
    }
  }

  /// The connection that ``Effects/connectTo`` asked for stands.
  public mutating func linkOpened(_ link: Int32, into effects: inout Effects) {
    enter(link, into: &effects)
    ask(&effects) { zab, effects in zab.linkOpened(link, into: &effects) }
  }

  /// The connection that ``Effects/connectTo`` asked for cannot be made.
  public mutating func linkFailed(into effects: inout Effects) {
    ask(&effects) { zab, effects in zab.linkFailed(into: &effects) }
  }

  /// Somebody has connected to this server's quorum port.
  ///
  /// Links go by slots, as connections of clients do, but have numbers of their own.
  public mutating func linkAccepted(_ link: Int32, into effects: inout Effects) {
    enter(link, into: &effects)
    ask(&effects) { zab, effects in zab.linkAccepted(link, into: &effects) }
  }

  /// A link is gone, from whichever side.
  public mutating func linkClosed(_ link: Int32, into effects: inout Effects) {
    if incoming?.link == link { incoming = nil }
    if isSending, outgoing.first == link {
      tree.abandonSnapshot()
      isSending = false
    }
    outgoing.removeAll { $0 == link }
    ask(&effects) { zab, effects in zab.linkClosed(link, into: &effects) }
  }

  /// Bytes have arrived on a link: any part of a packet or of several.
  public mutating func receivePeer(
    _ bytes: BorrowedBytes, on link: Int32, into effects: inout Effects
  ) {
    var start = 0
    while start < bytes.count, failure == nil {
      let rest = bytes[start..<bytes.count]
      if incoming?.link == link {
        start += restore(rest, on: link, into: &effects)
      } else {
        var taken = rest.count
        ask(&effects) { zab, effects in taken = zab.receive(rest, on: link, into: &effects) }
        start += taken
      }
    }
  }

  /// The driver has recovered again, as ``Effects/reload`` asked.
  public mutating func reloaded(
    _ recovered: RecoveringTree, storage: DurableStorage, into effects: inout Effects
  ) {
    if !options.mutations.contains(.keepsTreeOverTruncation) { tree = recovered.tree }
    replies = recovered.replies
    self.storage = storage
    isReloading = false
    isTakingSnapshot = false
    showConfiguration()
    ask(&effects) { zab, effects in
      zab.reloaded(recovered.window, next: recovered.configuration, into: &effects)
    }
  }

  /// The driver has read what ``Effects/historyReads`` asked for: exactly these transactions, in a
  /// window after the first zxid; nil if the log does not have them all, or if they are longer than
  /// the limit.
  public mutating func historyRead(
    _ read: HistoryRead, _ history: TransactionWindow?, into effects: inout Effects
  ) {
    ask(&effects) { zab, effects in
      zab.historyRead(read.link, after: read.first, history, into: &effects)
    }
  }

  /// A learner that lacks more than a third of what a snapshot has gets the snapshot, as with Apache
  /// (`snapshotSizeFactor`); and it is read and sent in one piece, unlike that.
  private var historyLimitBytes: Int {
    let snapshot = tree.approximateDataSize + tree.nodeCount * 100
    return min(max(snapshot / 3, 64 << 10), 16 << 20)
  }

  // MARK: What Zab is asked and asks for

  private mutating func enter(_ link: Int32, into effects: inout Effects) {
    while effects.peers.outputs.count <= Int(link) {
      effects.peers.outputs.append(ByteWriter())
      effects.peers.closing.append(false)
    }
    effects.peers.outputs[Int(link)].bytes.removeAll(keepingCapacity: true)
    effects.peers.closing[Int(link)] = false
    while linkOwners.count <= Int(link) { linkOwners.append(0) }
    linkOwners[Int(link)] = issueOwner()
  }

  mutating func issueOwner() -> Int64 {
    defer { nextOwner += 1 }
    return nextOwner
  }

  mutating func ask(
    _ effects: inout Effects, _ body: (inout Zab, inout ZabEffects) -> Void
  ) {
    guard failure == nil else { return }
    zab?.perform { body(&$0, &effects.peers) }
    carryOutEvents(into: &effects)
  }

  /// Does what Zab wants, in order; it may want more while that is done.
  mutating func carryOutEvents(into effects: inout Effects) {
    guard !isCarryingOut else { return }
    isCarryingOut = true
    defer { isCarryingOut = false }
    var place = 0
    while place < effects.peers.events.count, failure == nil {
      let event = effects.peers.events[place]
      place += 1
      carryOut(event, into: &effects)
    }
    effects.peers.events.removeAll(keepingCapacity: true)
    effects.peers.bytes.bytes.removeAll(keepingCapacity: true)
  }

  private mutating func carryOut(_ event: ZabEvent, into effects: inout Effects) {
    switch event {
    case .connect(let server): effects.connectTo = server
    case .log(let zxid): log(zxid, into: &effects)
    case .commit(let zxid):
      if options.mutations.contains(.commitsBeforeApplying), role == .leading {
        let due = deferredCommit?.due ?? now.advanced(milliseconds: Self.deferredMilliseconds)
        deferredCommit = (zxid, due)
      } else {
        commit(upTo: zxid, into: &effects)
      }
    case .writeEpoch(let file, let epoch):
      storage.writeEpoch(file == .accepted ? .accepted : .current, epoch, into: &effects.disk)
    case .reload(let zxid): beginReload(zxid, into: &effects)
    case .receiveSnapshot(let link, let zxid):
      incoming = IncomingSnapshot(
        link: link, zxid: zxid, restoration: TreeRestoration(options: options.tree))
    case .readHistory(let link, let first, let last):
      effects.historyReads.append(
        HistoryRead(link: link, first: first, last: last, limitBytes: historyLimitBytes))
    case .sendSnapshot(let link): outgoing.append(link)
    case .serve: beginServing(into: &effects)
    case .stopServing(let reason): stopServing(reason, into: &effects)
    case .request(let link, let session, let xid, let opcode, let body, let identities):
      takeRequest(
        RequestHeader(xid: xid, opcode: Opcode(rawValue: opcode)), session: session, on: link,
        Array(effects.peers.bytes.bytes[body]), identities, into: &effects)
    case .revalidate(let link, let session, let timeout):
      let isAlive = sessions.check(session) == .ok
      if isAlive {
        sessions.add(session, timeoutMilliseconds: timeout, now: now)
        moveSession(session, to: linkOwners[Int(link)])
      }
      zab?.answerRevalidation(link, session: session, isAlive: isAlive, into: &effects.peers)
    case .touched(_, let session, _): _ = sessions.touch(session, now: now)
    case .learnerGone: break
    case .revalidated(let session, let isAlive):
      finishRevalidation(session, isAlive: isAlive, into: &effects)
    case .synced: finishSync(into: &effects)
    case .reportSessions: reportSessions(into: &effects)
    case .configured(let configuration):
      effects.configuration = configuration
      showConfiguration()
    case .note(let text): effects.note(.info, text)
    case .warning(let text): effects.note(.warning, text)
    }
  }

  private mutating func log(_ zxid: Zxid, into effects: inout Effects) {
    guard zxid > storage.lastAppended else {
      return stop(
        "transaction \(zxid) is to be logged after \(storage.lastAppended)", into: &effects)
    }
    var payload: [UInt8] = []
    swap(&payload, &applying)
    payload.removeAll(keepingCapacity: true)
    zab?.window.copyPayload(of: zxid, into: &payload)
    payload.withBorrowedBytes { storage.append($0, zxid: zxid) }
    swap(&payload, &applying)
  }

  /// What has become durable is told.
  mutating func tell(_ progress: StorageProgress, into effects: inout Effects) {
    for durable in progress.epochs {
      ask(&effects) { zab, effects in
        zab.epochIsDurable(
          durable.file == .accepted ? .accepted : .current, durable.epoch, into: &effects)
      }
    }
    tellDurable(into: &effects)
  }

  /// What is durable is told, once what was recovered or came in as a snapshot is.
  mutating func tellDurable(into effects: inout Effects) {
    guard storage.isReady, storage.durable > toldDurable else { return }
    let durable = storage.durable
    toldDurable = durable
    ask(&effects) { zab, effects in zab.durable(upTo: durable, into: &effects) }
  }

  private mutating func beginReload(_ zxid: Zxid, into effects: inout Effects) {
    isReloading = true
    toldDurable = Zxid(rawValue: -1)
    incoming = nil
    outgoing = []
    isSending = false
    tree.abandonSnapshot()
    effects.reload = zxid
    effects.note(.info, "recovering again, with nothing after \(zxid)")
  }
}

extension Zab {
  /// Lends itself to be changed in place.
  fileprivate mutating func perform(_ body: (inout Zab) -> Void) { body(&self) }
}
