/// One thing that a history of ZooKeeper's can keep or break, told from the zxids of its replies.
///
/// The numbers and what each demands are those of consistency.md, section 1.4; what is promised, and
/// what is only measured, stands in ZooKeeper's documentation ("Consistency Guarantees" in the
/// programmer's guide, and the internals).
public enum Property: Int, CaseIterable, Comparable, Sendable {
  case assumptions, uniqueWrites, linearizableWrites, orderedWrites, legalReplay, rightRefusals
  case snapshotReads, orderedSessions, handshake, freshReads, freshAfterSync, boundedStaleness
  case watches, sessionEnds, durability, atomicMulti, convergence

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
      "Replies come after their calls, and those of a connection in the order of its requests."
    case .uniqueWrites: "Each transaction has a zxid of its own."
    case .linearizableWrites:
      "A write that is called after another was answered has the larger zxid."
    case .orderedWrites: "The writes of a session have zxids in the order of their calls."
    case .legalReplay: "Writes, done in zxid order, give the answers that were recorded."
    case .rightRefusals: "A write that was refused had to be, where its zxid places it."
    case .snapshotReads: "A read returns what the writes up to the zxid of its reply have made."
    case .orderedSessions: "The zxids that a session is told never fall."
    case .handshake: "No session goes on with a server that is behind what the session has seen."
    case .freshReads: "A read misses nothing that was answered to anybody before it was called."
    case .freshAfterSync:
      "A read after a sync misses nothing that was answered to anybody before the sync was called."
    case .boundedStaleness: "No read is older than asked for."
    case .watches: "Watches fire once, in order, before their session sees the change."
    case .sessionEnds: "When a session ends its ephemeral znodes go, and it does nothing more."
    case .durability: "What was acknowledged stays."
    case .atomicMulti: "The operations of a multi happen together."
    case .convergence: "In the end all servers hold the same."
    }
  }
}
