import Glibc
import Jute
import LinnaeusBase
import Testing

@testable import Storage

/// Files as Apache writes and reads them.
@Suite struct FormatTests {
  /// Takes in what Apache wrote.
  struct Bodies: RecoverySink {
    var zxid: Zxid?
    var body: [UInt8] = []
    var digest: UInt64?
    var payloads: [[UInt8]] = []
    var replies: [UInt8]?

    mutating func beginSnapshot(zxid: Zxid) {
      self.zxid = zxid
      body = []
    }
    mutating func beginWithoutSnapshot() { zxid = nil }
    mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError) { body += bytes.array }
    mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError) { self.digest = digest }
    mutating func replies(_ bytes: BorrowedBytes) { replies = bytes.array }
    mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError) {
      payloads.append(payload.array)
    }
  }

  static func recover(
    _ files: [(StoredFile, [UInt8])]
  ) throws(RecoveryError) -> (Bodies, RecoveredState) {
    var disk = SimulatedDisk()
    for (file, bytes) in files { disk.put(file, bytes) }
    var sink = Bodies()
    let state = try DurableStorage.recover(disk.files, read: disk.read, into: &sink)
    return (sink, state)
  }

  static let snapshot0 = (StoredFile.snapshot(.zero), ApacheFiles.snapshot0)
  static let snapshot36 = (StoredFile.snapshot(Zxid(rawValue: 0x36)), ApacheFiles.snapshot36)
  static let log1 = (
    StoredFile.log(Zxid(rawValue: 1)), ApacheFiles.log1 + [UInt8](repeating: 0, count: 70_000)
  )

  /// What the disk holds after everything was settled.
  static func write(
    _ options: StorageOptions = StorageOptions(),
    _ body: (inout DurableStorage, inout [DiskOperation]) -> Void
  ) -> SimulatedDisk {
    var disk = SimulatedDisk()
    var storage = DurableStorage(options: options, recovered: RecoveredState())
    var queue: [DiskOperation] = []
    storage.flush(into: &queue)
    body(&storage, &queue)
    storage.flush(into: &queue)
    while !queue.isEmpty {
      let operation = queue.removeFirst()
      #expect(disk.execute(operation) == nil)
      if let ticket = operation.ticket { _ = storage.completed(ticket, into: &queue) }
    }
    #expect(storage.isSettled)
    return disk
  }

  @Test("What Apache wrote is read")
  func apache() throws {
    let (fromStart, state) = try Self.recover([Self.snapshot0, Self.log1])
    #expect(fromStart.zxid == .zero)
    #expect(fromStart.digest == 0)
    #expect(fromStart.payloads.count == 0x36)
    #expect(state.lastZxid == Zxid(rawValue: 0x36))
    #expect(state.warnings.isEmpty)
    let (later, laterState) = try Self.recover([Self.snapshot0, Self.log1, Self.snapshot36])
    #expect(later.zxid == Zxid(rawValue: 0x36))
    #expect(later.payloads.isEmpty)
    #expect(laterState.lastZxid == Zxid(rawValue: 0x36))
    // The digest after the last transaction, which the log has as well.
    #expect(later.digest == 0x3_01BE_9539)
  }

  @Test("The same transactions make the same log as Apache's, but for the zeros")
  func sameLog() throws {
    let (apache, _) = try Self.recover([Self.snapshot0, Self.log1])
    let disk = Self.write { storage, queue in
      for (index, payload) in apache.payloads.enumerated() {
        payload.withBorrowedBytes { storage.append($0, zxid: Zxid(rawValue: Int64(index + 1))) }
        if index % 5 == 0 { storage.flush(into: &queue) }
      }
    }
    let log = disk.contents(.log(Zxid(rawValue: 1)))
    #expect(log.count == 64 << 20)
    #expect(Array(log[..<ApacheFiles.log1.count]) == ApacheFiles.log1)
    let after = log.dropFirst(ApacheFiles.log1.count)
    for zeros in [after.prefix(10_000), after.suffix(10_000)] {
      #expect(zeros.allSatisfy { $0 == 0 })
    }
  }

  @Test("The same body makes the same snapshot as Apache's", arguments: [0, 0x36] as [Int64])
  func sameSnapshot(_ zxid: Int64) throws {
    let file = zxid == 0 ? Self.snapshot0 : Self.snapshot36
    let (apache, _) = try Self.recover([file])
    let disk = Self.write { storage, queue in
      if zxid > 0 { transaction(zxid, size: 0, into: &storage) }
      storage.beginSnapshot(Zxid(rawValue: zxid), into: &queue)
      storage.appendSnapshot(Array(apache.body[..<10]), into: &queue)
      storage.appendSnapshot(Array(apache.body[10...]), into: &queue)
      storage.finishSnapshot(digest: apache.digest, into: &queue)
    }
    #expect(disk.contents(file.0) == file.1)
  }

  @Test("Snapshots are read with and without digest and last zxid", arguments: 0..<4)
  func layouts(_ layout: Int) throws {
    var options = StorageOptions()
    options.writesLastProcessedZxid = layout & 1 != 0
    let (apache, _) = try Self.recover([Self.snapshot36])
    let digest = layout & 2 != 0 ? apache.digest : nil
    let disk = Self.write(options) { storage, queue in
      storage.beginSnapshot(.zero, into: &queue)
      storage.appendSnapshot(apache.body, into: &queue)
      storage.finishSnapshot(digest: digest, into: &queue)
    }
    let bytes = disk.contents(.snapshot(.zero))
    #expect(bytes.count == 16 + apache.body.count + [13, 34, 46, 67][layout])
    let (again, state) = try Self.recover([(.snapshot(.zero), bytes)])
    #expect(again.body == apache.body)
    #expect(again.digest == digest)
    #expect(state.snapshot == .zero)
  }

  @Test("A new leader's transactions follow, and a missing one is noticed")
  func epochs() throws {
    func log(_ zxids: [Int64]) -> [UInt8] {
      var writer = ByteWriter()
      FileHeader.log.write(to: &writer)
      var random = SeededRandom(seed: 1)
      for zxid in zxids {
        transaction(zxid, size: 9, &random).withBorrowedBytes { LogRecord.write($0, to: &writer) }
      }
      return writer.bytes
    }
    let epoch = Int64(1) << 32
    let file = StoredFile.log(Zxid(rawValue: 1))
    let whole = log([1, 2, epoch + 1, epoch + 2, epoch * 3 + 1])
    #expect(try Self.recover([Self.snapshot0, (file, whole)]).1.lastZxid.rawValue == epoch * 3 + 1)
    #expect(try Self.recover([(file, whole)]).1.warnings == [.restoredWithoutSnapshot])
    for zxids in [[1, 3], [1, epoch + 2], [2], [1, 2, 2], [epoch + 1, 1]] {
      #expect(throws: RecoveryError.self, "\(zxids)") {
        try Self.recover([Self.snapshot0, (file, log(zxids))])
      }
    }
    // Without a snapshot the first transaction is the very first.
    #expect(throws: RecoveryError.self) { try Self.recover([(file, log([epoch + 1]))]) }
  }

  @Test("What is written passes an independent reader", .enabled(if: Self.dump != nil))
  func independentReader() throws {
    var options = StorageOptions()
    options.preallocationBytes = 1 << 17
    let disk = Self.write(options) { storage, queue in
      for zxid in 1...40 as ClosedRange<Int64> {
        transaction(zxid, size: 0, into: &storage)
        storage.flush(into: &queue)
      }
    }
    let pattern = "/tmp/linnaeus-storage-XXXXXX"
    var template = Array(pattern.utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in ["log", "out"] { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    let log = open("\(folder)/log", O_WRONLY | O_CREAT, 0o600)
    let bytes = disk.contents(.log(Zxid(rawValue: 1)))
    #expect(Glibc.write(log, bytes, 100_000) == 100_000)
    close(log)
    let output = open("\(folder)/out", O_RDWR | O_CREAT, 0o600)
    defer { close(output) }
    let dump = try #require(Self.dump)
    let process = try ChildProcess(
      "python3", [dump, "\(folder)/log"], input: STDIN_FILENO, output: output, error: output)
    #expect(process.wait().ending == .exit(0))
    let text = try InputBytes(path: "\(folder)/out")
    let said = withExtendedLifetime(text) { String(decoding: text.bytes, as: UTF8.self) }
    #expect(said.contains("txns 40 bad 0"), "\(said)")
  }

  static let dump: String? = {
    guard let shared = getenv("LINNAEUS_SHARED") else { return nil }
    let path = String(cString: shared) + "/tools/zkdump.py"
    return access(path, R_OK) == 0 ? path : nil
  }()
}

/// Appends a transaction that Apache can read: an error, and a digest.
private func transaction(_ zxid: Int64, size: Int, into storage: inout DurableStorage) {
  var writer = ByteWriter()
  TransactionHeader(session: 1, xid: 2, zxid: Zxid(rawValue: zxid), time: 3, opcode: .error)
    .write(to: &writer)
  writer.int32(-101)
  writer.bytes.withBorrowedBytes { storage.append($0, zxid: Zxid(rawValue: zxid)) }
}
