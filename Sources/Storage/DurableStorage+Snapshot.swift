import Jute
import LinnaeusBase

/// A snapshot that is being written (zookeeper-protocol.md, section 6.2).
struct SnapshotInProgress: Sendable {
  enum Step: Hashable {
    /// The body is still coming.
    case writing
    /// The last bytes must become durable, and the log up to the snapshot.
    case sealing
    /// The new name must become durable.
    case naming
  }

  var zxid: Zxid
  var number: FileNumber
  var step = Step.writing
  var checksum = Adler32()
  /// What was appended and not yet written.
  var pending = ByteWriter()
  var written = 0
  /// How much of that no sync covers, and how much the sync on its way covers.
  var unsynced = 0
  var syncing = 0
  var awaited: Ticket?
  /// What was answered, if it is not durable yet.
  var replies: FileReplacement?
  var hasReplies = false

  func awaits(_ ticket: Ticket) -> Bool { awaited == ticket || replies?.awaited == ticket }
}

extension DurableStorage {
  /// Whether a snapshot is being written.
  public var isWritingSnapshot: Bool { snapshot != nil }

  /// Whether more of the snapshot should be appended now, rather than when the disk has caught up.
  public var hasRoomForSnapshot: Bool {
    guard let snapshot, snapshot.step == .writing else { return false }
    return snapshot.unsynced + snapshot.syncing + snapshot.pending.count
      < 2 * options.snapshotSyncBytes
  }

  /// Begins a snapshot of the state after `zxid`, and a new log.
  ///
  /// None may be being written, and ``wantsSnapshot`` have been true since the last restart. The body follows, and then ``finishSnapshot(digest:replies:into:)``.
  public mutating func beginSnapshot(
    _ zxid: Zxid, into operations: inout [DiskOperation]
  ) {
    precondition(snapshot == nil, "one snapshot is written at a time")
    precondition(!hasRepairs, "what was recovered is not repaired yet")
    guard failure == nil else { return }
    if let restart {
      precondition(restart.zxid == zxid && !restart.isSealed, "another snapshot is expected")
    }
    snapshotBegins()
    let number = issueNumber()
    operations.append(.create(.unfinishedSnapshot(zxid), number))
    snapshot = SnapshotInProgress(zxid: zxid, number: number)
    var header = ByteWriter(capacity: FileHeader.size)
    FileHeader.snapshot.write(to: &header)
    appendSnapshot(header.bytes, into: &operations)
  }

  /// Appends a piece of the snapshot's body: sessions, access-control lists, znodes, and the `/`
  /// that ends them.
  public mutating func appendSnapshot(
    _ bytes: [UInt8], into operations: inout [DiskOperation]
  ) {
    // It may have been given up meanwhile.
    guard snapshot?.step == .writing else { return }
    bytes.withBorrowedBytes { snapshot?.checksum.update($0) }
    snapshot?.pending.append(bytes)
    if let count = snapshot?.pending.count, count >= options.snapshotWriteBytes {
      writeSnapshot(into: &operations)
    }
  }

  /// Seals the snapshot; it is in force once it and its name are durable, and the log up to it.
  ///
  /// - Parameters:
  ///   - digest: That of the tree; nil if digests are off.
  ///   - replies: What was answered to the clients' requests so far, for ``RecoverySink``; nil if
  ///     nobody wants to know. It is durable before the snapshot is in force.
  ///   - operations: What the driver is to do.
  public mutating func finishSnapshot(
    digest: UInt64?, replies: [UInt8]? = nil, into operations: inout [DiskOperation]
  ) {
    guard var sealed = snapshot, sealed.step == .writing else { return }
    func seal(_ writer: inout ByteWriter) {
      sealed.checksum.seal(&writer)
    }
    var tail = ByteWriter(capacity: 80)
    seal(&tail)
    if let digest {
      var section = ByteWriter()
      section.zxid(sealed.zxid)
      TransactionDigest(digest).write(to: &section)
      sealed.checksum.update(section.bytes)
      tail.append(section.bytes)
      seal(&tail)
    }
    if options.writesLastProcessedZxid {
      var section = ByteWriter()
      section.zxid(sealed.zxid)
      sealed.checksum.update(section.bytes)
      tail.append(section.bytes)
      seal(&tail)
    }
    sealed.pending.append(tail.bytes)
    sealed.step = .sealing
    if let replies {
      sealed.hasReplies = true
      sealed.replies = beginReplacement(
        of: .replies(sealed.zxid), by: RepliesFile.contents(replies), into: &operations)
    }
    snapshot = sealed
    writeSnapshot(into: &operations)
    _ = advanceSnapshot(completed: nil, into: &operations)
  }

  /// Gives the snapshot up, if there is one; what was written of it is removed.
  public mutating func abandonSnapshot(into operations: inout [DiskOperation]) {
    guard let given = snapshot else { return }
    // Once it has its name it is as good as its predecessors, if it is there after a crash.
    if given.step != .naming {
      operations.append(.close(given.number))
      operations.append(.remove(.unfinishedSnapshot(given.zxid)))
      if given.hasReplies {
        operations.append(.remove(.replies(given.zxid).unfinished))
        // Another snapshot of that zxid may be there, whose replies were the same.
        if !retention.snapshots.contains(given.zxid) {
          operations.append(.remove(.replies(given.zxid)))
        }
      }
    }
    snapshot = nil
  }

  /// Writes what is pending; every few megabytes are synced, lest a sync of the log has to wait for
  /// the whole.
  private mutating func writeSnapshot(into operations: inout [DiskOperation]) {
    guard var current = snapshot else { return }
    let bytes = current.pending.bytes
    if !bytes.isEmpty {
      operations.append(.write(current.number, offset: current.written, bytes: bytes))
      current.written += bytes.count
      current.unsynced += bytes.count
      current.pending = ByteWriter()
    }
    let isEnough = current.step == .sealing || current.unsynced >= options.snapshotSyncBytes
    if current.unsynced > 0, isEnough, current.awaited == nil {
      let ticket = issueTicket()
      operations.append(.sync(current.number, ticket))
      current.awaited = ticket
      current.syncing = current.unsynced
      current.unsynced = 0
    }
    snapshot = current
  }

  /// Does what can be done now that the ticket, or something else, is done; returns the snapshot
  /// that is in force from now on.
  mutating func advanceSnapshot(
    completed ticket: Ticket?, into operations: inout [DiskOperation]
  ) -> Zxid? {
    guard failure == nil, let ticketed = snapshot else { return nil }
    if let ticket, ticketed.awaited == ticket {
      snapshot?.awaited = nil
      snapshot?.syncing = 0
      if ticketed.step == .naming {
        snapshot = nil
        retention.add(ticketed.zxid, hasReplies: ticketed.hasReplies)
        purgeAsAsked(into: &operations)
        return ticketed.zxid
      }
      writeSnapshot(into: &operations)
    }
    if let ticket, let replies = ticketed.replies, replies.awaited == ticket {
      let rest = advance(replies, into: &operations)
      snapshot?.replies = rest
    }
    if let current = snapshot, current.step == .sealing, current.awaited == nil,
      current.unsynced == 0, current.replies == nil
    {
      nameSnapshot(current, into: &operations)
    }
    return nil
  }

  /// Gives the snapshot its name if it may have it now.
  private mutating func nameSnapshot(
    _ current: SnapshotInProgress, into operations: inout [DiskOperation]
  ) {
    if restart != nil { return installSnapshot(current, into: &operations) }
    // A snapshot must not hold what the log may still lose.
    guard durable >= current.zxid, isReady else { return }
    let ticket = issueTicket()
    operations.append(.close(current.number))
    operations.append(.rename(.unfinishedSnapshot(current.zxid), to: .snapshot(current.zxid)))
    operations.append(.syncDirectory(.snapshot, ticket))
    snapshot?.awaited = ticket
    snapshot?.step = .naming
  }
}

extension Adler32 {
  /// Adds bytes.
  mutating func update(_ bytes: [UInt8]) {
    bytes.withBorrowedBytes { update($0) }
  }

  /// Writes the checksum of everything so far and a `/`, which count from then on as well.
  mutating func seal(_ writer: inout ByteWriter) {
    var seal = ByteWriter(capacity: 13)
    seal.int64(Int64(value))
    seal.string([UInt8(ascii: "/")])
    update(seal.bytes)
    writer.append(seal.bytes)
  }
}
