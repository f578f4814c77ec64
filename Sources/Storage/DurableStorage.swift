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

  /// The batch, or the repairs before the first one, on their way to the disk.
  struct Flight: Sendable {
    var tickets: [Ticket]
    var last: Zxid
  }

  let options: StorageOptions
  /// Everything up to it was appended, or recovered.
  public private(set) var lastAppended: Zxid
  /// Everything up to it is durable; nothing is until the first flush is complete.
  public private(set) var durable = Zxid.zero
  /// Whether what was recovered is durable, so that clients may be told of it.
  ///
  /// The first ``flush(into:)`` sees to it: after a crash of the process, what recovery read may
  /// never have reached the disk.
  public private(set) var isReady = false
  /// Why nothing will be durable any more; nil while all is well.
  public private(set) var failure: StorageFailure?

  private var recovered: RecoveredState?
  private var waiting: [Batch] = []
  private var flight: Flight?
  private var log: Log?
  private var logFiles: [Zxid]
  private var logBytes = 0
  private var startsNewLog = true
  private var nextNumber: UInt32 = 1
  private var nextTicket: UInt64 = 1

  var snapshot: SnapshotInProgress?
  var retention: Retention
  private var schedule: SnapshotSchedule

  /// Goes on from what ``recover(_:read:into:)`` found.
  public init(options: StorageOptions = StorageOptions(), recovered: RecoveredState) {
    self.options = options
    self.recovered = recovered
    lastAppended = recovered.lastZxid
    logFiles = recovered.logs
    retention = Retention(recovered)
    schedule = SnapshotSchedule(options: options, recovered: recovered)
  }

  /// Whether everything that was appended is durable.
  public var isSettled: Bool { isReady && waiting.isEmpty && flight == nil }

  /// Appends a transaction, its header, record and digest, to what the next flush sends.
  ///
  /// The zxid must be greater than all before.
  public mutating func append(_ payload: BorrowedBytes, zxid: Zxid) {
    precondition(zxid > lastAppended, "transactions are logged in ascending order")
    lastAppended = zxid
    // It would never go anywhere.
    guard failure == nil else { return }
    if options.logSizeLimitBytes > 0, logBytes > options.logSizeLimitBytes { startsNewLog = true }
    let size = LogRecord.size(payload: payload.count)
    if startsNewLog {
      waiting.append(Batch(newLog: zxid))
      FileHeader.log.write(to: &waiting[waiting.count - 1].bytes)
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
      let tickets = repair(recovered, into: &operations)
      if !tickets.isEmpty {
        flight = Flight(tickets: tickets, last: recovered.lastZxid)
        return
      }
      isReady = true
      durable = recovered.lastZxid
      _ = advanceSnapshot(completed: nil, into: &operations)
    }
    guard !waiting.isEmpty else { return }
    send(waiting.removeFirst(), into: &operations)
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
        isReady = true
        durable = landed.last
        flush(into: &operations)
      }
    }
    progress.durable = durable
    progress.finishedSnapshot = advanceSnapshot(completed: ticket, into: &operations)
    return progress
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
      if failure == nil { failure = StorageFailure(errno: errno, file: log?.file) }
      waiting = []
    } else if let snapshot, snapshot.awaited == ticket {
      progress.abandonedSnapshot = AbandonedSnapshot(zxid: snapshot.zxid, errno: errno)
      abandonSnapshot(into: &operations)
    }
    return progress
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

  /// Makes what recovery read durable, and what it left out disappear for good.
  private mutating func repair(
    _ recovered: RecoveredState, into operations: inout [DiskOperation]
  ) -> [Ticket] {
    var tickets: [Ticket] = []
    for file in recovered.leftovers { operations.append(.remove(file)) }
    for (file, end) in recovered.openEnds {
      let number = issueNumber()
      operations.append(.open(file, number))
      operations.append(.truncate(number, to: end))
      tickets.append(issueTicket())
      operations.append(.sync(number, tickets[tickets.count - 1]))
      operations.append(.close(number))
    }
    guard !recovered.isNew else { return tickets }
    for directory in [StoredFile.Directory.log, .snapshot] {
      tickets.append(issueTicket())
      operations.append(.syncDirectory(directory, tickets[tickets.count - 1]))
    }
    return tickets
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

  /// Whether a snapshot should begin now; never while one is being written.
  public var wantsSnapshot: Bool {
    snapshot == nil && failure == nil && schedule.isDue
  }

  mutating func snapshotBegins() {
    startsNewLog = true
    schedule.restart()
  }
}
