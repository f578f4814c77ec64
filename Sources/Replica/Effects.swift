import LinnaeusBase
import Storage
import Zab

/// Transactions that a learner lacks and that are no longer in memory: they are to be read from the
/// log (`DurableStorage.transactions`).
public struct HistoryRead: Hashable, Sendable {
  /// The link of the learner.
  public var link: Int32
  /// The zxid before the first one.
  public var first: Zxid
  /// The zxid of the last one.
  public var last: Zxid
  /// So many bytes they may have together: a snapshot would be sent sooner.
  public var limitBytes: Int
}

/// What a replica wants of the world: bytes to send, connections to close, disk operations, lines
/// for the log.
///
/// The driver carries them out and clears them. Connections go by *slots*: small numbers that the
/// driver chooses and uses again after a connection has gone.
public struct Effects: Sendable {
  /// How much a line of the log matters.
  public enum Level: Int, Comparable, Sendable {
    /// For whoever looks for a mistake.
    case debug
    /// What happens in a good life.
    case info
    /// What somebody should look at.
    case warning
    /// What ends something.
    case error

    /// Whether one matters less than the other.
    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  /// By slot, the framed bytes to send, in order.
  public var outputs: [ByteWriter] = []
  /// By slot, whether to close the connection once its output is sent.
  public var closing: [Bool] = []
  /// The slots whose output grew or that shall close; a slot may stand here more than once.
  public var touched: [Int32] = []
  /// What is to be sent to other servers; its events are the replica's own.
  public var peers = ZabEffects()
  /// Another server to connect to, at its quorum port; told by `linkOpened` or `linkFailed`.
  public var connectTo: ServerID?
  /// Once everything that the disk was told is done: recover again, with nothing after this zxid, and
  /// call `reloaded`.
  public var reload: Zxid?
  /// The ensemble is that now: it is to be kept, and the server started with it the next time.
  ///
  /// It may get lost in a crash: then what the server's state says of it counts besides, until a
  /// leader says more.
  public var configuration: QuorumConfiguration?
  /// What is to be read from the log, told by `historyRead`.
  public var historyReads: [HistoryRead] = []
  /// What the disk is to do, strictly in order.
  public var disk: [DiskOperation] = []
  /// Lines for the log.
  public var log: [(level: Level, message: String)] = []

  /// Starts with nothing wanted.
  public init() {}

  /// Makes room for a slot.
  mutating func enter(_ slot: Int32) {
    while outputs.count <= Int(slot) {
      outputs.append(ByteWriter())
      closing.append(false)
    }
    outputs[Int(slot)].bytes.removeAll(keepingCapacity: true)
    closing[Int(slot)] = false
  }

  /// Asks that a connection be closed once what was written for it is sent.
  mutating func close(_ slot: Int32) {
    closing[Int(slot)] = true
    touched.append(slot)
  }

  mutating func note(_ level: Level, _ message: @autoclosure () -> String) {
    log.append((level, message()))
  }
}
