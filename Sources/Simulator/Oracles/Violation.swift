import LinnaeusBase

/// A promise that a run has seen broken.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  /// Which promise.
  public enum Promise: String, Hashable, Sendable, CaseIterable {
    /// At most one server leads in an epoch.
    case oneLeader = "one leader an epoch"
    /// Whoever applies a transaction applies the same one at the same place.
    case samePrefix = "committed prefixes agree"
    /// What was applied anywhere, every later leader has.
    case nothingLost = "nothing committed is lost"
    /// Trees after the same transactions have the same digest.
    case sameDigest = "trees agree"
    /// A write that was answered with a zxid is that transaction.
    case acknowledged = "what is acknowledged is committed"
    /// No answer is from beyond what is committed.
    case noFuture = "nothing is seen before it is committed"
    /// What a session sees never falls behind what it has seen or done (P7).
    case sessionMonotone = "no session goes back"
    /// What a session writes is done in the order in which it asks for it, and once (P3).
    case sessionOrder = "what a session writes is done in order"
    /// Where a session is not any more, its ephemeral znodes are not either (P13).
    case ephemerals = "ephemeral znodes end with their sessions"
    /// Once all faults are over, everybody serves, agrees, and answers.
    case convergence = "the healed ensemble converges"
    /// A server with intact disks starts.
    case recovery = "what is on the disk can be recovered"
    /// What a server recovers is what was durable, or it refuses, or it warns.
    case damage = "damage is noticed"
    /// A server stops for no reason but its disk.
    case running = "servers do not stop by themselves"
    /// A server finds nothing wrong with what another one sends.
    case peerProtocol = "servers understand one another"
    /// A client is told nothing that the protocol does not allow.
    case clientProtocol = "clients understand their servers"
  }

  /// Which promise was broken.
  public var promise: Promise
  /// When, in nanoseconds of virtual time.
  public var time: Int64
  /// What was seen.
  public var message: String

  /// Takes all three.
  public init(_ promise: Promise, time: Int64, _ message: String) {
    self.promise = promise
    self.time = time
    self.message = message
  }

  /// `committed prefixes agree, 12.000345 s: …`.
  public var description: String {
    let seconds = time / 1_000_000_000
    let micro = String(time % 1_000_000_000 / 1_000 + 1_000_000).dropFirst()
    return "\(promise.rawValue), broken at \(seconds).\(micro) s: \(message)"
  }
}
