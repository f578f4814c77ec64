import Jute
import LinnaeusBase

/// Broadcast as the leader sees it (zookeeper-protocol.md, section 8, steps 7 and 8).
extension Zab {
  mutating func broadcast(
    _ payload: BorrowedBytes, zxid: Zxid, into effects: inout ZabEffects
  ) {
    guard phase == .leading, isServing else { return }
    precondition(Int64(zxid.epoch) == currentEpoch, "a transaction of another epoch")
    window.append(payload, zxid: zxid)
    effects.events.append(.log(zxid))
    for slot in links.indices where links[slot].state == .learner {
      guard links[slot].learner.isForwardedTo, !links[slot].learner.isObserver else { continue }
      effects.send(.proposal, zxid: zxid, payload, on: Int32(slot))
      if links[slot].learner.overdue == nil { links[slot].learner.overdue = (zxid, now) }
    }
  }

  mutating func takeAck(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    // The one that follows UPTODATE says nothing new.
    if packet.zxid == Self.start(of: leadership.epoch) { return }
    guard packet.zxid <= window.last else {
      return breakOff(link, "it acknowledges \(packet.zxid), which nobody sent", into: &effects)
    }
    let slot = Int(link)
    links[slot].learner.acknowledged = max(links[slot].learner.acknowledged, packet.zxid)
    if let overdue = links[slot].learner.overdue, overdue.zxid <= packet.zxid {
      // That the next one was sent earlier than now does not matter for so long a time.
      links[slot].learner.overdue = packet.zxid < window.last ? (window.last, now) : nil
    }
    if leadership.stage == .serving { commitProposals(into: &effects) }
  }

  /// Commits, in their order, the proposals that quorums have made durable.
  mutating func commitProposals(into effects: inout ZabEffects) {
    while phase == .leading, window.uncommittedCount > 0 {
      let place = window.count - window.uncommittedCount
      let zxid = window.zxid(at: place)
      guard isAcknowledged(zxid) else { break }
      // It may be a session's next write: the sync before it is answered first. Whoever has
      // acknowledged it has followed since it was proposed, which proves as much as a ping.
      if !leadership.answers.isEmpty { giveAnswers(provedBefore: zxid, into: &effects) }
      commitProposal(zxid, at: place, into: &effects)
    }
    guard phase == .leading else { return }
    if leadership.waitingLearners > 0 { updateLearners(into: &effects) }
    giveAnswers(into: &effects)
  }

  private func isAcknowledged(_ zxid: Zxid) -> Bool {
    if mutations.contains(.commitsWithMinority) { return durable >= zxid }
    func contains(_ server: ServerID) -> Bool {
      if server == id { return durable >= zxid }
      for slot in links.indices
      where links[slot].state == .learner && links[slot].learner.server == server
        && links[slot].learner.stage >= .acknowledged
        && links[slot].learner.acknowledged >= zxid
      {
        return true
      }
      return false
    }
    guard configuration.isQuorum(contains) else { return false }
    guard let pending, zxid >= pending.zxid, !mutations.contains(.ignoresNextConfiguration) else {
      return true
    }
    return pending.configuration.isQuorum(contains)
  }

  private mutating func commitProposal(
    _ zxid: Zxid, at place: Int, into effects: inout ZabEffects
  ) {
    // The server applies it before anybody is told (consistency.md, section 1.2).
    effects.events.append(.commit(zxid))
    var activated: PendingConfiguration?
    if let next = pending, next.zxid == zxid { activated = next }
    for slot in links.indices where links[slot].state == .learner {
      guard links[slot].learner.isForwardedTo else { continue }
      let link = Int32(slot)
      if links[slot].learner.isObserver {
        window.withPayload(at: place) { inform(zxid, $0, activated, on: link, into: &effects) }
      } else if let activated {
        effects.send(.commitAndActivate, zxid: zxid, on: link) {
          $0.int64(activated.designatedLeader.rawValue)
        }
      } else {
        effects.send(.commit, zxid: zxid, on: link)
      }
    }
    window.commit(upTo: zxid)
    guard let activated else { return }
    activate(activated.configuration, into: &effects)
    if !isVoter(id) { leave("the ensemble goes on without this server", into: &effects) }
  }

  /// Tells an observer of a committed transaction.
  private func inform(
    _ zxid: Zxid, _ payload: BorrowedBytes, _ activated: PendingConfiguration?, on link: Int32,
    into effects: inout ZabEffects
  ) {
    guard let activated else { return effects.send(.inform, zxid: zxid, payload, on: link) }
    effects.touch(link)
    effects.outputs[Int(link)].beginQuorumPacket(
      .informAndActivate, zxid: zxid, dataCount: 8 + payload.count)
    effects.outputs[Int(link)].int64(activated.designatedLeader.rawValue)
    effects.outputs[Int(link)].append(payload)
    effects.outputs[Int(link)].null()
  }

  // MARK: Time

  var leaderDeadline: Instant? {
    leadership.stage == .serving
      ? min(leadership.pingAt, leadership.checkAt)
      : leadership.stage == .synchronising
        ? min(leadership.deadline, leadership.pingAt) : leadership.deadline
  }

  mutating func advanceLeader(into effects: inout ZabEffects) {
    if leadership.stage < .serving {
      guard now < leadership.deadline else {
        return leave("no quorum has followed in time", into: &effects)
      }
    } else if leadership.checkAt <= now {
      leadership.checkAt = now.advanced(milliseconds: options.tickMilliseconds)
      dropSilentLearners(into: &effects)
      let oldest = now.advanced(milliseconds: -options.syncLimit * options.tickMilliseconds)
      let isFollowed = isQuorum(at: .upToDate, isOwn: true) { $0.lastHeard >= oldest }
      guard isFollowed || mutations.contains(.neverStepsDown) else {
        return leave("no quorum has answered in time", into: &effects)
      }
    }
    if leadership.stage >= .synchronising, leadership.pingAt <= now { ping(into: &effects) }
  }

  private mutating func dropSilentLearners(into effects: inout ZabEffects) {
    for slot in links.indices where links[slot].state == .learner {
      let learner = links[slot].learner
      // Who gets a snapshot has nothing to say.
      guard learner.stage != .loading else { continue }
      let limit =
        options.tickMilliseconds
        * (learner.stage == .upToDate ? options.syncLimit : options.initLimit + options.syncLimit)
      let oldest = now.advanced(milliseconds: -limit)
      let isLate = learner.overdue.map { $0.since < oldest } ?? false
      if learner.lastHeard < oldest || isLate {
        effects.note(
          "learner \(learner.server) \(isLate ? "acknowledges nothing" : "is silent")")
        drop(Int32(slot), into: &effects)
      }
    }
  }

  /// Sends a round of pings.
  mutating func ping(into effects: inout ZabEffects) {
    leadership.pingAt = now.advanced(milliseconds: options.tickMilliseconds / 2)
    leadership.pingRound += 1
    for slot in links.indices
    where links[slot].state == .learner && links[slot].learner.isForwardedTo {
      effects.send(.ping, zxid: window.last, on: Int32(slot))
    }
    prove(leadership.pingRound, into: &effects)
  }

  /// Notices that a quorum has answered a round of pings, and so has followed after it was sent.
  private mutating func prove(_ round: Int, into effects: inout ZabEffects) {
    guard leadership.stage == .serving, round > leadership.provedRound,
      isQuorum(
        at: .upToDate, isOwn: true,
        where: { $0.joinedRound < round && $0.answeredRound >= round })
    else { return }
    leadership.provedRound = round
    giveAnswers(into: &effects)
  }

  // MARK: What learners say and ask

  mutating func takePing(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    var reader = ByteReader(packet.data)
    while !reader.isAtEnd {
      guard let session = try? reader.int64(), let timeout = try? reader.int32() else {
        return breakOff(link, "its list of sessions makes no sense", into: &effects)
      }
      effects.events.append(
        .touched(link: link, session: session, timeoutMilliseconds: timeout))
    }
    // Answers come in order, one for each ping.
    guard links[Int(link)].learner.answeredRound < leadership.pingRound else { return }
    links[Int(link)].learner.answeredRound += 1
    prove(links[Int(link)].learner.answeredRound, into: &effects)
  }

  mutating func takeRequest(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    var reader = ByteReader(packet.data)
    guard let session = try? reader.int64(), let xid = try? reader.int32(),
      let opcode = try? reader.int32()
    else { return breakOff(link, "its request makes no sense", into: &effects) }
    let start = effects.bytes.count
    effects.bytes.append(reader.takeRest())
    let middle = effects.bytes.count
    effects.bytes.append(packet.identities)
    effects.events.append(
      .request(
        link: link, session: session, xid: xid, opcode: opcode, body: start..<middle,
        identities: middle..<effects.bytes.count))
  }

  mutating func takeRevalidation(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    var reader = ByteReader(packet.data)
    guard let session = try? reader.int64(), let timeout = try? reader.int32() else {
      return breakOff(link, "its question makes no sense", into: &effects)
    }
    effects.events.append(
      .revalidate(link: link, session: session, timeoutMilliseconds: timeout))
  }

  // MARK: Answers

  mutating func enqueueSync(
    _ link: Int32?, provesLeadership: Bool, into effects: inout ZabEffects
  ) {
    guard phase == .leading, isServing else { return }
    let round = provesLeadership ? leadership.pingRound + 1 : 0
    enqueue(.sync, for: link, round: round, into: &effects)
  }

  mutating func enqueueValidity(
    _ link: Int32, session: Int64, isAlive: Bool, into effects: inout ZabEffects
  ) {
    guard phase == .leading, isServing else { return }
    enqueue(.validity(session: session, isAlive: isAlive), for: link, round: 0, into: &effects)
  }

  private mutating func enqueue(
    _ kind: Leadership.Answer.Kind, for link: Int32?, round: Int, into effects: inout ZabEffects
  ) {
    if let link {
      guard links.indices.contains(Int(link)), links[Int(link)].state == .learner,
        links[Int(link)].learner.stage == .upToDate
      else { return }
    }
    leadership.answers.append(
      Leadership.Answer(kind: kind, link: link, after: window.last, round: round))
    giveAnswers(into: &effects)
  }

  /// Answers, in order, what is due; if a round of pings has to be sent for that, sends it.
  ///
  /// One round is under way at a time: those who come meanwhile share the next one.
  ///
  /// - Parameters:
  ///   - zxid: a proposal that a quorum has acknowledged: what was asked before it was proposed
  ///     needs no ping.
  ///   - effects: what is to be done.
  private mutating func giveAnswers(
    provedBefore zxid: Zxid = .zero, into effects: inout ZabEffects
  ) {
    while let answer = leadership.answers.first {
      if !mutations.contains(.answersSyncAtOnce) {
        guard answer.after <= window.lastCommitted else { return }
        guard answer.round <= leadership.provedRound || answer.after < zxid else {
          let isIdle = leadership.provedRound == leadership.pingRound
          if isIdle, answer.round > leadership.pingRound { ping(into: &effects) }
          return
        }
      }
      _ = leadership.answers.popFirst()
      give(answer, into: &effects)
    }
  }

  private func give(_ answer: Leadership.Answer, into effects: inout ZabEffects) {
    guard let link = answer.link else { return effects.events.append(.synced) }
    switch answer.kind {
    case .sync: effects.send(.sync, zxid: .zero, on: link)
    case .validity(let session, let isAlive):
      effects.send(.revalidate, zxid: Zxid(rawValue: -1), on: link) {
        $0.int64(session)
        $0.bool(isAlive)
      }
    }
  }
}
