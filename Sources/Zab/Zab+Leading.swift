import Jute
import LinnaeusBase

/// Discovery and synchronisation as the leader sees them (zookeeper-protocol.md, section 8).
extension Zab {
  mutating func beginLeading(into effects: inout ZabEffects) {
    phase = .leading
    leadership = Leadership()
    leadership.historyEnd = window.last
    extendDeadline()
    for link in links.indices where links[link].state == .parked {
      links[link].state = .learner
      links[link].learner.lastHeard = now
    }
    for link in links.indices where phase == .leading && links[link].state == .learner {
      readHeldInput(on: Int32(link), into: &effects)
    }
    continueLeading(into: &effects)
  }

  private mutating func extendDeadline() {
    leadership.deadline = now.advanced(
      milliseconds: options.tickMilliseconds * options.initLimit)
  }

  /// Whether a quorum has reached a stage, this server included if `isOwn`.
  func isQuorum(
    at stage: Learner.Stage, isOwn: Bool, where condition: (Learner) -> Bool = { _ in true }
  ) -> Bool {
    isQuorum { server in
      if server == id { return isOwn }
      return links.contains {
        $0.state == .learner && $0.learner.server == server && $0.learner.stage >= stage
          && condition($0.learner)
      }
    }
  }

  /// Goes on as far as quorums and the disk allow.
  mutating func continueLeading(into effects: inout ZabEffects) {
    guard phase == .leading else { return }
    if leadership.stage == .collecting, isQuorum(at: .introduced, isOwn: true) {
      chooseEpoch(into: &effects)
    }
    if leadership.stage == .promising, leadership.isPromiseDurable {
      leadership.stage = .confirming
      for link in links.indices where links[link].state == .learner {
        if links[link].learner.stage == .introduced { invite(Int32(link), into: &effects) }
      }
    }
    if leadership.stage == .confirming,
      isQuorum(at: .promised, isOwn: isHistoryDurable, where: { $0.isNewPromise })
    {
      beginSynchronising(into: &effects)
    }
    if leadership.stage == .synchronising {
      // As for a learner, its history is durable before the epoch is (ZOOKEEPER-4643).
      if !leadership.isEpochWritten,
        isHistoryDurable || mutations.contains(.writesEpochEarly)
      {
        leadership.isEpochWritten = true
        effects.events.append(.writeEpoch(.current, leadership.epoch))
      }
      let isOwn = isHistoryDurable && currentEpoch == leadership.epoch
      if isOwn, isQuorum(at: .acknowledged, isOwn: isOwn) {
        beginServing(into: &effects)
      }
    }
    if leadership.stage == .serving { commitProposals(into: &effects) }
  }

  private var isHistoryDurable: Bool { durable >= leadership.historyEnd }

  private mutating func chooseEpoch(into effects: inout ZabEffects) {
    // The files of epochs may have been lost; the log is not.
    var largest = max(acceptedEpoch, highestEpoch, Int64(window.last.epoch))
    for link in links where link.state == .learner && link.learner.stage >= .introduced {
      largest = max(largest, link.learner.acceptedEpoch)
    }
    leadership.epoch = largest + 1
    leadership.stage = .promising
    acceptedEpoch = leadership.epoch
    extendDeadline()
    effects.events.append(.writeEpoch(.accepted, leadership.epoch))
  }

  private mutating func beginSynchronising(into effects: inout ZabEffects) {
    leadership.stage = .synchronising
    extendDeadline()
    for link in links.indices
    where links[link].state == .learner && links[link].learner.stage == .promised {
      synchronise(Int32(link), into: &effects)
    }
  }

  private mutating func beginServing(into effects: inout ZabEffects) {
    leadership.stage = .serving
    isServing = true
    election.vote.epoch = leadership.epoch
    leadership.pingAt = now
    leadership.checkAt = now.advanced(milliseconds: options.tickMilliseconds)
    commit(upTo: leadership.historyEnd, into: &effects)
    if let next = pending, next.zxid <= leadership.historyEnd {
      activate(next.configuration, into: &effects)
    }
    effects.events.append(.serve)
    updateLearners(into: &effects)
    if !isVoter(id) { leave("the ensemble goes on without this server", into: &effects) }
  }

  /// Lets those serve that have acknowledged NEWLEADER.
  ///
  /// A learner that was started with proposals in its log that are not committed yet has applied
  /// them: it waits for them.
  mutating func updateLearners(into effects: inout ZabEffects) {
    leadership.waitingLearners = 0
    for link in links.indices
    where links[link].state == .learner && links[link].learner.stage == .acknowledged {
      guard
        links[link].learner.historyEnd <= window.lastCommitted
          || mutations.contains(.letsServeEarly)
      else {
        leadership.waitingLearners += 1
        continue
      }
      links[link].learner.stage = .upToDate
      links[link].learner.joinedRound = leadership.pingRound
      links[link].learner.answeredRound = leadership.pingRound
      links[link].learner.lastHeard = now
      effects.send(.upToDate, zxid: Zxid(rawValue: -1), on: Int32(link))
    }
  }

  // MARK: Learners

  /// Takes a packet of a learner's.
  mutating func takeFromLearner(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    let slot = Int(link)
    let stage = links[slot].learner.stage
    switch packet.kind {
    case .ack where stage >= .acknowledged: takeAck(packet, on: link, into: &effects)
    case .ping where stage == .upToDate: takePing(packet, on: link, into: &effects)
    case .request where stage == .upToDate: takeRequest(packet, on: link, into: &effects)
    case .revalidate where stage == .upToDate: takeRevalidation(packet, on: link, into: &effects)
    case .followerInfo where stage == .connected, .observerInfo where stage == .connected:
      introduce(packet, on: link, into: &effects)
    case .ackEpoch where stage == .invited: takePromise(packet, on: link, into: &effects)
    case .ack where stage == .synchronised && packet.zxid == Self.start(of: leadership.epoch):
      links[slot].learner.stage = .acknowledged
      links[slot].learner.acknowledged = links[slot].learner.historyEnd
      continueLeading(into: &effects)
      if leadership.stage == .serving { updateLearners(into: &effects) }
    default:
      breakOff(link, "\(packet.kind) \(packet.zxid) while it is \(stage)", into: &effects)
    }
  }

  private mutating func introduce(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    var reader = ByteReader(packet.data)
    let epoch = packet.zxid.rawValue >> 32
    guard let info = try? LearnerInfo(from: &reader), epoch >= 0, epoch < Int64(Int32.max),
      info.server != id
    else {
      return breakOff(link, "its introduction makes no sense", into: &effects)
    }
    guard info.configurationVersion <= configuration.version else {
      effects.note("learner \(info.server) knows a newer configuration than its leader")
      return drop(link, into: &effects)
    }
    // Whoever comes again has lost its earlier connection.
    for other in links.indices
    where other != Int(link) && links[other].state == .learner
      && links[other].learner.server == info.server
      && links[other].learner.stage > .connected
    {
      drop(Int32(other), into: &effects)
    }
    if info.protocolVersion >= LearnerInfo.currentVersion {
      leadership.extendedPeers.insert(info.server)
    } else {
      leadership.extendedPeers.remove(info.server)
    }
    links[Int(link)].learner.server = info.server
    // Who gets a vote by a configuration that is only proposed may not know it yet: it must hear of
    // proposals and acknowledge them, or that one is never committed. Apache's observers would not.
    let getsVote = isVoter(info.server) && info.protocolVersion >= LearnerInfo.currentVersion
    links[Int(link)].learner.isObserver = packet.kind == .observerInfo && !getsVote
    links[Int(link)].learner.acceptedEpoch = epoch
    links[Int(link)].learner.stage = .introduced
    if isVoter(info.server) { highestEpoch = max(highestEpoch, epoch) }
    if leadership.stage >= .promising, epoch > leadership.epoch, isVoter(info.server),
      !mutations.contains(.skipsEpochCheck)
    {
      // Apache's leader goes on without that server, which can never join; a later epoch takes
      // everybody along.
      return leave("server \(info.server) has promised the later epoch \(epoch)", into: &effects)
    }
    if leadership.stage >= .confirming { invite(link, into: &effects) }
    continueLeading(into: &effects)
  }

  /// Tells a learner the new epoch.
  private mutating func invite(_ link: Int32, into effects: inout ZabEffects) {
    links[Int(link)].learner.stage = .invited
    effects.send(.leaderInfo, zxid: Self.start(of: leadership.epoch), on: link) {
      $0.int32(LearnerInfo.currentVersion)
    }
  }

  private mutating func takePromise(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    var reader = ByteReader(packet.data)
    guard let epoch = try? reader.int32(), epoch >= -1 else {
      return breakOff(link, "its promise makes no sense", into: &effects)
    }
    let slot = Int(link)
    links[slot].learner.stage = .promised
    links[slot].learner.isNewPromise = epoch != -1
    links[slot].learner.lastZxid = packet.zxid
    if leadership.stage == .confirming, epoch != -1, isVoter(links[slot].learner.server),
      (Int64(epoch), packet.zxid.rawValue) > (currentEpoch, window.last.rawValue)
    {
      return leave("server \(links[slot].learner.server) knows more", into: &effects)
    }
    if leadership.stage >= .synchronising { synchronise(link, into: &effects) }
    continueLeading(into: &effects)
  }

  mutating func learnerGone(_ link: Int32, into effects: inout ZabEffects) {
    guard phase == .leading, links[Int(link)].learner.stage > .connected else { return }
    var kept = FIFO<Leadership.Answer>()
    while let answer = leadership.answers.popFirst() {
      if answer.link != link { kept.append(answer) }
    }
    leadership.answers = kept
    effects.note("learner \(links[Int(link)].learner.server) is gone")
    effects.events.append(.learnerGone(link: link))
  }
}
