/// Bugs that can be switched on, to show that checkers and oracles see them.
///
/// Each is one branch in the code that it breaks, never in a loop, and is off unless a test or the
/// simulator asks. What is said of real bugs is in ZooKeeper's issue tracker under the number.
package struct Mutations: OptionSet, Hashable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  // MARK: In Zab

  /// ZOOKEEPER-3911, -4646: NEWLEADER is acknowledged before the history is durable.
  package static let acknowledgesHistoryEarly = Mutations(rawValue: 1 << 0)
  /// ZOOKEEPER-4643: `currentEpoch` is written before the history is durable.
  package static let writesEpochEarly = Mutations(rawValue: 1 << 1)
  /// ZOOKEEPER-2845: what is not committed is forgotten in memory, but not on the disk, when a
  /// leader is lost.
  package static let forgetsTail = Mutations(rawValue: 1 << 2)
  /// A proposal is committed as soon as the leader has it.
  package static let commitsWithMinority = Mutations(rawValue: 1 << 3)
  /// A promised epoch is neither kept nor told.
  package static let skipsEpochCheck = Mutations(rawValue: 1 << 4)
  /// A leader does not mind that nobody answers.
  package static let neverStepsDown = Mutations(rawValue: 1 << 5)
  /// ZOOKEEPER-1154: a learner with too much is told that it lacks nothing.
  package static let omitsTruncation = Mutations(rawValue: 1 << 6)
  /// ZOOKEEPER-4925: the first transaction that a learner lacks is left out.
  package static let leavesHole = Mutations(rawValue: 1 << 7)
  /// ZOOKEEPER-3104, -2872: a snapshot counts as durable as soon as it has come in.
  package static let trustsSnapshotEarly = Mutations(rawValue: 1 << 8)
  /// ZOOKEEPER-4685: proposals are acknowledged before NEWLEADER is.
  package static let acknowledgesProposalsFirst = Mutations(rawValue: 1 << 9)
  /// A `sync` is answered without regard to what is proposed.
  package static let answersSyncAtOnce = Mutations(rawValue: 1 << 10)
  /// A follower acknowledges a proposal before it is durable.
  package static let acknowledgesEarly = Mutations(rawValue: 1 << 11)

  /// ZOOKEEPER-2832: what a learner has beyond the end of an earlier epoch is not truncated.
  package static let omitsLaterTruncation = Mutations(rawValue: 1 << 12)
  /// ZOOKEEPER-1156: a learner is told to cut one transaction too much.
  package static let cutsTooMuch = Mutations(rawValue: 1 << 13)
  /// ZOOKEEPER-3500: UPTODATE is sent before what the learner has is committed.
  package static let letsServeEarly = Mutations(rawValue: 1 << 14)
  /// ZOOKEEPER-3023: a learner serves before it has applied the history that it got.
  package static let appliesDifferenceLate = Mutations(rawValue: 1 << 15)
  /// ZOOKEEPER-1732: who looks for a leader does not believe in one of another round.
  package static let doubtsEstablishedLeader = Mutations(rawValue: 1 << 16)
  /// A configuration that is not committed counts for nothing.
  package static let ignoresNextConfiguration = Mutations(rawValue: 1 << 17)

  // MARK: In Replica

  /// A client may go on with a server that is behind what it has seen.
  package static let acceptsClientsAhead = Mutations(rawValue: 1 << 32)
  /// A write is accepted from wherever it comes, although its session has moved.
  package static let ignoresMovedSessions = Mutations(rawValue: 1 << 33)
  /// A session's earlier connections to the same server stay open, and what was left behind on them
  /// is accepted: Apache compares servers, not connections.
  package static let keepsEarlierConnections = Mutations(rawValue: 1 << 34)
  /// A learner answers `sync` itself.
  package static let answersSyncLocally = Mutations(rawValue: 1 << 35)
  /// The leader lets COMMIT out before it applies the transaction, as Apache's does.
  package static let commitsBeforeApplying = Mutations(rawValue: 1 << 36)
  /// The events of a transaction are sent after its reply (ZOOKEEPER-1412).
  package static let sendsEventsAfterReplies = Mutations(rawValue: 1 << 37)
  /// A request that is sent again is done again.
  package static let forgetsReplies = Mutations(rawValue: 1 << 38)
  /// A learner refuses conditional writes by its own state.
  package static let refusesFromLocalState = Mutations(rawValue: 1 << 39)
  /// An observer keeps the ephemeral znodes of sessions that end.
  package static let observersKeepEphemerals = Mutations(rawValue: 1 << 40)
  /// A snapshot is named by the last transaction that is logged, not by the last one it has.
  package static let namesSnapshotsByLog = Mutations(rawValue: 1 << 41)
  /// A leader forgets who was alive before it led: those sessions never expire (ZOOKEEPER-2355).
  package static let forgetsSessions = Mutations(rawValue: 1 << 42)
  /// ZOOKEEPER-5094: a truncation cuts the log, and the tree stays ahead of it.
  package static let keepsTreeOverTruncation = Mutations(rawValue: 1 << 43)
  /// ZOOKEEPER-4882: what could not be written counts as durable.
  package static let ignoresDiskErrors = Mutations(rawValue: 1 << 44)
  /// ZOOKEEPER-1277: an epoch that has no zxid left goes on.
  package static let overrunsEpoch = Mutations(rawValue: 1 << 45)
  /// ZOOKEEPER-710: a session that comes back by another server stays with the one that it left.
  package static let leavesSessionsBehind = Mutations(rawValue: 1 << 46)
  /// ZOOKEEPER-1208: what a session sends that has ended is done nevertheless.
  package static let letsExpiredGoOn = Mutations(rawValue: 1 << 47)

  // MARK: In Tree

  /// ZOOKEEPER-3249, -3144, -3145: a snapshot has what changed while it was being written.
  package static let takesFuzzySnapshots = Mutations(rawValue: 1 << 57)

  /// Sequential names count the children that there are.
  package static let countsChildren = Mutations(rawValue: 1 << 56)
}
