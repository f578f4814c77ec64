import LinnaeusBase

/// What a watch tells of.
public enum WatchEventKind: Int32, Hashable, Sendable {
  /// The znode came into being.
  case created = 1
  /// The znode is gone.
  case deleted = 2
  /// Its data were replaced.
  case dataChanged = 3
  /// A child came or went.
  case childrenChanged = 4
}

/// A watch event, which follows a ``ReplyHeader`` with xid −1.
public struct WatcherEvent: Hashable, Sendable {
  /// The number of the kind (``WatchEventKind``).
  public var kind: Int32
  /// The state of the connection; servers always say 3, connected.
  public var state: Int32
  /// The znode.
  public var path: [UInt8]

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    kind = try reader.int32()
    state = try reader.int32()
    path = try reader.stringOrEmpty().array
  }

  /// Writes one.
  public static func write(
    _ kind: WatchEventKind, path: some ByteSource, to writer: inout ByteWriter
  ) {
    writer.int32(kind.rawValue)
    writer.int32(3)
    writer.string(path)
  }
}
