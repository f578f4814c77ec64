/// One thing that a history of ZooKeeper's can keep or break, told from the zxids of its replies.
public enum Property: Int, CaseIterable, Comparable, Sendable {
  case assumptions, uniqueWrites, linearizableWrites, orderedWrites, legalReplay, rightRefusals
  case snapshotReads, orderedSessions, handshake, freshReads, freshAfterSync, boundedStaleness
  case watches, sessionEnds, durability, atomicMulti, convergence

  /// By number.
  public static func < (left: Property, right: Property) -> Bool {
    left.rawValue < right.rawValue
  }

  /// `P0` to `P16`.
  public var number: String { "P\(rawValue)" }

  /// What the command line calls it, apart from its number.
  public var name: String {
    switch self {
    case .assumptions: "assumptions"
    case .uniqueWrites: "unique-writes"
    case .linearizableWrites: "real-time-writes"
    case .orderedWrites: "fifo-writes"
    case .legalReplay: "legal-replay"
    case .rightRefusals: "right-refusals"
    case .snapshotReads: "snapshot-reads"
    case .orderedSessions: "session-order"
    case .handshake: "handshake"
    case .freshReads: "fresh-reads"
    case .freshAfterSync: "fresh-after-sync"
    case .boundedStaleness: "bounded-staleness"
    case .watches: "watches"
    case .sessionEnds: "session-ends"
    case .durability: "durability"
    case .atomicMulti: "atomic-multi"
    case .convergence: "convergence"
    }
  }

  /// What it demands, in a sentence.
  public var sentence: String {
    switch self {
    case .assumptions:
      "Replies come after their calls, those of a connection in the order of its requests, and none"
        + " contradicts itself."
    case .uniqueWrites: "Each transaction has a zxid of its own."
    case .linearizableWrites:
      "A write that is called after another was answered has the larger zxid."
    case .orderedWrites: "The writes of a session have zxids in the order of their calls."
    case .legalReplay: "Writes, done in zxid order, give the answers that were recorded."
    case .rightRefusals: "A write that was refused had to be, where its zxid places it."
    case .snapshotReads: "A read returns what the writes up to the zxid of its reply have made."
    case .orderedSessions: "The zxids that a session is told never fall, and rise at each write."
    case .handshake: "No session goes on with a server that is behind what the session has seen."
    case .freshReads: "A read misses nothing that was answered to anybody before it was called."
    case .freshAfterSync:
      "A read after a sync misses nothing that was answered to anybody before the sync was called."
    case .boundedStaleness: "No read is older than --max-staleness allows."
    case .watches:
      "A watch fires for the first change after it was set, before its session sees that change,"
        + " and only then."
    case .sessionEnds: "When a session ends its ephemeral znodes go, and it does nothing more."
    case .durability: "What was acknowledged stays."
    case .atomicMulti: "The operations of a multi happen together."
    case .convergence: "When all is quiet every server holds the same."
    }
  }

  /// Where it is promised, or what else it comes from.
  public var source: String {
    switch self {
    case .assumptions: "what a recorder of one connection sees on the wire"
    case .uniqueWrites, .legalReplay:
      "ZooKeeper Programmer's Guide, \"Consistency Guarantees\": atomicity; \"ZooKeeper Stat"
        + " Structure\""
    case .linearizableWrites:
      "ZooKeeper Internals, \"Consistency Guarantees\": writes are linearizable"
    case .orderedWrites:
      "ZooKeeper Programmer's Guide, \"Consistency Guarantees\": sequential consistency"
    case .rightRefusals:
      "measured on Apache ZooKeeper 3.8: a refused write is a transaction and consumes a zxid"
    case .snapshotReads:
      "measured on Apache ZooKeeper 3.8: a read's zxid is the last that its server had applied"
    case .orderedSessions, .handshake:
      "ZooKeeper Programmer's Guide, \"Consistency Guarantees\": single system image"
    case .freshReads: "Herlihy and Wing, Linearizability (1990); not promised by ZooKeeper"
    case .freshAfterSync:
      "ZooKeeper Programmer's Guide: call sync() first; not always kept, ZOOKEEPER-1675"
    case .boundedStaleness:
      "ZooKeeper Programmer's Guide, \"Consistency Guarantees\": timeliness; the bound is the"
        + " user's"
    case .watches: "ZooKeeper Programmer's Guide, \"What ZooKeeper Guarantees about Watches\""
    case .sessionEnds:
      "ZooKeeper Programmer's Guide, \"Ephemeral Nodes\" and \"ZooKeeper Sessions\""
    case .durability: "ZooKeeper Programmer's Guide, \"Consistency Guarantees\": reliability"
    case .atomicMulti:
      "ZooKeeper Programmer's Guide, \"Consistency Guarantees\": atomicity of multi"
    case .convergence: "ZooKeeper Internals: all servers apply the same transactions in one order"
    }
  }
}
