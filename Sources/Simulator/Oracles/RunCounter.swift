/// What may happen in a run, and should in some of many.
public enum RunCounter: Int, CaseIterable, Hashable, Sendable {
  /// Operations that were answered, errors included.
  case completedOperations
  /// Operations that were lost with their connection.
  case lostOperations
  /// Operations that were refused.
  case refusedOperations
  /// Sessions that were begun.
  case sessions
  /// Sessions that continued on another server.
  case sessionMoves
  /// Sessions that continued on the same server.
  case sessionResumes
  /// Connections on which what is sent again is recognised.
  case recognitions
  /// Sessions that clients were told have expired.
  case expirations
  /// Connections that could not be made.
  case failedConnections
  /// Connections that broke by themselves.
  case brokenConnections
  /// Messages that were lost and sent again.
  case lostMessages
  /// Processes that ended.
  case crashes
  /// Hosts that lost power.
  case powerLosses
  /// Servers that were struck at an operation of their disk.
  case diskStrikes
  /// Servers that stopped because of their disk.
  case diskFailures
  /// Times that a process stood still.
  case pauses
  /// Times that a clock began to run at another rate.
  case clockDrifts
  /// Times that a server learnt of another ensemble.
  case reconfigurations
  /// Bits that changed in what was durable.
  case rots
  /// Changed bits for which the server refuses to start.
  case refusedRots
  /// Changed bits that changed nothing of what is recovered.
  case harmlessRots
  /// Changed bits that changed what is recovered, with a warning.
  case costlyRots
  /// Splits of the network.
  case splits
  /// Arrivals that a split held up.
  case stalls
  /// Ends of logs that were torn.
  case tornEnds
  /// Unsynced bytes that a power loss took away whole.
  case unsyncedLost
  /// Unsynced bytes that survived a power loss.
  case unsyncedKept
  /// Unsynced bytes of which the first survived.
  case unsyncedPrefix
  /// Unsynced bytes of which some sectors survived.
  case unsyncedTorn
  /// Changes of names that a power loss took away.
  case namesLost
  /// Snapshots that were finished.
  case snapshots
  /// Recoveries from a disk.
  case recoveries
  /// Recoveries that refused what is on the disk.
  case refusedRecoveries
  /// Notifications that arrived.
  case notifications
  /// Leaders that began to serve.
  case leaders
  /// Servers that served and do no more, but run.
  case stepDowns
  /// Learners that lacked some transactions, and got these alone.
  case differences
  /// Learners that a leader sent what they lacked from its log on disk.
  case logDifferences
  /// Recoveries that cut the log short at what the leader said.
  case truncations
  /// Snapshots of a leader that a learner took over.
  case snapshotsReceived
  /// Recoveries of what the disk has, after a leader's snapshot that did not get there.
  case reloads
  /// Transactions that were committed.
  case transactions
}

extension RunCounter {
  /// Whether a few hundred runs need not meet it: sound disks are never refused, a leader is seldom
  /// lost between its snapshot and what follows, and rot is only drawn if it is asked for.
  var isRare: Bool {
    [
      .refusedRecoveries, .reloads, .rots, .refusedRots, .harmlessRots, .costlyRots,
    ].contains(self)
  }
}

/// How often each of them happened.
public struct RunCounters: Hashable, Sendable {
  private var values = [Int](repeating: 0, count: RunCounter.allCases.count)

  /// Nothing has happened yet.
  public init() {}

  /// How often that happened.
  public subscript(counter: RunCounter) -> Int {
    get { values[counter.rawValue] }
    set { values[counter.rawValue] = newValue }
  }

  /// Whether a server may have lost what was durable, with a warning: then nothing of the run is
  /// judged but whether damage is noticed.
  public var leftAtlas: Bool { self[.costlyRots] > 0 }

  /// Adds what happened in another run.
  public mutating func add(_ other: RunCounters) {
    for place in values.indices { values[place] += other.values[place] }
  }

  /// What has never happened, though some run of many should meet it.
  public var missing: [RunCounter] {
    RunCounter.allCases.filter { self[$0] == 0 && !$0.isRare }
  }
}
