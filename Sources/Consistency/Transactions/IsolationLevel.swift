/// How far transactions are kept apart: each level forbids some anomalies.
///
/// The first six are Adya's (*Generalized Isolation Level Definitions*, ICDE 2000) and Daudjee and
/// Salem's (*Lazy Database Replication with Snapshot Isolation*, VLDB 2006); which anomalies forbid
/// which levels is as Elle has it (Kingsbury and Alvaro, VLDB 2020).
public enum IsolationLevel: String, CaseIterable, Sendable {
  /// Writes of transactions do not interleave.
  case readUncommitted = "read-uncommitted"
  /// Reads show only what happened, and not in the middle of a transaction.
  case readCommitted = "read-committed"
  /// What a transaction has read stays as it is until its end.
  case repeatableRead = "repeatable-read"
  /// A transaction reads from one state, and nobody replaces what it replaces meanwhile.
  case snapshotIsolation = "snapshot-isolation"
  /// Snapshot isolation, and a process sees its own earlier transactions.
  case strongSessionSnapshotIsolation = "strong-session-snapshot-isolation"
  /// Snapshot isolation, and a transaction sees all that ended before it began.
  case strongSnapshotIsolation = "strong-snapshot-isolation"
  /// One order of all transactions explains all reads.
  case serializable
  /// One that keeps the order of each process.
  case strongSessionSerializable = "strong-session-serializable"
  /// One that respects real time.
  case strictSerializable = "strict-serializable"

  /// The level that is required unless another is asked for.
  public static let standard = IsolationLevel.strictSerializable

  /// The levels that this one implies directly.
  private var weaker: [IsolationLevel] {
    switch self {
    case .readUncommitted: []
    case .readCommitted: [.readUncommitted]
    case .repeatableRead, .snapshotIsolation: [.readCommitted]
    case .strongSessionSnapshotIsolation: [.snapshotIsolation]
    case .strongSnapshotIsolation: [.strongSessionSnapshotIsolation]
    case .serializable: [.repeatableRead, .snapshotIsolation]
    case .strongSessionSerializable: [.serializable, .strongSessionSnapshotIsolation]
    case .strictSerializable: [.strongSessionSerializable, .strongSnapshotIsolation]
    }
  }

  /// Whether a history that keeps this level keeps that one.
  public func implies(_ other: IsolationLevel) -> Bool {
    self == other || weaker.contains { $0.implies(other) }
  }

  /// Whether a history with this anomaly does not keep this level.
  public func forbids(_ anomaly: TransactionAnomaly) -> Bool {
    Self.weakestBroken(by: anomaly).contains { implies($0) }
  }

  /// The weakest levels that do not allow an anomaly.
  public static func weakestBroken(by anomaly: TransactionAnomaly) -> [IsolationLevel] {
    switch anomaly {
    case .direct(let direct): weakestBroken(by: direct)
    case .cycle(let cycle, let order): weakestBroken(by: cycle, order)
    }
  }

  private static func weakestBroken(by direct: TransactionAnomaly.Direct) -> [IsolationLevel] {
    switch direct {
    case .garbageRead, .duplicateElements, .cyclicVersions: [.readUncommitted]
    // Of two versions that no order has together one was never installed: it was read all the same.
    case .incompatibleOrder, .abortedRead, .intermediateRead, .dirtyUpdate: [.readCommitted]
    case .lostUpdate, .internal: [.repeatableRead, .snapshotIsolation]
    }
  }

  private static func weakestBroken(
    by cycle: TransactionAnomaly.Cycle, _ order: TransactionAnomaly.Order
  ) -> [IsolationLevel] {
    switch (cycle, order) {
    case (.g0, .none): [.readUncommitted]
    case (.g1c, .none): [.readCommitted]
    case (.gSingle, .none), (.gNonadjacent, .none): [.repeatableRead, .snapshotIsolation]
    case (.g2Item, .none): [.repeatableRead]
    case (.g2Item, .process): [.strongSessionSerializable]
    case (.g2Item, .realTime): [.strictSerializable]
    case (_, .process): [.strongSessionSnapshotIsolation]
    case (_, .realTime): [.strongSnapshotIsolation]
    }
  }
}
