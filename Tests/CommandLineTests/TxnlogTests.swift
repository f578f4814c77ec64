import Glibc
import LinnaeusBase
import Testing

/// `linnaeus txnlog` on files that are put together by hand.
@Suite struct TxnlogTests {
  /// A log of these payloads, and zeros after them.
  static func log(_ payloads: [[UInt8]], zeros: Int = 4096) -> [UInt8] {
    var writer = ByteWriter()
    for word in [0x5A4B_4C47, 2, 0, 0] as [Int32] { writer.int32(word) }
    for payload in payloads {
      writer.int64(Int64(payload.withBorrowedBytes { Adler32.checksum($0) }))
      writer.int32(Int32(payload.count))
      writer.append(payload)
      writer.uint8(UInt8(ascii: "B"))
    }
    return writer.bytes + [UInt8](repeating: 0, count: zeros)
  }

  static func payload(_ zxid: Int64, _ type: Int32, _ record: (inout ByteWriter) -> Void) -> [UInt8]
  {
    var writer = ByteWriter()
    writer.int64(0x100a)
    writer.int32(7)
    writer.int64(zxid)
    writer.int64(1_700_000_000_123)
    writer.int32(type)
    record(&writer)
    return writer.bytes
  }

  static func text(_ text: String, into writer: inout ByteWriter) {
    writer.int32(Int32(text.utf8.count))
    writer.append(Array(text.utf8))
  }

  static let payloads = [
    payload(1, -10) { $0.int32(4000) },
    payload(2, 5) {
      text("/a b", into: &$0)
      $0.int32(2)
      $0.append([0xFF, 0x00])
      $0.int32(3)
      $0.int32(2)
      $0.int64(0x1234)
    },
    payload(3, -1) { $0.int32(-101) },
  ]

  static let snapshot: [UInt8] = {
    var writer = ByteWriter()
    for word in [0x5A4B_534E, 2, -1, -1] as [Int32] { writer.int32(word) }
    writer.int32(1)
    writer.int64(0x100a)
    writer.int32(4000)
    writer.int32(0)
    for path in ["", "/é"] {
      text(path, into: &writer)
      writer.int32(-1)
      writer.int64(-1)
      writer.append([UInt8](repeating: 0, count: 60))
    }
    text("/", into: &writer)
    writer.int64(Int64(writer.bytes.withBorrowedBytes { Adler32.checksum($0) }))
    text("/", into: &writer)
    return writer.bytes
  }()

  static func run(_ arguments: [String], _ bytes: [UInt8]) throws -> Program.Run {
    let input = try Scratch.anonymousFile("")
    defer { close(input) }
    #expect(bytes.withUnsafeBytes { pwrite(input, $0.baseAddress, $0.count, 0) } == bytes.count)
    return try Program.Started(["txnlog"] + arguments + ["-"], input: input).finish()
  }

  @Test("A line a transaction, in text")
  func logAsText() throws {
    let run = try Self.run([], Self.log(Self.payloads))
    #expect(run.ending == .exit(0))
    #expect(run.errors.isEmpty)
    let time = "time=2023-11-14T22:13:20.123Z session=0x100a xid=7"
    #expect(
      run.lines == [
        "transaction offset=16 zxid=0x1 \(time) type=createSession timeout=4000",
        "transaction offset=65 zxid=0x2 \(time) type=setData path=\"/a b\" value=base64:/wA="
          + " version=3 digest=0x1234",
        "transaction offset=140 zxid=0x3 \(time) type=error error=NoNode",
      ])
  }

  @Test("An object a line, in JSON")
  func logAsJSON() throws {
    let run = try Self.run(["--format", "json"], Self.log(Self.payloads))
    #expect(run.ending == .exit(0))
    #expect(run.lines.count == 3)
    #expect(
      run.lines[1].hasSuffix(
        "\"type\":\"setData\",\"path\":\"/a b\",\"value\":{\"base64\":\"/wA=\"},\"version\":3,"
          + "\"digest\":\"0x1234\"}"))
  }

  @Test("A torn log is printed as far as it goes")
  func tornLog() throws {
    let bytes = Self.log(Self.payloads, zeros: 0)
    let run = try Self.run([], Array(bytes.dropLast(3)))
    #expect(run.ending == .exit(65))
    #expect(run.lines.count == 2)
    #expect(run.errors.contains("offset 140: 46 bytes that are no whole transaction"))
  }

  @Test("A flipped bit is named by offset, with the transaction that proves it")
  func damagedLog() throws {
    var bytes = Self.log(Self.payloads)
    bytes[100] ^= 4
    let run = try Self.run([], bytes)
    #expect(run.ending == .exit(65))
    #expect(run.lines.count == 1)
    #expect(run.errors.contains("offset 65: the log is damaged (the checksum is wrong)"))
    #expect(run.errors.contains("a later transaction at offset 140 is whole"))
  }

  @Test("A transaction that cannot be read does not hide those after it")
  func strangeTransaction() throws {
    let strange = Self.payload(2, 99) { $0.int32(1) }
    let run = try Self.run([], Self.log([Self.payloads[0], strange, Self.payloads[2]]))
    #expect(run.ending == .exit(65))
    #expect(run.lines.count == 2)
    #expect(run.errors.contains("offset 109: "), "\(run.errors)")
  }

  @Test("A line a session and a znode of a snapshot")
  func wholeSnapshot() throws {
    let run = try Self.run([], Self.snapshot)
    #expect(run.ending == .exit(0), "\(run.errors)")
    #expect(run.lines.count == 4)
    #expect(run.lines[0] == "session session=0x100a timeout=4000")
    #expect(run.lines[1].hasPrefix("znode path=/ value=null acl=[world:anyone:rwcda] czxid=0x0"))
    #expect(run.lines[2].hasPrefix("znode path=\"/é\" "))
    #expect(run.lines[3] == "snapshot sessions=1 znodes=2 digest=null")
  }

  @Test("Every flipped bit of a snapshot, and every end that is missing, is noticed")
  func damagedSnapshot() throws {
    for offset in stride(from: 0, to: Self.snapshot.count, by: 7) {
      var bytes = Self.snapshot
      bytes[offset] ^= 0x10
      let run = try Self.run([], bytes)
      #expect(run.ending == .exit(65), "byte \(offset)")
      let cut = try Self.run([], Array(Self.snapshot[..<offset]))
      #expect(cut.ending == .exit(65), "\(offset) bytes")
      #expect(cut.errors.contains("offset "), "\(cut.errors)")
    }
  }

  @Test("What is no such file, and what cannot be read")
  func otherFiles() throws {
    #expect(try Self.run([], Array("no log at all".utf8)).ending == .exit(65))
    #expect(try Self.run([], []).ending == .exit(65))
    #expect(try Program.run("txnlog", "/nonexistent/log.1").ending == .exit(66))
    #expect(try Program.run("txnlog").ending == .exit(64))
    #expect(try Program.run("txnlog", "--format", "xml", "x").ending == .exit(64))
  }
}
