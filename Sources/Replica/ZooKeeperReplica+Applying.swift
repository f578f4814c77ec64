import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

/// What happens when transactions are committed, and how snapshots are taken.
extension ZooKeeperReplica {
  // MARK: Applying

  /// Applies everything up to that zxid, and answers whoever waits for it.
  mutating func commit(upTo zxid: Zxid, into effects: inout Effects) {
    while failure == nil {
      var payload: [UInt8] = []
      swap(&payload, &applying)
      payload.removeAll(keepingCapacity: payload.capacity <= 256 << 10)
      let next = nextPayload(upTo: zxid, into: &payload)
      swap(&payload, &applying)
      guard let next else { break }
      var own: PendingTransaction?
      if let first = pending.first, first.zxid == next { own = pending.popFirst() }
      applyNext(next, own, into: &effects)
    }
    if zab == nil { window.commit(upTo: zxid) }
    if !resumptions.isEmpty { resumeWaiting(into: &effects) }
  }

  /// Copies the transaction after the last one that was applied.
  private func nextPayload(upTo zxid: Zxid, into payload: inout [UInt8]) -> Zxid? {
    let next = zab?.window.first(after: tree.lastZxid) ?? window.first(after: tree.lastZxid)
    guard let next, next <= zxid else { return nil }
    if zab == nil {
      window.copyPayload(of: next, into: &payload)
    } else {
      zab?.window.copyPayload(of: next, into: &payload)
    }
    return next
  }

  /// Applies the transaction in ``applying``.
  private mutating func applyNext(
    _ zxid: Zxid, _ own: PendingTransaction?, into effects: inout Effects
  ) {
    var payload: [UInt8] = []
    swap(&payload, &applying)
    let keepsEphemerals =
      options.mutations.contains(.observersKeepEphemerals) && zab?.isObserving == true
    let applied: AppliedTransaction
    do throws(ByteReaderError) {
      applied = try payload.withBorrowedBytes { (bytes) throws(ByteReaderError) in
        let applied = try tree.apply(
          bytes, keepingEphemerals: keepsEphemerals, events: &events)
        if marksApplied {
          appliedMarks.append(
            AppliedMark(zxid: applied.header.zxid, payload: bytes, digest: tree.digest))
        }
        return applied
      }
      swap(&payload, &applying)
    } catch {
      return stop("transaction \(zxid) cannot be applied: \(error)", into: &effects)
    }
    statistics.transactions += 1
    if !applied.agreesWithDigest {
      effects.note(.error, "after transaction \(zxid) the tree is not what its leader's was")
    }
    replies.record(applied, tree)
    preparation.forget(upTo: zxid)
    let isLate = options.mutations.contains(.sendsEventsAfterReplies)
    defer { if isLate { deliverEvents(into: &effects) } }
    if !isLate { deliverEvents(into: &effects) }
    let waiter = own.map { (slot: $0.slot, generation: $0.generation) }
    let slot = slotThatWaits(for: applied.header, waiter)
    if applied.header.opcode == .closeSession {
      finishClose(of: applied.header.session, answering: slot, into: &effects)
    }
    guard slot >= 0 else { return }
    if connections[Int(slot)].isConnecting {
      return finishConnecting(slot, session: connections[Int(slot)].session, into: &effects)
    }
    guard case .write(let xid, let opcode, let receivedAt)? = connections[Int(slot)].waiting.first
    else {
      // A leader answers a sync before it commits what came after it.
      return close(slot, into: &effects)
    }
    if applied.hasMoved {
      // The client is elsewhere (zookeeper-protocol.md, section 3). Or this was left behind on an
      // earlier connection and has the number of what was sent again on this one, which a learner
      // cannot tell: then the client comes back and asks for the reply that follows.
      return close(slot, into: &effects)
    }
    let error = own?.error ?? applied.result.error
    _ = connections[Int(slot)].waiting.popFirst()
    answer(xid, opcode, error, applied, receivedAt, on: slot, into: &effects)
    if opcode == .closeSession { return close(slot, into: &effects) }
    drain(slot, into: &effects)
  }

  /// The connection that waits for a transaction, −1 if none does.
  ///
  /// A learner knows its clients' transactions by session and request; nothing that the session left
  /// behind elsewhere can come between, for the leader tells that a session lives only once that is
  /// committed.
  private func slotThatWaits(
    for header: TransactionHeader, _ own: (slot: Int32, generation: UInt32)?
  ) -> Int32 {
    if let own {
      guard own.slot >= 0, connections[Int(own.slot)].generation == own.generation,
        connections[Int(own.slot)].isEstablished || connections[Int(own.slot)].isConnecting
      else { return -1 }
      return own.slot
    }
    guard role == .learning, let slot = sessionSlots[header.session] else { return -1 }
    let connection = connections[Int(slot)]
    if connection.isConnecting {
      return header.opcode == .createSession && connection.session == header.session ? slot : -1
    }
    return connection.isEstablished && connection.nextWrite == header.xid ? slot : -1
  }

  private mutating func answer(
    _ xid: Int32, _ opcode: Opcode, _ error: ErrorCode, _ applied: AppliedTransaction,
    _ receivedAt: Instant, on slot: Int32, into effects: inout Effects
  ) {
    if opcode == .createSession, let started = applied.startedSession {
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
    if applied.header.opcode == .reconfig, error == .ok {
      effects.outputs[Int(slot)].buffer(tree.configuration)
    }
    var written = applied.writeResponse(to: &effects.outputs[Int(slot)])
    if error != .ok { written = error }
    finishReply(
      ReplyHeader(xid: xid, zxid: applied.header.zxid, error: written), on: slot, from: start,
      receivedAt: receivedAt, into: &effects)
  }

  /// Forgets a session that has ended; its connection goes, after the reply if it asked for it.
  private mutating func finishClose(
    of session: Int64, answering slot: Int32, into effects: inout Effects
  ) {
    sessions.remove(session)
    closeConnections(of: session, except: slot, into: &effects)
  }

  // MARK: Snapshots

  /// Gives up a snapshot that is being written, and begins none: the driver is about to end.
  public mutating func abandonSnapshot(into effects: inout Effects) {
    mayTakeSnapshots = false
    abandonOwnSnapshot(into: &effects)
  }

  /// Gives up the snapshot that is being written, if there is one.
  mutating func abandonOwnSnapshot(into effects: inout Effects) {
    guard isTakingSnapshot || storage.isWritingSnapshot else { return }
    tree.abandonSnapshot()
    isTakingSnapshot = false
    storage.abandonSnapshot(into: &effects.disk)
  }

  /// Begins a snapshot if one is due, and goes on with one that was begun.
  mutating func continueSnapshot(into effects: inout Effects) {
    if !isTakingSnapshot {
      guard mayTakeSnapshots, !isSending, storage.wantsSnapshot else { return }
      isTakingSnapshot = true
      let start = tree.beginSnapshot()
      snapshotDigest = options.tree.hasDigest ? start.digest : nil
      snapshotReplies = replies.isEmpty ? nil : replies
      let isNamedByLog = options.mutations.contains(.namesSnapshotsByLog)
      let zxid = isNamedByLog ? max(start.zxid, storage.lastAppended) : start.zxid
      storage.beginSnapshot(zxid, into: &effects.disk)
      effects.note(.info, "taking a snapshot of \(start.zxid)")
    }
    guard storage.hasRoomForSnapshot else { return }
    scratch.bytes.removeAll(keepingCapacity: true)
    let isDone = tree.continueSnapshot(atMost: options.snapshotStepBytes, into: &scratch)
    storage.appendSnapshot(scratch.bytes, into: &effects.disk)
    guard isDone else { return }
    storage.finishSnapshot(
      digest: snapshotDigest, replies: snapshotReplies?.bytes, into: &effects.disk)
    snapshotReplies = nil
    isTakingSnapshot = false
  }
}
