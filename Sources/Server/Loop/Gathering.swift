/// Whose writes are likely to come soon, so that they can share the next sync of the log.
///
/// Most clients wait for their reply and ask again. While the loop syncs for some, others ask; left
/// to themselves ten sessions fall into two groups that take turns, and each waits for two syncs.
/// So before a sync those are waited for, for a moment, who asked before one of the last two syncs.
struct Gathering {
  /// For how long nobody may have come before the sync begins, in nanoseconds: a client that was
  /// just answered needs some 20 µs to ask again.
  static let nanoseconds: Int64 = 30_000
  /// For how many syncs nobody is waited for once somebody was waited for in vain.
  static let pause = 32

  /// Syncs are counted, so that a connection can tell before which one it asked last.
  private var sync = 3
  /// How many connections ask for a write before the next sync.
  private(set) var asked = 0
  private var askedBeforeLast = 0
  private var askedBeforeThat = 0
  private var paused = 0

  /// How many are likely to come.
  var expected: Int { paused > 0 ? 0 : askedBeforeLast + askedBeforeThat }

  /// A connection asks for a write.
  ///
  /// - Parameter lastAsked: Before which sync it asked last, which it keeps; 0 at first.
  mutating func ask(_ lastAsked: inout Int) {
    guard lastAsked != sync else { return }
    if lastAsked == sync - 1 { askedBeforeLast -= 1 }
    if lastAsked == sync - 2 { askedBeforeThat -= 1 }
    asked += 1
    lastAsked = sync
  }

  /// Somebody was waited for in vain.
  mutating func giveUp() { paused = Self.pause }

  /// The loop has synced.
  mutating func synced() {
    sync += 1
    (asked, askedBeforeLast, askedBeforeThat) = (0, asked, askedBeforeLast)
    paused = max(0, paused - 1)
  }
}
