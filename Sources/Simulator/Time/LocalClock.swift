import LinnaeusBase

/// The clocks of a host: one that never goes back but runs a little fast or slow, and one of the
/// wall that somebody may set.
struct LocalClock {
  /// How much too fast it runs, in parts per million.
  private(set) var drift: Int64
  private var lastTrue: Int64 = 0
  private var lastLocal: Int64
  /// Milliseconds since 1970 at the beginning of the local clock, and what it was set by since then.
  private var wallMilliseconds: Int64

  /// Starts at the beginning of virtual time.
  init(drift: Int64, offset: Int64, wallMilliseconds: Int64) {
    self.drift = drift
    lastLocal = offset
    self.wallMilliseconds = wallMilliseconds
  }

  /// What the clock shows at a moment of virtual time.
  func instant(at time: Int64) -> Instant {
    Instant(nanoseconds: lastLocal + (time - lastTrue) + (time - lastTrue) * drift / 1_000_000)
  }

  /// What the wall's clock shows, in milliseconds since 1970.
  func wall(at time: Int64) -> Int64 { wallMilliseconds + instant(at: time).milliseconds }

  /// The first moment of virtual time at which the clock shows at least that.
  func time(of instant: Instant) -> Int64 {
    let local = instant.nanoseconds - lastLocal
    guard local > 0 else { return lastTrue }
    var time = lastTrue + local - local * drift / (1_000_000 + drift)
    // Rounding may have gone either way.
    while self.instant(at: time) < instant { time += 1 }
    return time
  }

  /// From now on it runs at another rate.
  mutating func setDrift(_ drift: Int64, at time: Int64) {
    lastLocal = instant(at: time).nanoseconds
    lastTrue = time
    self.drift = drift
  }

  /// Somebody sets the wall's clock.
  mutating func step(milliseconds: Int64) { wallMilliseconds += milliseconds }
}
