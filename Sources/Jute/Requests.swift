import LinnaeusBase

// The requests of clients, as views of the bytes that they came in (zookeeper-protocol.md, section
// 2.4). Null strings read as empty ones, which no rule allows where a path is asked for. Bytes that
// follow a record are left alone, as Apache does.

/// `create`, `create2`, `createContainer` and `createTTL`.
public struct CreateRequest {
  /// Where.
  public var path: BorrowedBytes
  /// What the znode holds; nil is null.
  public var data: BorrowedBytes?
  /// The access-control list, the number of its elements first.
  public var acl: BorrowedBytes
  /// The kind of znode.
  public var flags: Int32
  /// The time to live in milliseconds; nil if the request has none.
  public var ttl: Int64?

  /// Reads one.
  public init(from reader: inout ByteReader, hasTTL: Bool = false) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
    data = try reader.buffer()
    acl = try reader.aclList()
    flags = try reader.int32()
    ttl = hasTTL ? try reader.int64() : nil
  }
}

/// A path and a version: `delete` and `check`.
public struct PathVersionRequest {
  /// Which znode.
  public var path: BorrowedBytes
  /// The version that it must have; −1 for any.
  public var version: Int32

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
    version = try reader.int32()
  }
}

/// A path and whether to watch it: `exists`, `getData`, `getChildren` and `getChildren2`.
public struct PathWatchRequest {
  /// Which znode.
  public var path: BorrowedBytes
  /// Whether to tell of the next change.
  public var watch: Bool

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
    watch = try reader.bool()
  }
}

/// A path alone: `getACL`, `sync`, `getEphemerals` and `getAllChildrenNumber`.
public struct PathRequest {
  /// Which znode; a prefix for `getEphemerals`.
  public var path: BorrowedBytes

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
  }
}

/// `setData`.
public struct SetDataRequest {
  /// Which znode.
  public var path: BorrowedBytes
  /// What it is to hold; nil is null.
  public var data: BorrowedBytes?
  /// The version that it must have; −1 for any.
  public var version: Int32

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
    data = try reader.buffer()
    version = try reader.int32()
  }
}

/// `setACL`.
public struct SetACLRequest {
  /// Which znode.
  public var path: BorrowedBytes
  /// The new access-control list, the number of its elements first.
  public var acl: BorrowedBytes
  /// The version of the list that it must have; −1 for any.
  public var version: Int32

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
    acl = try reader.aclList()
    version = try reader.int32()
  }
}

/// A path and a number: `checkWatches`, `removeWatches` (the kind) and `addWatch` (the mode).
public struct PathNumberRequest {
  /// Which znode.
  public var path: BorrowedBytes
  /// The kind or the mode.
  public var number: Int32

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
    number = try reader.int32()
  }
}

/// `setWatches` and `setWatches2`.
public struct SetWatchesRequest {
  /// The last zxid that the client has seen.
  public var relativeZxid: Zxid
  /// Watches for data, by path.
  public var data: [[UInt8]]
  /// Watches for existence.
  public var exist: [[UInt8]]
  /// Watches for children.
  public var children: [[UInt8]]
  /// Persistent watches.
  public var persistent: [[UInt8]]
  /// Persistent recursive watches.
  public var recursive: [[UInt8]]

  /// Reads one; `setWatches2` has the persistent ones too.
  public init(from reader: inout ByteReader, hasPersistent: Bool) throws(ByteReaderError) {
    func paths(_ reader: inout ByteReader) throws(ByteReaderError) -> [[UInt8]] {
      let start = reader
      // Null is no list here.
      guard try reader.int32() != -1 else { throw reader.error("a list of paths was expected") }
      reader = start
      return try reader.strings()
    }
    relativeZxid = try reader.zxid()
    data = try paths(&reader)
    exist = try paths(&reader)
    children = try paths(&reader)
    persistent = hasPersistent ? try paths(&reader) : []
    recursive = hasPersistent ? try paths(&reader) : []
  }
}

/// An authentication, `auth`.
public struct AuthPacket {
  /// The name of the scheme, such as `digest`.
  public var scheme: BorrowedBytes
  /// What the scheme asks for: `user:password`.
  public var credentials: BorrowedBytes?

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    _ = try reader.int32()
    scheme = try reader.stringOrEmpty()
    credentials = try reader.buffer()
  }
}

/// `reconfig`.
public struct ReconfigRequest {
  /// Servers that join, `server.1=…` separated by commas; nil is null.
  public var joining: BorrowedBytes?
  /// The ids of servers that leave, separated by commas.
  public var leaving: BorrowedBytes?
  /// All servers, in place of the other two.
  public var members: BorrowedBytes?
  /// The configuration that it must have; −1 for any.
  public var configuration: Int64

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    joining = try reader.string()
    leaving = try reader.string()
    members = try reader.string()
    configuration = try reader.int64()
  }
}
