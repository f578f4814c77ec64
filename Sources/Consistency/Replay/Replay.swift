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

  /// A transaction that a watch is to tell of.
  struct Firing {
    var zxid = Int64.max
    /// The request that made it; -1 if none is known to.
    var writer: Int32 = -1
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
  /// The zxid behind which each lost write among that must have happened.
  private(set) var earliest: [Int32: Int64] = [:]
  /// The first transaction that each watch that was set is to tell of.
  private(set) var firings: [Int32: Firing] = [:]
  /// What has a zxid, in the order in which it is done.
  let order: ZxidOrder
  private var replay: RequestReplay
  private var places: [Place] = []
  private var watchPlaces: [Place] = []
  /// Which requests set a watch; empty if none does.
  private var setsWatch: [Bool] = []
  private var classification: Classification?

  /// Replays a history.
  init(_ columns: ZooKeeperHistory, unknowns: UnknownWrites) {
    self.columns = columns
    self.unknowns = unknowns
    spans = Array(repeating: Span(), count: columns.kinds.count)
    order = ZxidOrder(columns, zxids: unknowns.zxids)
    var chains = ReadDependence.chains(of: columns)
    if !columns.watchRequests.isEmpty {
      chains.formUnion([.data, .existence, .children])
      setsWatch = Array(repeating: false, count: columns.kinds.count)
      for request in columns.watchRequests { setsWatch[Int(request)] = true }
    }
    replay = RequestReplay(columns, unknowns: unknowns, chains: chains)
    let fresh = replay
    var problems = run()
    if !problems.isEmpty {
      classification = Classification(
        columns, zxids: unknowns.zxids, order: order.requests)
      var placement = UnknownPlacement(
        columns, unknowns: unknowns, order: order.requests, fresh: fresh)
      placement.explain(problems.map(\.operation))
      placed = placement.placed
      earliest = placement.earliest
      replay = fresh
      spans = Array(repeating: Span(), count: columns.kinds.count)
      problems = run()
      for var problem in problems {
        if placement.perhapsContradictedByWrites.contains(problem.operation) {
          undecided.append(problem)
        }
        if placement.contradictedByReads.contains(problem.operation) {
          problem.property = .snapshotReads
          problem.general = .snapshotReads
        }
        // What a Stat says of a lost write is an answer to the one who read it.
        if columns.history.operations[Int(problem.operation)].outcome != .ok { continue }
        if placement.isOpen(problem.operation) {
          undecided.append(problem)
        } else {
          findings.append(problem)
        }
      }
      classification = nil
    }
    resolvePlaces()
    findTornMultis()
    findings = order.shared + findings
  }

  // MARK: The sweep

  /// Does everything in order; what contradicts an answer.
  private mutating func run() -> [Finding] {
    places = []
    watchPlaces = []
    var problems: [Finding] = []
    for request in order.requests {
      if !placed.isEmpty {
        let steps = placed[request] ?? []
        for (index, step) in steps.enumerated() {
          // As late as it can have been: at a zxid that no known transaction has.
          let zxid = unknowns.unclaimed(
            upTo: replay.zxids[Int(request)], leaving: steps.count - 1 - index)
          _ = replay.carryOut(step, before: zxid)
        }
      }
      let isRead = columns.kinds[Int(request)].isRead
      let impossible = isRead ? impossibleZxid(Int(request)) : nil
      if let problem = impossible ?? replay.carryOut(Int(request)) {
        problems.append(finding(request, problem))
      }
      if isRead { notePlaces(Int(request)) }
    }
    return problems
  }

  private func finding(_ request: Int32, _ problem: ReplayTree.Disagreement) -> Finding {
    let property = replay.property(of: Int(request))
    return classification?.finding(request, problem, property, replay.tree)
      ?? Finding(property, .disagreement, request)
  }

  /// A lost part of a multi of which another part was seen is a multi torn apart (P15).
  private mutating func findTornMultis() {
    var culprits: Set<Int32> = []
    for finding in findings where finding.kind == .lost {
      let other = Int(finding.other)
      if columns.kinds[other] == .multi, columns.changingParts(of: other) > 1 {
        culprits.insert(finding.other)
      }
    }
    guard !culprits.isEmpty else { return }
    var byZxid: [Int64: Int32] = [:]
    for culprit in culprits { byZxid[unknowns.zxids[Int(culprit)]] = culprit }
    let troubled = Set(findings.lazy.map(\.operation))
    var seen: [Int32: Int32] = [:]
    for request in spans.indices where spans[request].start > .min {
      guard let multi = byZxid[spans[request].start], !troubled.contains(Int32(request)) else {
        continue
      }
      seen[multi] = seen[multi] ?? Int32(request)
    }
    for index in findings.indices where findings[index].kind == .lost {
      guard let witness = seen[findings[index].other] else { continue }
      findings[index].property = .atomicMulti
      findings[index].kind = .torn
      findings[index].third = witness
    }
  }

  private mutating func notePlaces(_ request: Int) {
    if !setsWatch.isEmpty, setsWatch[request] { noteWatch(request) }
    for part in columns.parts(of: request) where columns.pathOf[part] >= 0 {
      let path = columns.pathOf[part]
      // Field by field: to hand over all columns would count references to each of them.
      let stat = columns.statOf[part]
      let dependence = ReadDependence(
        columns.partKinds[part], error: columns.partErrors[part],
        stat: stat < 0 ? RecordedStat() : columns.stats[Int(stat)])
      place(dependence.main, path, request)
      if dependence.seesChildren { place(.children, path, request) }
    }
  }

  /// A watch of `exists` and `getData` is for the data, and for the znode's coming and going; one of
  /// `getChildren` for the children and the znode's end.
  private mutating func noteWatch(_ request: Int) {
    guard let part = columns.parts(of: request).first, columns.setsWatch(request) else { return }
    let path = columns.pathOf[part]
    let chains: [ChangeChain] =
      columns.kinds[request] == .getChildren ? [.children, .existence] : [.data]
    for chain in chains {
      watchPlaces.append(
        Place(
          request: Int32(request), path: path,
          change: replay.tree.changes.last(chain, of: path), chain: chain))
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
    for place in watchPlaces {
      let next = changes.following(place.change, place.chain, of: place.path)
      guard next >= 0 else { continue }
      let zxid = changes.zxids[Int(next)]
      if zxid < firings[place.request, default: Firing()].zxid {
        firings[place.request] = Firing(zxid: zxid, writer: changes.requests[Int(next)])
      }
    }
    watchPlaces = []
  }

  /// A Stat that tells of a transaction after its own reply's zxid.
  private func impossibleZxid(_ request: Int) -> ReplayTree.Disagreement? {
    let own = replay.zxids[request]
    for part in columns.parts(of: request) where columns.statOf[part] >= 0 {
      let stat = columns.stats[Int(columns.statOf[part])]
      let path = columns.pathOf[part]
      if stat.czxid > own {
        return .init(path: path, field: .czxid, recorded: stat.czxid, expected: own)
      }
      if stat.mzxid > own {
        return .init(path: path, field: .mzxid, recorded: stat.mzxid, expected: own)
      }
      if stat.pzxid > own {
        return .init(path: path, field: .pzxid, recorded: stat.pzxid, expected: own)
      }
    }
    return nil
  }
}
