/// One place where transactions show an anomaly that is no cycle.
public struct TransactionFinding: Hashable, Sendable {
  /// What is wrong.
  public var anomaly: TransactionAnomaly.Direct
  /// The step that shows it.
  public var step: Int32
  /// The other step that matters, such as the write that was read; -1 for none.
  public var other: Int32 = -1
  /// A third step that matters; -1 for none.
  public var third: Int32 = -1

  init(
    _ anomaly: TransactionAnomaly.Direct, _ step: Int32, _ other: Int32 = -1, _ third: Int32 = -1
  ) {
    self.anomaly = anomaly
    self.step = step
    self.other = other
    self.third = third
  }
}

/// The anomalies that were found: how many of each kind, and the first few.
public struct TransactionFindings: Sendable {
  /// How many of each kind are kept at most.
  static let limit = 8

  /// The first of each kind, those of a kind in the order in which they were found.
  public private(set) var examples: [TransactionFinding] = []
  /// How many there are of each kind, by its raw value.
  private var counts = [Int](repeating: 0, count: TransactionAnomaly.Direct.allCases.count)

  mutating func append(_ finding: TransactionFinding) {
    let kind = Int(finding.anomaly.rawValue)
    counts[kind] += 1
    if counts[kind] <= Self.limit { examples.append(finding) }
  }

  /// How many there are of a kind.
  public func count(_ anomaly: TransactionAnomaly.Direct) -> Int {
    counts[Int(anomaly.rawValue)]
  }
}
