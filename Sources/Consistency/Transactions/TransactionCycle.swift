import OperationHistory

/// Transactions each of which must come before the next, and the last before the first.
public struct TransactionCycle: Hashable, Sendable {
  /// Why one transaction comes before another.
  public enum Reason: UInt8, Sendable {
    /// It wrote an earlier version of an object.
    case writeWrite
    /// It wrote a version that the other read.
    case writeRead
    /// It read a version that the other replaced.
    case readWrite
    /// It is of the same process and ended before the other began.
    case process
    /// It ended before the other began.
    case realTime
  }

  /// The class of the cycle.
  public var anomaly: TransactionAnomaly
  /// The transactions, each by the index of its operation.
  public var transactions: [Int32]
  /// Why each of them comes before the next one.
  public var reasons: [Reason]

  static func find(
    _ dependencies: TransactionDependencies, _ transactions: TransactionHistory,
    hasHappened: [Bool]
  ) -> [TransactionCycle] {
    []
  }
}
