import LinnaeusBase

/// What stands before a request (zookeeper-protocol.md, section 2.2).
public struct RequestHeader: Hashable, Sendable {
  /// The client's number of the request; special ones are negative.
  public var xid: Int32
  /// What is asked for.
  public var opcode: Opcode

  /// Takes both.
  @inlinable
  public init(xid: Int32, opcode: Opcode) {
    self.xid = xid
    self.opcode = opcode
  }

  /// Reads one.
  @inlinable
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    xid = try reader.int32()
    opcode = Opcode(rawValue: try reader.int32())
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int32(xid)
    writer.int32(opcode.rawValue)
  }
}

/// The xids that are no request's own.
public enum SpecialXid {
  /// Of a watch event.
  public static let notification: Int32 = -1
  /// Of a ping.
  public static let ping: Int32 = -2
  /// Of an authentication.
  public static let auth: Int32 = -4
  /// Of `setWatches`.
  public static let setWatches: Int32 = -8
}

/// What stands before a reply; the body follows only if there is no error.
public struct ReplyHeader: Hashable, Sendable {
  /// The request's number.
  public var xid: Int32
  /// A write's own zxid; else the last one that the server had applied.
  public var zxid: Zxid
  /// Whether the request was done.
  public var error: ErrorCode

  /// Takes all three.
  @inlinable
  public init(xid: Int32, zxid: Zxid, error: ErrorCode) {
    self.xid = xid
    self.zxid = zxid
    self.error = error
  }

  /// How many bytes it has.
  public static let size = 16

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    xid = try reader.int32()
    zxid = try reader.zxid()
    error = ErrorCode(rawValue: try reader.int32())
  }

  /// Writes it.
  @inlinable
  public func write(to writer: inout ByteWriter) {
    writer.appendFixed(16) { bytes in
      bytes.integer(xid)
      bytes.integer(zxid.rawValue)
      bytes.integer(error.rawValue)
    }
  }
}

/// What stands before each operation of a multi, and after the last.
public struct MultiHeader: Hashable, Sendable {
  /// The operation, or the kind of its result.
  public var opcode: Opcode
  /// Whether it is the last header, after which nothing comes.
  public var isDone: Bool
  /// In requests −1; of a failed operation its error.
  public var error: Int32

  /// Takes all three.
  public init(opcode: Opcode, isDone: Bool = false, error: Int32) {
    self.opcode = opcode
    self.isDone = isDone
    self.error = error
  }

  /// The one that ends every multi.
  public static let end = MultiHeader(opcode: .error, isDone: true, error: -1)

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    opcode = Opcode(rawValue: try reader.int32())
    isDone = try reader.bool()
    error = try reader.int32()
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int32(opcode.rawValue)
    writer.bool(isDone)
    writer.int32(error)
  }
}
