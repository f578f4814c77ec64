import Jute
import LinnaeusBase
import Testing

@testable import Storage

/// Damaged files cost nothing, or the server does not start; only the very last transaction may go.
@Suite struct DamageTests {
  /// A directory with three snapshots and logs, the last log with several transactions, one of them
  /// of zeros that look like sectors which never reached the disk.
  static func directory() -> (disk: SimulatedDisk, history: [UInt64]) {
    var options = StorageOptions()
    options.preallocationBytes = 8192
    options.snapshotEveryTransactions = 4
    var server = ServerModel(options: options, seed: 3)
    for sizes in [[], [10, 70, 5, 900], [20, 30, 600, 4], [40, 1700, 8, 300, 90]] {
      for size in sizes { server.append(size: size, isBlank: size == 1700) }
      server.settle()
      if sizes.last != 90 { server.beginSnapshot(behind: 0) }
      server.settle()
    }
    #expect(server.told == 13)
    #expect(server.disk.files.count == 6)
    return (server.disk, server.history)
  }

  static func recover(_ disk: SimulatedDisk) throws(RecoveryError) -> (
    transactions: [UInt64], state: RecoveredState
  ) {
    var sink = Recovered()
    let state = try DurableStorage.recover(disk.files, read: disk.read, into: &sink)
    return (sink.transactions, state)
  }

  /// Where the last transaction of a log begins.
  static func lastRecord(of bytes: [UInt8]) throws -> Range<Int> {
    var last = 0..<0
    let disk = { (_: StoredFile, offset: Int, count: Int) throws(SystemError) -> [UInt8] in
      Array(bytes[offset..<offset + count])
    }
    var scan = LogScan(.log(.zero), size: bytes.count)
    try scan.run(read: disk) { (offset, payload) throws(RecoveryError) in
      last = offset..<offset + LogRecord.size(payload: payload.count)
    }
    return last
  }

  @Test("A flipped bit costs nothing, or is refused, or lies in the very last transaction")
  func flippedBits() throws {
    let (disk, history) = Self.directory()
    var refused = 0
    for (file, size) in disk.files {
      let bytes = disk.contents(file)
      let isLast = file == disk.files.last { $0.file.logZxid != nil }?.file
      let last = isLast ? try Self.lastRecord(of: bytes) : 0..<0
      let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
      for offset in 0..<min(size, used + 40) {
        for bit in 0..<8 where Effort.factor >= 4 || bit == (offset * 5) % 8 {
          var changed = bytes
          changed[offset] ^= 1 << UInt8(bit)
          var damaged = disk
          damaged.put(file, changed)
          do {
            let (transactions, state) = try Self.recover(damaged)
            if transactions == history { continue }
            let isTold = state.warnings.contains {
              if case .tornEnd(file, last.lowerBound, _, _, _) = $0 { true } else { false }
            }
            #expect(
              last.contains(offset) && isTold && transactions == history.dropLast(),
              "\(file), bit \(bit) of byte \(offset)")
          } catch .damagedLog(let named, _, _) {
            refused += 1
            #expect(named == file)
          } catch {
            Issue.record("\(file), bit \(bit) of byte \(offset): \(error)")
          }
        }
      }
    }
    #expect(refused > 2000)
  }

  @Test("A lost sector may end with the zeros that a transaction begins with, be they five")
  func lostSector() {
    for zeros in 1...6 {
      var bytes = [UInt8](repeating: 0, count: 700)
      bytes[512] = 1
      bytes.withBorrowedBytes {
        #expect(LogTail.hasLostSector($0, before: 512 - zeros, at: 0), "\(zeros) zeros")
      }
      bytes[300] = 1
      bytes.withBorrowedBytes {
        #expect(!LogTail.hasLostSector($0, before: 512 - zeros, at: 0), "\(zeros) zeros")
      }
    }
  }

  @Test("A log torn at every byte of its last transaction gives all others")
  func tornEnd() throws {
    let (disk, history) = Self.directory()
    let file = StoredFile.log(Zxid(rawValue: 9))
    let bytes = disk.contents(file)
    let last = try Self.lastRecord(of: bytes)
    #expect(last.count > 100)
    for cut in last {
      let rest = [UInt8](repeating: 0, count: bytes.count - cut)
      for contents in [Array(bytes[..<cut]), bytes[..<cut] + rest] {
        var torn = disk
        torn.put(file, contents)
        let (transactions, state) = try Self.recover(torn)
        #expect(transactions == history.dropLast(), "cut at \(cut)")
        // The checksum's leading zeros look like nothing at all.
        #expect(cut < last.lowerBound + 5 || state.warnings.count == 1, "cut at \(cut)")
      }
    }
  }

  @Test("Damaged or incomplete snapshots give way to older ones")
  func olderSnapshots() throws {
    var (disk, history) = Self.directory()
    for zxid in [8, 4, 0] as [Int64] {
      let file = StoredFile.snapshot(Zxid(rawValue: zxid))
      disk.put(file, Array(disk.contents(file).dropLast(1)))
      let (transactions, state) = try Self.recover(disk)
      #expect(transactions == history)
      #expect(state.snapshot == [8: Zxid(rawValue: 4), 4: .zero][zxid])
      #expect(state.warnings.contains(.damagedSnapshot(file, reason: "it has no end")))
      var storage = DurableStorage(recovered: state)
      var operations: [DiskOperation] = []
      storage.flush(into: &operations)
      #expect(storage.wantsSnapshot)
    }
    // Now there is no log either that begins at the beginning.
    disk.drop(.log(Zxid(rawValue: 1)))
    #expect(throws: RecoveryError.self) { try Self.recover(disk) }
  }

  @Test("A missing log is noticed")
  func missingLogs() throws {
    var (disk, _) = Self.directory()
    disk.drop(.snapshot(Zxid(rawValue: 8)))
    disk.drop(.log(Zxid(rawValue: 5)))
    let missing = RecoveryError.missingTransactions(
      .log(Zxid(rawValue: 9)), offset: 16, after: Zxid(rawValue: 4), found: Zxid(rawValue: 9))
    #expect(throws: missing) { try Self.recover(disk) }
    // No log reaches the snapshot that cannot be read.
    disk.put(.snapshot(Zxid(rawValue: 8)), [1, 2, 3])
    disk.drop(.log(Zxid(rawValue: 9)))
    let error = RecoveryError.logEndsEarly(
      last: Zxid(rawValue: 4), snapshot: .snapshot(Zxid(rawValue: 8)), reason: "it has no end")
    #expect(throws: error) { try Self.recover(disk) }
  }

  @Test("Files in the wrong directory are noticed, and directories that are the same are not")
  func misplacedFiles() throws {
    let (disk, history) = Self.directory()
    let other = StoredFile(.snapshot, "log.9")
    var apart = disk
    apart.put(other, disk.contents(.log(Zxid(rawValue: 9))))
    #expect(try Self.recover(apart).transactions == history)
    apart.drop(.log(Zxid(rawValue: 9)))
    #expect(throws: RecoveryError.misplaced(other)) { try Self.recover(apart) }
  }

  @Test("A transaction that makes no sense is refused by name and place")
  func refusedTransactions() throws {
    let (disk, _) = Self.directory()
    struct Refusing: RecoverySink {
      mutating func beginSnapshot(zxid: Zxid) {}
      mutating func beginWithoutSnapshot() {}
      mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError) {}
      mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError) {}
      mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError) {
        throw ByteReaderError(position: 32, message: "no such thing")
      }
    }
    var sink = Refusing()
    let error = RecoveryError.refusedTransaction(
      .log(Zxid(rawValue: 9)), offset: 16, reason: "byte 32: no such thing")
    #expect(throws: error) {
      try DurableStorage.recover(disk.files, read: disk.read, into: &sink)
    }
    #expect("\(error)".contains("truncate -s 16 log.9"))
  }
}
