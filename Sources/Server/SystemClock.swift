import Glibc
import LinnaeusBase

/// The clocks of this machine, which the replica is told of and never asks.
enum SystemClock {
  /// `clock_gettime` of a clock that never goes back.
  static func now() -> Instant {
    Instant(nanoseconds: nanoseconds(CLOCK_MONOTONIC))
  }

  /// `clock_gettime`: milliseconds since 1970.
  static func wall() -> Int64 {
    nanoseconds(CLOCK_REALTIME) / 1_000_000
  }

  /// `clock_gettime` of the same clock, some milliseconds late at most, which costs next to nothing.
  static func coarse() -> Int64 {
    nanoseconds(CLOCK_MONOTONIC_COARSE)
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The time of day as `2026-11-22T21:26:59.123Z`.
  static func wallText(_ milliseconds: Int64 = wall()) -> String {
    let time = broken(milliseconds)
    let date =
      "\(time.tm_year + 1900)-\(two(time.tm_mon + 1))-\(two(time.tm_mday))"
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(date)T\(two(time.tm_hour)):\(two(time.tm_min)):\(two(time.tm_sec)).\(fraction)Z"
  }

  /// The time of day as Java's `Date` writes it: `Sun Nov 22 21:26:59 UTC 2026`.
  static func javaText(_ milliseconds: Int64) -> String {
    let time = broken(milliseconds)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let day = days[Int(time.tm_wday)]
    let date = "\(months[Int(time.tm_mon)]) \(two(time.tm_mday))"
    let clock = "\(two(time.tm_hour)):\(two(time.tm_min)):\(two(time.tm_sec))"
    return "\(day) \(date) \(clock) UTC \(time.tm_year + 1900)"
  }

  private static func broken(_ milliseconds: Int64) -> tm {
    var seconds = time_t(milliseconds / 1000)
    var time = tm()
    gmtime_r(&seconds, &time)
    return time
  }

  private static func two(_ number: Int32) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
