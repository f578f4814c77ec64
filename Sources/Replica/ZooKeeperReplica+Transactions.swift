import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

/// How requests become transactions, and what happens when those are durable.
extension ZooKeeperReplica {
  // MARK: Preparing

  /// Makes a transaction of a request.
  mutating func prepare(
    _ header: RequestHeader, _ body: BorrowedBytes, on slot: Int32, receivedAt: Instant,
    into effects: inout Effects
  ) {
    guard hasRoomInEpoch(into: &effects) else { return }
    let connection = connections[Int(slot)]
    let zxid = lastPrepared.next
    let error = prepare(
      header, body, session: connection.session, owner: connection.owner,
      identities: connection.identities)
    enqueue(
      PendingTransaction(
        zxid: zxid, error: error, xid: header.xid, opcode: header.opcode, slot: slot,
        generation: connection.generation, receivedAt: receivedAt), into: &effects)
  }

  /// Makes a transaction in the scratch of a request of one of this server's clients, or of
  /// another's.
  mutating func prepare(
    _ header: RequestHeader, _ body: BorrowedBytes, session: Int64, owner: Int64,
    identities: [Identity]
  ) -> ErrorCode {
    let zxid = lastPrepared.next
    scratch.bytes.removeAll(keepingCapacity: true)
    var sessionError = zab == nil ? ErrorCode.ok : sessions.check(session, owner: owner)
    if sessionError == .sessionMoved, options.mutations.contains(.ignoresMovedSessions) {
      sessionError = .ok
    }
    if sessionError == .sessionExpired, options.mutations.contains(.letsExpiredGoOn) {
      sessionError = .ok
    }
    if sessionError == .ok, zab != nil {
      if isForgotten(header, of: session) {
        sessionError = .sessionExpired
      } else {
        replies.prepare(session, xid: header.xid)
      }
    }
    switch header.opcode {
    case .closeSession:
      // From wherever it comes, as with Apache: who ends a session does not go on with it.
      sessions.setClosing(session)
      preparation.prepareCloseSession(
        session, xid: header.xid, zxid: zxid, time: wall, tree: tree, into: &scratch)
      return .ok
    case .createSession:
      // A client may not ask for this, but Apache does it; without a number it is malformed.
      var reader = ByteReader(body)
      guard let timeout = try? reader.int32() else { fallthrough }
      preparation.prepareCreateSession(
        session, timeoutMilliseconds: timeout, xid: header.xid, zxid: zxid, time: wall,
        tree: tree, into: &scratch)
      return .ok
    case .reconfig where zab != nil && options.reconfigEnabled:
      let (error, next) = prepareReconfiguration(
        header, body, session: session, sessionError: sessionError, identities: identities)
      preparedConfiguration = next
      return error
    default:
      return preparation.prepare(
        header.opcode, body, session: session, xid: header.xid, identities: identities,
        sessionError: sessionError, zxid: zxid, time: wall, tree: tree, into: &scratch)
    }
  }

  /// Opens a new session for a connection.
  mutating func prepareSession(timeout: Int32, on slot: Int32, into effects: inout Effects) {
    guard hasRoomInEpoch(into: &effects) else { return }
    repeat {
      nextSession &+= 1
    } while nextSession == Int64.min
      || tree.sessionTimeout(nextSession) != nil
    let session = nextSession
    connections[Int(slot)].statistics.session = session
    sessionSlots[session] = slot
    var xid: Int32 = 0
    if case .connecting(let request) = connections[Int(slot)].state,
      request.protocolVersion == ReplyTable.mark, everyoneKnowsExtensions
    {
      xid = ReplyTable.mark
    }
    if role == .learning {
      var body = ByteWriter(capacity: 4)
      body.int32(timeout)
      return body.bytes.withBorrowedBytes {
        forward(.createSession, session: session, xid: xid, $0, on: slot, into: &effects)
      }
    }
    sessions.add(session, timeoutMilliseconds: timeout, now: now)
    sessions.setOwner(session, connections[Int(slot)].owner)
    let zxid = lastPrepared.next
    scratch.bytes.removeAll(keepingCapacity: true)
    preparation.prepareCreateSession(
      session, timeoutMilliseconds: timeout, xid: xid, zxid: zxid, time: wall, tree: tree,
      into: &scratch)
    enqueue(
      PendingTransaction(
        zxid: zxid, error: .ok, xid: 0, opcode: .createSession, slot: slot,
        generation: connections[Int(slot)].generation, receivedAt: now), into: &effects)
  }

  /// Ends a session that has expired.
  mutating func prepareClose(of session: Int64, into effects: inout Effects) {
    guard hasRoomInEpoch(into: &effects) else { return }
    sessions.setClosing(session)
    let zxid = lastPrepared.next
    scratch.bytes.removeAll(keepingCapacity: true)
    preparation.prepareCloseSession(
      session, xid: 0, zxid: zxid, time: wall, tree: tree, into: &scratch)
    enqueueOwn(.closeSession, zxid, .ok, into: &effects)
  }

  /// Removes containers without children and znodes that have outlived their time.
  mutating func prepareContainerDeletions(into effects: inout Effects) {
    for path in tree.expendableNodes(now: wall).prefix(options.containerCheckLimit) {
      guard hasRoomInEpoch(into: &effects) else { return }
      let zxid = lastPrepared.next
      scratch.bytes.removeAll(keepingCapacity: true)
      let error = preparation.prepareDeleteContainer(
        path, zxid: zxid, time: wall, tree: tree, into: &scratch)
      enqueueOwn(.deleteContainer, zxid, error, into: &effects)
    }
  }

  private mutating func enqueueOwn(
    _ opcode: Opcode, _ zxid: Zxid, _ error: ErrorCode, into effects: inout Effects
  ) {
    enqueue(
      PendingTransaction(
        zxid: zxid, error: error, xid: 0, opcode: opcode, slot: -1, generation: 0,
        receivedAt: now), into: &effects)
  }

  /// Takes the transaction that was prepared in the scratch: logs it, and proposes it if there are
  /// others.
  mutating func enqueue(_ transaction: PendingTransaction, into effects: inout Effects) {
    lastPrepared = transaction.zxid
    pending.append(transaction)
    if let next = preparedConfiguration {
      preparedConfiguration = nil
      propose(next, zxid: transaction.zxid, into: &effects)
    } else if zab != nil {
      var payload: [UInt8] = []
      swap(&payload, &scratch.bytes)
      payload.withBorrowedBytes {
        zab?.propose($0, zxid: transaction.zxid, into: &effects.peers)
      }
      swap(&payload, &scratch.bytes)
      carryOutEvents(into: &effects)
    } else {
      scratch.bytes.withBorrowedBytes {
        storage.append($0, zxid: transaction.zxid)
        window.append($0, zxid: transaction.zxid)
      }
    }
  }

  /// Whether the epoch has a number left for another transaction; if not, it ends.
  ///
  /// A server that is alone goes on into the next epoch, as Apache's does.
  mutating func hasRoomInEpoch(into effects: inout Effects) -> Bool {
    guard zab != nil, lastPrepared.counter >= options.lastCounter else { return true }
    if options.mutations.contains(.overrunsEpoch) {
      lastPrepared = Zxid(epoch: lastPrepared.epoch, counter: .max)
      return true
    }
    zab?.stepDown(reason: "the epoch has no zxid left", into: &effects.peers)
    carryOutEvents(into: &effects)
    return false
  }
}
