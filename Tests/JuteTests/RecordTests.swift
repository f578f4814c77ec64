import LinnaeusBase
import Testing

@testable import Jute

/// Records against bytes that were put together by hand, and against themselves.
@Suite("Records")
struct RecordTests {
  private func parse<Record>(
    _ bytes: [UInt8], _ body: (inout ByteReader) throws -> Record
  ) throws -> (Record, remaining: Int) {
    try bytes.withBorrowedBytes { borrowed in
      var reader = ByteReader(borrowed)
      let record = try body(&reader)
      return (record, reader.remaining)
    }
  }

  @Test("A Stat has 68 bytes in the order of the protocol")
  func stat() throws {
    let stat = Stat(
      czxid: Zxid(rawValue: 1), mzxid: Zxid(rawValue: 2), ctime: 3, mtime: 4, version: 5,
      cversion: 6, aversion: 7, ephemeralOwner: 8, dataLength: 9, numChildren: 10,
      pzxid: Zxid(rawValue: 11))
    var writer = ByteWriter()
    stat.write(to: &writer)
    #expect(writer.count == Stat.size)
    #expect(writer.bytes[7] == 1 && writer.bytes[35] == 5 && writer.bytes[67] == 11)
    let (read, remaining) = try parse(writer.bytes) { try Stat(from: &$0) }
    #expect(read == stat)
    #expect(remaining == 0)
  }

  @Test("Null and empty buffers differ")
  func buffers() throws {
    var writer = ByteWriter()
    writer.null()
    writer.buffer([UInt8]())
    writer.string("/a")
    #expect(writer.bytes == [255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 2, 47, 97])
    try writer.bytes.withBorrowedBytes { (bytes) throws in
      var reader = ByteReader(bytes)
      let null = try reader.buffer()
      #expect(null == nil)
      let empty = try reader.buffer()
      #expect(empty?.isEmpty == true)
      let path = try reader.string()
      #expect(path?.string == "/a")
      #expect(reader.isAtEnd)
    }
  }

  @Test("A client before 3.4 says nothing of read-only")
  func oldConnect() throws {
    var request = ConnectRequest(timeoutMilliseconds: 4_000, readOnly: nil)
    var writer = ByteWriter()
    request.write(to: &writer)
    #expect(writer.count == 44)
    #expect(try parse(writer.bytes) { try ConnectRequest(from: &$0) }.0 == request)
    request.readOnly = true
    writer = ByteWriter()
    request.write(to: &writer)
    #expect(writer.count == 45)
    #expect(try parse(writer.bytes) { try ConnectRequest(from: &$0) }.0 == request)
  }

  @Test(
    "Lengths that the bytes do not hold are errors that tell the place",
    arguments: [
      [0, 0, 0, 5, 1, 2], [127, 255, 255, 255], [0, 0],
    ] as [[UInt8]])
  func hostileLengths(_ bytes: [UInt8]) {
    #expect(throws: ByteReaderError.self) { try parse(bytes) { try $0.buffer() } }
    #expect(throws: ByteReaderError.self) { try parse(bytes) { try $0.strings() } }
    #expect(throws: ByteReaderError.self) { try parse(bytes) { try $0.aclList() } }
  }

  @Test("A negative number of elements is none, a negative length an error")
  func negative() throws {
    let bytes: [UInt8] = [255, 255, 255, 254]
    #expect(throws: ByteReaderError.self) { try parse(bytes) { try $0.buffer() } }
    #expect(try parse(bytes) { try $0.strings() }.0.isEmpty)
    #expect(try parse(bytes) { try ACL.list(from: &$0) }.0.isEmpty)
  }

  @Test("Access-control lists are compared as bytes")
  func acls() throws {
    let list = [ACL(.all, .anyone), ACL([.read, .admin], Identity(scheme: "digest", id: "u:p"))]
    let bytes = ACL.bytes(list)
    #expect(try parse(bytes) { try ACL.list(from: &$0) }.0 == list)
    #expect(try parse(bytes + [9]) { try $0.aclList().array }.0 == bytes)
    #expect(try parse([255, 255, 255, 255]) { try ACL.list(from: &$0) }.0.isEmpty)
  }

  @Test("Transactions of every kind come back as they were written")
  func transactions() throws {
    let kinds: [(Opcode, ZnodeKind)] = [
      (.create, .persistent), (.create2, .ephemeral), (.createContainer, .container),
      (.createTTL, .ttl(5_000)),
    ]
    for (opcode, kind) in kinds {
      var writer = ByteWriter()
      writer.createTransaction(
        path: "/a", data: [1, 2] as [UInt8], acl: ACL.bytes(ACL.open), kind: kind, parentCversion: 7
      )
      try writer.bytes.withBorrowedBytes { bytes in
        var reader = ByteReader(bytes)
        guard case .create(let record) = try TransactionRecord(opcode, from: &reader) else {
          Issue.record("\(opcode) is no creation")
          return
        }
        #expect(reader.isAtEnd)
        #expect(record.path == "/a" && record.data?.array == [1, 2])
        #expect(record.acl == ACL.bytes(ACL.open))
        #expect(record.kind == kind && record.parentCversion == 7)
      }
    }
    #expect(throws: ByteReaderError.self) {
      try parse([]) { _ = try TransactionRecord(.getData, from: &$0) }
    }
  }

  @Test("Bytes that are cut or flipped end in a record or an error, never in a trap")
  func mutations() {
    var random = SeededRandom(seed: 1)
    var writer = ByteWriter()
    writer.int32(2)
    for path in ["/a/b", "/c"] {
      writer.int32(Opcode.create.rawValue)
      var part = ByteWriter()
      part.createTransaction(
        path: path, data: [UInt8](repeating: 7, count: 9), acl: ACL.bytes(ACL.open),
        kind: .persistent, parentCversion: 1)
      writer.buffer(part.bytes)
    }
    let opcodes: [Opcode] = [
      .createSession, .closeSession, .error, .create, .createTTL, .delete, .setData, .setACL,
      .check, .multi,
    ]
    for _ in 0..<20_000 {
      var bytes = writer.bytes
      for _ in 0..<1 + random.below(3) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      bytes.removeLast(random.below(bytes.count))
      bytes.withBorrowedBytes { borrowed in
        for opcode in opcodes {
          var reader = ByteReader(borrowed)
          _ = try? TransactionRecord(opcode, from: &reader)
          #expect(reader.position <= borrowed.count)
        }
        var reader = ByteReader(borrowed)
        _ = try? SetWatchesRequest(from: &reader, hasPersistent: true)
        reader = ByteReader(borrowed)
        _ = try? CreateRequest(from: &reader, hasTTL: true)
        reader = ByteReader(borrowed)
        _ = try? ConnectRequest(from: &reader)
      }
    }
  }
}
