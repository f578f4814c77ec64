import OperationHistory

/// Looks for places of unknown writes among the requests of one group of paths.
///
/// It starts with none. Where an answer is contradicted, whatever may have to do with its path is
/// tried: directly before the answer first, then earlier; and what stands somewhere is tried
/// elsewhere, or not at all. Whatever comes farthest is gone on with.
struct PlacementSearch {
  struct Outcome {
    /// What happened before which request.
    var placed: [Int32: [UnknownStep]] = [:]
    /// Requests whose answers nothing that is unknown explains.
    var violations: [Int32] = []
    /// The zxid behind which each lost write must have happened, as far as its paths tell.
    var earliest: [Int32: Int64] = [:]
    /// Whether there may be a way, from some request on, that was not found.
    var isOpen = false
  }

  /// An unknown step before an event, by number.
  private struct Placement: Hashable {
    var event: Int32
    var step: UnknownStep
  }

  /// What tells attempts apart.
  private struct Fingerprint: Hashable {
    private var low: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var high: UInt64 = 0xD1B5_4A32_D192_ED03

    init(_ placements: [Placement]) {
      for placement in placements {
        fold(UInt64(UInt32(bitPattern: placement.event)))
        let (first, second) = placement.step.number
        fold(UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second)))
      }
    }

    /// Two of the mixing steps of MurmurHash3, with constants of their own.
    private mutating func fold(_ value: UInt64) {
      low = (low ^ value) &* 0xFF51_AFD7_ED55_8CCD
      low ^= low >> 32
      high = (high ^ value) &* 0xC4CE_B9FE_1A85_EC53
      high ^= high >> 29
    }

    func hash(into hasher: inout Hasher) { hasher.combine(low) }
  }

  private struct Attempt {
    /// In the order of the events.
    var placements: [Placement]
    /// How far what it was made of came.
    var reached: Int
    /// How far off it is from what is likely.
    var cost: Int
    /// Of equally good ones the oldest is gone on with.
    var number: Int

    func isBefore(_ other: Self) -> Bool {
      (-reached, cost, number) < (-other.reached, other.cost, other.number)
    }
  }

  private let events: [Int32]
  /// Whether what reads were answered limits where writes may have been done.
  private let believesReads: Bool
  private let unknowns: UnknownWrites
  private var replay: RequestReplay
  private let columns: ZooKeeperHistory
  private var queue = Heap<Attempt> { $0.isBefore($1) }
  /// Fingerprints: with twice 64 bits two attempts that differ are taken for one hardly ever.
  private var seen: Set<Fingerprint> = []
  /// What stands at present, and where each event that was done began.
  private var current: [Placement] = []
  private var marks: [Int] = []
  private var work = 0
  private var isExhaustive = true
  /// The events whose answers cannot be explained: they are done, and not compared.
  private var ignored: Set<Int> = []
  /// The attempt that came farthest.
  private var farthest: (event: Int, placements: [Placement]) = (-1, [])

  private static var workLimit: Int { 400_000 }
  private static var attemptLimit: Int { 3_000 }
  private static var earlierPlaces: Int { 8 }
  private static var longestLookBack: Int { 20_000 }

  init(
    events: [Int32], unknowns: UnknownWrites, replay: RequestReplay, believesReads: Bool = true
  ) {
    self.believesReads = believesReads
    self.events = events
    self.unknowns = unknowns
    self.replay = replay
    self.replay.tree.startJournal()
    columns = replay.columns
  }

  /// Searches until everything is explained, nothing is left to try, or it takes too long.
  mutating func run() -> Outcome {
    queue.insert(Attempt(placements: [], reached: 0, cost: 0, number: 0))
    var attempts = 0
    while true {
      guard let next = queue.popFirst() else {
        guard isExhaustive, farthest.event >= 0 else { return outcome(farthest.placements, true) }
        ignore(farthest.event)
        continue
      }
      attempts += 1
      guard work < Self.workLimit + events.count, attempts < Self.attemptLimit else {
        return outcome(farthest.placements, true)
      }
      guard let end = try_(next.placements) else { continue }
      guard let problem = end.problem else { return outcome(next.placements, false) }
      if end.event > farthest.event { farthest = (end.event, next.placements) }
      extend(next, end.event, problem)
    }
  }

  /// Goes on as if an answer that cannot be explained had not been given.
  private mutating func ignore(_ event: Int) {
    ignored.insert(event)
    seen = []
    rewind(to: event)
    let starts = farthest.placements.isEmpty ? [[]] : [farthest.placements, []]
    for (number, placements) in starts.enumerated() {
      queue.insert(Attempt(placements: placements, reached: event, cost: 0, number: number))
    }
    farthest = (-1, [])
  }

  private func outcome(_ placements: [Placement], _ isOpen: Bool) -> Outcome {
    var outcome = Outcome(isOpen: isOpen)
    for placement in placements {
      outcome.placed[events[Int(placement.event)], default: []].append(placement.step)
      if case .request(let request, let name) = placement.step {
        outcome.earliest[request] = start(of: request, name, before: Int(placement.event))
      }
    }
    outcome.violations = ignored.sorted().map { events[$0] }
    return outcome
  }

  // MARK: Trying

  private struct End {
    var event: Int
    var problem: ReplayTree.Disagreement?
  }

  /// Does the events with steps between; where an answer is contradicted, or nil if a step is not
  /// possible where it stands.
  private mutating func try_(_ placements: [Placement]) -> End? {
    rewind(to: firstDifference(placements))
    current = placements
    var next = placements.partitioningIndex { Int($0.event) >= marks.count }
    while marks.count < events.count {
      let event = marks.count
      let request = Int(events[event])
      marks.append(replay.tree.mark)
      work += 1
      while next < placements.count, Int(placements[next].event) == event {
        guard replay.carryOut(placements[next].step, before: replay.zxids[request]) else {
          return nil
        }
        next += 1
      }
      let mark = replay.tree.mark
      if let problem = replay.carryOut(request), !ignored.contains(event) {
        replay.tree.undo(to: mark)
        return End(event: event, problem: problem)
      }
    }
    return End(event: events.count, problem: nil)
  }

  /// The first event before which other steps stand than at present.
  private func firstDifference(_ placements: [Placement]) -> Int {
    for (old, new) in zip(current, placements) where old != new {
      return Int(min(old.event, new.event))
    }
    guard current.count != placements.count else { return events.count }
    let longer = current.count > placements.count ? current : placements
    return Int(longer[min(current.count, placements.count)].event)
  }

  private mutating func rewind(to event: Int) {
    // The last event that was begun may have ended in a contradiction.
    let event = min(event, max(0, marks.count - 1))
    while marks.count > event, let mark = marks.popLast() { replay.tree.undo(to: mark) }
  }

  // MARK: What to try next

  private mutating func extend(
    _ attempt: Attempt, _ event: Int, _ problem: ReplayTree.Disagreement
  ) {
    // A name tells of the children that were created before.
    let path = problem.field == .name ? replay.tree.parents[Int(problem.path)] : problem.path
    let placedSteps = Dictionary(
      attempt.placements.enumerated().map { ($1.step, $0) }, uniquingKeysWith: { $1 })
    let relevant = unknowns.steps(concerning: path, replay.tree, placed: Set(placedSteps.keys))
    let places = places(upTo: event, path, besides: attempt.placements)
    if let bundle = bundle(of: relevant, besides: placedSteps, event, problem) {
      let index = attempt.placements.partitioningIndex { $0.event > bundle[0].event }
      var with = attempt.placements
      with.insert(contentsOf: bundle, at: index)
      let rare = bundle.count { comesBack($0.step, at: event) }
      push(with, event, attempt.cost + 1 + 20 * rare)
    }
    for step in relevant {
      if concernsSeveralPaths(step) { isExhaustive = false }
      if let old = placedSteps[step] {
        var without = attempt.placements
        without.remove(at: old)
        push(without, event, attempt.cost + 4)
        continue
      }
      // Another name for the same request.
      let base = attempt.placements.filter { !$0.step.isSameRequest(as: step) }
      for (distance, place) in places.enumerated() {
        guard isPossible(step, before: replay.zxids[Int(events[place])]) else { break }
        guard hasRoom(for: 1, at: place, besides: base) else { continue }
        let placement = Placement(event: Int32(place), step: step)
        let index = base.partitioningIndex { $0.event > placement.event }
        var with = base
        with.insert(placement, at: index)
        let renaming = base.count < attempt.placements.count ? 3 : 0
        let cost = 2 + distance + renaming + (comesBack(step, at: place) ? 20 : 0)
        push(with, event, attempt.cost + cost)
      }
    }
  }

  /// As many alike writes directly before an event as a count is too low there, those first that
  /// their sessions have not overtaken; nil if there are not so many.
  ///
  /// One by one they would be found only after all combinations of fewer.
  private func bundle(
    of steps: [UnknownStep], besides placed: [UnknownStep: Int], _ event: Int,
    _ problem: ReplayTree.Disagreement
  ) -> [Placement]? {
    let kind: OperationKind
    switch problem.field {
    case .version: kind = .setData
    case .name, .cversion: kind = .create
    default: return nil
    }
    let needed = problem.recorded - problem.expected
    guard needed > 0, needed <= Int64(steps.count) else { return nil }
    let zxid = replay.zxids[Int(events[event])]
    let alike = steps.filter { step in
      guard case .request(let request, let name) = step, placed[step] == nil, name != problem.path
      else { return false }
      let parts = columns.parts(of: Int(request))
      return parts.count == 1 && columns.partKinds[parts.lowerBound] == kind
        && (kind == .create || columns.expectedVersions[parts.lowerBound] == -1)
        && isPossible(step, before: zxid)
    }
    guard alike.count >= needed,
      hasRoom(for: Int(needed), at: event, besides: current)
    else { return nil }
    let likely = alike.filter { !comesBack($0, at: event) }
    let rare = alike.filter { comesBack($0, at: event) }
    return (likely + rare).prefix(Int(needed)).map { Placement(event: Int32(event), step: $0) }
  }

  private func isPossible(_ step: UnknownStep, before zxid: Int64) -> Bool {
    unknowns.isPossible(step, before: zxid, believingReads: believesReads)
  }

  /// Whether there are zxids for so many more steps between an event and the one before it.
  private func hasRoom(for count: Int, at place: Int, besides placed: [Placement]) -> Bool {
    let zxid = replay.zxids[Int(events[place])]
    let before = place == 0 ? 0 : replay.zxids[Int(events[place - 1])]
    let already = placed.count { Int($0.event) == place }
    return unknowns.room(after: before, through: zxid) >= Int64(already + count)
  }

  /// Whether a write would be done after one that its session sent later: possible, but rare.
  private func comesBack(_ step: UnknownStep, at place: Int) -> Bool {
    guard case .request(let request, _) = step, let next = unknowns.nextWrite(after: request) else {
      return false
    }
    return next.zxid < replay.zxids[Int(events[place])]
  }

  /// Whether a step's place matters for other paths than the one that it is tried for, so that
  /// not every place that matters is tried.
  private func concernsSeveralPaths(_ step: UnknownStep) -> Bool {
    switch step {
    case .request(let request, _):
      columns.parts(of: Int(request)).count > 1 || columns.kinds[Int(request)] == .closeSession
    case .end(let session): replay.tree.ephemerals(of: session).count > 1
    case .removal: false
    }
  }

  /// The events before which something may have happened to a path, the latest first: of events
  /// between which nothing has to do with the path, one that has room before it.
  private mutating func places(
    upTo event: Int, _ path: Int32, besides placed: [Placement]
  ) -> [Int] {
    var places: [Int] = []
    var isOpen = true
    for earlier in stride(from: event, through: 0, by: -1) {
      if earlier < event, concerns(earlier, path) { isOpen = true }
      guard isOpen, hasRoom(for: 1, at: earlier, besides: []) else { continue }
      guard hasRoom(for: 1, at: earlier, besides: placed) else {
        // What is there might as well be elsewhere.
        isExhaustive = false
        continue
      }
      guard places.count <= Self.earlierPlaces, event - earlier < Self.longestLookBack else {
        isExhaustive = false
        break
      }
      places.append(earlier)
      isOpen = false
    }
    return places
  }

  /// The zxid of the last event before one that has to do with a write's paths.
  private func start(of request: Int32, _ name: Int32, before event: Int) -> Int64 {
    var paths = columns.parts(of: Int(request)).map { columns.pathOf[$0] }
    paths.append(name)
    let last = (max(0, event - Self.longestLookBack)..<event).last { earlier in
      paths.contains { $0 >= 0 && concerns(earlier, $0) }
    }
    return last.map { replay.zxids[Int(events[$0])] } ?? .min
  }

  private func concerns(_ event: Int, _ path: Int32) -> Bool {
    let request = Int(events[event])
    if columns.kinds[request] == .closeSession { return true }
    return columns.parts(of: request).contains { part in
      let other = columns.pathOf[part]
      return other >= 0
        && (other == path || replay.tree.parents[Int(other)] == path
          || replay.tree.parents[Int(path)] == other)
    }
  }

  private mutating func push(_ placements: [Placement], _ reached: Int, _ cost: Int) {
    guard seen.insert(Fingerprint(placements)).inserted else { return }
    queue.insert(
      Attempt(placements: placements, reached: reached, cost: cost, number: seen.count))
  }
}

extension UnknownStep {
  /// Two numbers that no other step has.
  fileprivate var number: (Int32, Int32) {
    switch self {
    case .request(let request, let name): (request, name)
    case .end(let session): (session, -2)
    case .removal(let path): (path, -3)
    }
  }

  /// Whether both are one request, whatever name it made.
  func isSameRequest(as other: UnknownStep) -> Bool {
    if case .request(let own, _) = self, case .request(let others, _) = other {
      return own == others
    }
    return self == other
  }
}
