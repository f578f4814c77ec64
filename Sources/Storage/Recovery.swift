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
  /// What was answered to the clients' requests up to the snapshot that ended, as it was given to
  /// ``DurableStorage/finishSnapshot(digest:replies:into:)``.
  mutating func replies(_ bytes: BorrowedBytes)
  /// The next transaction, whose checksum is right: header, record and digest.
  mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError)
}

extension RecoverySink {
  /// Ignores what was answered.
  public mutating func replies(_ bytes: BorrowedBytes) {}
}

/// How files are read: the bytes from `offset` on, `count` of them, or fewer at the file's end.
public typealias ReadRange =
  (_ file: StoredFile, _ offset: Int, _ count: Int) throws(SystemError) -> [UInt8]

extension DurableStorage {
  /// Reads the newest snapshot that is whole, and replays the logs on top of it.
  ///
  /// Nothing is written: the first ``flush(into:)`` of the storage that goes on from the result does
  /// that. With a limit, nothing after it is restored or replayed, and that flush removes it: a crash
  /// leaves all of it, or none.
  ///
  /// - Parameters:
  ///   - files: All files in both directories, with their sizes.
  ///   - limit: The last transaction that may be part of the state; nil if all may.
  ///   - read: How to read them.
  ///   - sink: Who takes in the state.
  /// - Returns: What was found.
  /// - Throws: An error if the server must not start; ``RecoveryError/cannotEnd(at:reason:)`` if
  ///   only the limit is to blame, or what must be cut off anyway.
  public static func recover<Sink: RecoverySink>(
    _ files: [(file: StoredFile, size: Int)], through limit: Zxid? = nil, read: ReadRange,
    into sink: inout Sink
  ) throws(RecoveryError) -> RecoveredState {
    let inventory = try Inventory(files)
    do throws(RecoveryError) {
      let limits = [limit].compactMap(\.self) + inventory.truncations
      var recovery = Recovery(inventory, limit: limits.min())
      try recovery.readEpochs(read: read)
      try recovery.restoreSnapshot(read: read, into: &sink)
      try recovery.replayLogs(read: read, into: &sink)
      return recovery.state
    } catch {
      switch error {
      case .damagedLog(_, _, let reason) where limit != nil:
        throw .cannotEnd(at: limit ?? .zero, reason: reason)
      case .logEndsEarly(_, _, let reason) where limit != nil:
        throw .cannotEnd(at: limit ?? .zero, reason: reason)
      case .missingTransactions(_, _, let last, let found) where limit != nil:
        throw .cannotEnd(
          at: limit ?? .zero, reason: "what was between \(last) and \(found) is missing")
      default: throw error
      }
    }
  }
}

/// One recovery.
struct Recovery {
  let inventory: Inventory
  /// Nothing after it counts.
  let limit: Zxid?
  var state = RecoveredState()
  /// The newest snapshot that could not be used.
  private var newestDamaged: (file: StoredFile, zxid: Zxid, reason: String)?
  /// The newest snapshot after the limit.
  private var newestBeyond: StoredFile?
  /// Where the first transaction after the limit is, in the log that is read.
  private var cut: Int?
  /// Whether the log that is read says that nothing was before it.
  private var isFromBeginning = false

  init(_ inventory: Inventory, limit: Zxid? = nil) {
    self.inventory = inventory
    self.limit = limit
    state.leftovers = inventory.leftovers
    state.truncations = inventory.truncations
    state.isNew = inventory.isEmpty
  }

  /// Reads what the server has promised.
  mutating func readEpochs(read: ReadRange) throws(RecoveryError) {
    for (file, size, name) in inventory.epochs {
      let bytes: [UInt8]
      do { bytes = try read(file, 0, min(size, 64)) } catch { throw .unreadable(file, error) }
      guard let epoch = EpochFileName.epoch(in: bytes) else { throw .malformedEpoch(file) }
      switch name {
      case .accepted: state.acceptedEpoch = epoch
      case .current: state.currentEpoch = epoch
      }
    }
  }

  /// Restores the newest snapshot that is whole and not after the limit.
  mutating func restoreSnapshot<Sink: RecoverySink>(
    read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) {
    if let incoming = inventory.incomingSnapshots.last {
      return try restoreIncoming(incoming, read: read, into: &sink)
    }
    for (index, entry) in inventory.snapshots.enumerated().reversed() {
      if let limit, entry.zxid > limit {
        discard(entry)
        state.isTruncated = true
        if newestBeyond == nil { newestBeyond = entry.file }
        continue
      }
      switch try restore(entry, read: read, into: &sink) {
      case .whole:
        state.snapshots = inventory.snapshots[...index].map(\.zxid)
        state.replies = state.snapshots.filter { inventory.hasReplies($0) }
        return
      case .damaged(let reason):
        state.warnings.append(.damagedSnapshot(entry.file, reason: reason))
        state.damagedSnapshots.append(entry.file)
        if inventory.hasReplies(entry.zxid) { state.damagedSnapshots.append(.replies(entry.zxid)) }
        if newestDamaged == nil { newestDamaged = (entry.file, entry.zxid, reason) }
      }
    }
    sink.beginWithoutSnapshot()
  }

  /// Restores the snapshot that came from the leader: nothing else counts any more.
  private mutating func restoreIncoming<Sink: RecoverySink>(
    _ entry: Inventory.Entry, read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) {
    if let limit, entry.zxid > limit {
      throw .cannotEnd(at: limit, reason: "\(entry.file) is all there is")
    }
    if case .damaged(let reason) = try restore(entry, read: read, into: &sink) {
      throw .damagedIncomingSnapshot(entry.file, reason: reason)
    }
    state.isIncoming = true
    state.snapshots = [entry.zxid]
    if inventory.hasReplies(entry.zxid) { state.replies = [entry.zxid] }
    state.leftovers += inventory.logs.map(\.file)
    for old in inventory.snapshots + inventory.incomingSnapshots where old.file != entry.file {
      state.leftovers.append(old.file)
      if old.zxid != entry.zxid, inventory.hasReplies(old.zxid) {
        state.leftovers.append(.replies(old.zxid))
      }
    }
    state.leftovers += inventory.truncations.map { .truncation($0) }
  }

  private mutating func discard(_ snapshot: Inventory.Entry) {
    state.leftovers.append(snapshot.file)
    if inventory.hasReplies(snapshot.zxid) { state.leftovers.append(.replies(snapshot.zxid)) }
  }

  private mutating func restore<Sink: RecoverySink>(
    _ entry: Inventory.Entry, read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) -> SnapshotFile.Outcome {
    guard entry.file.compressedSnapshotZxid == nil else {
      return .damaged("compressed snapshots are not read")
    }
    var snapshot = SnapshotFile(entry.file, size: entry.size)
    let outcome: SnapshotFile.Outcome
    do throws(SystemError) {
      outcome = try snapshot.restore(zxid: entry.zxid, read: read, into: &sink)
    } catch {
      throw .unreadable(entry.file, error)
    }
    guard outcome == .whole else { return outcome }
    state.snapshot = entry.zxid
    state.lastZxid = entry.zxid
    if let replies = inventory.replies.first(where: { $0.zxid == entry.zxid }) {
      let bytes: [UInt8]
      do { bytes = try read(replies.file, 0, replies.size) } catch {
        throw .unreadable(replies.file, error)
      }
      let isWhole = bytes.withBorrowedBytes { bytes in
        RepliesFile.replies(in: bytes).map { sink.replies($0) } != nil
      }
      if !isWhole { state.warnings.append(.damagedReplies(replies.file)) }
    }
    return outcome
  }

  /// Replays what the logs have after the snapshot.
  mutating func replayLogs<Sink: RecoverySink>(
    read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) {
    if state.isIncoming { return }
    let logs = inventory.logs
    let first = Retention.firstNeededLog(logs.map(\.zxid), on: state.lastZxid)
    state.logs = logs[..<min(first, logs.count)].map(\.zxid)
    var isOver = false
    for (index, log) in logs.enumerated() where index >= first {
      if isOver {
        state.leftovers.append(log.file)
        continue
      }
      isFromBeginning = try log.file.isFromBeginning(read: read)
      var scan = LogScan(log.file, size: log.size)
      var previous: Zxid?
      try scan.run(read: read) { (offset, payload) throws(RecoveryError) in
        try replay(payload, of: log.file, at: offset, after: &previous, into: &sink)
      }
      if let cut {
        // What comes after the limit is not judged: part of it may have been removed already.
        isOver = true
        state.isTruncated = true
        keep(log, upTo: cut, if: cut > FileHeader.size)
      } else if let limit, state.lastZxid == limit {
        isOver = true
        if index + 1 < logs.count { state.isTruncated = true }
        keep(log, upTo: scan.end, if: scan.count > 0)
      } else {
        isOver = try end(scan, previous ?? state.lastZxid, followedBy: logs[(index + 1)...], read)
        keep(log, upTo: scan.end, if: scan.count > 0)
      }
    }
    try checkEnd()
    if state.snapshot == nil, state.replayedTransactions > 0 {
      state.warnings.append(.restoredWithoutSnapshot)
    }
  }

  private mutating func keep(_ log: Inventory.Entry, upTo end: Int, if hasTransaction: Bool) {
    if hasTransaction {
      state.logs.append(log.zxid)
      state.openEnds.append((log.file, end))
    } else {
      state.leftovers.append(log.file)
    }
  }

  /// Whether the logs reach as far as the snapshots say that they should.
  private func checkEnd() throws(RecoveryError) {
    if let damaged = newestDamaged, damaged.zxid > state.lastZxid {
      throw .logEndsEarly(last: state.lastZxid, snapshot: damaged.file, reason: damaged.reason)
    }
    if let limit, state.lastZxid < limit, cut == nil, let newestBeyond {
      throw .cannotEnd(
        at: limit, reason: "\(newestBeyond) is later, and the logs end at \(state.lastZxid)")
    }
  }

  private mutating func replay<Sink: RecoverySink>(
    _ payload: BorrowedBytes, of file: StoredFile, at offset: Int, after previous: inout Zxid?,
    into sink: inout Sink
  ) throws(RecoveryError) {
    if cut != nil { return }
    let zxid = LogRecord.zxid(of: payload)
    if let previous, zxid <= previous {
      throw .refusedTransaction(
        file, offset: offset, reason: "it is \(zxid), and the one before it \(previous)")
    }
    previous = zxid
    let last = state.lastZxid
    if let limit, zxid > limit {
      // Nothing that the limit allows may be missing before it.
      guard last == limit || follows(zxid, last) else {
        throw .missingTransactions(file, offset: offset, after: last, found: zxid)
      }
      cut = offset
      return
    }
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
      state.snapshot != nil || state.replayedTransactions > 0 || isFromBeginning
      || inventory.snapshots.contains { $0.zxid == .zero }
    return hasBeginning && inventory.follows(zxid, last)
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
