/// How consistent a history is: each level demands what those below it do, and more.
///
/// ``linearizableWrites`` stands beside the others: ``zookeeper`` implies it.
public enum Level: String, CaseIterable, Sendable {
  /// What each session sees for itself is in order.
  case session
  /// One order of all operations explains all answers and respects the order of every session.
  case sequential
  /// The writes, for themselves, have an order that respects real time.
  case linearizableWrites = "linearizable-writes"
  /// What ZooKeeper promises: sequential, with writes that respect real time.
  case zookeeper
  /// What its users expect of `sync`: a read after one misses nothing older.
  case zookeeperSync = "zookeeper+sync"
  /// One order of all operations that respects real time.
  case linearizable

  /// The levels of which each implies the one before it.
  public static let ladder: [Level] = [
    .session, .sequential, .zookeeper, .zookeeperSync, .linearizable,
  ]

  /// What it demands.
  ///
  /// A read of the future, which breaks ``zookeeper`` as well, belongs to P9.
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
  public func isBroken(by finding: Finding) -> Bool {
    // Without its zxid nobody knows what an answer keeps or breaks.
    if finding.kind == .missingZxid { return true }
    if properties.contains(where: finding.breaks) { return true }
    guard finding.kind == .readOfTheFuture else { return false }
    return self == .zookeeper || self == .zookeeperSync
  }
}
