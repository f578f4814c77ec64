import OperationHistory

/// The requests of a history done in zxid order, each compared with its answer.
///
/// Writes take their places by the zxids of their replies, reads theirs behind the writes up to
/// the zxid that they were answered with: a read with zxid z returns the state after z
/// (consistency.md, 0a: measured on Apache's servers without an exception).
///
/// - Complexity: O(n log n) in the size of the history, apart from placing writes whose answers were
///   lost.
struct Replay {
  /// Between which zxids an answered read would have been answered the same.
  struct Span {
    /// The last transaction that it depends on.
    var start = Int64.min
    /// The first after which its answer would have been another one.
    var end = Int64.max
  }

  /// Where in the chain of changes of its path a part of a read stands.
  private struct Place {
    var request: Int32
    var path: Int32
    var change: Int32
    var chain: ChangeChain
  }

  let columns: ZooKeeperHistory
  let unknowns: UnknownWrites
  private(set) var findings: [Finding] = []
  /// Observations that contradict what is known, though what is unknown may explain them.
  private(set) var undecided: [Finding] = []
  /// Of each read; of other requests nothing.
  private(set) var spans: [Span]
  /// What must have happened though no reply says so, by the request that it came before.
  private(set) var placed: [Int32: [UnknownStep]] = [:]
  private let order: ZxidOrder
  private var replay: RequestReplay
  private var places: [Place] = []

  /// Replays a history.
  init(_ columns: ZooKeeperHistory, unknowns: UnknownWrites) {
    self.columns = columns
    self.unknowns = unknowns
    spans = Array(repeating: Span(), count: columns.kinds.count)
    order = ZxidOrder(columns, zxids: unknowns.zxids)
    replay = RequestReplay(columns, unknowns: unknowns, chains: ReadDependence.chains(of: columns))
    let fresh = replay
    var problems = run()
    if !problems.isEmpty {
      var placement = UnknownPlacement(
        columns, unknowns: unknowns, order: order.requests, fresh: fresh)
      placement.explain(problems.map(\.request))
      placed = placement.placed
      if !placed.isEmpty {
        replay = fresh
        spans = Array(repeating: Span(), count: columns.kinds.count)
        problems = run()
      }
      sort(problems, placement)
    }
    findings = order.shared + findings
    resolvePlaces()
  }

  // MARK: The sweep

  private struct Problem {
    var request: Int32
    var disagreement: ReplayTree.Disagreement
  }

  /// Does everything in order; what contradicts an answer.
  private mutating func run() -> [Problem] {
    places = []
    findings = []
    var problems: [Problem] = []
    for request in order.requests {
      for step in placed[request] ?? [] {
        _ = replay.carryOut(step, before: replay.zxids[Int(request)])
      }
      if let problem = replay.carryOut(Int(request)) {
        problems.append(Problem(request: request, disagreement: problem))
      }
      if columns.kinds[Int(request)].isRead { notePlaces(Int(request)) }
    }
    return problems
  }

  private mutating func sort(_ problems: [Problem], _ placement: UnknownPlacement) {
    for problem in problems {
      var finding = Finding(
        property: replay.property(of: Int(problem.request)), kind: .disagreement,
        operation: problem.request)
      finding.zxid = replay.zxids[Int(problem.request)]
      finding.path = problem.disagreement.path
      finding.field = problem.disagreement.field
      finding.recorded = problem.disagreement.recorded
      finding.expected = problem.disagreement.expected
      if placement.isOpen(problem.request) {
        undecided.append(finding)
      } else {
        findings.append(finding)
      }
    }
  }

  private mutating func notePlaces(_ request: Int) {
    if let wrong = impossibleZxid(request) { findings.append(wrong) }
    for part in columns.parts(of: request) where columns.pathOf[part] >= 0 {
      let path = columns.pathOf[part]
      let dependence = ReadDependence(of: part, columns)
      place(dependence.main, path, request)
      if dependence.seesChildren { place(.children, path, request) }
    }
  }

  private mutating func place(_ chain: ChangeChain, _ path: Int32, _ request: Int) {
    let change = replay.tree.changes.last(chain, of: path)
    if change >= 0 {
      spans[request].start = max(
        spans[request].start, replay.tree.changes.zxids[Int(change)])
    }
    places.append(Place(request: Int32(request), path: path, change: change, chain: chain))
  }

  /// Now that all changes are known, where the answers of reads would have ended.
  private mutating func resolvePlaces() {
    let changes = replay.tree.changes
    for place in places {
      let next = changes.following(place.change, place.chain, of: place.path)
      guard next >= 0 else { continue }
      let request = Int(place.request)
      spans[request].end = min(spans[request].end, changes.zxids[Int(next)])
    }
    places = []
  }

  /// A Stat that tells of a transaction after its own reply's zxid.
  private func impossibleZxid(_ request: Int) -> Finding? {
    let own = replay.zxids[request]
    for part in columns.parts(of: request) where columns.statOf[part] >= 0 {
      let stat = columns.stats[Int(columns.statOf[part])]
      let fields: [(Finding.Field, Int64)] = [
        (.czxid, stat.czxid), (.mzxid, stat.mzxid), (.pzxid, stat.pzxid),
      ]
      for (field, zxid) in fields where zxid != RecordedStat.unknown && zxid > own {
        var finding = Finding(
          property: .snapshotReads, kind: .disagreement, operation: Int32(request))
        finding.zxid = own
        finding.path = columns.pathOf[part]
        finding.field = field
        finding.recorded = zxid
        finding.expected = own
        return finding
      }
    }
    return nil
  }
}
