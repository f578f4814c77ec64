/// Why one operation comes before another: the kind of an edge of a dependency graph.
///
/// `ww`, `wr` and `rw` are Adya's dependencies ("Weak Consistency", 1999); the others say what an
/// order has to respect besides.
public enum EdgeKind: UInt8, CaseIterable, Sendable {
  /// Both write the same object, one after the other.
  case writeWrite
  /// The second reads what the first has written.
  case writeRead
  /// The second writes over what the first has read.
  case readWrite
  /// Both are of one session, or process, in the order of their calls.
  case process
  /// The first was answered before the second was called.
  case realTime
  /// The same, where the second is a read, of which weaker levels do not demand to be recent.
  case realTimeOfReads
  /// The order of transactions, which the zxids of the replies tell.
  case zxid
  /// The same, where one of both is a read, which was answered from the state at its zxid.
  case zxidOfReads
  /// The first was known to somebody before a sync was called after which the second was.
  case sync
  /// The first was answered before its session was told of the second by a watch.
  case watch
  /// All that a session does comes before its end.
  case expiry
  /// A session told a server what it had seen, and is shown nothing older.
  case handshake

  /// What reports and certificates call it.
  public var name: String {
    switch self {
    case .writeWrite: "ww"
    case .writeRead: "wr"
    case .readWrite: "rw"
    case .process: "process"
    case .realTime, .realTimeOfReads: "realtime"
    case .zxid, .zxidOfReads: "zxid"
    case .sync: "sync"
    case .watch: "watch"
    case .expiry: "expiry"
    case .handshake: "handshake"
    }
  }
}

/// A set of kinds of edges.
public struct EdgeKinds: OptionSet, Hashable, Sendable {
  /// A bit for each kind.
  public let rawValue: UInt16

  /// A set by its bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The set of one kind.
  public init(_ kind: EdgeKind) { rawValue = 1 << UInt16(kind.rawValue) }

  /// Whether a kind, by its raw value, is in it.
  func has(_ kind: UInt8) -> Bool { rawValue & 1 << UInt16(kind) != 0 }

  /// Both write the same object.
  public static let writeWrite = Self(.writeWrite)
  /// The second reads what the first has written.
  public static let writeRead = Self(.writeRead)
  /// The second writes over what the first has read.
  public static let readWrite = Self(.readWrite)
  /// The order of a session.
  public static let process = Self(.process)
  /// Real time, for whatever the second operation is.
  public static let realTime: Self = [Self(.realTime), Self(.realTimeOfReads)]
  /// The order of transactions.
  public static let zxid = Self(.zxid)
  /// What reads were answered from, in that order.
  public static let zxidOfReads = Self(.zxidOfReads)
  /// Real time, where the second operation is no read.
  public static let realTimeOfWrites = Self(.realTime)
  /// What precedes a sync.
  public static let sync = Self(.sync)
  /// What a watch tells of.
  public static let watch = Self(.watch)
  /// The ends of sessions.
  public static let expiry = Self(.expiry)
  /// What sessions had seen when they were connected.
  public static let handshake = Self(.handshake)
  /// `ww`, `wr` and `rw`.
  public static let dependencies: Self = [.writeWrite, .writeRead, .readWrite]
}
