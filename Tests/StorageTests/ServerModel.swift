import Jute
import LinnaeusBase
import Testing

@testable import Storage

/// What can be left out or done too early; each must be noticed.
enum Mutant: CaseIterable {
  /// Transactions are acknowledged when they are written.
  case logIsNotSynced
  /// The name of a new log may be lost.
  case logDirectoryIsNotSynced
  /// Snapshots are renamed before they are durable.
  case snapshotIsNotSynced
  /// Older snapshots are removed though the new one's name may be lost.
  case snapshotDirectoryIsNotSynced
  /// Older snapshots are removed when the new one is renamed.
  case purgesBeforeNameIsDurable
  /// The torn end of a log stays.
  case tornEndStays
  /// What recovery read may never have been durable.
  case recoveredIsNotSynced
  /// The names of the files that recovery read may never have been durable.
  case recoveredNamesAreNotSynced
}

/// A recovered state: what the transactions were, from the first one on.
struct Recovered: RecoverySink {
  var transactions: [UInt64] = []
  private var body: [UInt8] = []
  private var zxid = Zxid.zero

  mutating func beginSnapshot(zxid: Zxid) {
    self.zxid = zxid
    transactions = []
    body = []
  }

  mutating func beginWithoutSnapshot() { transactions = [] }

  mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError) { body += bytes.array }

  mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError) {
    let count = Int(zxid.rawValue)
    guard body.count == count * 8 + 5, body.suffix(5) == [0, 0, 0, 1, UInt8(ascii: "/")] else {
      throw ByteReaderError(position: 0, message: "\(body.count) bytes for \(count) transactions")
    }
    for index in 0..<count {
      transactions.append(body[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) })
    }
    #expect(digest == UInt64(zxid.rawValue) * 3)
  }

  mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError) {
    var reader = ByteReader(payload)
    let header = try TransactionHeader(from: &reader)
    #expect(header.zxid.rawValue == Int64(transactions.count + 1))
    transactions.append(fingerprint(payload))
  }

  static func snapshot(_ transactions: ArraySlice<UInt64>) -> [UInt8] {
    var writer = ByteWriter()
    for transaction in transactions { writer.int64(Int64(bitPattern: transaction)) }
    writer.string([UInt8(ascii: "/")])
    return writer.bytes
  }
}

func fingerprint(_ payload: BorrowedBytes) -> UInt64 {
  var checksum = CRC32()
  checksum.update(payload)
  return UInt64(checksum.value) << 32 | UInt64(Adler32.checksum(payload))
}

/// A transaction of some bytes, which follow from the generator.
func transaction(
  _ zxid: Int64, size: Int, isBlank: Bool? = nil, _ random: inout SeededRandom
) -> [UInt8] {
  var writer = ByteWriter()
  TransactionHeader(
    session: Int64(random.below(1000)), xid: 1, zxid: Zxid(rawValue: zxid), time: 7,
    opcode: .setData
  ).write(to: &writer)
  let isBlank = isBlank ?? random.chance(1, in: 4)
  for _ in 0..<size / 8 { writer.int64(isBlank ? 0 : Int64(bitPattern: random.next())) }
  for _ in 0..<size % 8 { writer.uint8(isBlank ? 0 : UInt8(random.below(256))) }
  writer.uint8(UInt8(1 + random.below(255)))
  return writer.bytes
}

/// A server that does nothing but log, on a simulated disk.
struct ServerModel {
  var disk = SimulatedDisk()
  var storage: DurableStorage
  let options: StorageOptions
  let mutant: Mutant?
  var random: SeededRandom
  /// The operations that the disk has not executed, and the tickets that were not told.
  private var queue: [DiskOperation] = []
  private var done: [Ticket] = []
  private var failures = DiskFailures()
  /// All transactions that were appended or recovered, and how many of them somebody was told of.
  private(set) var history: [UInt64] = []
  private(set) var told = 0
  private(set) var recovered = RecoveredState()
  private(set) var abandoned: [AbandonedSnapshot] = []
  private var snapshotRest: [UInt8] = []
  private var snapshotDigest: UInt64 = 0
  private var repairs: Set<FileNumber> = []
  private var logs: Set<FileNumber> = []

  init(options: StorageOptions, seed: UInt64, mutant: Mutant? = nil) {
    self.options = options
    self.mutant = mutant
    random = SeededRandom(seed: seed)
    storage = DurableStorage(options: options, recovered: RecoveredState())
    flush()
  }

  var isSettled: Bool { storage.isSettled && queue.isEmpty && done.isEmpty && !hasSnapshot }
  var hasSnapshot: Bool { storage.isWritingSnapshot }
  var pendingOperations: Int { queue.count }

  mutating func append(size: Int, isBlank: Bool? = nil) {
    let payload = transaction(
      Int64(history.count + 1), size: size, isBlank: isBlank, &random)
    payload.withBorrowedBytes { bytes in
      storage.append(bytes, zxid: Zxid(rawValue: Int64(history.count + 1)))
      history.append(fingerprint(bytes))
    }
  }

  mutating func flush() { storage.flush(into: &queue) }

  /// Has the disk execute the next operation.
  mutating func executeNext() {
    guard !queue.isEmpty else { return }
    let operation = queue.removeFirst()
    note(operation)
    if storage.failure != nil, case .sync(let number, _) = operation, logs.contains(number),
      failures.refusal(of: operation) == nil
    {
      Issue.record("a log is synced after its sync failed")
    }
    if let errno = failures.refusal(of: operation) {
      if let ticket = operation.ticket { fail(ticket, errno) }
      return
    }
    if isLeftOut(operation) {
      if let ticket = operation.ticket { done.append(ticket) }
      return
    }
    if let errno = disk.execute(operation) {
      failures.record(operation, errno: errno)
      if let ticket = operation.ticket { fail(ticket, errno) }
    } else if let ticket = operation.ticket {
      done.append(ticket)
    }
  }

  /// Tells the storage of the next operation that was executed.
  mutating func tellNext() {
    guard !done.isEmpty else { return }
    let progress = storage.completed(done.removeFirst(), into: &queue)
    told = max(told, Int(progress.durable.rawValue))
  }

  private mutating func fail(_ ticket: Ticket, _ errno: Int32) {
    let progress = storage.failed(ticket, errno: errno, into: &queue)
    if let snapshot = progress.abandonedSnapshot { abandoned.append(snapshot) }
  }

  private mutating func note(_ operation: DiskOperation) {
    switch operation {
    case .create(let file, let number) where file.directory == .log: logs.insert(number)
    case .open(_, let number): repairs.insert(number)
    case .rename(_, let to) where mutant == .purgesBeforeNameIsDurable:
      guard let zxid = to.snapshotZxid else { break }
      for (file, _) in disk.files {
        if let old = file.snapshotZxid, old < zxid { removeForGood(file) }
        if let old = file.logZxid, old <= zxid { removeForGood(file) }
      }
    default: break
    }
  }

  private mutating func removeForGood(_ file: StoredFile) { disk.drop(file) }

  private func isLeftOut(_ operation: DiskOperation) -> Bool {
    switch (mutant, operation) {
    case (.logIsNotSynced, .sync(let number, _)): logs.contains(number)
    case (.logDirectoryIsNotSynced, .syncDirectory(.log, _)): true
    case (.snapshotIsNotSynced, .sync(let number, _)):
      !logs.contains(number) && !repairs.contains(number)
    case (.snapshotDirectoryIsNotSynced, .syncDirectory(.snapshot, _)): true
    case (.tornEndStays, .truncate(let number, _)): repairs.contains(number)
    case (.recoveredIsNotSynced, .sync(let number, _)): repairs.contains(number)
    case (.recoveredNamesAreNotSynced, .syncDirectory(.log, _)): logs.isEmpty
    default: false
    }
  }

  // MARK: Snapshots

  /// Begins a snapshot of what was appended so far, durable or not, or of a little less.
  mutating func beginSnapshot(behind: Int? = nil) {
    guard storage.wantsSnapshot else { return }
    let count = max(0, history.count - (behind ?? random.below(3)))
    guard count >= Int((recovered.snapshot ?? .zero).rawValue) else { return }
    snapshotRest = Recovered.snapshot(history[..<count])
    snapshotDigest = UInt64(count) * 3
    storage.beginSnapshot(Zxid(rawValue: Int64(count)), into: &queue)
  }

  /// Appends a piece of the snapshot, or finishes it.
  mutating func continueSnapshot() {
    guard storage.isWritingSnapshot else { return }
    if snapshotRest.isEmpty {
      storage.finishSnapshot(digest: snapshotDigest, into: &queue)
    } else if storage.hasRoomForSnapshot {
      let piece = snapshotRest.prefix(1 + random.below(700))
      snapshotRest.removeFirst(piece.count)
      storage.appendSnapshot(Array(piece), into: &queue)
    }
  }

  // MARK: Crashing

  /// Crashes, and starts again.
  ///
  /// What was told must be there, and nothing else than was appended.
  mutating func crash(_ crash: SimulatedDisk.Crash) throws {
    disk.crash(crash)
    var sink = Recovered()
    let disk = disk
    recovered = try DurableStorage.recover(disk.files, read: disk.read, into: &sink)
    guard sink.transactions.count >= told else {
      throw Loss(message: "\(told) were told of, \(sink.transactions.count) are there")
    }
    guard history.starts(with: sink.transactions) else {
      throw Loss(message: "what is there is not what was appended")
    }
    guard recovered.lastZxid.rawValue == Int64(sink.transactions.count) else {
      throw Loss(message: "the last zxid is \(recovered.lastZxid)")
    }
    history = sink.transactions
    queue = []
    done = []
    repairs = []
    logs = []
    failures = DiskFailures()
    storage = DurableStorage(options: options, recovered: recovered)
    flush()
    if storage.isReady { told = history.count }
  }

  /// Executes everything that is under way, and all that this brings about.
  mutating func settle() {
    for _ in 0..<10_000 {
      flush()
      while !queue.isEmpty { executeNext() }
      while !done.isEmpty { tellNext() }
      continueSnapshot()
      if isSettled || storage.failure != nil && queue.isEmpty { return }
    }
    Issue.record("the storage never settles")
  }
}

/// Something that was acknowledged is gone, or something is there that never was.
struct Loss: Error, CustomStringConvertible {
  var message: String
  var description: String { message }
}
