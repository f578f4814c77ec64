import OperationHistory

/// Which of ZooKeeper's promises a history keeps, told from the zxids of its replies.
public struct ConsistencyReport: Sendable {
  /// What breaks a property, in the order of the properties and then of the zxids.
  public private(set) var findings: [Finding] = []
  /// What breaks a property unless a write whose reply was lost explains it.
  public private(set) var undecided: [Finding] = []
  /// Writes whose replies were lost, and of which a later reply shows the zxid.
  public let pinnedWrites: Int
  /// Writes whose replies were lost, ends of sessions and removals that must have happened,
  /// because of what was observed.
  public let explanations: Int
  /// Writes whose replies were lost.
  public let unknownWrites: Int

  /// Judges a history.
  ///
  /// - Parameters:
  ///   - history: a history in the native format, whose replies have zxids.
  ///   - pinning: whether writes whose replies were lost are placed where Stats show them.
  /// - Throws: `HistoryError` for fields of the wrong kind.
  /// - Complexity: O(n log n) in the size of the history.
  public init(_ history: History, pinning: Bool = true) throws(HistoryError) {
    var columns = try ZooKeeperHistory(history)
    columns.nameLostCreates()
    let unknowns = UnknownWrites(
      columns, acknowledged: Acknowledgements(columns), pinning: pinning)
    let replay = Replay(columns, unknowns: unknowns)
    let sessions = try SessionSweep(columns, unknowns: unknowns)
    let realTime = RealTimeSweep(columns, zxids: unknowns.zxids, spans: replay.spans)
    findings = replay.findings + sessions.findings + realTime.findings
    undecided = replay.undecided + sessions.undecided
    pinnedWrites = unknowns.pins.count
    explanations = replay.placed.values.reduce(0) { $0 + $1.count }
    unknownWrites = columns.kinds.indices.count {
      columns.kinds[$0].isWrite && columns.history.operations[$0].outcome == .info
    }
    findings.sort { ($0.property, $0.zxid, $0.operation) < ($1.property, $1.zxid, $1.operation) }
    undecided.sort { ($0.property, $0.zxid, $0.operation) < ($1.property, $1.zxid, $1.operation) }
  }

  /// The findings against one property.
  public func findings(against property: Property) -> [Finding] {
    findings.filter { $0.property == property }
  }

  /// Whether the history keeps a level; nil if that is not known.
  public func keeps(_ level: Level) -> Bool? {
    if findings.contains(where: level.isBroken) { return false }
    return undecided.contains(where: level.isBroken) ? nil : true
  }

  /// The strongest level that the history surely keeps.
  public var strongest: Level? {
    Level.ladder.reversed().first { keeps($0) == true }
  }

  /// The weakest level that the history surely breaks.
  public var weakestBroken: Level? {
    Level.ladder.first { keeps($0) == false }
  }
}
