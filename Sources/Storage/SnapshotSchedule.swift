import LinnaeusBase

/// Decides when a snapshot is due: after half to all of so many transactions or bytes, so that the
/// servers of an ensemble do not all write theirs at once.
struct SnapshotSchedule: Sendable {
  private let options: StorageOptions
  private var random: SeededRandom
  private var transactions: Int
  private var bytes: Int
  private var transactionsDue = 0
  private var bytesDue = 0
  private var isOverdue: Bool

  /// Counts from what recovery had to replay.
  init(options: StorageOptions, recovered: RecoveredState) {
    self.options = options
    random = SeededRandom(seed: options.seed)
    transactions = recovered.replayedTransactions
    bytes = recovered.replayedBytes
    // A brand-new server writes snapshot.0, as Apache does; and a damaged one is replaced soon.
    isOverdue = recovered.snapshot == nil || !recovered.damagedSnapshots.isEmpty
    draw()
  }

  var isDue: Bool {
    isOverdue || transactions > transactionsDue
      || options.snapshotEveryBytes > 0 && bytes > bytesDue
  }

  mutating func count(bytes size: Int) {
    transactions += 1
    bytes += size
  }

  mutating func restart() {
    isOverdue = false
    transactions = 0
    bytes = 0
    draw()
  }

  private mutating func draw() {
    func half(_ value: Int) -> Int { value / 2 + random.below(max(1, value / 2)) }
    transactionsDue = half(options.snapshotEveryTransactions)
    bytesDue = half(options.snapshotEveryBytes)
  }
}
