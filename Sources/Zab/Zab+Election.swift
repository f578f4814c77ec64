import Jute
import LinnaeusBase

/// Fast leader election (zookeeper-protocol.md, section 7).
extension Zab {
  /// How long the first pause between notifications is.
  static let firstPauseMilliseconds: Int64 = 200

  /// A server votes with the last zxid of its log, durable or not.
  ///
  /// That is safe, for a vote promises nothing: what counts is the history of those who acknowledge
  /// the new epoch, and they do so only when all of their log is durable. A server that loses the
  /// end of its log in a crash has acknowledged none of it, and votes with less the next time. It
  /// must not vote with less than it has: what it has acknowledged would be lost.
  private var ownVote: Vote {
    isVoter(id)
      ? Vote(leader: id, zxid: window.last, epoch: currentEpoch)
      : Vote(leader: ServerID(rawValue: .min), zxid: Zxid(rawValue: .min), epoch: .min)
  }

  /// Begins a round, unless the log has to be recovered first.
  mutating func beginElection(into effects: inout ZabEffects) {
    phase = .looking
    guard !isReloading else { return }
    election.isRunning = true
    election.round += 1
    election.received.removeAll()
    election.outside.removeAll()
    election.pauseMilliseconds = Self.firstPauseMilliseconds
    vote(for: ownVote, into: &effects)
  }

  /// Votes, and tells so.
  private mutating func vote(for vote: Vote, into effects: inout ZabEffects) {
    election.vote = vote
    election.decideAt = nil
    if isVoter(id) {
      election.received.put(
        Ballot(voter: id, vote: vote, round: election.round, state: .looking))
    }
    tellVoters(into: &effects)
    count()
  }

  private mutating func tellVoters(into effects: inout ZabEffects) {
    election.resendAt = now.advanced(milliseconds: election.pauseMilliseconds)
    let message = notification
    for voter in voters where voter != id {
      effects.notifications.append((to: voter, message: message))
    }
  }

  /// What this server says when it is asked.
  private var notification: [UInt8] {
    var writer = ByteWriter(capacity: 256)
    ElectionNotification(
      state: electionState, leader: election.vote.leader, zxid: election.vote.zxid,
      round: election.round, peerEpoch: election.vote.epoch, configuration: configuration.text
    ).write(to: &writer)
    return writer.bytes
  }

  private var electionState: ElectionNotification.State {
    switch phase {
    case .looking: .looking
    case .following: .following
    case .observing: .observing
    case .leading: .leading
    }
  }

  // MARK: Time

  var electionDeadline: Instant? {
    guard election.isRunning else { return nil }
    return min(election.resendAt, election.decideAt ?? election.resendAt)
  }

  mutating func advanceElection(into effects: inout ZabEffects) {
    guard election.isRunning else { return }
    if let decideAt = election.decideAt, decideAt <= now {
      return becomeFinal(election.vote, into: &effects)
    }
    if election.resendAt <= now {
      election.pauseMilliseconds = min(
        election.pauseMilliseconds * 2, options.maxNotificationMilliseconds)
      tellVoters(into: &effects)
    }
  }

  // MARK: Messages

  mutating func electionPortOpened(to server: ServerID, into effects: inout ZabEffects) {
    guard phase != .looking || election.isRunning else { return }
    effects.notifications.append((to: server, message: notification))
  }

  mutating func takeNotification(
    _ message: BorrowedBytes, from server: ServerID, into effects: inout ZabEffects
  ) {
    var reader = ByteReader(message)
    let said: ElectionNotification
    do throws(ByteReaderError) { said = try ElectionNotification(from: &reader) } catch {
      return effects.note("server \(server) sent no notification: \(error)")
    }
    guard said.round <= Election.maxRound else {
      return effects.note("server \(server) is in the impossible round \(said.round)")
    }
    let version = adopt(said.configuration, from: server, into: &effects)
    guard phase != .looking || election.isRunning else { return }
    // Who has no vote is told what there is to know, and not listened to. Two who look for a leader
    // may both think so of each other, and would answer each other's answers for ever: whoever knows
    // the newer ensemble tells the other.
    guard isVoter(server) else {
      if said.state == .looking, phase != .looking || version < configuration.version {
        answer(server, into: &effects)
      }
      return
    }
    guard phase == .looking else {
      if said.state == .looking { answer(server, into: &effects) }
      return
    }
    // Who has no vote is answered but not listened to: answering that would go on for ever.
    if said.state == .looking, said.round < election.round, isVoter(id) {
      answer(server, into: &effects)
    }
    guard isVoter(said.leader) else {
      // It has no candidate, as one that gets its vote by a configuration that only this server
      // knows: it listens to nobody of an earlier round.
      if said.state == .looking, said.round > election.round { join(round: said.round, &effects) }
      return
    }
    let ballot = Ballot(
      voter: server, vote: Vote(leader: said.leader, zxid: said.zxid, epoch: said.peerEpoch),
      round: said.round, state: said.state)
    switch said.state {
    case .looking: take(ballot, into: &effects)
    case .following, .leading: takeSettled(ballot, into: &effects)
    case .observing: break
    }
  }

  private mutating func join(round: Int64, _ effects: inout ZabEffects) {
    election.round = round
    election.received.removeAll()
    vote(for: ownVote, into: &effects)
  }

  private mutating func answer(_ server: ServerID, into effects: inout ZabEffects) {
    effects.notifications.append((to: server, message: notification))
  }

  /// A newer configuration makes a new election of this one.
  ///
  /// - Returns: The version of the other server's; this server's own if it does not say.
  private mutating func adopt(
    _ text: [UInt8]?, from server: ServerID, into effects: inout ZabEffects
  ) -> Int64 {
    guard let text, !text.isEmpty else { return configuration.version }
    let other: QuorumConfiguration
    do throws(QuorumConfigurationError) {
      other = try text.withBorrowedBytes { (bytes) throws(QuorumConfigurationError) in
        try QuorumConfiguration(text: bytes)
      }
    } catch {
      effects.note("server \(server) has a configuration that is none: \(error)")
      return configuration.version
    }
    guard phase == .looking, other.version > configuration.version, !other.members.isEmpty else {
      return other.version
    }
    effects.note("server \(server) knows a newer configuration")
    activate(other, into: &effects)
    if election.isRunning { beginElection(into: &effects) }
    return other.version
  }

  /// Takes the ballot of one who looks for a leader, too.
  private mutating func take(_ ballot: Ballot, into effects: inout ZabEffects) {
    if ballot.round < election.round { return }
    if ballot.round > election.round {
      election.round = ballot.round
      election.received.removeAll()
      let own = ownVote
      election.received.put(ballot)
      vote(for: prefers(ballot.vote, to: own) ? ballot.vote : own, into: &effects)
    } else {
      election.received.put(ballot)
      if prefers(ballot.vote, to: election.vote) {
        vote(for: ballot.vote, into: &effects)
      } else {
        count()
      }
    }
  }

  /// A server without weight never becomes the leader.
  private func prefers(_ vote: Vote, to other: Vote) -> Bool {
    configuration.weight(of: vote.leader) != 0 && vote.isBetter(than: other)
  }

  /// Looks whether a quorum agrees; it waits a little for a better candidate.
  private mutating func count() {
    let proposal = Ballot(
      voter: id, vote: election.vote, round: election.round, state: .looking)
    guard isQuorum(of: election.received, agreeingWith: proposal) else {
      election.decideAt = nil
      return
    }
    if election.decideAt == nil {
      election.decideAt = now.advanced(milliseconds: options.finalizeWaitMilliseconds)
    }
  }

  /// Takes the ballot of one who has a leader, and joins if a quorum has the same.
  private mutating func takeSettled(_ ballot: Ballot, into effects: inout ZabEffects) {
    if ballot.round == election.round {
      election.received.put(ballot)
      if isEstablished(ballot, among: election.received),
        confirms(ballot, among: election.received)
      {
        return becomeFinal(ballot.vote, into: &effects)
      }
    }
    if mutations.contains(.doubtsEstablishedLeader) { return count() }
    election.outside.put(ballot)
    if isEstablished(ballot, among: election.outside),
      confirms(ballot, among: election.outside)
    {
      election.round = ballot.round
      return becomeFinal(ballot.vote, into: &effects)
    }
    count()
  }

  /// The leader itself must have said that it leads: others may not know yet that it is gone.
  private func confirms(_ ballot: Ballot, among ballots: Ballots) -> Bool {
    ballot.vote.leader == id
      ? ballot.round == election.round : ballots[ballot.vote.leader]?.state == .leading
  }

  private func isQuorum(of ballots: Ballots, agreeingWith ballot: Ballot) -> Bool {
    isQuorum { server in ballots[server].map { $0.agrees(with: ballot) } ?? false }
  }

  /// Whether a leader has a quorum behind it that has found it already.
  ///
  /// To join it promises nothing, and a configuration that is only proposed here may have been given
  /// up, or be the one in force: a quorum of either will do.
  private func isEstablished(_ ballot: Ballot, among ballots: Ballots) -> Bool {
    func agrees(_ server: ServerID) -> Bool {
      ballots[server].map { $0.agrees(with: ballot) } ?? false
    }
    return configuration.isQuorum(agrees) || pending?.configuration.isQuorum(agrees) ?? false
  }

  // MARK: The end

  private mutating func becomeFinal(_ vote: Vote, into effects: inout ZabEffects) {
    election.isRunning = false
    election.vote = vote
    election.decideAt = nil
    if vote.leader == id {
      beginLeading(into: &effects)
    } else {
      beginLearning(from: vote.leader, into: &effects)
    }
  }
}
