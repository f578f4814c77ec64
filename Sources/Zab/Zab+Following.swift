import Jute
import LinnaeusBase

/// Broadcast as a learner sees it (zookeeper-protocol.md, section 8, steps 6 and 7).
extension Zab {
  /// Takes a packet of the leader's.
  mutating func takeFromLeader(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    switch packet.kind {
    case .proposal:
      // A leader like this one asks whoever gets a vote to acknowledge.
      if following.leaderKnowsExtensions { following.acknowledges = true }
      accept(packet.data, packet, into: &effects)
    case .commit: takeCommit(packet, into: &effects)
    case .ping: takePing(packet, into: &effects)
    case .inform: takeCommitted(packet.data, packet, into: &effects)
    case .commitAndActivate: takeCommit(packet, into: &effects)
    case .informAndActivate:
      guard packet.data.count >= 8 else { return surprised(by: packet, into: &effects) }
      takeCommitted(packet.data[8..<packet.data.count], packet, into: &effects)
    case .sync where following.stage == .serving: effects.events.append(.synced)
    case .revalidate where following.stage == .serving: takeValidity(packet, into: &effects)
    case .leaderInfo: promise(packet, into: &effects)
    case .difference: chooseDifference(packet, into: &effects)
    case .truncate: chooseTruncation(packet, into: &effects)
    case .snapshot: chooseSnapshot(packet, on: link, into: &effects)
    case .newLeader: takeNewLeader(packet, into: &effects)
    case .upToDate: takeUpToDate(packet, into: &effects)
    default: surprised(by: packet, into: &effects)
    }
  }

  mutating func surprised(by packet: QuorumPacket, into effects: inout ZabEffects) {
    effects.warn(
      "leader \(following.leader) sent \(packet.kind) \(packet.zxid) while \(following.stage)")
    leave("leader \(following.leader) is not understood", into: &effects)
  }

  /// Puts a transaction behind the others, and logs it.
  ///
  /// Those of one epoch come without gaps: a hole would never be filled (ZOOKEEPER-4925).
  @discardableResult
  private mutating func accept(
    _ payload: BorrowedBytes, _ packet: QuorumPacket, into effects: inout ZabEffects
  ) -> Bool {
    let last = window.last
    let isNext =
      packet.zxid == last.next || packet.zxid.epoch != last.epoch
      || mutations.contains(.leavesHole)
    guard following.stage >= .synchronising, packet.zxid > last, isNext else {
      surprised(by: packet, into: &effects)
      return false
    }
    window.append(payload, zxid: packet.zxid)
    notice(payload, zxid: packet.zxid, into: &effects)
    effects.events.append(.log(packet.zxid))
    if mutations.contains(.acknowledgesEarly) {
      durable = packet.zxid
      continueLearning(into: &effects)
    }
    return true
  }

  /// Takes a transaction that is committed; whoever had a vote before may have it in its log.
  private mutating func takeCommitted(
    _ payload: BorrowedBytes, _ packet: QuorumPacket, into effects: inout ZabEffects
  ) {
    guard packet.zxid <= window.last || accept(payload, packet, into: &effects) else { return }
    takeCommit(packet, into: &effects)
  }

  private mutating func takeCommit(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    let zxid = packet.zxid
    guard following.stage >= .synchronising, zxid <= window.last else {
      return surprised(by: packet, into: &effects)
    }
    guard following.stage == .serving else {
      // It is applied when the leader says that a quorum has the history, and not before.
      following.watermark = max(following.watermark, zxid)
      return
    }
    // What was in the log when the server started is applied, and committed for the first time now.
    guard zxid > window.lastCommitted else { return }
    guard window.zxid(at: window.count - window.uncommittedCount) == zxid else {
      return surprised(by: packet, into: &effects)
    }
    commit(upTo: zxid, into: &effects)
    if let next = pending, next.zxid == zxid {
      activate(next.configuration, into: &effects)
      rejoinInOtherPart(into: &effects)
    }
  }

  /// Acknowledges what is durable, each proposal by itself and in order, after NEWLEADER.
  mutating func acknowledgeProposals(into effects: inout ZabEffects) {
    guard let link = following.link, following.acknowledges else { return }
    var place = window.place(after: following.acknowledged)
    while place < window.count, window.zxid(at: place) <= durable {
      following.acknowledged = window.zxid(at: place)
      effects.send(.ack, zxid: following.acknowledged, on: link)
      place += 1
    }
  }

  // MARK: Sessions

  private mutating func takePing(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    // Apache's leader expects nothing but ACK before UPTODATE.
    guard following.stage == .serving else { return }
    following.pinged = packet.zxid
    effects.events.append(.reportSessions)
  }

  mutating func answerPing(
    _ sessions: [(session: Int64, timeoutMilliseconds: Int32)], into effects: inout ZabEffects
  ) {
    guard following.stage == .serving, let link = following.link else { return }
    effects.touch(link)
    effects.outputs[Int(link)].beginQuorumPacket(
      .ping, zxid: following.pinged, dataCount: 12 * sessions.count)
    for (session, timeout) in sessions {
      effects.outputs[Int(link)].int64(session)
      effects.outputs[Int(link)].int32(timeout)
    }
    effects.outputs[Int(link)].null()
  }

  private mutating func takeValidity(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    var reader = ByteReader(packet.data)
    guard let session = try? reader.int64(), let isAlive = try? reader.bool() else {
      return surprised(by: packet, into: &effects)
    }
    effects.events.append(.revalidated(session: session, isAlive: isAlive))
  }

  mutating func sendRequest(
    session: Int64, xid: Int32, opcode: Opcode, body: BorrowedBytes, identities: BorrowedBytes,
    into effects: inout ZabEffects
  ) {
    guard following.stage == .serving, let link = following.link else { return }
    effects.touch(link)
    effects.outputs[Int(link)].beginQuorumPacket(
      .request, zxid: Zxid(rawValue: -1), dataCount: 16 + body.count)
    effects.outputs[Int(link)].appendFixed(16) { bytes in
      bytes.integer(session)
      bytes.integer(xid)
      bytes.integer(opcode.rawValue)
    }
    effects.outputs[Int(link)].append(body)
    if identities.isEmpty {
      effects.outputs[Int(link)].null()
    } else {
      effects.outputs[Int(link)].append(identities)
    }
  }

  mutating func askWhetherAlive(
    session: Int64, timeoutMilliseconds: Int32, into effects: inout ZabEffects
  ) {
    guard following.stage == .serving, let link = following.link else { return }
    effects.send(.revalidate, zxid: Zxid(rawValue: -1), on: link) {
      $0.int64(session)
      $0.int32(timeoutMilliseconds)
    }
  }
}
