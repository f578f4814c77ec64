import Jute
import LinnaeusBase

/// What a server tells of itself, gathered at one moment: four-letter words, pages and metrics are
/// but ways to write it.
struct ServerFigures {
  /// Some durations, in milliseconds.
  struct Durations: Hashable {
    var count = 0
    var total = 0.0
    var shortest = 0.0
    var longest = 0.0

    var mean: Double { count == 0 ? 0 : total / Double(count) }
  }

  struct Client: Hashable {
    /// Address and port, with Java's slash before them.
    var peer = ""
    var session: Int64 = 0
    /// Whether the server reads from it.
    var isRead = true
    var queued = 0
    var received: Int64 = 0
    var sent: Int64 = 0
    var lastOperation = "NA"
    /// Milliseconds since 1970.
    var established: Int64 = 0
    var timeoutMilliseconds: Int32 = 0
    var lastCxid: Int32 = -1
    var lastZxid = Zxid.zero
    var lastResponse: Int64 = 0
    var latency = Durations()
  }

  /// Sessions, or connections, and the time at which they expire.
  struct Expiry: Hashable {
    /// Milliseconds since 1970.
    var wall: Int64
    var entries: [String]
  }

  /// Milliseconds since 1970.
  var wall: Int64 = 0
  var uptimeMilliseconds: Int64 = 0
  var packetsReceived: Int64 = 0
  var packetsSent: Int64 = 0
  var latency = Durations()
  var outstanding = 0
  var lastZxid = Zxid.zero
  var nodeCount = 0
  var watchCount = 0
  var ephemeralCount = 0
  var sessionCount = 0
  var approximateDataSize = 0
  var connectionCount = 0
  var expiredSessions = 0
  var openDescriptors = 0
  var descriptorLimit = 0
  var dataDirectorySize = 0
  var logDirectorySize = 0
  var counters = Counters()
  var treeDigest: UInt64 = 0

  /// A version that clients parse the first three numbers of.
  static let version = "3.8.0-linnaeus, built on 2026-11-25 00:00 UTC"
}

extension ServerFigures.Durations {
  init(nanoseconds count: Int, total: Int64, shortest: Int64, longest: Int64) {
    self.count = count
    self.total = Double(total) / 1e6
    self.shortest = Double(shortest) / 1e6
    self.longest = Double(longest) / 1e6
  }
}

/// A number as Java's `Double` writes it after rounding to four places: `0.0`, `1.6292`.
func rounded(_ number: Double) -> String {
  let scaled = Int64(min(9e14, max(-9e14, (number * 10_000).rounded())))
  let (whole, fraction) = (scaled.magnitude / 10_000, scaled.magnitude % 10_000)
  var digits = String(fraction + 10_000).dropFirst()
  while digits.count > 1, digits.last == "0" { digits.removeLast() }
  return "\(scaled < 0 ? "-" : "")\(whole).\(digits)"
}

/// A number as Java's `Long.toHexString` writes it.
func hexadecimal(_ number: Int64) -> String {
  String(UInt64(bitPattern: number), radix: 16)
}
