/// Whether a sync of the log is so quick that it is cheaper to wait for it than to have it done.
///
/// One slow sync says no, until many were quick, wherever they were done; the slower it was, the
/// more. So a disk that becomes slow holds up the loop for one sync, and one that is slow now and
/// then for a bounded share of the time; and a sync that was hardly slow is soon forgotten.
struct SyncPace: Sendable {
  /// How long a quick sync takes at most, in nanoseconds.
  ///
  /// Two wake-ups of a thread, there and back, are some 60 µs, and with no processor free there is
  /// more to it. Waiting for ten times as long still harms nobody: the loop may take requests for
  /// much longer in one turn.
  static let quickNanoseconds: Int64 = 600_000
  /// How many quick syncs there must be at first, when nobody knows.
  static let quickAtFirst: Int64 = 32
  /// How many quick syncs make up for each ``quickNanoseconds`` of a slow one.
  ///
  /// On an idle machine with an SSD one sync in a thousand took 0.3–1 ms. With 32 for each of them a
  /// thirtieth of the requests went by way of the thread, and were all that p99 showed.
  static let quickPerSlow: Int64 = 4

  private var owed = quickAtFirst

  /// Whether the next sync is expected to be quick.
  var isQuick: Bool { owed == 0 }

  /// Takes note of how long a sync has taken.
  mutating func record(_ nanoseconds: Int64) {
    if nanoseconds <= Self.quickNanoseconds {
      owed = max(0, owed - 1)
    } else {
      owed = max(owed, nanoseconds / Self.quickNanoseconds * Self.quickPerSlow)
    }
  }
}
