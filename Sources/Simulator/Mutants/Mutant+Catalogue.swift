import LinnaeusBase

extension Mutant {
  /// All there are: real bugs by their numbers, then others.
  public static let all: [Mutant] = real + synthetic

  private static let real: [Mutant] = [
    Mutant(
      "zookeeper-3911", "NEWLEADER is acknowledged before the history is durable",
      .acknowledgesHistoryEarly),
    Mutant(
      "zookeeper-4643", "the epoch is written before the history is durable", .writesEpochEarly
    ),
    Mutant(
      "zookeeper-2845", "what is not committed is forgotten in memory, but not on the disk",
      .forgetsTail),
    Mutant(
      "zookeeper-1154", "a learner with too much is told that it lacks nothing",
      .omitsTruncation),
    Mutant(
      "zookeeper-4925", "the first transaction that a learner lacks is left out", .leavesHole),
    Mutant(
      "zookeeper-3104", "a snapshot counts as durable as soon as it has come in",
      .trustsSnapshotEarly),
    Mutant(
      "zookeeper-4685", "proposals are acknowledged before NEWLEADER is",
      .acknowledgesProposalsFirst),
    Mutant(
      "zookeeper-1675", "the leader lets COMMIT out before it has applied the transaction",
      .commitsBeforeApplying),
    Mutant(
      "zookeeper-1412", "events of a transaction come after its reply",
      .sendsEventsAfterReplies),
    Mutant(
      "zookeeper-2355", "a new leader forgets who was alive: their sessions never expire",
      .forgetsSessions),
    Mutant(
      "zookeeper-1549", "a snapshot is named by what is logged, not by what it has",
      .namesSnapshotsByLog),
    Mutant(
      "zookeeper-2832", "what a learner has beyond the end of an earlier epoch is not truncated",
      .omitsLaterTruncation),
    Mutant("zookeeper-1156", "a learner is told to cut one transaction too much", .cutsTooMuch),
    Mutant(
      "zookeeper-3500", "UPTODATE is sent before what the learner has is committed",
      property: "P11", .letsServeEarly),
    Mutant(
      "zookeeper-3023", "a learner serves before it has applied the history that it got",
      .appliesDifferenceLate),
    Mutant(
      "zookeeper-1732", "who looks for a leader does not believe in one of another round",
      .doubtsEstablishedLeader),
    Mutant(
      "zookeeper-5094", "a truncation cuts the log, and the tree stays ahead of it",
      .keepsTreeOverTruncation),
    Mutant(
      "zookeeper-4882", "what could not be written counts as durable", .ignoresDiskErrors),
    Mutant("zookeeper-1277", "an epoch that has no zxid left goes on", .overrunsEpoch),
    Mutant(
      "zookeeper-710",
      "a session that comes back by another server stays with the one that it left",
      .leavesSessionsBehind),
    Mutant(
      "zookeeper-1208", "what a session sends that has ended is done nevertheless",
      .letsExpiredGoOn),
    Mutant(
      "zookeeper-3249", "a snapshot has what changed while it was being written",
      .takesFuzzySnapshots),
    Mutant(
      "zookeeper-2872", "snapshots are never synced", driver: .skipsSnapshotSync),
  ]

  private static let synthetic: [Mutant] = [
    Mutant(
      "session-comes-back", "what a session left behind on an earlier connection is accepted",
      .keepsEarlierConnections),
    Mutant("lose-truncation", "no log is ever cut", driver: .losesTruncation),
    Mutant(
      "acknowledge-before-sync", "the disk is never synced",
      driver: .acknowledgesBeforeSync),
    Mutant(
      "skip-directory-sync", "the names of new files are never synced",
      driver: .skipsDirectorySync),
    Mutant(
      "forget-last-zxid", "clients do not say what they have seen when they reconnect",
      driver: .forgetsLastZxidSeen),
    Mutant(
      "commit-with-minority", "a proposal is committed as soon as the leader has it",
      .commitsWithMinority),
    Mutant(
      "skip-epoch-check", "a promised epoch is neither kept nor told", .skipsEpochCheck),
    Mutant(
      "ignore-next-ensemble",
      "a reconfiguration is committed, and a leader elected, by the old ensemble alone",
      .ignoresNextConfiguration),
    Mutant("never-step-down", "a leader does not mind that nobody answers", .neverStepsDown),
    Mutant(
      "acknowledge-early", "a follower acknowledges a proposal before it is durable",
      .acknowledgesEarly),
    Mutant(
      "answer-sync-at-once", "a sync is answered without regard to what is proposed",
      .answersSyncAtOnce),
    Mutant(
      "answer-sync-locally", "a learner answers a sync itself",
      .answersSyncLocally),
    Mutant(
      "accept-clients-ahead", "a client may go on with a server that is behind what it has seen",
      .acceptsClientsAhead),
    Mutant(
      "ignore-moved-sessions", "a write is accepted though its session has moved",
      .ignoresMovedSessions),
    Mutant(
      "forget-replies", "a request that is sent again is done again",
      .forgetsReplies),
    Mutant(
      "refuse-from-local-state", "a learner refuses conditional writes by its own state",
      .refusesFromLocalState),
    Mutant(
      "observers-keep-ephemerals", "an observer keeps the ephemeral znodes of ended sessions",
      .observersKeepEphemerals),
    Mutant(
      "count-children", "sequential names count the children that there are",
      .countsChildren),
  ]
}
