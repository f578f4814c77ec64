extension Zab {
  /// Real bugs, and some that nobody made yet, which can be switched on to show that they are seen
  /// (consistency.md, section 3).
  package struct Mutations: OptionSet, Hashable, Sendable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

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

    /// Each of them and its name.
    package static let all: [(name: String, mutation: Mutations)] = [
      ("acknowledges-history-early", .acknowledgesHistoryEarly),
      ("writes-epoch-early", .writesEpochEarly), ("forgets-tail", .forgetsTail),
      ("commits-with-minority", .commitsWithMinority), ("skips-epoch-check", .skipsEpochCheck),
      ("never-steps-down", .neverStepsDown), ("omits-truncation", .omitsTruncation),
      ("leaves-hole", .leavesHole), ("trusts-snapshot-early", .trustsSnapshotEarly),
      ("acknowledges-proposals-first", .acknowledgesProposalsFirst),
      ("answers-sync-at-once", .answersSyncAtOnce), ("acknowledges-early", .acknowledgesEarly),
    ]
  }
}
