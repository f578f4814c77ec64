import OperationHistory

/// P12: a watch fires for the first change after it was set, before its session sees that change,
/// and only then.
///
/// It looks at one-shot watches on the connection that they were set on; what a client sets again
/// after a reconnect, and watches that stay, excuse events but demand none.
struct WatchSweep {
  /// A watch that has not fired: of a path, for its data or for its children.
  private struct Key: Hashable {
    var path: Int32
    var isOfChildren: Bool
  }

  private struct Pending {
    /// The request that set it.
    var request: Int32
    /// What it is to tell of; `Int64.max` if nothing, or nobody knows when.
    var zxid: Int64
    var writer: Int32
    /// The reply that came before it fired, though it told of the change; -1 for none.
    var overtaking: Int32 = -1
  }

  private struct Session {
    var pending: [Key: Pending] = [:]
    /// The least zxid of those.
    var next = Int64.max
    /// Whether watches may be set of which no line tells: after a reconnect.
    var isReconnected = false
    /// Whether a border was seen: the first is the session's beginning.
    var hasBegun = false
    var lastEvent = RecordedStat.unknown
  }

  private let columns: ZooKeeperHistory
  private let zxids: [Int64]
  private let replay: Replay
  private(set) var findings: [Finding] = []
  private var sessions: [Session]
  private var setsWatch: [Bool]
  /// The sessions that have watches that stay.
  private var hasLasting: [Bool]
  /// The number of the function that takes watches away; -1 if nobody calls it.
  private let removal: Int

  /// Goes through the lines of all sessions that set watches.
  ///
  /// - Complexity: O(n log n) in the number of their lines.
  init(_ columns: ZooKeeperHistory, zxids: [Int64], replay: Replay) throws(HistoryError) {
    self.columns = columns
    self.zxids = zxids
    self.replay = replay
    sessions = Array(repeating: Session(), count: columns.sessions.count)
    hasLasting = Array(repeating: false, count: columns.sessions.count)
    setsWatch = []
    removal = columns.history.functions.firstIndex(of: "removeWatches") ?? -1
    let isWatched = columns.history.annotations.contains {
      AnnotationFields($0)?["type"] == .string("watch")
    }
    guard isWatched || !columns.watchRequests.isEmpty else { return }
    setsWatch = Array(repeating: false, count: columns.kinds.count)
    var matters = [Bool](repeating: false, count: columns.sessions.count)
    for request in columns.watchRequests {
      setsWatch[Int(request)] = columns.setsWatch(Int(request))
      matters[Int(columns.sessionOf[Int(request)])] = true
    }
    noteLasting()
    for line in try columns.sessionLines(matters: matters) { see(line) }
    for session in sessions.indices { close(session) }
  }

  private mutating func noteLasting() {
    guard let lasting = columns.history.functions.firstIndex(of: "addWatch") else { return }
    for (request, operation) in columns.history.operations.enumerated()
    where Int(operation.function.raw) == lasting {
      hasLasting[Int(columns.sessionOf[request])] = true
    }
  }

  private mutating func see(_ line: SessionLine) {
    let session = Int(line.session)
    switch line.event {
    case .border:
      close(session)
      if sessions[session].hasBegun { sessions[session].isReconnected = true }
      sessions[session].hasBegun = true
    case .removal(let request):
      release(request, session)
    case .reply(let request): reply(request, session)
    case .watch(let change, let path, let zxid): fire(change, path, zxid, line)
    }
  }

  /// A reply that tells of a change must come after the events of that change; then it may set a
  /// watch itself.
  private mutating func reply(_ request: Int32, _ session: Int) {
    // A watch that was asked for before the removal may have been answered only after its call.
    if Int(columns.history.operations[Int(request)].function.raw) == removal {
      release(request, session)
    }
    let zxid = columns.zxids[Int(request)]
    // The end of its own session may be told of in any order.
    if columns.kinds[Int(request)] != .closeSession, zxid >= sessions[session].next {
      for (key, pending) in sessions[session].pending
      where pending.zxid <= zxid && pending.overtaking < 0 {
        sessions[session].pending[key]?.overtaking = request
      }
      updateNext(session)
    }
    guard setsWatch[Int(request)], let part = columns.parts(of: Int(request)).first else { return }
    let key = Key(
      path: columns.pathOf[part], isOfChildren: columns.kinds[Int(request)] == .getChildren)
    guard sessions[session].pending[key] == nil else { return }
    var firing = replay.firings[request] ?? Replay.Firing()
    // Nobody knows when exactly something was done that no reply tells of: of several lost writes the
    // wrong one may have been taken for it.
    if firing.writer < 0 || zxids[Int(firing.writer)] != firing.zxid
      || columns.history.operations[Int(firing.writer)].outcome != .ok
    {
      firing.zxid = .max
    }
    sessions[session].pending[key] = Pending(
      request: request, zxid: firing.zxid, writer: firing.writer)
    sessions[session].next = min(sessions[session].next, firing.zxid)
  }

  /// Until the server has taken a watch away it may fire, but need not.
  private mutating func release(_ removal: Int32, _ session: Int) {
    let path = columns.history.operations[Int(removal)].key
    for key in sessions[session].pending.keys where columns.paths[Int(key.path)] == path {
      sessions[session].pending[key]?.zxid = .max
    }
    updateNext(session)
  }

  private mutating func updateNext(_ session: Int) {
    sessions[session].next =
      sessions[session].pending.values.lazy.filter { $0.overtaking < 0 }.map(\.zxid).min() ?? .max
  }

  private mutating func fire(
    _ change: WatchedChange, _ path: Int32, _ zxid: Int64, _ line: SessionLine
  ) {
    let session = Int(line.session)
    if zxid > 0, zxid < sessions[session].lastEvent {
      var finding = Finding(
        .watches, .watchBackwards, -1, zxid: zxid, expected: sessions[session].lastEvent)
      finding.recorded = Int64(line.line)
      findings.append(finding)
    }
    sessions[session].lastEvent = max(sessions[session].lastEvent, zxid)
    var wasSet = false
    let kinds: [Bool] =
      change == .deleted ? [false, true] : change == .childrenChanged ? [true] : [false]
    for isOfChildren in kinds {
      let key = Key(path: path, isOfChildren: isOfChildren)
      guard let pending = sessions[session].pending.removeValue(forKey: key) else { continue }
      wasSet = true
      if pending.overtaking >= 0 { add(.watchLate, pending, path) }
    }
    updateNext(session)
    let isExcused = sessions[session].isReconnected || hasLasting[session]
    guard !(wasSet || isExcused) || !happened(change, path, zxid) else { return }
    var finding = Finding(.watches, .watchWithoutCause, -1, zxid: zxid)
    finding.path = path
    finding.recorded = Int64(line.line)
    findings.append(finding)
  }

  /// Whether the transaction that an event names may have made it; true if it names none, or one of
  /// which no reply tells: of several lost writes the wrong one may have been taken for it.
  private func happened(_ change: WatchedChange, _ path: Int32, _ zxid: Int64) -> Bool {
    guard zxid > 0, path >= 0 else { return true }
    let order = replay.order.requests
    let place = order.partitioningIndex { zxids[Int($0)] >= zxid }
    guard place < order.count, zxids[Int(order[place])] == zxid else { return true }
    let request = Int(order[place])
    guard columns.kinds[request].isWrite, columns.kinds[request] != .closeSession,
      columns.history.operations[request].outcome == .ok
    else { return true }
    return columns.parts(of: request).contains { part in
      let own = columns.pathOf[part]
      guard own >= 0 else { return false }
      guard change == .childrenChanged else { return own == path }
      // The root is nobody's child, and its children have no parent that a column names.
      let parent = columns.parents[Int(own)]
      return parent == path
        || (parent < 0 && columns.history.values.string(columns.paths[Int(path)])?.count == 1)
    }
  }

  /// The connection has ended: what was overtaken by a reply will not come any more.
  private mutating func close(_ session: Int) {
    for pending in sessions[session].pending.values.sorted(by: { $0.request < $1.request })
    where pending.overtaking >= 0 {
      let part = columns.parts(of: Int(pending.request)).lowerBound
      add(.watchLost, pending, columns.pathOf[part])
    }
    sessions[session].pending = [:]
    sessions[session].next = .max
    sessions[session].lastEvent = RecordedStat.unknown
  }

  private mutating func add(_ kind: Finding.Kind, _ pending: Pending, _ path: Int32) {
    var finding = Finding(
      .watches, kind, pending.overtaking, other: pending.request,
      zxid: columns.zxids[Int(pending.overtaking)], expected: pending.zxid)
    finding.third = pending.writer
    finding.path = path
    findings.append(finding)
  }
}
