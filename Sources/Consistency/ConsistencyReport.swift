import OperationHistory

/// Which of ZooKeeper's promises a history keeps, told from the zxids of its replies.
public struct ConsistencyReport: Sendable {
  /// What breaks a property, in the order of the properties and then of the zxids.
  public private(set) var findings: [Finding] = []
  /// What breaks a property unless something that is not known explains it.
  public private(set) var undecided: [Finding] = []
  /// Writes whose replies were lost, and of which a later reply shows the zxid.
  public let pins: [Pin]
  /// Writes whose replies were lost, ends of sessions and removals that must have happened,
  /// because of what was observed, in the order of what they came before.
  public let explanations: [Explanation]
  /// How many writes had their replies lost.
  public let unknownWrites: Int
  /// The history in columns.
  public let columns: ZooKeeperHistory
  /// What has a zxid, in the order in which it was done.
  let order: [Int32]
  /// Of each request the zxid that it stands at.
  let zxids: [Int64]
  /// Between which zxids each answered read would have been answered the same.
  let spans: [Replay.Span]
  /// The servers that followed all the time.
  let followers: Set<Int32>

  /// A write whose reply was lost, and that a later reply shows to have happened.
  public struct Pin: Hashable, Sendable {
    /// The write, an index into the history's operations.
    public var request: Int32
    /// The zxid that it must have had.
    public var zxid: Int64
    /// The operation whose reply shows it.
    public var shownBy: Int32
    /// Whether another write could have been it just as well.
    public var isAmbiguous: Bool
  }

  /// Something that no reply tells of, and without which an answer could not be.
  public struct Explanation: Hashable, Sendable {
    /// What happened.
    public enum Event: Hashable, Sendable {
      /// A write whose reply was lost.
      case write(Int32)
      /// The end of a session that nobody closed, by its number among the sessions.
      case end(session: Int32)
      /// The removal of a container, or of a znode whose time had passed, by its path's number.
      case removal(path: Int32)
    }

    /// What happened.
    public var event: Event
    /// The operation that it came before.
    public var before: Int32
  }

  /// Judges a history.
  ///
  /// - Parameters:
  ///   - history: a history in the native format, whose replies have zxids.
  ///   - pinning: whether writes whose replies were lost are placed where Stats show them.
  ///   - staleness: how old a read may be (P11); nil for any age.
  /// - Throws: `HistoryError` for fields of the wrong kind, and for a file that breaks P0.
  /// - Complexity: O(n log n) in the size of the history, apart from a bounded search for the places
  ///   of writes whose replies were lost.
  public init(
    _ history: History, pinning: Bool = true, staleness: StalenessBound? = nil
  ) throws(HistoryError) {
    var columns = try ZooKeeperHistory(history, checksAssumptions: true)
    columns.nameLostCreates()
    let unknowns = UnknownWrites(columns, pinning: pinning)
    let replay = Replay(columns, unknowns: unknowns)
    let sessions = try SessionSweep(columns, unknowns: unknowns, replay: replay)
    let realTime = RealTimeSweep(columns, zxids: unknowns.zxids, spans: replay.spans)
    self.columns = columns
    order = replay.order.requests
    zxids = unknowns.zxids
    spans = replay.spans
    pins = unknowns.pins.map {
      Pin(
        request: $0.request, zxid: $0.zxid, shownBy: $0.shownBy, isAmbiguous: $0.isAmbiguous)
    }
    followers = try Self.followers(history)
    explanations = Self.explanations(replay)
    unknownWrites = columns.kinds.indices.count {
      columns.kinds[$0].isWrite && columns.history.operations[$0].outcome == .info
    }
    findings = replay.findings + sessions.findings + realTime.findings
    findings += try WatchSweep(columns, zxids: unknowns.zxids, replay: replay).findings
    let convergence = ConvergenceSweep(columns, zxids: unknowns.zxids, spans: replay.spans)
    findings += convergence.findings
    undecided = replay.undecided + sessions.undecided + convergence.undecided
    if let staleness { findings += try Self.tooStale(columns, staleness) }
    doubt(unknowns)
    sort(&findings)
    sort(&undecided)
  }

  /// The servers that surely followed all the time: those that lines of the leaders' beginnings do
  /// not name.
  private static func followers(_ history: History) throws(HistoryError) -> Set<Int32> {
    guard case .map(let servers)? = history.headerField("servers") else { return [] }
    var leaders: Set<Int32>?
    let reigns = try Reigns(history)
    if !reigns.isEmpty { leaders = reigns.servers }
    guard let leaders else { return [] }
    var followers: Set<Int32> = []
    for field in servers {
      guard case .string(let name) = field.name, let server = Int32(name) else { continue }
      if !leaders.contains(server) { followers.insert(server) }
    }
    return followers
  }

  private static func explanations(_ replay: Replay) -> [Explanation] {
    replay.order.requests.flatMap { request in
      (replay.placed[request] ?? []).map { step in
        let event: Explanation.Event =
          switch step {
          case .request(let write, _): .write(write)
          case .end(let session): .end(session: session)
          case .removal(let path): .removal(path: path)
          }
        return Explanation(event: event, before: request)
      }
    }
  }

  /// How stale the reads were.
  ///
  /// - Throws: `HistoryError` for lines about leaders that cannot be read.
  /// - Complexity: O(n log n) in the size of the history.
  public func staleness() throws(HistoryError) -> StalenessReport {
    StalenessReport(columns, reigns: try Reigns(columns.history))
  }

  /// P11: reads that are older than a bound.
  private static func tooStale(
    _ columns: ZooKeeperHistory, _ bound: StalenessBound
  ) throws(HistoryError) -> [Finding] {
    let report = StalenessReport(columns, reigns: try Reigns(columns.history))
    return report.reads.lazy.filter(bound.isExceeded).map { read in
      var finding = Finding(
        .boundedStaleness, .tooStale, read.request, zxid: columns.zxids[Int(read.request)],
        expected: read.nanoseconds)
      finding.recorded = Int64(read.versions)
      return finding
    }
  }

  private func sort(_ findings: inout [Finding]) {
    findings.sort { ($0.property, $0.zxid, $0.operation) < ($1.property, $1.zxid, $1.operation) }
  }

  /// Takes back what is not certain where the file does not tell everything.
  private mutating func doubt(_ unknowns: UnknownWrites) {
    let missing = columns.kinds.indices.filter(columns.lacksZxid)
    if let first = missing.first {
      undecided.append(
        Finding(.assumptions, .missingZxid, Int32(first), expected: Int64(missing.count)))
    }
    guard findings.contains(where: \.restsOnState) else { return }
    let foreign = foreignTransaction(unknowns)
    if let foreign { undecided.append(foreign) }
    guard columns.gap != nil || foreign != nil else { return }
    // A request that is in no line may have made what looks as if nobody had.
    undecided += findings.filter(\.restsOnState)
    findings.removeAll(where: \.restsOnState)
  }

  /// A Stat that names a transaction which no request of the file can have made.
  private func foreignTransaction(_ unknowns: UnknownWrites) -> Finding? {
    for request in columns.kinds.indices where columns.history.operations[request].outcome == .ok {
      for part in columns.parts(of: request) where columns.statOf[part] >= 0 {
        let stat = columns.stats[Int(columns.statOf[part])]
        for zxid in [stat.czxid, stat.mzxid]
        where zxid <= columns.zxids[request] && unknowns.isForeign(zxid) {
          var finding = Finding(.assumptions, .foreignTransaction, Int32(request), expected: zxid)
          finding.path = columns.pathOf[part]
          return finding
        }
      }
    }
    return nil
  }

  /// The findings against one property.
  public func findings(against property: Property) -> [Finding] {
    findings.filter { $0.breaks(property) }
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

extension Finding {
  /// Whether it follows from what the tree held, so that writes that were not recorded might have
  /// made it otherwise.
  var restsOnState: Bool {
    switch kind {
    case .disagreement, .neverWritten, .lost, .torn, .outlivedSession, .wrongOwner, .watchLate,
      .watchLost, .watchWithoutCause, .fromTheFuture, .notConverged:
      true
    default: false
    }
  }
}
