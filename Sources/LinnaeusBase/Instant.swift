/// A moment on a clock that never goes back, in nanoseconds since some beginning of its own.
///
/// Protocols are told it; they never ask a clock.
public struct Instant: Hashable, Comparable, Sendable {
  /// Since the clock's beginning.
  public var nanoseconds: Int64

  /// The moment that many nanoseconds after the clock's beginning.
  @inlinable
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The moment that many milliseconds after the clock's beginning.
  @inlinable
  public init(milliseconds: Int64) {
    nanoseconds = milliseconds * 1_000_000
  }

  /// Whole milliseconds since the clock's beginning.
  @inlinable
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }

  /// The moment that many milliseconds later.
  @inlinable
  public func advanced(milliseconds: Int64) -> Instant {
    Instant(nanoseconds: nanoseconds + milliseconds * 1_000_000)
  }

  /// Whether one comes before the other.
  @inlinable
  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}
