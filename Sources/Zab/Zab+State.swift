import Jute
import LinnaeusBase

/// A reconfiguration that is proposed.
struct PendingConfiguration: Sendable {
  var zxid: Zxid
  var configuration: QuorumConfiguration
  var designatedLeader: ServerID
}

/// What a server knows whatever its part is: configurations, what is durable, what is committed.
extension Zab {
  static func start(of epoch: Int64) -> Zxid {
    Zxid(epoch: UInt32(truncatingIfNeeded: epoch), counter: 0)
  }

  // MARK: Configurations

  /// Who votes, in this configuration or in the next one.
  var voters: [ServerID] {
    var voters = configuration.members.filter { $0.role == .participant }.map(\.id)
    if let pending {
      for member in pending.configuration.members
      where member.role == .participant && !configuration.isParticipant(member.id) {
        voters.append(member.id)
      }
      voters.sort()
    }
    return voters
  }

  func isVoter(_ server: ServerID) -> Bool {
    configuration.isParticipant(server)
      || pending.map { $0.configuration.isParticipant(server) } ?? false
  }

  /// Whether the servers that `contains` names are a quorum of every configuration that counts.
  func isQuorum(_ contains: (ServerID) -> Bool) -> Bool {
    guard configuration.isQuorum(contains) else { return false }
    guard let pending, !mutations.contains(.ignoresNextConfiguration) else { return true }
    return pending.configuration.isQuorum(contains)
  }

  /// From now on, that is the ensemble.
  mutating func activate(_ next: QuorumConfiguration, into effects: inout ZabEffects) {
    configuration = next
    if let known = pending, known.configuration.version <= next.version { pending = nil }
    effects.events.append(.configured(next))
  }

  /// A configuration in the server's state is newer than the one in force: it may be committed, or
  /// not, and quorums of both count until that is known.
  mutating func expect(_ next: QuorumConfiguration?) {
    guard let next, next.version > configuration.version else { return }
    pending = PendingConfiguration(
      zxid: Zxid(rawValue: next.version), configuration: next, designatedLeader: id)
  }

  /// Looks whether a transaction changes the ensemble.
  mutating func notice(
    _ payload: BorrowedBytes, zxid: Zxid, into effects: inout ZabEffects
  ) {
    guard let next = Self.reconfiguration(in: payload) else { return }
    pending = PendingConfiguration(
      zxid: zxid, configuration: next, designatedLeader: following.leader)
  }

  /// The configuration that a transaction brings about, if it is a `reconfig`.
  static func reconfiguration(in payload: BorrowedBytes) -> QuorumConfiguration? {
    var reader = ByteReader(payload)
    // Nearly all transactions are none: the kind is looked at before anything else is read.
    guard payload.count > 32, (try? reader.take(28)) != nil,
      let kind = try? reader.int32(), kind == Opcode.reconfig.rawValue,
      case .setData(_, let data?, _)? = try? TransactionRecord(.reconfig, from: &reader)
    else { return nil }
    return try? QuorumConfiguration(text: data)
  }

  // MARK: The log

  /// Keeps in the window what is still needed.
  ///
  /// That is what was committed since the time was told last, for the server may not have applied
  /// it, and what a learner needs behind its snapshot.
  mutating func pinWindow() {
    var pinned = window.lastCommitted
    for link in links where link.state == .learner && link.learner.stage == .loading {
      pinned = min(pinned, link.learner.pinned)
    }
    window.pinned = pinned
  }

  mutating func commit(upTo zxid: Zxid, into effects: inout ZabEffects) {
    window.commit(upTo: zxid)
    effects.events.append(.commit(zxid))
  }

  mutating func becameDurable(upTo zxid: Zxid, into effects: inout ZabEffects) {
    guard zxid > durable else { return }
    // While a snapshot comes in, what is told is about the log that it replaces.
    guard following.stage != .loading else { return }
    durable = min(zxid, window.last)
    following.hasVolatileSnapshot = false
    switch phase {
    case .looking: break
    case .following, .observing: continueLearning(into: &effects)
    case .leading: continueLeading(into: &effects)
    }
  }

  mutating func epochBecameDurable(
    _ file: EpochFile, _ epoch: Int64, into effects: inout ZabEffects
  ) {
    switch file {
    case .accepted: if following.epoch == epoch { following.isPromiseDurable = true }
    case .current: currentEpoch = max(currentEpoch, epoch)
    }
    switch phase {
    case .looking: break
    case .following, .observing: continueLearning(into: &effects)
    case .leading:
      if file == .accepted, leadership.epoch == epoch { leadership.isPromiseDurable = true }
      continueLeading(into: &effects)
    }
  }
}
