import LinnaeusBase

/// What an access-control entry may allow.
public struct Permissions: OptionSet, Hashable, Sendable {
  /// The bits on the wire.
  public var rawValue: Int32

  /// Takes the bits, known or not.
  @inlinable
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// To read data and list children.
  public static let read = Permissions(rawValue: 1)
  /// To replace the data.
  public static let write = Permissions(rawValue: 2)
  /// To create children.
  public static let create = Permissions(rawValue: 4)
  /// To delete children.
  public static let delete = Permissions(rawValue: 8)
  /// To replace the access-control list.
  public static let admin = Permissions(rawValue: 16)
  /// Everything.
  public static let all = Permissions(rawValue: 31)
}

/// An identity: a scheme, and who it is within the scheme.
public struct Identity: Hashable, Sendable {
  /// The name of the scheme, such as `world`, `digest` or `ip`.
  public var scheme: [UInt8]
  /// What the scheme makes of it: `anyone`, `user:hash`, an address.
  public var id: [UInt8]

  /// Takes both as they are.
  public init(scheme: [UInt8], id: [UInt8]) {
    self.scheme = scheme
    self.id = id
  }

  /// Takes both as text.
  public init(scheme: String, id: String) {
    self.init(scheme: Array(scheme.utf8), id: Array(id.utf8))
  }

  /// Everybody.
  public static let anyone = Identity(scheme: "world", id: "anyone")

  /// Reads one; null strings become empty.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    scheme = try reader.stringOrEmpty().array
    id = try reader.stringOrEmpty().array
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.string(scheme)
    writer.string(id)
  }
}

/// An access-control entry: an identity and what it may do.
public struct ACL: Hashable, Sendable {
  /// What is allowed.
  public var permissions: Permissions
  /// To whom.
  public var identity: Identity

  /// Allows it to them.
  public init(_ permissions: Permissions, _ identity: Identity) {
    self.permissions = permissions
    self.identity = identity
  }

  /// Everything to everybody: `OPEN_ACL_UNSAFE`.
  public static let open = [ACL(.all, .anyone)]
  /// Reading to everybody: `READ_ACL_UNSAFE`.
  public static let readOnly = [ACL(.read, .anyone)]
  /// Everything to whoever the connection has authenticated as: `CREATOR_ALL_ACL`.
  public static let creator = [ACL(.all, Identity(scheme: "auth", id: ""))]

  /// Reads one.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    permissions = Permissions(rawValue: try reader.int32())
    identity = try Identity(from: &reader)
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int32(permissions.rawValue)
    identity.write(to: &writer)
  }

  /// Takes a list apart, the number of its elements first; a null list is empty.
  public static func list(from reader: inout ByteReader) throws(ByteReaderError) -> [ACL] {
    let count = try reader.count(elementSize: 12) ?? 0
    var list: [ACL] = []
    for _ in 0..<count { list.append(try ACL(from: &reader)) }
    return list
  }

  /// The bytes of a list, the number of its elements first.
  public static func bytes(_ list: [ACL]) -> [UInt8] {
    var writer = ByteWriter(capacity: 4 + list.count * 24)
    writer.int32(Int32(list.count))
    for entry in list { entry.write(to: &writer) }
    return writer.bytes
  }
}
