import Jute
import LinnaeusBase

/// Who takes in what recovery reads.
public protocol RecoverySink {
  /// A snapshot of the state after `zxid` begins: what was restored before is void.
  mutating func beginSnapshot(zxid: Zxid)
  /// No snapshot can be used: what was restored before is void, the fresh state counts.
  mutating func beginWithoutSnapshot()
  /// The next piece of the snapshot's body, in order: sessions, access-control lists, znodes, `/`.
  mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError)
  /// The body is complete and its checksums are right; `digest` is that of the tree, if it has one.
  mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError)
  /// The next transaction, whose checksum is right: header, record and digest.
  mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError)
}

/// How files are read: the bytes from `offset` on, `count` of them, or fewer at the file's end.
public typealias ReadRange =
  (_ file: StoredFile, _ offset: Int, _ count: Int) throws(SystemError) -> [UInt8]

extension DurableStorage {
  /// Reads the newest snapshot that is whole, and replays the logs on top of it.
  ///
  /// Nothing is written: the first ``flush(into:)`` of the storage that goes on from the result does
  /// that.
  ///
  /// - Parameters:
  ///   - files: All files in both directories, with their sizes.
  ///   - read: How to read them.
  ///   - sink: Who takes in the state.
  /// - Returns: What was found.
  /// - Throws: An error if the server must not start.
  public static func recover<Sink: RecoverySink>(
    _ files: [(file: StoredFile, size: Int)], read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) -> RecoveredState {
    var recovery = Recovery(try Inventory(files))
    try recovery.restoreSnapshot(read: read, into: &sink)
    try recovery.replayLogs(read: read, into: &sink)
    return recovery.state
  }
}

/// The files of a database, by kind.
struct Inventory {
  typealias Entry = (file: StoredFile, size: Int, zxid: Zxid)

  /// In ascending order of their zxids.
  var logs: [Entry] = []
  /// In ascending order of their zxids; compressed ones as well.
  var snapshots: [Entry] = []
  var leftovers: [StoredFile] = []

  init(_ files: [(file: StoredFile, size: Int)]) throws(RecoveryError) {
    for (file, size) in files {
      if let zxid = file.logZxid {
        if file.directory == .log {
          logs.append((file, size, zxid))
        } else if !files.contains(where: { $0.file == StoredFile(.log, file.name) }) {
          throw .misplaced(file)
        }
      } else if let zxid = file.snapshotZxid ?? file.compressedSnapshotZxid {
        if file.directory == .snapshot {
          snapshots.append((file, size, zxid))
        } else if !files.contains(where: { $0.file == StoredFile(.snapshot, file.name) }) {
          throw .misplaced(file)
        }
      } else if file.isUnfinished, file.directory == .snapshot {
        leftovers.append(file)
      }
    }
    func precedes(_ left: Entry, _ right: Entry) -> Bool {
      (left.zxid, left.file.name) < (right.zxid, right.file.name)
    }
    logs.sort(by: precedes)
    snapshots.sort(by: precedes)
  }
}

/// One recovery.
struct Recovery {
  let inventory: Inventory
  var state = RecoveredState()
  /// The newest snapshot that could not be used.
  private var newestDamaged: (file: StoredFile, zxid: Zxid, reason: String)?

  init(_ inventory: Inventory) {
    self.inventory = inventory
    state.leftovers = inventory.leftovers
    state.isNew =
      inventory.logs.isEmpty && inventory.snapshots.isEmpty && inventory.leftovers.isEmpty
  }

  /// Restores the newest snapshot that is whole.
  mutating func restoreSnapshot<Sink: RecoverySink>(
    read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) {
    for (index, entry) in inventory.snapshots.enumerated().reversed() {
      var outcome = SnapshotFile.Outcome.damaged("compressed snapshots are not read")
      if entry.file.compressedSnapshotZxid == nil {
        var snapshot = SnapshotFile(entry.file, size: entry.size)
        do throws(SystemError) {
          outcome = try snapshot.restore(zxid: entry.zxid, read: read, into: &sink)
        } catch {
          throw .unreadable(entry.file, error)
        }
      }
      switch outcome {
      case .whole:
        state.snapshot = entry.zxid
        state.lastZxid = entry.zxid
        state.snapshots = inventory.snapshots[...index].map(\.zxid)
        return
      case .damaged(let reason):
        state.warnings.append(.damagedSnapshot(entry.file, reason: reason))
        state.damagedSnapshots.append(entry.file)
        if newestDamaged == nil { newestDamaged = (entry.file, entry.zxid, reason) }
      }
    }
    sink.beginWithoutSnapshot()
  }

  /// Replays what the logs have after the snapshot.
  mutating func replayLogs<Sink: RecoverySink>(
    read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) {
    let logs = inventory.logs
    let first = Retention.firstNeededLog(logs.map(\.zxid), on: state.lastZxid)
    state.logs = logs[..<min(first, logs.count)].map(\.zxid)
    var isOver = false
    for (index, log) in logs.enumerated() where index >= first {
      if isOver {
        state.leftovers.append(log.file)
        continue
      }
      var scan = LogScan(log.file, size: log.size)
      var previous: Zxid?
      try scan.run(read: read) { (offset, payload) throws(RecoveryError) in
        try replay(payload, of: log.file, at: offset, after: &previous, into: &sink)
      }
      isOver = try end(scan, previous ?? state.lastZxid, followedBy: logs[(index + 1)...], read)
      if scan.count > 0 {
        state.logs.append(log.zxid)
        state.openEnds.append((log.file, scan.end))
      } else {
        state.leftovers.append(log.file)
      }
    }
    if let damaged = newestDamaged, damaged.zxid > state.lastZxid {
      throw .logEndsEarly(last: state.lastZxid, snapshot: damaged.file, reason: damaged.reason)
    }
    if state.snapshot == nil, state.replayedTransactions > 0 {
      state.warnings.append(.restoredWithoutSnapshot)
    }
  }

  private mutating func replay<Sink: RecoverySink>(
    _ payload: BorrowedBytes, of file: StoredFile, at offset: Int, after previous: inout Zxid?,
    into sink: inout Sink
  ) throws(RecoveryError) {
    let zxid = LogRecord.zxid(of: payload)
    if let previous, zxid <= previous {
      throw .refusedTransaction(
        file, offset: offset, reason: "it is \(zxid), and the one before it \(previous)")
    }
    previous = zxid
    let last = state.lastZxid
    if zxid <= last {
      // The snapshot has it.
      if state.replayedTransactions == 0 { return }
      throw .refusedTransaction(
        file, offset: offset, reason: "it is \(zxid), and an earlier log ends with \(last)")
    }
    guard follows(zxid, last) else {
      throw .missingTransactions(file, offset: offset, after: last, found: zxid)
    }
    do throws(ByteReaderError) { try sink.replay(payload) } catch {
      throw .refusedTransaction(file, offset: offset, reason: "\(error)")
    }
    state.lastZxid = zxid
    state.replayedTransactions += 1
    state.replayedBytes += LogRecord.size(payload: payload.count)
  }

  /// Whether no transaction can have been between the two.
  private func follows(_ zxid: Zxid, _ last: Zxid) -> Bool {
    if zxid == last.next { return true }
    // A new leader begins with 1. Without a snapshot nobody knows what was before.
    let hasBeginning =
      state.snapshot != nil || state.replayedTransactions > 0
      || inventory.snapshots.contains { $0.zxid == .zero }
    return hasBeginning && zxid.epoch > last.epoch && zxid > last && zxid.counter == 1
  }

  /// Judges what follows the last whole transaction of a log; whether the log is over there.
  private mutating func end(
    _ scan: LogScan, _ last: Zxid, followedBy later: ArraySlice<Inventory.Entry>, _ read: ReadRange
  ) throws(RecoveryError) -> Bool {
    let file = scan.file
    let verdict: LogTail.Verdict
    do throws(SystemError) {
      verdict = try LogTail.judge(
        file, size: scan.size, end: scan.end, last: last, read: read)
    } catch {
      throw .unreadable(file, error)
    }
    if verdict == .clean { return false }
    for other in later {
      do throws(SystemError) {
        let follows = try LogTail.hasTransaction(
          other.file, size: other.size, after: last, read: read)
        if !follows { continue }
      } catch {
        throw .unreadable(other.file, error)
      }
      throw .damagedLog(
        file, offset: scan.end, reason: "\(scan.reason), and \(other.file) has later transactions")
    }
    switch verdict {
    case .clean: return false
    case .torn(let bytes):
      state.warnings.append(
        .tornEnd(file, offset: scan.end, bytes: bytes, last: state.lastZxid, reason: scan.reason))
    case .tornBatch(let bytes):
      state.warnings.append(
        .tornBatch(file, offset: scan.end, bytes: bytes, last: state.lastZxid))
    case .damaged(let next?):
      throw .damagedLog(
        file, offset: scan.end,
        reason: "\(scan.reason), and a later transaction at offset \(next) is whole")
    case .damaged(nil):
      throw .damagedLog(
        file, offset: scan.end, reason: "\(scan.reason), and more follows than is written at once")
    }
    return true
  }
}
