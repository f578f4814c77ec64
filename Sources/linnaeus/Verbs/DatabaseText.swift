import Glibc
import Jute
import LinnaeusBase
import OperationHistory

/// Transactions and znodes as named fields, and those as text.
enum DatabaseText {
  /// In text, values are cut after so many bytes.
  private static let longestValue = 80

  /// ` zxid=0x1 path="/a"`: each field after a space.
  static func append(_ fields: [Value.Field], to text: inout [UInt8]) {
    for field in fields {
      guard case .string(let name) = field.name else { continue }
      text += " \(name)=".utf8
      append(field.value, to: &text)
    }
  }

  private static func append(_ value: Value, to text: inout [UInt8]) {
    switch value {
    case .string(let string) where isPlain(string): text += string.utf8
    case .string(let string) where string.utf8.count > longestValue:
      let start = String(decoding: Array(string.utf8.prefix(longestValue)), as: UTF8.self)
      appendJSON(.string(start), to: &text)
      text += "…(\(string.utf8.count) bytes)".utf8
    case .bytes(let bytes) where bytes.count > longestValue:
      text += "base64:".utf8 + encodeBase64(Array(bytes.prefix(longestValue)))
      text += "…(\(bytes.count) bytes)".utf8
    case .bytes(let bytes): text += "base64:".utf8 + encodeBase64(bytes)
    case .list(let elements):
      text.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        append(element, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .map(let fields) where fields.map(\.name) == entryNames:
      for (index, field) in fields.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ":")) }
        append(field.value, to: &text)
      }
    case .map(let fields):
      var inner: [UInt8] = []
      append(fields, to: &inner)
      text += "(".utf8 + inner.dropFirst() + ")".utf8
    default: appendJSON(value, to: &text)
    }
  }

  /// Whether text needs no quotes: letters, digits, and what names and times have besides.
  private static func isPlain(_ string: String) -> Bool {
    !string.isEmpty && string.utf8.count <= longestValue
      && string.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "/:._-+@%".utf8.contains($0)
        }
      }
  }

  // MARK: Fields

  /// A transaction: what stands in its header, in its record, and its digest.
  static func transaction(
    _ header: TransactionHeader, from reader: inout ByteReader
  ) throws(ByteReaderError) -> [Value.Field] {
    var fields = [
      Value.Field("zxid", .string("\(header.zxid)")),
      Value.Field("time", .string(time(header.time))),
      Value.Field("session", hexadecimal(UInt64(bitPattern: header.session))),
      Value.Field("xid", .integer(Int64(header.xid))),
      Value.Field("type", .string(header.opcode.name)),
    ]
    fields += try record(header.opcode, from: &reader)
    // A follower's copy of a failed transaction has other bytes there (section 2.5).
    if header.opcode != .error, reader.remaining >= 12 {
      let digest = try TransactionDigest(from: &reader)
      fields.append(Value.Field("digest", hexadecimal(digest.digest)))
    }
    return fields
  }

  private static func record(
    _ opcode: Opcode, from reader: inout ByteReader
  ) throws(ByteReaderError) -> [Value.Field] {
    switch try TransactionRecord(opcode, from: &reader) {
    case .createSession(let timeout): return [Value.Field("timeout", .integer(Int64(timeout)))]
    case .closeSession(let paths):
      let list = paths.map { Value.list($0.map { $0.withBorrowedBytes { data($0) } }) }
      return [Value.Field("paths", list ?? .null)]
    case .error(let error): return [Value.Field("error", .string(error.name))]
    case .create(let create): return try fields(create)
    case .delete(let path): return [Value.Field("path", data(path))]
    case .setData(let path, let value, let version):
      return [
        Value.Field("path", data(path)), Value.Field("value", data(value)),
        Value.Field("version", .integer(Int64(version))),
      ]
    case .setACL(let path, let acl, let version):
      var reader = ByteReader(acl)
      return [
        Value.Field("path", data(path)), Value.Field("acl", list(try ACL.list(from: &reader))),
        Value.Field("aversion", .integer(Int64(version))),
      ]
    case .check(let path, let version):
      return [
        Value.Field("path", data(path)), Value.Field("version", .integer(Int64(version))),
      ]
    case .multi(let parts):
      var list: [Value] = []
      for (opcode, bytes) in parts {
        var inner = ByteReader(bytes)
        let name = [Value.Field("type", .string(opcode.name))]
        list.append(.map(name + (try record(opcode, from: &inner))))
      }
      return [Value.Field("operations", .list(list))]
    }
  }

  private static func fields(
    _ create: CreateTransaction
  ) throws(ByteReaderError) -> [Value.Field] {
    var reader = ByteReader(create.acl)
    var fields = [
      Value.Field("path", data(create.path)), Value.Field("value", data(create.data)),
      Value.Field("acl", list(try ACL.list(from: &reader))),
    ]
    switch create.kind {
    case .persistent: fields.append(Value.Field("mode", .string("persistent")))
    case .ephemeral: fields.append(Value.Field("mode", .string("ephemeral")))
    case .container: fields.append(Value.Field("mode", .string("container")))
    case .ttl(let ttl):
      fields.append(Value.Field("mode", .string("ttl")))
      fields.append(Value.Field("ttl", .integer(ttl)))
    }
    fields.append(Value.Field("parentCversion", .integer(Int64(create.parentCversion))))
    return fields
  }

  /// A znode of a snapshot, its numbers as they are stored; the root's path is empty.
  static func znode(
    _ path: BorrowedBytes, data value: BorrowedBytes?, list: Value, _ stat: PersistedStat
  ) -> [Value.Field] {
    [
      Value.Field("path", path.isEmpty ? .string("/") : data(path)),
      Value.Field("value", data(value)), Value.Field("acl", list),
      Value.Field("czxid", .string("\(stat.czxid)")),
      Value.Field("mzxid", .string("\(stat.mzxid)")),
      Value.Field("pzxid", .string("\(stat.pzxid)")),
      Value.Field("ctime", .string(time(stat.ctime))),
      Value.Field("mtime", .string(time(stat.mtime))),
      Value.Field("version", .integer(Int64(stat.version))),
      Value.Field("createdChildren", .integer(Int64(stat.cversion))),
      Value.Field("aversion", .integer(Int64(stat.aversion))),
      Value.Field("ephemeralOwner", hexadecimal(UInt64(bitPattern: stat.ephemeralOwner))),
    ]
  }

  /// In text an entry of an access-control list is `world:anyone:rwcda`.
  private static let entryNames: [Value] = ["scheme", "id", "permissions"].map { .string($0) }

  /// An access-control list: scheme, id and permissions of each entry.
  static func list(_ entries: [ACL]) -> Value {
    .list(
      entries.map { entry in
        let letters = zip("rwcda", 0...).filter { entry.permissions.rawValue >> $0.1 & 1 == 1 }
        return .map([
          Value.Field("scheme", entry.identity.scheme.withBorrowedBytes { data($0) }),
          Value.Field("id", entry.identity.id.withBorrowedBytes { data($0) }),
          Value.Field("permissions", .string(String(letters.map(\.0)))),
        ])
      })
  }

  /// Text where it is valid UTF-8, else bytes; null is null.
  private static func data(_ bytes: BorrowedBytes?) -> Value {
    guard let bytes else { return .null }
    if let text = String(validating: bytes.buffer, as: UTF8.self) { return .string(text) }
    return .bytes(bytes.array)
  }

  /// `0x100a`.
  static func hexadecimal(_ value: UInt64) -> Value {
    .string("0x" + String(value, radix: 16))
  }

  /// `2026-11-22T10:15:30.123Z`; the number, if it is no time.
  private static func time(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds.quotientAndRemainder(dividingBy: 1000).quotient)
    var parts = tm()
    guard milliseconds >= 0, milliseconds < 253_402_300_800_000,
      gmtime_r(&seconds, &parts) != nil
    else { return "\(milliseconds)" }
    func digits(_ value: Int32, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date =
      "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
    let clock =
      "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
    return "\(date)T\(clock).\(digits(Int32(milliseconds % 1000), 3))Z"
  }
}

extension Value.Field {
  /// A field whose name is text.
  init(_ name: String, _ value: Value) {
    self.init(.string(name), value)
  }
}
