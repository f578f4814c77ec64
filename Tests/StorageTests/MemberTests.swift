import Glibc
import LinnaeusBase
import Testing

@testable import Storage

/// What a member of an ensemble asks of the disk: truncations, a leader's snapshots, promises.
@Suite struct MemberTests {
  /// A storage on a disk that does everything at once.
  struct Bench {
    var disk = SimulatedDisk()
    var storage: DurableStorage
    var operations: [DiskOperation] = []
    var names: [String] = []
    var progress: [StorageProgress] = []
    private var random = SeededRandom(seed: 1)

    init(_ recovered: RecoveredState = RecoveredState()) {
      var options = StorageOptions()
      options.preallocationBytes = 0
      storage = DurableStorage(options: options, recovered: recovered)
    }

    mutating func append(_ zxids: [Zxid]) {
      for zxid in zxids {
        transaction(zxid.rawValue, size: 20, isBlank: false, &random).withBorrowedBytes {
          storage.append($0, zxid: zxid)
        }
      }
    }

    /// Does everything, and returns what it was; what is durable together stands in one line.
    mutating func settle() -> [String] {
      names = []
      storage.flush(into: &operations)
      while !operations.isEmpty {
        let batch = operations
        operations = []
        names.append(BehaviourTests.names(batch).joined(separator: ", "))
        for operation in batch { #expect(disk.execute(operation) == nil) }
        for ticket in batch.compactMap(\.ticket) {
          progress.append(storage.completed(ticket, into: &operations))
        }
      }
      return names
    }

    /// Does everything, of which the operation of that number fails.
    mutating func settle(failing number: Int) {
      disk.failure = (disk.executed + number, EIO)
      var failures = DiskFailures()
      storage.flush(into: &operations)
      while !operations.isEmpty {
        let batch = operations
        operations = []
        for operation in batch {
          let errno = failures.refusal(of: operation) ?? disk.execute(operation)
          if let errno { failures.record(operation, errno: errno) }
          guard let ticket = operation.ticket else { continue }
          progress.append(
            errno.map { storage.failed(ticket, errno: $0, into: &operations) }
              ?? storage.completed(ticket, into: &operations))
        }
      }
    }

    mutating func snapshot(_ zxid: Zxid, replies: [UInt8]? = nil) {
      storage.beginSnapshot(zxid, into: &operations)
      storage.appendSnapshot([0, 0, 0, 1, UInt8(ascii: "/")], into: &operations)
      storage.finishSnapshot(digest: nil, replies: replies, into: &operations)
      _ = settle()
    }

    func recover(
      through limit: Zxid? = nil
    ) throws(RecoveryError) -> (RecoveredState, FormatTests.Bodies) {
      var sink = FormatTests.Bodies()
      let state = try DurableStorage.recover(
        disk.files, through: limit, read: disk.read, into: &sink)
      return (state, sink)
    }

    var fileNames: [String] { disk.files.map(\.file.name) }
  }

  static func zxid(_ epoch: UInt32, _ counter: UInt32) -> Zxid {
    Zxid(epoch: epoch, counter: counter)
  }

  /// Two logs, the second from a snapshot on, and a third from another one on.
  static func bench() -> Bench {
    var bench = Bench()
    _ = bench.settle()
    bench.append([zxid(1, 1), zxid(1, 2)])
    _ = bench.settle()
    bench.snapshot(zxid(1, 2))
    bench.append([zxid(1, 3), zxid(1, 4)])
    _ = bench.settle()
    bench.snapshot(zxid(1, 4))
    bench.append([zxid(2, 1), zxid(2, 2)])
    _ = bench.settle()
    return bench
  }

  @Test("A truncation is marked before anything is cut, and the mark goes last")
  func truncation() throws {
    let old = Self.bench()
    let (state, _) = try old.recover(through: Self.zxid(1, 3))
    #expect(state.lastZxid == Self.zxid(1, 3))
    var bench = Bench(state)
    bench.disk = old.disk
    #expect(
      bench.settle() == [
        "open log.100000003, sync, close, sync directory log, sync directory snapshot",
        "create truncate.100000003, close, sync directory snapshot",
        """
        erase snapshot.100000004, erase log.200000001, open log.100000003, truncate 82, sync, \
        close, sync directory log, sync directory snapshot
        """,
        "erase truncate.100000003, sync directory snapshot",
      ])
    #expect(bench.fileNames == ["log.100000001", "log.100000003", "snapshot.100000002"])
    #expect(bench.storage.durable == Self.zxid(1, 3))
    bench.append([Self.zxid(3, 1)])
    _ = bench.settle()
    #expect(try bench.recover().0.lastZxid == Self.zxid(3, 1))
  }

  @Test("A truncation of which one thing fails leaves the old state or the new", arguments: 0..<20)
  func failedTruncation(number: Int) throws {
    let old = Self.bench()
    let (state, _) = try old.recover(through: Self.zxid(1, 3))
    var bench = Bench(state)
    bench.disk = old.disk
    bench.settle(failing: number)
    let (found, _) = try bench.recover()
    let isDone = found.lastZxid == Self.zxid(1, 3)
    #expect(isDone || found.lastZxid == Self.zxid(2, 2))
    // Whoever says that it is done has done it.
    #expect(isDone || bench.storage.failure?.errno == EIO)
    #expect(bench.storage.failure != nil || bench.storage.durable == Self.zxid(1, 3))
  }

  @Test("A limit that cuts nothing off changes nothing", arguments: [nil, 2, 9] as [UInt32?])
  func idleLimit(_ counter: UInt32?) throws {
    let bench = Self.bench()
    let (state, _) = try bench.recover(through: counter.map { Self.zxid(2, $0) })
    #expect(state.lastZxid == Self.zxid(2, 2))
    #expect(state.repairs.count == 1)
  }

  @Test("What cannot be cut short surely is refused, and nothing at all is always known")
  func tooShort() throws {
    var bench = Self.bench()
    // Everything from the first transaction on is there, but nobody knows what the tree was before.
    #expect(try bench.recover(through: Self.zxid(1, 1)).0.lastZxid == Self.zxid(1, 1))
    let (state, _) = try bench.recover(through: .zero)
    var emptied = Bench(state)
    emptied.disk = bench.disk
    _ = emptied.settle()
    #expect(emptied.fileNames.isEmpty)
    bench.disk.drop(.log(Self.zxid(1, 1)))
    #expect(throws: RecoveryError.self) { try bench.recover(through: Self.zxid(1, 1)) }
    bench.disk.drop(.log(Self.zxid(1, 3)))
    #expect(try bench.recover(through: Self.zxid(1, 2)).0.lastZxid == Self.zxid(1, 2))
    do {
      _ = try bench.recover(through: Self.zxid(1, 3))
      Issue.record("the transaction 0x100000003 is not there")
    } catch {
      guard case .cannotEnd(at: Self.zxid(1, 3), _) = error else { throw error }
    }
  }

  @Test("A leader's snapshot replaces everything, and what follows waits for it")
  func restart() throws {
    var bench = Self.bench()
    bench.storage.restart(at: Self.zxid(1, 3), into: &bench.operations)
    #expect(bench.storage.wantsSnapshot)
    #expect(bench.storage.lastAppended == Self.zxid(1, 3))
    bench.append([Self.zxid(3, 1)])
    #expect(bench.settle() == ["close"])
    #expect(bench.storage.durable == .zero)
    #expect(!bench.storage.isReady)
    bench.progress = []
    bench.snapshot(Self.zxid(1, 3), replies: [1, 2, 3])
    #expect(
      bench.names.dropFirst() == [
        "rename unfinished.replies.100000003 replies.100000003, sync directory snapshot",
        """
        close, rename unfinished.snapshot.100000003 incoming.snapshot.100000003, \
        sync directory snapshot
        """,
        """
        erase log.100000001, erase log.100000003, erase log.200000001, \
        erase snapshot.100000002, erase snapshot.100000004, sync directory log, \
        sync directory snapshot
        """,
        "rename incoming.snapshot.100000003 snapshot.100000003, sync directory snapshot",
        "create log.300000001, write 82 at 0, sync, sync directory log",
      ])
    let finished = try #require(bench.progress.first { $0.finishedSnapshot != nil })
    #expect(finished.finishedSnapshot == Self.zxid(1, 3))
    #expect(finished.durable == Self.zxid(1, 3))
    #expect(bench.storage.durable == Self.zxid(3, 1))
    let (state, sink) = try bench.recover()
    #expect(state.lastZxid == Self.zxid(3, 1))
    #expect(sink.zxid == Self.zxid(1, 3))
    #expect(state.warnings.isEmpty)
  }

  @Test("A leader's snapshot that cannot be written is a failure, and one that rots is refused")
  func failedRestart() throws {
    var bench = Self.bench()
    bench.storage.restart(at: Self.zxid(3, 7), into: &bench.operations)
    bench.storage.beginSnapshot(Self.zxid(3, 7), into: &bench.operations)
    bench.storage.finishSnapshot(digest: nil, into: &bench.operations)
    let ticket = try #require(bench.operations.compactMap(\.ticket).first)
    _ = bench.storage.failed(ticket, errno: ENOSPC, into: &bench.operations)
    #expect(bench.storage.failure?.errno == ENOSPC)
    let file = StoredFile.incomingSnapshot(Self.zxid(3, 7))
    bench.disk.put(file, [1])
    #expect(throws: RecoveryError.damagedIncomingSnapshot(file, reason: "it has no end")) {
      try bench.recover()
    }
  }

  @Test("An epoch is written under another name, and promised when its name is durable")
  func epochs() throws {
    var bench = Self.bench()
    bench.progress = []
    bench.storage.writeEpoch(.accepted, 12, into: &bench.operations)
    bench.storage.writeEpoch(.current, 7, into: &bench.operations)
    #expect(
      bench.settle() == [
        "create unfinished.acceptedEpoch, write 2 at 0, sync, close",
        "rename unfinished.acceptedEpoch acceptedEpoch, sync directory snapshot",
        "create unfinished.currentEpoch, write 1 at 0, sync, close",
        "rename unfinished.currentEpoch currentEpoch, sync directory snapshot",
      ])
    #expect(
      bench.progress.flatMap(\.epochs) == [
        DurableEpoch(file: .accepted, epoch: 12), DurableEpoch(file: .current, epoch: 7),
      ])
    #expect(bench.disk.contents(.epoch(.accepted)) == Array("12".utf8))
    #expect(try bench.recover().0.acceptedEpoch == 12)
    #expect(try bench.recover().0.currentEpoch == 7)
    for text in ["", "x", "-1", "1 ", "+1", "99999999999999999999"] {
      bench.disk.put(.epoch(.current), Array(text.utf8))
      #expect(throws: RecoveryError.malformedEpoch(.epoch(.current)), "\(text)") {
        try bench.recover()
      }
    }
    bench.disk.put(.epoch(.current), Array("8\n".utf8))
    #expect(try bench.recover().0.currentEpoch == 8)
    bench.storage.writeEpoch(.accepted, 13, into: &bench.operations)
    let ticket = try #require(bench.operations.compactMap(\.ticket).first)
    _ = bench.storage.failed(ticket, errno: EIO, into: &bench.operations)
    #expect(bench.storage.failure == StorageFailure(errno: EIO, file: .epoch(.accepted)))
  }

  @Test("A new member's first transaction is of any epoch, and a missing one is noticed")
  func beginning() throws {
    var bench = Bench()
    _ = bench.settle()
    bench.append([Self.zxid(3, 1), Self.zxid(3, 2), Self.zxid(5, 1)])
    _ = bench.settle()
    let (state, _) = try bench.recover()
    #expect(state.lastZxid == Self.zxid(5, 1))
    #expect(state.warnings == [.restoredWithoutSnapshot])
    for gap in [[Self.zxid(3, 1), Self.zxid(3, 3)], [Self.zxid(3, 2)]] {
      var bench = Bench()
      _ = bench.settle()
      bench.append(gap)
      _ = bench.settle()
      #expect(throws: RecoveryError.self, "\(gap)") { try bench.recover() }
    }
    // A later log does not say so.
    var later = Self.bench()
    for file in later.disk.files.map(\.file) where file != .log(Self.zxid(2, 1)) {
      later.disk.drop(file)
    }
    #expect(throws: RecoveryError.self) { try later.recover() }
  }

  @Test("Replies go with their snapshot, and are nothing if they are damaged")
  func replies() throws {
    var bench = Bench()
    bench.storage = DurableStorage(
      options: {
        var options = StorageOptions()
        options.preallocationBytes = 0
        options.smallestRetention = 1
        options.retainedSnapshots = 2
        return options
      }(), recovered: RecoveredState())
    _ = bench.settle()
    for counter in 1...4 as ClosedRange<UInt32> {
      bench.append([Self.zxid(1, counter)])
      _ = bench.settle()
      bench.snapshot(Self.zxid(1, counter), replies: [UInt8(counter), 9])
    }
    #expect(bench.fileNames.filter { $0.hasPrefix("replies") }.count == 2)
    let file = StoredFile.replies(Self.zxid(1, 4))
    #expect(try bench.recover().1.replies == [4, 9])
    let bytes = bench.disk.contents(file)
    for offset in bytes.indices {
      var changed = bytes
      changed[offset] ^= 1
      bench.disk.put(file, changed)
      let (state, sink) = try bench.recover()
      #expect(sink.replies == nil)
      #expect(state.warnings == [.damagedReplies(file)])
    }
    bench.disk.put(.replies(Self.zxid(1, 1)), bytes)
    #expect(try bench.recover().0.leftovers == [.replies(Self.zxid(1, 1))])
  }
}
