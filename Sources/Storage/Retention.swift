import LinnaeusBase

/// Which snapshots and logs there are.
struct Retention: Sendable {
  /// The snapshots that are durable and, as far as is known, whole, in ascending order.
  var snapshots: [Zxid]
  /// The logs, in ascending order.
  var logs: [Zxid]
  /// The snapshots that have a file of replies beside them.
  var replies: [Zxid]
  /// Snapshots that recovery could not read.
  var damaged: [StoredFile]
  /// The last transaction of what was there at first.
  private(set) var last: Zxid

  init(_ recovered: RecoveredState) {
    snapshots = recovered.snapshots
    logs = recovered.logs
    replies = recovered.replies
    damaged = recovered.damagedSnapshots
    last = recovered.lastZxid
  }

  /// Whether there is nothing that recovery could begin from.
  var isEmpty: Bool { snapshots.isEmpty && logs.isEmpty }

  /// All files.
  var files: [StoredFile] {
    logs.map { .log($0) } + snapshots.map { .snapshot($0) } + replies.map { .replies($0) }
      + damaged
  }

  /// A snapshot is durable; it may have replaced a damaged one of the same name.
  mutating func add(_ snapshot: Zxid, hasReplies: Bool) {
    damaged.removeAll { $0 == .snapshot(snapshot) || $0 == .replies(snapshot) }
    snapshots.removeAll { $0 == snapshot }
    snapshots.insert(snapshot, at: snapshots.firstIndex { $0 > snapshot } ?? snapshots.count)
    if hasReplies, !replies.contains(snapshot) { replies.append(snapshot) }
  }

  /// A snapshot is all there is.
  mutating func keepOnly(_ snapshot: Zxid) {
    snapshots = [snapshot]
    logs = []
    replies.removeAll { $0 != snapshot }
    damaged = []
    last = snapshot
  }

  /// The logs that begin no later than what must be replayed on top of the snapshot; the last of
  /// them is needed, and all that follow.
  static func firstNeededLog(_ logs: [Zxid], on snapshot: Zxid) -> Int {
    max(0, logs.count { $0 <= snapshot.next } - 1)
  }
}

extension DurableStorage {
  /// Removes all but the newest `count` snapshots, at least 3, and the logs that none of these needs.
  public mutating func purge(keeping count: Int, into operations: inout [DiskOperation]) {
    let kept = max(options.smallestRetention, count)
    guard failure == nil, retention.snapshots.count >= kept else { return }
    let oldest = retention.snapshots[retention.snapshots.count - kept]
    for zxid in retention.snapshots where zxid < oldest {
      operations.append(.remove(.snapshot(zxid)))
      if retention.replies.contains(zxid) { operations.append(.remove(.replies(zxid))) }
    }
    retention.snapshots.removeAll { $0 < oldest }
    retention.replies.removeAll { $0 < oldest }
    for file in retention.damaged { operations.append(.remove(file)) }
    retention.damaged = []
    let needed = Retention.firstNeededLog(retention.logs, on: oldest)
    for zxid in retention.logs[..<needed] { operations.append(.remove(.log(zxid))) }
    retention.logs.removeFirst(needed)
  }

  /// Purges if the options say so.
  mutating func purgeAsAsked(into operations: inout [DiskOperation]) {
    if let count = options.retainedSnapshots { purge(keeping: count, into: &operations) }
  }
}
