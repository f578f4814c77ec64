import Jute
import LinnaeusBase
import Testing

@testable import Storage

/// What the storage asks of the disk, and when.
@Suite struct BehaviourTests {
  /// A storage, and what it asked for since the last look.
  struct Bench {
    var storage: DurableStorage
    var operations: [DiskOperation] = []
    private var zxid: Int64 = 0
    private var random = SeededRandom(seed: 1)

    init(_ options: StorageOptions = StorageOptions()) {
      storage = DurableStorage(options: options, recovered: RecoveredState())
      storage.flush(into: &operations)
    }

    mutating func append(_ count: Int, size: Int = 50) {
      for _ in 0..<count {
        zxid += 1
        transaction(zxid, size: size, &random).withBorrowedBytes {
          storage.append($0, zxid: Zxid(rawValue: zxid))
        }
      }
      storage.flush(into: &operations)
    }

    mutating func take() -> [DiskOperation] {
      defer { operations = [] }
      return operations
    }

    /// Completes everything, and what that brings about; returns the syncs there were.
    mutating func completeAll() -> Int {
      var syncs = 0
      while !operations.isEmpty {
        for operation in take() {
          if case .sync = operation { syncs += 1 }
          if let ticket = operation.ticket { _ = storage.completed(ticket, into: &operations) }
        }
      }
      return syncs
    }
  }

  static func names(_ operations: [DiskOperation]) -> [String] {
    operations.map { operation in
      switch operation {
      case .create(let file, _): "create \(file)"
      case .open(let file, _): "open \(file)"
      case .preallocate(_, let end): "preallocate \(end)"
      case .truncate(_, let end): "truncate \(end)"
      case .write(_, let offset, let bytes): "write \(bytes.count) at \(offset)"
      case .sync: "sync"
      case .close: "close"
      case .rename(let from, let to): "rename \(from) \(to)"
      case .remove(let file): "remove \(file)"
      case .erase(let file): "erase \(file)"
      case .syncDirectory(let directory, _): "sync directory \(directory)"
      }
    }
  }

  @Test("A new log is durable when it and its name are, and then one sync serves many transactions")
  func groupCommit() {
    var bench = Bench()
    #expect(bench.operations.isEmpty)
    #expect(bench.storage.isReady)
    bench.append(1)
    let first = bench.take()
    #expect(
      Self.names(first) == [
        "create log.1", "preallocate 67108864", "write 112 at 0", "sync", "sync directory log",
      ])
    // While these are on their way, nothing else is sent.
    bench.append(10)
    bench.append(10)
    #expect(bench.take().isEmpty)
    let tickets = first.compactMap(\.ticket)
    let early = bench.storage.completed(tickets[1], into: &bench.operations)
    #expect(early.durable == .zero)
    #expect(bench.take().isEmpty)
    let done = bench.storage.completed(tickets[0], into: &bench.operations)
    #expect(done.durable == Zxid(rawValue: 1))
    let second = bench.take()
    #expect(Self.names(second) == ["write 1920 at 112", "sync"])
    // A ticket that was answered before means nothing.
    #expect(bench.storage.completed(tickets[0], into: &bench.operations).durable.rawValue == 1)
    let ticket = second.compactMap(\.ticket)[0]
    #expect(bench.storage.completed(ticket, into: &bench.operations).durable.rawValue == 21)
    #expect(bench.storage.isSettled)
  }

  @Test("A log grows before its end is near")
  func preallocation() {
    var options = StorageOptions()
    options.preallocationBytes = 10_000
    var bench = Bench(options)
    var allocated = 0
    for _ in 0..<40 {
      bench.append(1, size: 900)
      for operation in bench.take() {
        if case .preallocate(_, let end) = operation {
          #expect(end == allocated + 10_000)
          allocated = end
        }
        if case .write(_, let offset, let bytes) = operation {
          #expect(offset + bytes.count + 4096 <= allocated)
          #expect(offset + bytes.count + 4096 > allocated - 10_000)
        }
        if let ticket = operation.ticket {
          _ = bench.storage.completed(ticket, into: &bench.operations)
        }
      }
    }
    #expect(allocated >= 40_000)
  }

  @Test("Logs roll when they are too large, each after the one before is durable")
  func rolling() {
    var options = StorageOptions()
    options.logSizeLimitBytes = 500
    var bench = Bench(options)
    bench.append(20)
    var logs: [String] = []
    var open = 0
    while !bench.operations.isEmpty {
      let operations = bench.take()
      for operation in operations {
        if case .create(let file, _) = operation {
          logs.append(file.name)
          open += 1
        }
        if case .close = operation { open -= 1 }
        if let ticket = operation.ticket {
          _ = bench.storage.completed(ticket, into: &bench.operations)
        }
      }
      #expect(operations.count { if case .create = $0 { true } else { false } } <= 1)
      #expect(open == 1)
    }
    #expect(logs == ["log.1", "log.7", "log.d", "log.13"])
    #expect(bench.storage.durable.rawValue == 20)
  }

  @Test("Snapshots are due at once on a new server, then after half to all of snapCount")
  func due() {
    var counts: Set<Int> = []
    for seed in 0..<40 as Range<UInt64> {
      var options = StorageOptions()
      options.snapshotEveryTransactions = 100
      options.seed = seed
      var bench = Bench(options)
      #expect(bench.storage.wantsSnapshot)
      bench.storage.beginSnapshot(.zero, into: &bench.operations)
      #expect(!bench.storage.wantsSnapshot)
      bench.storage.finishSnapshot(digest: 0, into: &bench.operations)
      _ = bench.completeAll()
      #expect(!bench.storage.isWritingSnapshot)
      var count = 0
      while !bench.storage.wantsSnapshot {
        bench.append(1)
        count += 1
      }
      #expect((51...101).contains(count))
      counts.insert(count)
    }
    #expect(counts.count > 10)
  }

  @Test("A snapshot is written under another name, in bounded steps, and named when it is durable")
  func snapshot() {
    var options = StorageOptions()
    options.snapshotSyncBytes = 1000
    options.snapshotWriteBytes = 400
    var bench = Bench(options)
    bench.append(3)
    // The log is not durable yet.
    let log = bench.take()
    bench.storage.beginSnapshot(Zxid(rawValue: 3), into: &bench.operations)
    #expect(Self.names(bench.take()) == ["create unfinished.snapshot.3"])
    for _ in 0..<6 {
      bench.storage.appendSnapshot([UInt8](repeating: 7, count: 400), into: &bench.operations)
    }
    let body = bench.take()
    // One sync is on its way, however much was written since.
    #expect(Self.names(body).filter { $0 == "sync" }.count == 1)
    #expect(!bench.storage.hasRoomForSnapshot)
    _ = bench.storage.completed(body.compactMap(\.ticket)[0], into: &bench.operations)
    #expect(bench.storage.hasRoomForSnapshot)
    bench.storage.finishSnapshot(digest: nil, into: &bench.operations)
    let rest = bench.take().compactMap(\.ticket)
    for ticket in rest { _ = bench.storage.completed(ticket, into: &bench.operations) }
    for ticket in bench.take().compactMap(\.ticket) {
      _ = bench.storage.completed(ticket, into: &bench.operations)
    }
    // All of it is durable, but the log is not.
    #expect(bench.take().isEmpty)
    for ticket in log.compactMap(\.ticket) {
      _ = bench.storage.completed(ticket, into: &bench.operations)
    }
    let named = bench.take()
    #expect(
      Self.names(named) == [
        "close", "rename unfinished.snapshot.3 snapshot.3", "sync directory snapshot",
      ])
    let progress = bench.storage.completed(
      named.compactMap(\.ticket)[0], into: &bench.operations)
    #expect(progress.finishedSnapshot == Zxid(rawValue: 3))
    bench.append(1)
    #expect(Self.names(bench.take()).contains("create log.4"))
  }

  @Test("The newest snapshots stay, and the logs that the oldest of them needs")
  func retention() throws {
    var options = StorageOptions()
    options.snapshotEveryTransactions = 2
    options.retainedSnapshots = 1
    var server = ServerModel(options: options, seed: 9)
    for _ in 0..<7 {
      server.append(size: 20)
      server.append(size: 20)
      server.settle()
      server.beginSnapshot(behind: 1)
      server.settle()
    }
    // Three are the least that may be kept; snapshot.9 needs transaction 10, which log.9 begins before.
    let names = ["log.9", "log.b", "log.d", "snapshot.9", "snapshot.b", "snapshot.d"]
    #expect(server.disk.files.map(\.file.name) == names)
    // What is kept is enough even if all but the oldest snapshot are lost.
    server.disk.put(.snapshot(Zxid(rawValue: 0xb)), [])
    server.disk.put(.snapshot(Zxid(rawValue: 0xd)), [])
    try server.crash(.process)
    #expect(server.recovered.snapshot == Zxid(rawValue: 9))
    #expect(server.history.count == 14)
  }

  @Test("A snapshot that replaces a damaged one of its name is not removed for it")
  func replacedSnapshot() throws {
    var options = StorageOptions()
    options.snapshotEveryTransactions = 2
    options.retainedSnapshots = 3
    var server = ServerModel(options: options, seed: 9)
    for _ in 0..<4 {
      server.append(size: 20)
      server.append(size: 20)
      server.settle()
      server.beginSnapshot(behind: 0)
      server.settle()
    }
    let newest = StoredFile.snapshot(Zxid(rawValue: 8))
    server.disk.put(newest, Array(server.disk.contents(newest).dropLast(9)))
    try server.crash(.process)
    server.settle()
    server.beginSnapshot(behind: 0)
    server.settle()
    #expect(server.disk.isDurable(newest))
    try server.crash(.process)
    #expect(server.recovered.snapshot == Zxid(rawValue: 8))
    #expect(server.recovered.warnings.isEmpty)
  }

  @Test("What a crash left behind is removed, and what is no file of ours stays")
  func leftovers() throws {
    var (disk, history) = DamageTests.directory()
    let unfinished = StoredFile.unfinishedSnapshot(Zxid(rawValue: 12))
    let empty = StoredFile.log(Zxid(rawValue: 14))
    let others = [StoredFile(.snapshot, "currentEpoch"), StoredFile(.log, "log.x")]
    for file in [unfinished, empty] + others { disk.put(file, [UInt8(ascii: "1")]) }
    let (transactions, state) = try DamageTests.recover(disk)
    #expect(transactions == history)
    var storage = DurableStorage(recovered: state)
    var operations: [DiskOperation] = []
    storage.flush(into: &operations)
    for operation in operations { #expect(disk.execute(operation) == nil) }
    #expect(!storage.isReady)
    for ticket in operations.compactMap(\.ticket) {
      var more: [DiskOperation] = []
      _ = storage.completed(ticket, into: &more)
      #expect(more.isEmpty)
    }
    #expect(storage.isReady)
    #expect(storage.durable.rawValue == Int64(history.count))
    #expect(!disk.isDurable(unfinished))
    #expect(!disk.isDurable(empty))
    for file in others { #expect(disk.isDurable(file)) }
  }
}
