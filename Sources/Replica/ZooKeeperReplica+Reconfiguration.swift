import Jute
import LinnaeusBase
import Tree
import Zab

/// Requests that change the ensemble.
extension ZooKeeperReplica {
  /// Makes a transaction in the scratch of a `reconfig`.
  ///
  /// - Returns: The error, and the next configuration if there is none.
  mutating func prepareReconfiguration(
    _ header: RequestHeader, _ body: BorrowedBytes, session: Int64, sessionError: ErrorCode,
    identities: [Identity]
  ) -> (error: ErrorCode, next: QuorumConfiguration?) {
    let zxid = lastPrepared.next
    var next: QuorumConfiguration?
    var error = sessionError
    if error == .ok {
      do throws(ErrorCode) {
        next = try nextConfiguration(body, version: zxid)
      } catch let reason {
        error = reason
      }
    }
    if error == .ok, let next {
      error = preparation.prepareConfiguration(
        next.text, session: session, xid: header.xid, identities: identities, zxid: zxid,
        time: wall, tree: tree, into: &scratch)
    } else {
      error = preparation.prepareError(
        error, opcode: .reconfig, session: session, xid: header.xid, zxid: zxid, time: wall,
        tree: tree, into: &scratch)
    }
    return (error, error == .ok ? next : nil)
  }

  /// What the ensemble becomes, checked in Apache's order.
  private func nextConfiguration(
    _ body: BorrowedBytes, version: Zxid
  ) throws(ErrorCode) -> QuorumConfiguration {
    guard let zab else { throw .reconfigDisabled }
    var reader = ByteReader(body)
    guard let request = try? ReconfigRequest(from: &reader) else { throw .marshallingError }
    guard !zab.isReconfiguring else { throw .reconfigInProgress }
    let present = zab.configuration
    guard request.configuration == -1 || request.configuration == present.version else {
      throw .badVersion
    }
    var next: QuorumConfiguration
    if let members = request.members, !members.isEmpty {
      guard let whole = try? QuorumConfiguration(text: members) else { throw .badArguments }
      next = whole
    } else {
      // Steps say nothing of groups and weights.
      guard present.groups.isEmpty else { throw .unimplemented }
      next = try present.changed(joining: request.joining, leaving: request.leaving)
    }
    next.version = version.rawValue
    guard next.members.contains(where: { $0.role == .participant }) else { throw .badArguments }
    guard zab.isFollowed(byQuorumOf: next) else { throw .newConfigNoQuorum }
    return next
  }

  /// Proposes the reconfiguration that was prepared in the scratch.
  mutating func propose(
    _ next: QuorumConfiguration, zxid: Zxid, into effects: inout Effects
  ) {
    let payload = scratch.bytes
    ask(&effects) { zab, effects in
      let leader =
        next.isParticipant(zab.id)
        ? zab.id : next.members.first { $0.role == .participant }?.id ?? zab.id
      payload.withBorrowedBytes {
        zab.proposeConfiguration(
          next, payload: $0, zxid: zxid, designatedLeader: leader, into: &effects)
      }
    }
  }

  /// The configuration that is in force is told to clients.
  mutating func showConfiguration() {
    guard let configuration = zab?.configuration else { return }
    tree.setConfiguration(configuration.text, version: configuration.version, time: wall)
  }
}

extension ZnodeTree {
  /// The configuration in `/zookeeper/config`, committed or not; nil if there is none.
  var quorumConfiguration: QuorumConfiguration? {
    configuration.withBorrowedBytes { try? QuorumConfiguration(text: $0) }
  }
}

extension RecoveringTree {
  /// The configuration in what was recovered, committed or not; nil if there is none.
  public var configuration: QuorumConfiguration? { tree.quorumConfiguration }
}

extension QuorumConfiguration {
  /// The ensemble with some servers more, or otherwise, and some less.
  ///
  /// - Parameters:
  ///   - joining: `server.1=…` separated by commas or lines.
  ///   - leaving: Numbers separated by commas.
  /// - Returns: The next ensemble, with the version of this one.
  /// - Throws: `.badArguments` if that is none.
  func changed(
    joining: BorrowedBytes?, leaving: BorrowedBytes?
  ) throws(ErrorCode) -> QuorumConfiguration {
    var next = self
    for number in (leaving?.array ?? []).split(separator: UInt8(ascii: ",")) {
      let text = String(decoding: number, as: UTF8.self).filter { $0 != " " }
      guard let id = Int64(text) else { throw .badArguments }
      next.members.removeAll { $0.id.rawValue == id }
    }
    let lines = (joining?.array ?? []).map { $0 == UInt8(ascii: ",") ? UInt8(ascii: "\n") : $0 }
    let others = try? lines.withBorrowedBytes { (bytes) throws(QuorumConfigurationError) in
      try QuorumConfiguration(text: bytes)
    }
    guard let others else { throw .badArguments }
    for member in others.members {
      next.members.removeAll { $0.id == member.id }
      guard !next.members.contains(where: { $0.address == member.address }) else {
        throw .badArguments
      }
      next.members.append(member)
    }
    next.members.sort { $0.id < $1.id }
    return next
  }
}
