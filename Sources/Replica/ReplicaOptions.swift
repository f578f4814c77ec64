import LinnaeusBase
import Tree

/// How a replica is set up.
public struct ReplicaOptions: Sendable {
  /// The unit of all time-outs, in milliseconds (`tickTime`).
  public var tickMilliseconds: Int32 = 2_000
  /// The shortest session time-out that is granted; nil: two ticks.
  public var minSessionTimeoutMilliseconds: Int32?
  /// The longest session time-out that is granted; nil: twenty ticks.
  public var maxSessionTimeoutMilliseconds: Int32?
  /// How many requests may be under way before connections with some are not read on.
  public var globalOutstandingLimit = 1_000
  /// The uppermost byte of the ids of the sessions that it opens.
  public var serverID: Int64 = 1
  /// What the passwords of sessions are derived from; Apache's is a constant that everyone knows.
  public var sessionSecret: Int64 = 0xB341_5C00
  /// How often empty containers and overdue znodes are looked for, in milliseconds.
  public var containerCheckMilliseconds: Int64 = 60_000
  /// How many of them are removed at once.
  public var containerCheckLimit = 10_000
  /// Whether a leader answers `sync` only once a quorum has shown that it still leads, which makes a
  /// read after a sync linearizable (`quorumSync`; ZOOKEEPER-1675).
  public var quorumSync = false
  /// How many bytes of a snapshot are made at a time: about a millisecond's worth.
  package var snapshotStepBytes = 256 << 10
  /// The last zxid of an epoch has this counter; less than all so that a simulation meets it.
  package var lastCounter = UInt32.max
  /// For those who prove that they would see it.
  package var mutations: Mutations = []
  /// Whether clients may change the ensemble (`reconfigEnabled`).
  public var reconfigEnabled = false
  /// How the tree and its rules are set up.
  public var tree = TreeOptions()

  /// What Apache does unless told otherwise.
  public init() {}

  /// The time-out that is granted to a client that asks for this one, in milliseconds.
  func negotiatedTimeout(_ asked: Int32) -> Int32 {
    let shortest = minSessionTimeoutMilliseconds ?? tickMilliseconds * 2
    let longest = maxSessionTimeoutMilliseconds ?? tickMilliseconds * 20
    return min(max(asked, shortest), longest)
  }
}
