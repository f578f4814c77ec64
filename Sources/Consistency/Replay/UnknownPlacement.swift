import OperationHistory

/// Finds where writes whose answers were lost, ends of sessions that nobody closed and removals by
/// servers must have happened, so that what was observed is right.
///
/// Paths that have nothing to do with one another are looked at apart: those that one request names,
/// parents and children, and the ephemeral znodes of one session belong together.
struct UnknownPlacement {
  private let columns: ZooKeeperHistory
  private let unknowns: UnknownWrites
  private let order: [Int32]
  private let fresh: RequestReplay
  private var groups: PathGroups
  /// What must have happened before which request.
  private(set) var placed: [Int32: [UnknownStep]] = [:]
  /// The zxid behind which each lost write among them must have happened.
  private(set) var earliest: [Int32: Int64] = [:]
  /// The groups of which nobody knows whether what is unknown explains them.
  private var openGroups: Set<Int32> = []
  /// The requests whose answers nothing explains, whatever is not known of their groups.
  private var certain: Set<Int32> = []
  /// The writes whose answers are possible but for what reads saw.
  private(set) var contradictedByReads: Set<Int32> = []
  /// Those among them that other writes may contradict as well.
  private(set) var perhapsContradictedByWrites: Set<Int32> = []

  init(
    _ columns: ZooKeeperHistory, unknowns: UnknownWrites, order: [Int32], fresh: RequestReplay
  ) {
    self.columns = columns
    self.unknowns = unknowns
    self.order = order
    self.fresh = fresh
    groups = PathGroups(columns, fresh.tree)
  }

  /// Explains what is wrong with the answers of some requests, as far as that can be.
  mutating func explain(_ troubled: [Int32]) {
    var seen: Set<Int32> = []
    var inTrouble: [Int32] = []
    for request in troubled {
      guard let group = groups.group(of: Int(request)), seen.insert(group).inserted else {
        continue
      }
      inTrouble.append(group)
    }
    guard !inTrouble.isEmpty else { return }
    var events: [Int32: [Int32]] = [:]
    for request in order {
      if let group = groups.group(of: Int(request)), seen.contains(group) {
        events[group, default: []].append(request)
      }
    }
    for group in inTrouble {
      var search = PlacementSearch(
        events: events[group] ?? [], unknowns: unknowns, replay: fresh)
      let outcome = search.run()
      placed.merge(outcome.placed) { $0 + $1 }
      earliest.merge(outcome.earliest) { max($0, $1) }
      blameReads(outcome.violations, events[group] ?? [])
      // Perhaps another write was the one that a Stat shows.
      let isAmbiguous = unknowns.ambiguousPins.contains { groups.group(of: Int($0)) == group }
      if !isAmbiguous { certain.formUnion(outcome.violations) }
      if isAmbiguous || outcome.isOpen { openGroups.insert(group) }
    }
  }

  /// Looks whether answers of writes contradict one another even if no read is believed; where they
  /// do not, it is the reads that cannot be.
  private mutating func blameReads(_ violations: [Int32], _ events: [Int32]) {
    let writes = violations.filter { columns.kinds[Int($0)].isWrite }
    guard !writes.isEmpty else { return }
    var search = PlacementSearch(
      events: events.filter { columns.kinds[Int($0)].isWrite }, unknowns: unknowns,
      replay: fresh, believesReads: false)
    let outcome = search.run()
    let sure = Set(outcome.violations)
    for write in writes where !sure.contains(write) {
      contradictedByReads.insert(write)
      if outcome.isOpen { perhapsContradictedByWrites.insert(write) }
    }
  }

  /// Whether nobody knows if what is wrong with an answer can be explained.
  func isOpen(_ request: Int32) -> Bool {
    guard !certain.contains(request), let group = groups.group(of: Int(request)) else {
      return false
    }
    return openGroups.contains(group)
  }
}

/// Which paths have to do with one another.
struct PathGroups {
  private let columns: ZooKeeperHistory
  private let nameless: [Int: Int32]
  private var leaders: [Int32]

  init(_ columns: ZooKeeperHistory, _ tree: ReplayTree) {
    self.columns = columns
    nameless = tree.namelessPaths
    leaders = Array(0..<Int32(tree.parents.count))
    ephemeralOf = Array(repeating: -1, count: columns.sessions.count)
    for (path, parent) in tree.parents.enumerated() where parent >= 0 {
      join(Int32(path), parent)
    }
    for request in columns.kinds.indices {
      var first: Int32 = -1
      let session = Int(columns.sessionOf[request])
      for part in columns.parts(of: request) {
        let path = path(of: part)
        guard path >= 0 else { continue }
        if first < 0 { first = path } else { join(first, path) }
        guard columns.partKinds[part] == .create, columns.modes[part] == .ephemeral else {
          continue
        }
        if ephemeralOf[session] < 0 {
          ephemeralOf[session] = path
        } else {
          join(ephemeralOf[session], path)
        }
      }
    }
    for path in leaders.indices { leaders[path] = leader(Int32(path)) }
  }

  /// One path of an ephemeral znode of each session; -1 for none.
  private var ephemeralOf: [Int32]

  private mutating func leader(_ path: Int32) -> Int32 {
    var path = path
    while leaders[Int(path)] != path {
      leaders[Int(path)] = leaders[Int(leaders[Int(path)])]
      path = leaders[Int(path)]
    }
    return path
  }

  private mutating func join(_ left: Int32, _ right: Int32) {
    let (left, right) = (leader(left), leader(right))
    if left != right { leaders[Int(max(left, right))] = min(left, right) }
  }

  /// The group of the paths of a request; nil if it names none.
  func group(of request: Int) -> Int32? {
    if columns.kinds[request] == .closeSession {
      let path = ephemeralOf[Int(columns.sessionOf[request])]
      return path < 0 ? nil : leaders[Int(path)]
    }
    for part in columns.parts(of: request) {
      let path = path(of: part)
      if path >= 0 { return leaders[Int(path)] }
    }
    return nil
  }

  private func path(of part: Int) -> Int32 {
    columns.pathOf[part] < 0 ? nameless[part] ?? -1 : columns.pathOf[part]
  }
}
