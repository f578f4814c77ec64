import LinnaeusBase

/// A snapshot from the leader is about to take the place of everything.
struct Restart: Sendable {
  var zxid: Zxid
  /// Whether the snapshot is durable, but for its name, and no other can come.
  var isSealed = false
}

extension DurableStorage {
  /// Whether a snapshot from the leader has not taken the place of everything yet.
  public var isRestarting: Bool { restart != nil }

  /// Goes on from a snapshot that the leader has sent: what was logged before is not its past.
  ///
  /// That snapshot must be written next: ``wantsSnapshot`` says so, ``beginSnapshot(_:into:)`` takes
  /// no other. Transactions after it may be appended meanwhile. Until the snapshot is in force
  /// (``StorageProgress/finishedSnapshot``) nothing is durable, and a crash leaves the old state;
  /// from then on a crash leaves the new one, and ``durable`` is its zxid. One that cannot be
  /// written is a failure like one of the log's.
  public mutating func restart(at zxid: Zxid, into operations: inout [DiskOperation]) {
    lastAppended = zxid
    isReady = false
    durable = .zero
    guard failure == nil else { return }
    if let given = snapshot, given.step == .naming {
      // It may have its name already.
      retention.add(given.zxid, hasReplies: given.hasReplies)
    }
    abandonSnapshot(into: &operations)
    waiting = []
    if let log { operations.append(.close(log.number)) }
    log = nil
    beginsNewLog()
    restart = Restart(zxid: zxid)
  }

  /// The snapshot from the leader is durable: once nothing else is on its way it replaces everything.
  ///
  /// One name tells recovery that nothing else counts, so that the old files may go in any order; it
  /// becomes a usual name when they have gone.
  mutating func installSnapshot(
    _ current: SnapshotInProgress, into operations: inout [DiskOperation]
  ) {
    guard !hasRepairs, flight == nil else { return }
    operations.append(.close(current.number))
    snapshot = nil
    restart?.isSealed = true
    let old = retention.files.filter { $0 != .replies(current.zxid) || !current.hasReplies }
    if current.hasReplies { retention.replies.append(current.zxid) }
    repairs = [
      RepairStage(
        renamed: (.unfinishedSnapshot(current.zxid), .incomingSnapshot(current.zxid)),
        directories: [.snapshot]),
      RepairStage(removed: old, directories: [.log, .snapshot]),
      .install(current.zxid),
    ]
    flush(into: &operations)
  }
}
