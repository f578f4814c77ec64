import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

/// The server as its ensemble's leader, and how it begins and ends to serve.
extension ZooKeeperReplica {
  mutating func beginServing(into effects: inout Effects) {
    guard let zab else { return }
    preparation.reset()
    pending.removeAll()
    if zab.phase == .leading {
      role = .leading
      lastPrepared = zab.epochStart
      replies.forgetPrepared()
      sessions = SessionTracker(tickMilliseconds: Int(options.tickMilliseconds))
      for (session, timeout) in tree.sessions
      where !options.mutations.contains(.forgetsSessions) {
        sessions.add(session, timeoutMilliseconds: timeout, now: now)
      }
      effects.note(.info, "leading epoch \(zab.currentEpoch)")
    } else {
      role = .learning
      effects.note(.info, "learning from \(zab.phase) in epoch \(zab.currentEpoch)")
    }
  }

  mutating func stopServing(_ reason: String, into effects: inout Effects) {
    effects.note(.info, "looking for a leader: \(reason)")
    role = .idle
    preparation.reset()
    pending.removeAll()
    pendingSyncs.removeAll()
    revalidations = []
    resumptions = []
    touchedSlots = []
    incoming = nil
    if isSending { tree.abandonSnapshot() }
    isSending = false
    outgoing = []
    for slot in connections.indices {
      switch connections[slot].state {
      case .absent, .closing: continue
      default: close(Int32(slot), into: &effects)
      }
    }
    sessionSlots = [:]
  }

  /// Takes a request of a client of another server.
  mutating func takeRequest(
    _ header: RequestHeader, session: Int64, on link: Int32, _ body: [UInt8],
    _ identities: Range<Int>, into effects: inout Effects
  ) {
    guard role == .leading else { return }
    if header.opcode == .sync {
      zab?.answerSync(
        link: link, provesLeadership: options.quorumSync, into: &effects.peers)
      return
    }
    guard !isRepetition(header, of: session), hasRoomInEpoch(into: &effects) else { return }
    let owner = linkOwners[Int(link)]
    if header.opcode == .createSession {
      let timeout = body.withBorrowedBytes { bytes in
        var reader = ByteReader(bytes)
        return try? reader.int32()
      }
      guard let timeout else { return }
      sessions.add(session, timeoutMilliseconds: timeout, now: now)
      sessions.setOwner(session, owner)
    }
    var header = header
    if header.opcode == .createSession, !everyoneKnowsExtensions { header.xid = 0 }
    let who = learnt(effects.peers.bytes.bytes[identities])
    let zxid = lastPrepared.next
    let error = body.withBorrowedBytes {
      prepare(header, $0, session: session, owner: owner, identities: who)
    }
    enqueue(
      PendingTransaction(
        zxid: zxid, error: error, xid: header.xid, opcode: header.opcode, slot: -1, generation: 0,
        receivedAt: now), into: &effects)
  }

  /// Who a learner says a client is; mostly the same as last time.
  private mutating func learnt(_ bytes: ArraySlice<UInt8>) -> [Identity] {
    if !bytes.elementsEqual(lastIdentities.bytes) {
      lastIdentities = (Array(bytes), Identity.list(Array(bytes)))
    }
    return lastIdentities.list
  }

  /// Goes on with the snapshot that a learner gets.
  mutating func continueOutgoing(into effects: inout Effects) {
    guard let link = outgoing.first else { return }
    if !isSending {
      // The tree is walked for one at a time.
      guard !isTakingSnapshot else { return }
      isSending = true
      let zxid = tree.beginSnapshot().zxid
      outgoingZxid = zxid
      ask(&effects) { zab, effects in zab.snapshotBegins(link, zxid, into: &effects) }
    }
    guard
      tree.continueSnapshot(
        atMost: options.snapshotStepBytes, into: &effects.peers.outputs[Int(link)])
    else { return effects.peers.touched.append(link) }
    isSending = false
    outgoing.removeFirst()
    effects.peers.touched.append(link)
    let zxid = outgoingZxid
    ask(&effects) { zab, effects in zab.snapshotSent(link, zxid, into: &effects) }
  }
}
