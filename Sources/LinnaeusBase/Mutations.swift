/// Bugs that can be switched on, to show that checkers and oracles see them.
///
/// Each is one branch in the code that it breaks, never in a loop, and is off unless a test or the
/// simulator asks. What is said of real bugs is in ZooKeeper's issue tracker under the number.
package struct Mutations: OptionSet, Hashable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

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

  // MARK: In Tree

  /// Sequential names count the children that there are.
  package static let countsChildren = Mutations(rawValue: 1 << 56)
}
