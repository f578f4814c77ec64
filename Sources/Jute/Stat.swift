import LinnaeusBase

/// What clients are told of a znode besides its data: 68 bytes (zookeeper-protocol.md, section 1).
public struct Stat: Hashable, Sendable {
  /// The zxid that created the znode.
  public var czxid: Zxid
  /// The zxid that last changed the data.
  public var mzxid: Zxid
  /// When it was created, in milliseconds since 1970 by the leader's clock.
  public var ctime: Int64
  /// When the data last changed, likewise.
  public var mtime: Int64
  /// How often the data changed.
  public var version: Int32
  /// How often the set of children changed.
  public var cversion: Int32
  /// How often the access-control list changed.
  public var aversion: Int32
  /// The session that owns an ephemeral znode; 0 for every other.
  public var ephemeralOwner: Int64
  /// How many bytes of data there are.
  public var dataLength: Int32
  /// How many children there are.
  public var numChildren: Int32
  /// The zxid that last changed the set of children.
  public var pzxid: Zxid

  /// How many bytes it has on the wire.
  public static let size = 68

  /// Takes each of the eleven fields, in the order of the wire.
  public init(
    czxid: Zxid = .zero, mzxid: Zxid = .zero, ctime: Int64 = 0, mtime: Int64 = 0,
    version: Int32 = 0, cversion: Int32 = 0, aversion: Int32 = 0, ephemeralOwner: Int64 = 0,
    dataLength: Int32 = 0, numChildren: Int32 = 0, pzxid: Zxid = .zero
  ) {
    self.czxid = czxid
    self.mzxid = mzxid
    self.ctime = ctime
    self.mtime = mtime
    self.version = version
    self.cversion = cversion
    self.aversion = aversion
    self.ephemeralOwner = ephemeralOwner
    self.dataLength = dataLength
    self.numChildren = numChildren
    self.pzxid = pzxid
  }

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    czxid = try reader.zxid()
    mzxid = try reader.zxid()
    ctime = try reader.int64()
    mtime = try reader.int64()
    version = try reader.int32()
    cversion = try reader.int32()
    aversion = try reader.int32()
    ephemeralOwner = try reader.int64()
    dataLength = try reader.int32()
    numChildren = try reader.int32()
    pzxid = try reader.zxid()
  }

  /// Writes it.
  @inlinable
  public func write(to writer: inout ByteWriter) {
    writer.appendFixed(68) { bytes in
      bytes.integer(czxid.rawValue)
      bytes.integer(mzxid.rawValue)
      bytes.integer(ctime)
      bytes.integer(mtime)
      bytes.integer(version)
      bytes.integer(cversion)
      bytes.integer(aversion)
      bytes.integer(ephemeralOwner)
      bytes.integer(dataLength)
      bytes.integer(numChildren)
      bytes.integer(pzxid.rawValue)
    }
  }
}

/// What a snapshot keeps of a znode besides path, data and access-control list: 60 bytes.
public struct PersistedStat: Hashable, Sendable {
  /// The zxid that created the znode.
  public var czxid: Zxid
  /// The zxid that last changed the data.
  public var mzxid: Zxid
  /// When it was created, in milliseconds since 1970 by the leader's clock.
  public var ctime: Int64
  /// When the data last changed, likewise.
  public var mtime: Int64
  /// How often the data changed.
  public var version: Int32
  /// How many children were ever created; what clients see counts deletions as well.
  public var cversion: Int32
  /// How often the access-control list changed.
  public var aversion: Int32
  /// The session that owns an ephemeral znode, or what kind of znode it is
  /// (zookeeper-protocol.md, section 2.8).
  public var ephemeralOwner: Int64
  /// The zxid that last changed the set of children.
  public var pzxid: Zxid

  /// Takes each of the nine fields, in the order of the snapshot.
  public init(
    czxid: Zxid = .zero, mzxid: Zxid = .zero, ctime: Int64 = 0, mtime: Int64 = 0,
    version: Int32 = 0, cversion: Int32 = 0, aversion: Int32 = 0, ephemeralOwner: Int64 = 0,
    pzxid: Zxid = .zero
  ) {
    self.czxid = czxid
    self.mzxid = mzxid
    self.ctime = ctime
    self.mtime = mtime
    self.version = version
    self.cversion = cversion
    self.aversion = aversion
    self.ephemeralOwner = ephemeralOwner
    self.pzxid = pzxid
  }

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    czxid = try reader.zxid()
    mzxid = try reader.zxid()
    ctime = try reader.int64()
    mtime = try reader.int64()
    version = try reader.int32()
    cversion = try reader.int32()
    aversion = try reader.int32()
    ephemeralOwner = try reader.int64()
    pzxid = try reader.zxid()
  }

  /// Writes it.
  @inlinable
  public func write(to writer: inout ByteWriter) {
    writer.appendFixed(60) { bytes in
      bytes.integer(czxid.rawValue)
      bytes.integer(mzxid.rawValue)
      bytes.integer(ctime)
      bytes.integer(mtime)
      bytes.integer(version)
      bytes.integer(cversion)
      bytes.integer(aversion)
      bytes.integer(ephemeralOwner)
      bytes.integer(pzxid.rawValue)
    }
  }
}
