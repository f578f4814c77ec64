/// How consistent a history is: each level demands what those below it do, and more.
///
/// ``linearizableWrites`` stands beside the others: ``zookeeper`` implies it.
public enum Level: String, CaseIterable, Sendable {
  case session
  case sequential
  case linearizableWrites = "linearizable-writes"
  case zookeeper
  case zookeeperSync = "zookeeper+sync"
  case linearizable

  /// The levels of which each implies the one before it.
  public static let ladder: [Level] = [
    .session, .sequential, .zookeeper, .zookeeperSync, .linearizable,
  ]

  /// What it demands (design.md, *Guarantees*).
  public var properties: [Property] {
    switch self {
    case .session: [.orderedWrites, .orderedSessions, .handshake]
    case .sequential:
      [
        .uniqueWrites, .orderedWrites, .legalReplay, .rightRefusals, .snapshotReads,
        .orderedSessions, .handshake, .atomicMulti,
      ]
    case .linearizableWrites:
      [.uniqueWrites, .linearizableWrites, .orderedWrites, .legalReplay, .rightRefusals]
    case .zookeeper:
      (Level.sequential.properties
        + [.linearizableWrites, .watches, .sessionEnds, .durability]).sorted()
    case .zookeeperSync: (Level.zookeeper.properties + [.freshAfterSync]).sorted()
    case .linearizable: (Level.zookeeperSync.properties + [.freshReads]).sorted()
    }
  }

  /// Whether a finding breaks it.
  ///
  /// A read of the future breaks ``zookeeper`` though the property that it belongs to, P9, is only
  /// demanded by ``linearizable``.
  public func isBroken(by finding: Finding) -> Bool {
    if properties.contains(finding.property) { return true }
    guard finding.kind == .readOfTheFuture else { return false }
    return self == .zookeeper || self == .zookeeperSync
  }
}
