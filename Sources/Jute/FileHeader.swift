import LinnaeusBase

/// What a log or a snapshot begins with: 16 bytes (zookeeper-protocol.md, section 6).
public struct FileHeader: Hashable, Sendable {
  /// Which kind of file.
  public var magic: Int32
  /// The version of the format, 2.
  public var version: Int32
  /// 0 in logs, −1 in snapshots.
  public var database: Int64

  /// How many bytes it has.
  public static let size = 16
  /// `ZKLG`.
  public static let logMagic: Int32 = 0x5A4B_4C47
  /// `ZKSN`.
  public static let snapshotMagic: Int32 = 0x5A4B_534E

  /// Of a log.
  public static let log = FileHeader(magic: logMagic, version: 2, database: 0)
  /// Of a snapshot.
  public static let snapshot = FileHeader(magic: snapshotMagic, version: 2, database: -1)

  /// Takes each of the fields.
  public init(magic: Int32, version: Int32, database: Int64) {
    self.magic = magic
    self.version = version
    self.database = database
  }

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    magic = try reader.int32()
    version = try reader.int32()
    database = try reader.int64()
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int32(magic)
    writer.int32(version)
    writer.int64(database)
  }
}
