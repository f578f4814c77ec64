import Jute
import LinnaeusBase

/// Discovery and synchronisation as a learner sees them (zookeeper-protocol.md, section 8).
extension Zab {
  mutating func beginLearning(from leader: ServerID, into effects: inout ZabEffects) {
    phase = isVoter(id) ? .following(leader) : .observing(leader)
    for link in links.indices where links[link].state == .parked {
      drop(Int32(link), into: &effects)
    }
    following = Following()
    following.leader = leader
    following.acknowledges = isVoter(id)
    following.lastHeard = now
    connect(into: &effects)
  }

  private mutating func connect(into effects: inout ZabEffects) {
    following.stage = .connecting
    following.link = nil
    following.retryAt = nil
    following.attempts += 1
    effects.events.append(.connect(following.leader))
  }

  /// The leader cannot be reached: perhaps it does not know yet that it is elected.
  mutating func connectionFailed(into effects: inout ZabEffects) {
    guard following.stage == .connecting, following.retryAt == nil else { return }
    guard following.attempts < Following.maxAttempts else {
      return leave("server \(following.leader) cannot be reached", into: &effects)
    }
    following.retryAt = now.advanced(milliseconds: Following.retryMilliseconds)
  }

  mutating func introduce(on link: Int32, into effects: inout ZabEffects) {
    guard following.stage == .connecting, following.link == nil, following.retryAt == nil else {
      return drop(link, into: &effects)
    }
    open(link, as: .leader)
    following.link = link
    following.stage = .introduced
    let isObserver = if case .observing = phase { true } else { false }
    let info = LearnerInfo(server: id, configurationVersion: configuration.version)
    let promised = mutations.contains(.skipsEpochCheck) ? currentEpoch : acceptedEpoch
    effects.send(
      isObserver ? .observerInfo : .followerInfo, zxid: Self.start(of: promised), on: link
    ) { info.write(to: &$0) }
  }

  // MARK: Time

  /// A leader may be silent for that long.
  private var patienceMilliseconds: Int64 {
    options.tickMilliseconds
      * (following.stage < .acknowledged ? options.initLimit : options.syncLimit)
  }

  var learnerDeadline: Instant? {
    // Recovering may take its time: the leader is not waited for.
    if following.stage == .truncating { return nil }
    let silence = following.lastHeard.advanced(milliseconds: patienceMilliseconds)
    return min(silence, following.retryAt ?? silence)
  }

  mutating func advanceLearner(into effects: inout ZabEffects) {
    guard let deadline = learnerDeadline, deadline <= now else { return }
    if let retryAt = following.retryAt, retryAt <= now {
      connect(into: &effects)
    } else {
      leave("leader \(following.leader) is silent", into: &effects)
    }
  }

  // MARK: Discovery

  mutating func promise(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    let epoch = packet.zxid.rawValue >> 32
    guard following.stage == .introduced, epoch > 0 else {
      return leave("LEADERINFO of epoch \(epoch) was not expected", into: &effects)
    }
    var reader = ByteReader(packet.data)
    following.leaderKnowsExtensions =
      (try? reader.int32()).map { $0 >= LearnerInfo.currentVersion } ?? false
    following.epoch = epoch
    following.stage = .promising
    following.isNewPromise = false
    following.isPromiseDurable = false
    if epoch > acceptedEpoch {
      // The promise counts for whatever is told to others from now on; it is acknowledged only when
      // it is durable.
      acceptedEpoch = epoch
      following.isNewPromise = true
      effects.events.append(.writeEpoch(.accepted, epoch))
    } else if epoch == acceptedEpoch {
      following.isPromiseDurable = true
    } else if mutations.contains(.skipsEpochCheck) {
      following.isNewPromise = true
      following.isPromiseDurable = true
    } else {
      return leave(
        "epoch \(epoch) is earlier than \(acceptedEpoch), which was promised", into: &effects)
    }
    continueLearning(into: &effects)
  }

  /// Goes on once what the learner waits for is durable.
  mutating func continueLearning(into effects: inout ZabEffects) {
    guard let link = following.link else { return }
    if mutations.contains(.acknowledgesProposalsFirst),
      following.stage == .securing || following.stage == .activating
    {
      acknowledgeProposals(into: &effects)
    }
    switch following.stage {
    case .promising:
      // What it says that it has must not get lost.
      guard following.isPromiseDurable, durable >= window.last else { return }
      let epoch = following.isNewPromise ? Int32(truncatingIfNeeded: currentEpoch) : -1
      let needsSnapshot = !following.isNewPromise && following.epoch == snapshotEpoch
      following.stage = .promised
      effects.send(.ackEpoch, zxid: needsSnapshot ? Self.nothing : window.last, on: link) {
        $0.int32(epoch)
      }
    case .securing:
      // The history before the epoch: ZOOKEEPER-4643.
      guard durable >= following.historyEnd || mutations.contains(.writesEpochEarly) else { return }
      following.stage = .activating
      guard currentEpoch != following.epoch else {
        return acknowledgeHistory(into: &effects)
      }
      effects.events.append(.writeEpoch(.current, following.epoch))
    case .activating where currentEpoch == following.epoch: acknowledgeHistory(into: &effects)
    case .acknowledged, .serving: acknowledgeProposals(into: &effects)
    default: break
    }
  }

  /// Both the history and the epoch are durable: ZOOKEEPER-3911.
  private mutating func acknowledgeHistory(into effects: inout ZabEffects) {
    guard let link = following.link else { return }
    guard durable >= following.historyEnd else { return }
    following.stage = .acknowledged
    effects.send(.ack, zxid: Self.start(of: following.epoch), on: link)
    acknowledgeProposals(into: &effects)
  }

  // MARK: Synchronisation

  mutating func chooseDifference(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    guard following.stage == .promised else { return surprised(by: packet, into: &effects) }
    following.stage = .synchronising
    following.watermark = min(packet.zxid, window.last)
  }

  mutating func chooseTruncation(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    guard following.stage == .promised else { return surprised(by: packet, into: &effects) }
    guard packet.zxid >= window.floor else { return requestSnapshot(into: &effects) }
    following.stage = .truncating
    following.watermark = packet.zxid
    isReloading = true
    effects.events.append(.reload(packet.zxid))
  }

  /// Whoever says that it has this gets a snapshot: no log begins before it.
  private static let nothing = Zxid(rawValue: -1)

  /// Joins the same leader again, for a snapshot.
  ///
  /// What has to go may be part of the snapshot on disk, which cannot be cut: that of a leader that
  /// nobody else followed, or this server's own, taken after it was started with a log that had
  /// more than what was committed. Everything must stay on the disk until another snapshot takes
  /// its place, for a quorum may count on what comes before. And the truth must be told to every
  /// leader that may not have all that is committed: only the one that sent TRUNC, in the same
  /// epoch, is told otherwise, and it does not count that acknowledgement.
  private mutating func requestSnapshot(into effects: inout ZabEffects) {
    guard let link = following.link else { return }
    effects.note("the log cannot be cut: leader \(following.leader) is asked for a snapshot")
    snapshotEpoch = following.epoch
    following.attempts = 0
    effects.close(link)
    links[Int(link)] = Link()
    connect(into: &effects)
  }

  mutating func chooseSnapshot(
    _ packet: QuorumPacket, on link: Int32, into effects: inout ZabEffects
  ) {
    guard following.stage == .promised else { return surprised(by: packet, into: &effects) }
    following.stage = .loading
    following.hasVolatileSnapshot = true
    following.watermark = packet.zxid
    effects.events.append(.receiveSnapshot(link: link, packet.zxid))
  }

  mutating func takeSnapshot() {
    following.stage = .verifying
    window = TransactionWindow(
      after: following.watermark, committedCount: options.commitLogCount)
    pending = nil
    // What was told of the log that is gone says nothing of the snapshot.
    durable = Zxid(rawValue: .min)
    if mutations.contains(.trustsSnapshotEarly) {
      durable = window.last
      following.hasVolatileSnapshot = false
    }
  }

  /// The log is cut, and the server's state is that of what was left.
  mutating func takeReloaded(
    _ recovered: TransactionWindow, _ next: QuorumConfiguration?, into effects: inout ZabEffects
  ) {
    guard isReloading else { return }
    isReloading = false
    window = recovered
    pending = nil
    expect(next)
    durable = Zxid(rawValue: .min)
    if phase == .looking { return beginElection(into: &effects) }
    guard following.stage == .truncating, let link = following.link else { return }
    guard window.last == following.watermark else { return requestSnapshot(into: &effects) }
    following.stage = .synchronising
    following.lastHeard = now
    readHeldInput(on: link, into: &effects)
  }

  mutating func takeNewLeader(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    guard following.stage == .synchronising, packet.zxid == Self.start(of: following.epoch) else {
      return surprised(by: packet, into: &effects)
    }
    do throws(QuorumConfigurationError) {
      if !packet.data.isEmpty {
        following.configuration = try QuorumConfiguration(text: packet.data)
      }
    } catch {
      return leave("the leader's configuration is none: \(error)", into: &effects)
    }
    following.stage = .securing
    following.historyEnd = window.last
    following.acknowledged = following.watermark
    if mutations.contains(.acknowledgesHistoryEarly), let link = following.link {
      following.stage = .acknowledged
      effects.events.append(.writeEpoch(.current, following.epoch))
      effects.send(.ack, zxid: packet.zxid, on: link)
    }
    continueLearning(into: &effects)
  }

  mutating func takeUpToDate(_ packet: QuorumPacket, into effects: inout ZabEffects) {
    guard following.stage == .acknowledged, let link = following.link else {
      return surprised(by: packet, into: &effects)
    }
    following.stage = .serving
    isServing = true
    election.vote.epoch = following.epoch
    if !mutations.contains(.appliesDifferenceLate) {
      commit(upTo: following.watermark, into: &effects)
    }
    if let newer = following.configuration, newer.version > configuration.version {
      activate(newer, into: &effects)
    }
    if let next = pending, next.zxid <= following.watermark {
      activate(next.configuration, into: &effects)
    }
    effects.send(.ack, zxid: Self.start(of: following.epoch), on: link)
    effects.events.append(.serve)
    if mutations.contains(.appliesDifferenceLate) { window.commit(upTo: following.watermark) }
    rejoinInOtherPart(into: &effects)
  }

  /// Whoever gets a vote, or loses it, joins the leader again as what it is now, as with Apache.
  mutating func rejoinInOtherPart(into effects: inout ZabEffects) {
    let isObserver = if case .observing = phase { true } else { false }
    guard isVoter(id) == isObserver else { return }
    leave(
      "it \(isObserver ? "has a vote" : "has no vote any more") by the new configuration",
      into: &effects)
  }
}
