/// How the log and the snapshots are kept; the defaults are Apache's.
public struct StorageOptions: Sendable {
  /// A snapshot is due after half to all of so many transactions (`snapCount`).
  public var snapshotEveryTransactions = 100_000
  /// A snapshot is due after half to all of so many bytes of log (`snapSizeLimitInKb`); 0: never.
  public var snapshotEveryBytes = 4 << 30
  /// How many bytes a log grows by at once (`preAllocSize`); 0: as it is written.
  public var preallocationBytes = 64 << 20
  /// A new log begins once one is larger than this (`txnLogSizeLimitInKb`); 0: at snapshots only.
  public var logSizeLimitBytes = 0
  /// How many snapshots are left when a new one is finished, at least 3; nil: nothing is removed.
  public var retainedSnapshots: Int?
  /// Whether snapshots end with the section that 3.9 adds (`serializeLastProcessedZxid`).
  public var writesLastProcessedZxid = false
  /// What decides after how many transactions and bytes exactly snapshots are due.
  public var seed: UInt64 = 0

  /// The defaults.
  public init() {}

  /// As many bytes go to the disk before they must be durable, save for a longer transaction.
  var batchBytes = 4 << 20
  /// After so many bytes of a snapshot it is synced, so that the log never waits for much more.
  var snapshotSyncBytes = 1 << 20
  /// Bytes of a snapshot are written in pieces of this size.
  var snapshotWriteBytes = 256 << 10
  /// For tests: fewer snapshots may be retained than Apache allows.
  package var smallestRetention = 3
}
