import OperationHistory

/// The requests of a history done in zxid order, each compared with its answer.
///
/// Writes take their places by the zxids of their replies, reads theirs behind the writes up to
/// the zxid that they were answered with: a read with zxid z returns the state after z
/// (consistency.md, 0a: measured on Apache's servers without an exception).
///
/// - Complexity: O(n log n) in the size of the history.
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
  private(set) var tree: ReplayTree
  private(set) var unknowns: UnknownWrites
  private(set) var findings: [Finding] = []
  /// Observations that contradict what is known, though what is unknown may explain them.
  private(set) var undecided: [Finding] = []
  /// Of each request the zxid that it stands at: of its reply, or found out; unknown if none.
  private(set) var zxids: [Int64]
  /// Of each read; of other requests nothing.
  private(set) var spans: [Span]
  private var places: [Place] = []
  private var lists = ListCache()

  init(_ columns: ZooKeeperHistory, unknowns: UnknownWrites) {
    self.columns = columns
    self.unknowns = unknowns
    zxids = unknowns.zxids
    spans = Array(repeating: Span(), count: columns.kinds.count)
    tree = ReplayTree(columns, chains: Self.chains(of: columns))
    run()
    resolvePlaces()
  }

  private static func chains(of columns: ZooKeeperHistory) -> Set<ChangeChain> {
    var chains: Set<ChangeChain> = []
    var seen: Set<Int> = []
    for part in columns.partKinds.indices where columns.partKinds[part].isRead {
      let key = Int(columns.partKinds[part].rawValue) << 1 | (columns.statOf[part] < 0 ? 0 : 1)
      // Stats of one file rarely differ in what they hold; those that do are looked at.
      guard columns.statOf[part] >= 0 || seen.insert(key).inserted else { continue }
      let (main, seesChildren) = dependence(of: part, columns)
      chains.insert(main)
      if seesChildren { chains.insert(.children) }
      if chains.count == ChangeChain.allCases.count { break }
    }
    chains.insert(.existence)
    return chains
  }

  /// What the answer of a part of a read depends on: one chain, and perhaps the children too.
  private static func dependence(
    of part: Int, _ columns: ZooKeeperHistory
  ) -> (main: ChangeChain, seesChildren: Bool) {
    guard columns.partErrors[part] == .none else { return (.existence, false) }
    let stat = columns.stat(of: part)
    let seesData = stat.mzxid != RecordedStat.unknown || stat.version != RecordedStat.unknownCount
    let seesAccess =
      stat.aversion != RecordedStat.unknownCount || columns.partKinds[part] == .getACL
    let seesChildren = stat.seesChildren || columns.partKinds[part] == .getChildren
    let seesValue = columns.partKinds[part] == .getData
    let main: ChangeChain =
      switch (seesAccess, seesData) {
      case (true, true): .everything
      case (true, false): seesValue ? .everything : .access
      case (false, true): .data
      case (false, false): seesValue ? .value : .existence
      }
    return (main, seesChildren)
  }

  // MARK: The sweep

  private mutating func run() {
    let order = ZxidOrder(columns, zxids: zxids)
    findings += order.shared
    for request in order.requests {
      let number = Int(request)
      if columns.kinds[number].isWrite {
        write(number)
      } else {
        read(number)
      }
    }
  }

  private mutating func write(_ request: Int) {
    let zxid = zxids[request]
    let isAnswered = columns.history.operations[request].outcome == .ok
    if isAnswered, columns.errors[request] != .none {
      settle(.rightRefusals, request) { replay in replay.refuse(request) }
      return
    }
    if columns.kinds[request] == .closeSession {
      tree.endSession(columns.sessionOf[request], by: request, zxid: zxid)
      unknowns.noteEnd(of: columns.sessionOf[request])
      return
    }
    settle(.legalReplay, request) { replay in replay.perform(request) }
  }

  /// Does the parts of a write that went through; the first thing that contradicts their answers.
  private mutating func perform(_ request: Int) -> ReplayTree.Disagreement? {
    var first: ReplayTree.Disagreement?
    let pin = unknowns.pin(of: request)
    for part in columns.parts(of: request) {
      let problem =
        columns.partKinds[part] == .create
        ? tree.create(part, of: request, zxid: zxids[request], name: pin?.path ?? -1)
        : tree.write(part, of: request, zxid: zxids[request])
      if first == nil { first = problem }
    }
    if first == nil, let pin {
      first = tree.compare(pin.stat, at: pin.path)
    }
    return first
  }

  /// Looks whether a refused write had to be; of a multi, the part that failed after those before.
  private mutating func refuse(_ request: Int) -> ReplayTree.Disagreement? {
    let parts = columns.parts(of: request)
    guard
      let failing = parts.first(where: {
        columns.partErrors[$0] != .none && columns.partErrors[$0] != .runtimeInconsistency
      })
    else { return nil }
    guard failing > parts.lowerBound else { return tree.refuse(failing) }
    let zxid = zxids[request]
    return tree.tentatively { tree in
      for part in parts.lowerBound..<failing {
        if let problem = tree.write(part, of: request, zxid: zxid) { return problem }
      }
      return tree.refuse(failing)
    }
  }

  private mutating func read(_ request: Int) {
    settle(.snapshotReads, request) { replay in
      for part in replay.columns.parts(of: request) {
        if let problem = replay.tree.read(part, lists: &replay.lists) { return problem }
      }
      return nil
    }
    if let wrong = impossibleZxid(request) { findings.append(wrong) }
    for part in columns.parts(of: request) where columns.pathOf[part] >= 0 {
      let path = columns.pathOf[part]
      let (main, seesChildren) = Self.dependence(of: part, columns)
      place(main, path, request)
      if seesChildren { place(.children, path, request) }
    }
  }

  private mutating func place(_ chain: ChangeChain, _ path: Int32, _ request: Int) {
    let change = tree.changes.last(chain, of: path)
    if change >= 0 {
      spans[request].start = max(spans[request].start, tree.changes.zxids[Int(change)])
    }
    places.append(Place(request: Int32(request), path: path, change: change, chain: chain))
  }

  /// Now that all changes are known, where the answers of reads would have ended.
  private mutating func resolvePlaces() {
    for place in places {
      let next = tree.changes.following(place.change, place.chain, of: place.path)
      guard next >= 0 else { continue }
      let request = Int(place.request)
      spans[request].end = min(spans[request].end, tree.changes.zxids[Int(next)])
    }
    places = []
  }

  /// A Stat that tells of a transaction after its own reply's zxid.
  private func impossibleZxid(_ request: Int) -> Finding? {
    for part in columns.parts(of: request) where columns.statOf[part] >= 0 {
      let stat = columns.stats[Int(columns.statOf[part])]
      let fields: [(Finding.Field, Int64)] = [
        (.czxid, stat.czxid), (.mzxid, stat.mzxid), (.pzxid, stat.pzxid),
      ]
      for (field, zxid) in fields where zxid != RecordedStat.unknown && zxid > zxids[request] {
        var finding = Finding(
          property: .snapshotReads, kind: .disagreement, operation: Int32(request))
        finding.zxid = zxids[request]
        finding.path = columns.pathOf[part]
        finding.field = field
        finding.recorded = zxid
        finding.expected = zxids[request]
        return finding
      }
    }
    return nil
  }

  // MARK: What is unknown

  /// Does something with a request; where its answer is contradicted, looks whether writes whose
  /// answers were lost explain it, and does those first.
  private mutating func settle(
    _ property: Property, _ request: Int,
    _ body: (inout Replay) -> ReplayTree.Disagreement?
  ) {
    let mark = tree.beginTrial()
    guard let problem = body(&self) else { return tree.keepTrial() }
    tree.undoTrial(mark)
    let steps = explanation(of: problem, of: request, body)
    for step in steps ?? [] { take(step, before: request) }
    _ = body(&self)
    guard steps == nil else { return }
    let finding = finding(property, request, problem)
    let path = problem.field == .name ? tree.parents[Int(problem.path)] : problem.path
    if unknowns.mayConcern(path, at: zxids[request], tree) {
      undecided.append(finding)
    } else {
      findings.append(finding)
    }
  }

  private func finding(
    _ property: Property, _ request: Int, _ problem: ReplayTree.Disagreement
  ) -> Finding {
    var finding = Finding(property: property, kind: .disagreement, operation: Int32(request))
    finding.zxid = zxids[request]
    finding.path = problem.path
    finding.field = problem.field
    finding.recorded = problem.recorded
    finding.expected = problem.expected
    return finding
  }

  /// Unknown writes that make an answer right if they come before it.
  ///
  /// Any one, two or three; or more of which each brings a count nearer to what was answered.
  private mutating func explanation(
    of problem: ReplayTree.Disagreement, of request: Int,
    _ body: (inout Replay) -> ReplayTree.Disagreement?
  ) -> [UnknownStep]? {
    var beginnings: [[UnknownStep]] = [[]]
    var attempts = 0
    for _ in 0..<3 {
      var longer: [[UnknownStep]] = []
      for beginning in beginnings {
        for candidate in candidates(for: problem, before: request, without: beginning) {
          attempts += 1
          guard attempts < Self.attemptLimit else { return nil }
          let steps = beginning + [candidate]
          switch attempt(steps, before: request, body) {
          case .explained: return steps
          case .impossible: break
          case .contradicted(let rest):
            if let steps = approach(from: steps, rest, problem, before: request, body) {
              return steps
            }
            longer.append(steps)
          }
        }
      }
      beginnings = longer
    }
    return nil
  }

  private static var attemptLimit: Int { 4096 }

  private func candidates(
    for problem: ReplayTree.Disagreement, before request: Int, without taken: [UnknownStep]
  ) -> [UnknownStep] {
    // A name tells of the children that were created before.
    let path = problem.field == .name ? tree.parents[Int(problem.path)] : problem.path
    return unknowns.candidates(for: path, before: zxids[request], tree, without: taken)
  }

  /// What becomes of an answer if some steps come before it.
  private enum Attempt {
    case explained, impossible
    case contradicted(ReplayTree.Disagreement)
  }

  private mutating func attempt(
    _ steps: [UnknownStep], before request: Int,
    _ body: (inout Replay) -> ReplayTree.Disagreement?
  ) -> Attempt {
    let mark = tree.beginTrial()
    defer { tree.undoTrial(mark) }
    for step in steps {
      guard carryOut(step, zxid: zxids[request]) else { return .impossible }
    }
    return body(&self).map { .contradicted($0) } ?? .explained
  }

  /// Adds steps as long as each brings the number in question nearer.
  private mutating func approach(
    from steps: [UnknownStep], _ rest: ReplayTree.Disagreement,
    _ problem: ReplayTree.Disagreement, before request: Int,
    _ body: (inout Replay) -> ReplayTree.Disagreement?
  ) -> [UnknownStep]? {
    var (steps, rest, distance) = (steps, rest, problem.distance)
    while rest.path == problem.path, rest.field == problem.field, rest.distance < distance {
      distance = rest.distance
      var hasStep = false
      for candidate in candidates(for: problem, before: request, without: steps) {
        switch attempt(steps + [candidate], before: request, body) {
        case .explained: return steps + [candidate]
        case .contradicted(let next) where next.distance < distance:
          steps.append(candidate)
          rest = next
          hasStep = true
        case .contradicted, .impossible: continue
        }
        break
      }
      guard hasStep else { return nil }
    }
    return nil
  }

  /// Does an unknown write in the tree; false if it would have been refused.
  private mutating func carryOut(_ step: UnknownStep, zxid: Int64) -> Bool {
    let columns = columns
    return tree.undated { tree in
      switch step {
      case .request(let request, let name):
        return columns.parts(of: Int(request)).allSatisfy { part in
          columns.pathOf[part] < 0 && columns.partKinds[part] == .create
            ? tree.create(part, of: Int(request), zxid: zxid, name: name) == nil
            : tree.write(part, of: Int(request), zxid: zxid) == nil
        }
      case .end(let session): tree.endSession(session, by: -1, zxid: zxid)
      case .removal(let path): tree.removeUnasked(path, zxid: zxid)
      }
      return true
    }
  }

  private mutating func take(_ step: UnknownStep, before request: Int) {
    _ = carryOut(step, zxid: zxids[request])
    unknowns.use(step, explaining: Int32(request))
  }
}
