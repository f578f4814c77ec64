/// Whether a sync of the log is so quick that it is cheaper to wait for it than to have it done.
///
/// One slow sync says no, until a good many in a row were quick, wherever they were done: a disk
/// that becomes slow holds up the loop once, and one that is slow now and then once in a while.
struct SyncPace: Sendable {
  /// How long a quick sync takes at most, in nanoseconds.
  ///
  /// Two wake-ups of a thread, there and back, are some 60 µs. Waiting for five times as long still
  /// harms nobody: the replica does as much in one turn of a busy loop.
  static let quickNanoseconds: Int64 = 300_000
  /// How many quick syncs in a row it takes.
  static let quickInARow = 32

  private var count = 0

  /// Whether the next sync is expected to be quick; at first nobody knows.
  var isQuick: Bool { count >= Self.quickInARow }

  /// Takes note of how long a sync has taken.
  mutating func record(_ nanoseconds: Int64) {
    count = nanoseconds <= Self.quickNanoseconds ? min(count + 1, Self.quickInARow) : 0
  }
}
