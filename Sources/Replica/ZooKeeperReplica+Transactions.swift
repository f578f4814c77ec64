import Jute
import LinnaeusBase
import Storage
import Tree

/// How requests become transactions, and what happens when those are durable.
extension ZooKeeperReplica {
  // MARK: Preparing

  /// Makes a transaction of a request.
  mutating func prepare(
    _ header: RequestHeader, _ body: BorrowedBytes, on slot: Int32, receivedAt: Instant,
    into effects: inout Effects
  ) {
    let connection = connections[Int(slot)]
    let zxid = lastPrepared.next
    scratch.bytes.removeAll(keepingCapacity: true)
    let error: ErrorCode
    switch header.opcode {
    case .closeSession:
      sessions.setClosing(connection.session)
      preparation.prepareCloseSession(
        connection.session, xid: header.xid, zxid: zxid, time: wall, tree: tree, into: &scratch)
      error = .ok
    case .createSession:
      // A client may not ask for this, but Apache does it; without a number it is malformed.
      var reader = ByteReader(body)
      guard let timeout = try? reader.int32() else { fallthrough }
      preparation.prepareCreateSession(
        connection.session, timeoutMilliseconds: timeout, xid: header.xid, zxid: zxid, time: wall,
        tree: tree, into: &scratch)
      error = .ok
    default:
      error = preparation.prepare(
        header.opcode, body, session: connection.session, xid: header.xid,
        identities: connection.identities, zxid: zxid, time: wall, tree: tree, into: &scratch)
    }
    enqueue(
      PendingTransaction(
        zxid: zxid, payloadCount: scratch.count, error: error, xid: header.xid,
        opcode: header.opcode,
        slot: slot, generation: connection.generation, receivedAt: receivedAt), into: &effects)
  }

  /// Opens a new session for a connection.
  mutating func prepareSession(timeout: Int32, on slot: Int32, into effects: inout Effects) {
    repeat {
      nextSession &+= 1
    } while nextSession == Int64.min
      || tree.sessionTimeout(nextSession) != nil
    let session = nextSession
    connections[Int(slot)].statistics.session = session
    sessions.add(session, timeoutMilliseconds: timeout, now: now)
    let zxid = lastPrepared.next
    scratch.bytes.removeAll(keepingCapacity: true)
    preparation.prepareCreateSession(
      session, timeoutMilliseconds: timeout, zxid: zxid, time: wall, tree: tree, into: &scratch)
    enqueue(
      PendingTransaction(
        zxid: zxid, payloadCount: scratch.count, error: .ok, xid: 0, opcode: .createSession,
        slot: slot,
        generation: connections[Int(slot)].generation, receivedAt: now), into: &effects)
  }

  /// Ends a session that has expired.
  mutating func prepareClose(of session: Int64, into effects: inout Effects) {
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
        zxid: zxid, payloadCount: scratch.count, error: error, xid: 0, opcode: opcode, slot: -1,
        generation: 0, receivedAt: now), into: &effects)
  }

  /// Takes the transaction that was prepared in the scratch.
  private mutating func enqueue(_ transaction: PendingTransaction, into effects: inout Effects) {
    lastPrepared = transaction.zxid
    scratch.bytes.withBorrowedBytes { storage.append($0, zxid: transaction.zxid) }
    payloads.append(scratch.bytes)
    pending.append(transaction)
  }

  // MARK: Applying

  /// Applies a transaction that is durable, and answers whoever waits for it.
  mutating func apply(_ transaction: PendingTransaction, into effects: inout Effects) {
    var payload: [UInt8] = []
    swap(&payload, &applying)
    payloads.takeFirst(transaction.payloadCount, into: &payload)
    let applied: AppliedTransaction
    do throws(ByteReaderError) {
      applied = try payload.withBorrowedBytes { (bytes) throws(ByteReaderError) in
        try tree.apply(bytes, events: &events)
      }
      swap(&payload, &applying)
    } catch {
      return stop(
        "transaction \(transaction.zxid), prepared here, cannot be read: \(error)", into: &effects)
    }
    statistics.transactions += 1
    preparation.forget(upTo: transaction.zxid)
    deliverEvents(into: &effects)
    let slot = transaction.slot
    let isThere =
      slot >= 0 && connections[Int(slot)].generation == transaction.generation
      && (connections[Int(slot)].isEstablished || connections[Int(slot)].isConnecting)
    if applied.header.opcode == .closeSession {
      finishClose(of: applied.header.session, answering: isThere ? slot : -1, into: &effects)
    }
    guard isThere else { return }
    if connections[Int(slot)].isConnecting {
      return finishConnecting(slot, session: connections[Int(slot)].session, into: &effects)
    }
    guard case .write = connections[Int(slot)].waiting.popFirst() else {
      preconditionFailure("a reply is due that is not the next one")
    }
    answer(transaction, applied, into: &effects)
    if transaction.opcode == .closeSession { return close(slot, into: &effects) }
    drain(slot, into: &effects)
  }

  private mutating func answer(
    _ transaction: PendingTransaction, _ applied: AppliedTransaction, into effects: inout Effects
  ) {
    let slot = transaction.slot
    if transaction.opcode == .createSession, let started = applied.startedSession {
      // A client may not ask for this; Apache answers as if the session were new.
      finishUnanswered(on: slot)
      return writeConnectResponse(
        ConnectResponse(
          timeoutMilliseconds: started.timeoutMilliseconds, session: started.session,
          password: SessionPassword.bytes(of: started.session, secret: options.sessionSecret)),
        on: slot, into: &effects)
    }
    let start = effects.outputs[Int(slot)].count
    beginReply(slot, into: &effects)
    var error = applied.writeResponse(to: &effects.outputs[Int(slot)])
    if transaction.error != .ok { error = transaction.error }
    finishReply(
      ReplyHeader(xid: transaction.xid, zxid: transaction.zxid, error: error), on: slot,
      from: start, receivedAt: transaction.receivedAt, into: &effects)
  }

  /// Forgets a session that has ended; its connection goes, after the reply if it asked for it.
  private mutating func finishClose(
    of session: Int64, answering slot: Int32, into effects: inout Effects
  ) {
    sessions.remove(session)
    closeConnections(of: session, except: slot, into: &effects)
  }

  // MARK: Snapshots

  /// How many bytes of a snapshot are made at a time: about a millisecond's worth.
  private static let snapshotStep = 256 << 10

  /// Gives up a snapshot that is being written, and begins none: the driver is about to end.
  public mutating func abandonSnapshot(into effects: inout Effects) {
    mayTakeSnapshots = false
    guard isTakingSnapshot || storage.isWritingSnapshot else { return }
    tree.abandonSnapshot()
    isTakingSnapshot = false
    storage.abandonSnapshot(into: &effects.disk)
  }

  /// Begins a snapshot if one is due, and goes on with one that was begun.
  mutating func continueSnapshot(into effects: inout Effects) {
    if !isTakingSnapshot {
      guard mayTakeSnapshots, storage.wantsSnapshot else { return }
      isTakingSnapshot = true
      let start = tree.beginSnapshot()
      snapshotDigest = options.tree.hasDigest ? start.digest : nil
      storage.beginSnapshot(start.zxid, into: &effects.disk)
      effects.note(.info, "taking a snapshot of \(start.zxid)")
    }
    guard storage.hasRoomForSnapshot else { return }
    scratch.bytes.removeAll(keepingCapacity: true)
    let isDone = tree.continueSnapshot(atMost: Self.snapshotStep, into: &scratch)
    storage.appendSnapshot(scratch.bytes, into: &effects.disk)
    guard isDone else { return }
    storage.finishSnapshot(digest: snapshotDigest, into: &effects.disk)
    isTakingSnapshot = false
  }
}
