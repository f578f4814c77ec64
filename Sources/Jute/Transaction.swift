import LinnaeusBase

/// What stands before every transaction in the log and in proposals: 32 bytes
/// (zookeeper-protocol.md, section 6.1).
public struct TransactionHeader: Hashable, Sendable {
  /// The session whose request it was.
  public var session: Int64
  /// The request's xid.
  public var xid: Int32
  /// The transaction's number.
  public var zxid: Zxid
  /// When it was prepared, in milliseconds since 1970 by the leader's clock.
  public var time: Int64
  /// What kind of record follows.
  public var opcode: Opcode

  /// How many bytes it has.
  public static let size = 32

  /// Takes each of the fields.
  public init(session: Int64, xid: Int32, zxid: Zxid, time: Int64, opcode: Opcode) {
    self.session = session
    self.xid = xid
    self.zxid = zxid
    self.time = time
    self.opcode = opcode
  }

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    session = try reader.int64()
    xid = try reader.int32()
    zxid = try reader.zxid()
    time = try reader.int64()
    opcode = Opcode(rawValue: try reader.int32())
  }

  /// Writes it.
  @inlinable
  public func write(to writer: inout ByteWriter) {
    writer.appendFixed(32) { bytes in
      bytes.integer(session)
      bytes.integer(xid)
      bytes.integer(zxid.rawValue)
      bytes.integer(time)
      bytes.integer(opcode.rawValue)
    }
  }
}

/// The digest of the tree after a transaction, which follows its record.
public struct TransactionDigest: Hashable, Sendable {
  /// 2: how the digest is computed.
  public var version: Int32
  /// The sum over all znodes.
  public var digest: UInt64

  /// The version that is written.
  public static let currentVersion: Int32 = 2

  /// A digest of the current version.
  public init(_ digest: UInt64) {
    version = Self.currentVersion
    self.digest = digest
  }

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    version = try reader.int32()
    digest = UInt64(bitPattern: try reader.int64())
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int32(version)
    writer.int64(Int64(bitPattern: digest))
  }
}

/// What a transaction does, as a view of the bytes that it is kept in.
///
/// Paths are final (the number of a sequential znode is in them), versions are the new ones.
public enum TransactionRecord {
  /// A session begins, with its timeout in milliseconds.
  case createSession(timeoutMilliseconds: Int32)
  /// A session ends, and with it these znodes; nil in logs before 3.6, which do not list them.
  case closeSession(paths: [[UInt8]]?)
  /// Nothing but a zxid for a request that failed.
  case error(ErrorCode)
  /// A znode of any kind is made.
  case create(CreateTransaction)
  /// A znode is removed: `delete` or `deleteContainer`.
  case delete(path: BorrowedBytes)
  /// Data are replaced: `setData` or `reconfig`.
  case setData(path: BorrowedBytes, data: BorrowedBytes?, version: Int32)
  /// An access-control list is replaced; its bytes start with the number of elements.
  case setACL(path: BorrowedBytes, acl: BorrowedBytes, version: Int32)
  /// A version was compared, within a multi.
  case check(path: BorrowedBytes, version: Int32)
  /// Several as one, each with its kind and its record's bytes.
  case multi([(opcode: Opcode, record: BorrowedBytes)])

  /// Reads the record of a transaction of this kind; bytes that follow it are left.
  ///
  /// - Throws: where the bytes are no such record, or the kind is none of the log's.
  public init(_ opcode: Opcode, from reader: inout ByteReader) throws(ByteReaderError) {
    switch opcode {
    case .createSession: self = .createSession(timeoutMilliseconds: try reader.int32())
    case .closeSession:
      // Before 3.6 nothing stood here; with some settings the digest follows at once.
      let start = reader
      do throws(ByteReaderError) {
        self = .closeSession(paths: reader.isAtEnd ? nil : try reader.strings())
      } catch {
        reader = start
        self = .closeSession(paths: nil)
      }
    case .error: self = .error(ErrorCode(rawValue: try reader.int32()))
    case .create, .create2, .createContainer, .createTTL:
      self = .create(try CreateTransaction(opcode, from: &reader))
    case .delete, .deleteContainer: self = .delete(path: try reader.stringOrEmpty())
    case .setData, .reconfig:
      let path = try reader.stringOrEmpty()
      let data = try reader.buffer()
      self = .setData(path: path, data: data, version: try reader.int32())
    case .setACL:
      let path = try reader.stringOrEmpty()
      let acl = try reader.aclList()
      self = .setACL(path: path, acl: acl, version: try reader.int32())
    case .check:
      let path = try reader.stringOrEmpty()
      self = .check(path: path, version: try reader.int32())
    case .multi:
      var parts: [(opcode: Opcode, record: BorrowedBytes)] = []
      for _ in 0..<(try reader.count(elementSize: 8) ?? 0) {
        let opcode = Opcode(rawValue: try reader.int32())
        parts.append((opcode, try reader.buffer() ?? .empty))
      }
      self = .multi(parts)
    default: throw reader.error("\(opcode) is no kind of transaction")
    }
  }
}

/// A znode that is made, of any kind.
public struct CreateTransaction {
  /// Where.
  public var path: BorrowedBytes
  /// What it holds; nil is null.
  public var data: BorrowedBytes?
  /// The access-control list, the number of its elements first.
  public var acl: BorrowedBytes
  /// Which kind of znode.
  public var kind: ZnodeKind
  /// The parent's new count of created children; −1, in old logs: one more than before.
  public var parentCversion: Int32

  /// Whether the znode ends with its session.
  public var isEphemeral: Bool { kind == .ephemeral }

  /// Reads the record of this opcode.
  public init(_ opcode: Opcode, from reader: inout ByteReader) throws(ByteReaderError) {
    path = try reader.stringOrEmpty()
    data = try reader.buffer()
    acl = try reader.aclList()
    kind = .persistent
    switch opcode {
    case .createContainer:
      kind = .container
      parentCversion = try reader.int32()
    case .createTTL:
      parentCversion = try reader.int32()
      kind = .ttl(try reader.int64())
    default:
      kind = try reader.bool() ? .ephemeral : .persistent
      // The oldest logs end here.
      parentCversion = reader.isAtEnd ? -1 : try reader.int32()
    }
  }
}

/// What ends a znode's life besides `delete`.
public enum ZnodeKind: Hashable, Sendable {
  /// Nothing.
  case persistent
  /// The end of the session that made it.
  case ephemeral
  /// The end of its last child.
  case container
  /// So many milliseconds without a change and without children.
  case ttl(Int64)
}

/// The records of transactions, written after their ``TransactionHeader``.
extension ByteWriter {
  /// Writes the record of a znode that is made; its opcode must fit `kind`.
  public mutating func createTransaction(
    path: some ByteSource, data: (some ByteSource)?, acl: some ByteSource, kind: ZnodeKind,
    parentCversion: Int32
  ) {
    string(path)
    buffer(data)
    acl.withBorrowedBytes { append($0) }
    switch kind {
    case .persistent, .ephemeral:
      bool(kind == .ephemeral)
      int32(parentCversion)
    case .container: int32(parentCversion)
    case .ttl(let ttl):
      int32(parentCversion)
      int64(ttl)
    }
  }

  /// Writes the record of data that are replaced, `version` being the new one.
  public mutating func setDataTransaction(
    path: some ByteSource, data: (some ByteSource)?, version: Int32
  ) {
    string(path)
    buffer(data)
    int32(version)
  }

  /// Writes the record of an access-control list that is replaced, `version` being the new one.
  public mutating func setACLTransaction(
    path: some ByteSource, acl: some ByteSource, version: Int32
  ) {
    string(path)
    acl.withBorrowedBytes { append($0) }
    int32(version)
  }
}
