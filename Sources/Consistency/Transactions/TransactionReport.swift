import OperationHistory

/// How far a history's transactions are kept apart: which anomalies they show, and so which levels
/// of isolation they keep.
///
/// The analysis is that of Elle (Kingsbury and Alvaro, *Elle: Inferring Isolation Anomalies from
/// Experimental Observations*, VLDB 2020). What it finds is there; what it does not find may be
/// there all the same if no read tells the order of versions.
public struct TransactionReport: Sendable {
  /// The transactions.
  public let transactions: TransactionHistory
  /// What single transactions, or two, show.
  public let findings: TransactionFindings
  /// The shortest cycle of each class that has one, the worst class first.
  public let cycles: [TransactionCycle]
  /// Whether nobody named the model.
  public let isModelInferred: Bool
  let versions: TransactionVersions

  /// Judges a history.
  ///
  /// - Parameters:
  ///   - history: a history of which each operation is a transaction.
  ///   - model: what its objects are.
  ///   - isModelInferred: whether nobody named that.
  ///   - areKeysLinearizable: whether the versions of each register are taken to be in the order of
  ///     real time, as they are if each register for itself is linearizable; what is found then
  ///     rests on that.
  /// - Throws: `HistoryError` for what is no transaction of that model, and for a value that is
  ///   written twice to one object.
  /// - Complexity: O(n) expected in the number of steps and the length of all that was read, where
  ///   no dependencies form cycles.
  public init(
    _ history: History, model: TransactionModel, isModelInferred: Bool = false,
    areKeysLinearizable: Bool = false
  ) throws(HistoryError) {
    let transactions = try TransactionHistory(history, model: model)
    self.transactions = transactions
    self.isModelInferred = isModelInferred
    let dependencies: TransactionDependencies
    switch model {
    case .listAppend:
      let lists = try ListVersions(transactions)
      dependencies = TransactionDependencies(transactions, lists)
      versions = .lists(lists)
      findings = lists.findings
    case .register:
      let registers = try RegisterVersions(
        transactions, areKeysLinearizable: areKeysLinearizable)
      dependencies = TransactionDependencies(transactions, registers)
      versions = .registers(registers)
      findings = registers.findings
    }
    cycles =
      TransactionCycles(dependencies, transactions, hasHappened: versions.hasHappened).found
  }

  /// The anomalies that the history shows, the worst first.
  public var anomalies: [TransactionAnomaly] {
    TransactionAnomaly.allCases.filter { anomaly in
      switch anomaly {
      case .direct(let direct): findings.count(direct) > 0
      case .cycle: cycles.contains { $0.anomaly == anomaly }
      }
    }
  }

  /// Whether the history shows no anomaly that a level forbids.
  public func keeps(_ level: IsolationLevel) -> Bool {
    !anomalies.contains { level.forbids($0) }
  }

  /// The levels that the history keeps and that no stronger one implies which it keeps as well.
  public var strongest: [IsolationLevel] {
    let kept = IsolationLevel.allCases.filter(keeps)
    return kept.filter { level in !kept.contains { $0 != level && $0.implies(level) } }
  }

  /// The levels that the history breaks while it keeps all that they imply.
  public var weakestBroken: [IsolationLevel] {
    let broken = IsolationLevel.allCases.filter { !keeps($0) }
    return broken.filter { level in !broken.contains { $0 != level && level.implies($0) } }
  }
}

/// What is known of the versions of all objects.
enum TransactionVersions: Sendable {
  case lists(ListVersions)
  case registers(RegisterVersions)

  var hasHappened: [Bool] {
    switch self {
    case .lists(let lists): lists.hasHappened
    case .registers(let registers): registers.hasHappened
    }
  }
}
