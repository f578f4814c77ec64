import Jute
import LinnaeusBase

/// The transaction log and the snapshots of one server, as a value.
///
/// It never touches a disk: it appends ``DiskOperation`` values, which the driver executes in order,
/// and is told when those with a ticket are done. Nothing is durable before (zookeeper-protocol.md,
/// section 6; design.md, "Storage is a value too").
///
/// Transactions are appended and flushed in batches. One batch is on its way at a time: what is
/// appended meanwhile is the next one. So at most one sync is in flight for each file, and when
/// anything of a batch reaches the disk, all batches before it are durable: that is what recovery
/// tells a torn end from damage by.
public struct DurableStorage: Sendable {
  /// Transactions that go to the disk together; they belong to one log.
  struct Batch: Sendable {
    /// The log that they begin, named by the first of them; nil if they continue one.
    var newLog: Zxid?
    var bytes = ByteWriter()
    var last = Zxid.zero
  }

  /// The log that is written.
  struct Log: Sendable {
    var file: StoredFile
    var number: FileNumber
    /// Where the next batch goes.
    var end = 0
    /// How far it was told to grow.
    var allocated = 0
  }

  /// The batch, or the stage of repairs, on its way to the disk.
  struct Flight: Sendable {
    var tickets: [Ticket]
    /// The batch's last transaction.
    var last: Zxid?
    /// The snapshot that the stage makes the only one.
    var installed: Zxid?
  }

  let options: StorageOptions
  /// Everything up to it was appended, or recovered.
  public internal(set) var lastAppended: Zxid
  /// Everything up to it is durable; nothing is until the first flush is complete.
  public internal(set) var durable = Zxid.zero
  /// Whether what was recovered is durable, so that clients may be told of it.
  ///
  /// The first ``flush(into:)`` sees to it: after a crash of the process, what recovery read may
  /// never have reached the disk. After ``restart(at:into:)`` it takes the snapshot as well.
  public internal(set) var isReady = false
  /// Why nothing will be durable any more; nil while all is well.
  public private(set) var failure: StorageFailure?

  var recovered: RecoveredState?
  /// What must be done before anything is appended, one after the other.
  var repairs: [RepairStage] = []
  var restart: Restart?
  var waiting: [Batch] = []
  var flight: Flight?
  var log: Log?
  private var logBytes = 0
  private var startsNewLog = true
  private var nextNumber: UInt32 = 1
  private var nextTicket: UInt64 = 1
  /// What a storage before this one left open.
  private var abandoned: [FileNumber] = []

  var snapshot: SnapshotInProgress?
  /// Epochs to be written; the first may be on its way.
  var epochs: [(epoch: DurableEpoch, replacement: FileReplacement?)] = []
  var retention: Retention
  private var schedule: SnapshotSchedule

  /// Goes on from what ``recover(_:through:read:into:)`` found.
  ///
  /// - Parameters:
  ///   - options: How files are kept.
  ///   - recovered: What was found.
  ///   - predecessor: The storage that worked on the same files, if recovery was repeated under a
  ///     running server; all its operations have been executed. Numbers and tickets go on from it.
  public init(
    options: StorageOptions = StorageOptions(), recovered: RecoveredState,
    replacing predecessor: DurableStorage? = nil
  ) {
    self.options = options
    self.recovered = recovered
    lastAppended = recovered.lastZxid
    retention = Retention(recovered)
    schedule = SnapshotSchedule(options: options, recovered: recovered)
    guard let predecessor else { return }
    nextNumber = predecessor.nextNumber
    nextTicket = predecessor.nextTicket
    abandoned = predecessor.abandoned
    if let log = predecessor.log { abandoned.append(log.number) }
    if let snapshot = predecessor.snapshot, snapshot.step != .naming {
      abandoned.append(snapshot.number)
    }
  }

  /// Whether everything that was appended is durable.
  public var isSettled: Bool {
    isReady && waiting.isEmpty && flight == nil && epochs.isEmpty
  }

  /// Appends a transaction, its header, record and digest, to what the next flush sends.
  ///
  /// The zxid must be greater than all before.
  public mutating func append(_ payload: BorrowedBytes, zxid: Zxid) {
    precondition(zxid > lastAppended, "transactions are logged in ascending order")
    let isFirst = lastAppended == .zero && zxid != .zero.next && retention.isEmpty
    lastAppended = zxid
    // It would never go anywhere.
    guard failure == nil else { return }
    if options.logSizeLimitBytes > 0, logBytes > options.logSizeLimitBytes { startsNewLog = true }
    let size = LogRecord.size(payload: payload.count)
    if startsNewLog {
      waiting.append(Batch(newLog: zxid))
      let header = isFirst ? FileHeader.firstLog : .log
      header.write(to: &waiting[waiting.count - 1].bytes)
      startsNewLog = false
      logBytes = FileHeader.size
    } else if waiting.isEmpty
      || waiting[waiting.count - 1].bytes.count + size > options.batchBytes
    {
      waiting.append(Batch())
    }
    LogRecord.write(payload, to: &waiting[waiting.count - 1].bytes)
    waiting[waiting.count - 1].last = zxid
    logBytes += size
    schedule.count(bytes: size)
  }

  /// Sends what was appended on its way, unless a batch is on its way already.
  public mutating func flush(into operations: inout [DiskOperation]) {
    guard failure == nil, flight == nil else { return }
    if let recovered {
      self.recovered = nil
      repairs = recovered.repairs
      for number in abandoned { operations.append(.close(number)) }
      abandoned = []
    }
    if !repairs.isEmpty {
      flight = begin(repairs.removeFirst(), into: &operations)
    } else {
      if !isReady {
        becomeReady()
        _ = advanceSnapshot(completed: nil, into: &operations)
      }
      if isReady, !waiting.isEmpty { send(waiting.removeFirst(), into: &operations) }
    }
    beginEpoch(into: &operations)
  }

  /// What was recovered is durable, unless it is about to be replaced.
  private mutating func becomeReady() {
    guard restart == nil else { return }
    isReady = true
    durable = retention.last
  }

  /// The driver has done what the ticket stands for.
  ///
  /// What was appended meanwhile is flushed.
  public mutating func completed(
    _ ticket: Ticket, into operations: inout [DiskOperation]
  ) -> StorageProgress {
    var progress = StorageProgress(durable: durable)
    if failure == nil, let index = flight?.tickets.firstIndex(of: ticket) {
      flight?.tickets.remove(at: index)
      if let landed = flight, landed.tickets.isEmpty {
        flight = nil
        progress.finishedSnapshot = land(landed)
        flush(into: &operations)
      }
    }
    if let epoch = advanceEpoch(completed: ticket, into: &operations) {
      progress.epochs.append(epoch)
    }
    progress.finishedSnapshot =
      advanceSnapshot(completed: ticket, into: &operations) ?? progress.finishedSnapshot
    progress.durable = durable
    return progress
  }

  /// A batch or a stage of repairs is durable; the snapshot from the leader that is in force by it.
  private mutating func land(_ landed: Flight) -> Zxid? {
    if let last = landed.last, restart == nil { durable = last }
    if let installed = landed.installed { retention.keepOnly(installed) }
    guard repairs.isEmpty, !isReady, recovered == nil else { return nil }
    var finished: Zxid?
    if let restart, restart.isSealed {
      finished = restart.zxid
      self.restart = nil
    }
    becomeReady()
    return finished
  }

  /// The driver could not do what the ticket stands for.
  ///
  /// If that was the log's, nothing is durable from now on, and nothing is ever synced again: the
  /// pages that the system could not write may be gone (``failure``). A snapshot is given up.
  public mutating func failed(
    _ ticket: Ticket, errno: Int32, into operations: inout [DiskOperation]
  ) -> StorageProgress {
    var progress = StorageProgress(durable: durable)
    if let flight, flight.tickets.contains(ticket) {
      fail(errno, log?.file)
    } else if let next = epochs.first, next.replacement?.awaited == ticket {
      // A promise that cannot be kept must not be given.
      fail(errno, .epoch(next.epoch.file))
    } else if let snapshot, snapshot.awaits(ticket) {
      if restart != nil { fail(errno, .snapshot(snapshot.zxid)) }
      progress.abandonedSnapshot = AbandonedSnapshot(zxid: snapshot.zxid, errno: errno)
      abandonSnapshot(into: &operations)
    }
    return progress
  }

  private mutating func fail(_ errno: Int32, _ file: StoredFile?) {
    if failure == nil { failure = StorageFailure(errno: errno, file: file) }
    waiting = []
    epochs = []
  }

  // MARK: The log

  private mutating func send(_ batch: Batch, into operations: inout [DiskOperation]) {
    var tickets: [Ticket] = []
    if let first = batch.newLog { begin(.log(first), first: first, into: &operations) }
    guard var log else { preconditionFailure("a batch continues a log that never began") }
    let bytes = batch.bytes.bytes
    if options.preallocationBytes > 0, log.end + bytes.count + 4096 > log.allocated {
      // Whole steps, as Apache's.
      let steps = (log.end + bytes.count + 4096) / options.preallocationBytes + 1
      log.allocated = steps * options.preallocationBytes
      operations.append(.preallocate(log.number, upTo: log.allocated))
    }
    operations.append(.write(log.number, offset: log.end, bytes: bytes))
    log.end += bytes.count
    tickets.append(issueTicket())
    operations.append(.sync(log.number, tickets[0]))
    if batch.newLog != nil {
      // Without its directory's entry the file may be gone, however well it was synced.
      tickets.append(issueTicket())
      operations.append(.syncDirectory(.log, tickets[1]))
    }
    self.log = log
    flight = Flight(tickets: tickets, last: batch.last)
  }

  /// Begins a log.
  ///
  /// The one before it is complete and durable: a later log with a transaction in it proves to
  /// recovery that nothing of an earlier one may be missing.
  private mutating func begin(
    _ file: StoredFile, first: Zxid, into operations: inout [DiskOperation]
  ) {
    if let old = log {
      if old.allocated > old.end { operations.append(.truncate(old.number, to: old.end)) }
      operations.append(.close(old.number))
    }
    let number = issueNumber()
    operations.append(.create(file, number))
    log = Log(file: file, number: number)
    retention.logs.append(first)
  }

  mutating func issueNumber() -> FileNumber {
    defer { nextNumber += 1 }
    return FileNumber(rawValue: nextNumber)
  }

  mutating func issueTicket() -> Ticket {
    defer { nextTicket += 1 }
    return Ticket(rawValue: nextTicket)
  }

  // MARK: When snapshots are due

  /// Whether a snapshot should begin now; never before the first flush, or while one is written.
  public var wantsSnapshot: Bool {
    guard snapshot == nil, failure == nil, !hasRepairs else { return false }
    return restart.map { !$0.isSealed } ?? schedule.isDue
  }

  /// Whether files are still to be removed, among which may be those that somebody begins to write.
  var hasRepairs: Bool { recovered != nil || !repairs.isEmpty }

  mutating func snapshotBegins() {
    beginsNewLog()
    schedule.restart()
  }

  mutating func beginsNewLog() { startsNewLog = true }
}
