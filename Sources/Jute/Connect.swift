import LinnaeusBase

/// The first message of a connection, which has no header (zookeeper-protocol.md, section 2.1).
public struct ConnectRequest: Hashable, Sendable {
  /// 0; other numbers are for extensions.
  public var protocolVersion: Int32
  /// The largest zxid that the client has seen.
  public var lastZxidSeen: Zxid
  /// How long the session may be silent, in milliseconds.
  public var timeoutMilliseconds: Int32
  /// The session to go on with; 0 for a new one.
  public var session: Int64
  /// The session's password, 16 bytes.
  public var password: [UInt8]
  /// Whether a server without a quorum will do; nil if the client, before 3.4, does not say.
  public var readOnly: Bool?

  /// The `protocolVersion` that asks for, and grants, requests that are sent again after a
  /// reconnection and done once: `RTX1`.
  public static let retransmission: Int32 = 0x5254_5831

  /// Asks for a session.
  public init(
    protocolVersion: Int32 = 0, lastZxidSeen: Zxid = .zero, timeoutMilliseconds: Int32,
    session: Int64 = 0, password: [UInt8] = [UInt8](repeating: 0, count: 16),
    readOnly: Bool? = false
  ) {
    self.protocolVersion = protocolVersion
    self.lastZxidSeen = lastZxidSeen
    self.timeoutMilliseconds = timeoutMilliseconds
    self.session = session
    self.password = password
    self.readOnly = readOnly
  }

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    protocolVersion = try reader.int32()
    lastZxidSeen = try reader.zxid()
    timeoutMilliseconds = try reader.int32()
    session = try reader.int64()
    password = try reader.buffer()?.array ?? []
    readOnly = reader.isAtEnd ? nil : try reader.bool()
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int32(protocolVersion)
    writer.zxid(lastZxidSeen)
    writer.int32(timeoutMilliseconds)
    writer.int64(session)
    writer.buffer(password)
    if let readOnly { writer.bool(readOnly) }
  }
}

/// The answer to a ``ConnectRequest``.
public struct ConnectResponse: Hashable, Sendable {
  /// 0, or an extension that was granted.
  public var protocolVersion: Int32
  /// The timeout that was settled on, in milliseconds; 0 says that the session has expired.
  public var timeoutMilliseconds: Int32
  /// The session; 0 if it has expired.
  public var session: Int64
  /// Its password, 16 bytes.
  public var password: [UInt8]
  /// Whether the server has no quorum; nil, unsaid, to a client that did not say.
  public var readOnly: Bool?

  /// Grants a session.
  public init(
    protocolVersion: Int32 = 0, timeoutMilliseconds: Int32, session: Int64, password: [UInt8],
    readOnly: Bool? = false
  ) {
    self.protocolVersion = protocolVersion
    self.timeoutMilliseconds = timeoutMilliseconds
    self.session = session
    self.password = password
    self.readOnly = readOnly
  }

  /// Says that the session has expired.
  public static func expired(readOnly: Bool?) -> ConnectResponse {
    ConnectResponse(
      timeoutMilliseconds: 0, session: 0, password: [UInt8](repeating: 0, count: 16),
      readOnly: readOnly)
  }

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    protocolVersion = try reader.int32()
    timeoutMilliseconds = try reader.int32()
    session = try reader.int64()
    password = try reader.buffer()?.array ?? []
    readOnly = reader.isAtEnd ? nil : try reader.bool()
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int32(protocolVersion)
    writer.int32(timeoutMilliseconds)
    writer.int64(session)
    writer.buffer(password)
    if let readOnly { writer.bool(readOnly) }
  }
}
