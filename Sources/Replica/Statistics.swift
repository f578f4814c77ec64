import Jute
import LinnaeusBase

/// How long requests took, from receipt to reply, in nanoseconds.
public struct LatencyStatistics: Sendable {
  /// How many there were.
  public private(set) var count = 0
  /// All of them together.
  public private(set) var total: Int64 = 0
  /// The shortest; 0 if there was none.
  public private(set) var shortest: Int64 = 0
  /// The longest.
  public private(set) var longest: Int64 = 0

  /// The mean; 0 if there was none.
  public var mean: Double { count == 0 ? 0 : Double(total) / Double(count) }

  mutating func record(_ nanoseconds: Int64) {
    shortest = count == 0 ? nanoseconds : min(shortest, nanoseconds)
    longest = max(longest, nanoseconds)
    total += nanoseconds
    count += 1
  }
}

/// What a replica has counted since it started, or since somebody set it back.
public struct ReplicaStatistics: Sendable {
  /// Packets that clients sent.
  public internal(set) var packetsReceived = 0
  /// Packets that clients were sent, events included.
  public internal(set) var packetsSent = 0
  /// How long requests took.
  public internal(set) var latency = LatencyStatistics()
  /// Sessions that expired.
  public internal(set) var expiredSessions = 0
  /// Transactions that were applied.
  public internal(set) var transactions = 0
  /// Connections that were refused or dropped for what they sent.
  public internal(set) var connectionsRejected = 0
}

/// What a replica knows of one connection.
public struct ConnectionStatistics: Sendable {
  /// The client's address.
  public internal(set) var address: [UInt8] = []
  /// Its session; 0 before it has one.
  public internal(set) var session: Int64 = 0
  /// The session's time-out, in milliseconds.
  public internal(set) var timeoutMilliseconds: Int32 = 0
  /// When it was made, in milliseconds since 1970.
  public internal(set) var established: Int64 = 0
  /// Requests that have no reply yet.
  public internal(set) var outstanding = 0
  /// Packets that it sent.
  public internal(set) var packetsReceived = 0
  /// Packets that it was sent.
  public internal(set) var packetsSent = 0
  /// The last request's number.
  public internal(set) var lastXid: Int32 = 0
  /// The last reply's zxid.
  public internal(set) var lastZxid = Zxid.zero
  /// The last request's opcode; 0 if there was none.
  public internal(set) var lastOpcode = Opcode(rawValue: 0)
  /// When the last reply was sent, in milliseconds since 1970.
  public internal(set) var lastResponse: Int64 = 0
  /// How long its requests took.
  public internal(set) var latency = LatencyStatistics()
}
