extension Level {
  /// Whether it wants no cycle of these kinds.
  public func forbids(_ cycle: Cycle) -> Bool {
    acyclicKinds.contains { kinds in
      cycle.steps.allSatisfy { kinds.contains(EdgeKinds($0.kind)) }
    }
  }

  /// The sets of edges of a ``ConsistencyGraph`` of which each must be without a cycle
  /// (consistency.md, section 1.5).
  ///
  /// They are several since a read has two places: the one that its zxid tells, by which the views
  /// of sessions are judged, and the range in which its answer would have been the same, by which
  /// real time is.
  public var acyclicKinds: [EdgeKinds] {
    /// What each session was told, by the zxids of the replies.
    let sessions: EdgeKinds = [.process, .zxid, .zxidOfReads, .handshake]
    /// What was answered, by the zxids of the replies.
    let answers = EdgeKinds.dependencies.union([.zxid, .zxidOfReads])
    let order = EdgeKinds.dependencies.union([.process, .zxid])
    let zooKeeper = order.union([.realTimeOfWrites, .expiry])
    let watches: EdgeKinds = [.zxid, .zxidOfReads, .watch]
    let sync = EdgeKinds.dependencies.union([.zxid, .sync])
    return switch self {
    case .session: [sessions]
    case .sequential: [sessions, answers, order]
    case .linearizableWrites: [[.writeWrite, .zxid, .process, .realTimeOfWrites]]
    case .zookeeper: [sessions, answers, watches, zooKeeper]
    case .zookeeperSync: [sessions, answers, watches, zooKeeper, sync]
    case .linearizable: [sessions, answers, watches, zooKeeper.union(.realTime), sync]
    }
  }
}
