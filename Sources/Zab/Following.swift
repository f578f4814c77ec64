import LinnaeusBase

/// How far a learner is with its leader.
struct Following: Sendable {
  enum Stage: Int, Comparable, Sendable {
    /// There is no leader.
    case none
    /// The connection is being made.
    case connecting
    /// It has introduced itself, and waits for the epoch.
    case introduced
    /// Its promise, or its log, is not durable yet.
    case promising
    /// It has acknowledged the epoch, and waits to hear what it gets.
    case promised
    /// Its log is being cut.
    case truncating
    /// A snapshot comes in.
    case loading
    /// What stands after a snapshot comes in.
    case verifying
    /// It gets what it lacks.
    case synchronising
    /// It has all of that; not all of it is durable.
    case securing
    /// `currentEpoch` is not durable yet.
    case activating
    /// It has acknowledged NEWLEADER.
    case acknowledged
    /// It serves.
    case serving

    static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  /// Whether the leader is told which proposals are durable.
  var acknowledges = false
  var stage = Stage.none
  var leader = ServerID(rawValue: .min)
  var link: Int32?
  /// How often it was tried to connect.
  var attempts = 0
  var retryAt: Instant?
  var lastHeard = Instant(nanoseconds: 0)
  var epoch: Int64 = 0
  /// Whether the promise of this epoch is new, and whether it is durable.
  var isNewPromise = false
  var isPromiseDurable = false
  /// Whether it knows what Apache's servers do not.
  var leaderKnowsExtensions = false
  /// Everything up to it is known to be committed, and applied once the leader says so.
  var watermark = Zxid.zero
  /// The end of the history that NEWLEADER ended.
  var historyEnd = Zxid.zero
  /// The last proposal that was acknowledged.
  var acknowledged = Zxid.zero
  /// Whether the state is the leader's snapshot, and that is not durable.
  var hasVolatileSnapshot = false
  /// The configuration of NEWLEADER.
  var configuration: QuorumConfiguration?
  /// The zxid of the last ping.
  var pinged = Zxid.zero

  static let maxAttempts = 5
  static let retryMilliseconds: Int64 = 100
}
