import OperationHistory

/// Something that may have happened though no reply says so.
enum UnknownStep: Hashable {
  /// A write whose reply was lost; the path of what a sequential create made, or -1.
  case request(Int32, name: Int32)
  /// The end of a session that nobody closed.
  case end(Int32)
  /// The removal of a container, or of a znode whose time had passed.
  case removal(Int32)
}

/// Writes whose replies were lost, and what servers do by themselves: which of it happened, and
/// when, as far as later replies show.
///
/// A Stat that names a transaction of which no reply tells pins the write that must have been it.
/// What is not pinned stays open until something that was observed needs it.
struct UnknownWrites {
  /// A write of which a Stat shows the zxid.
  struct Pin: Hashable {
    var request: Int32
    var zxid: Int64
    /// The request whose reply shows it.
    var shownBy: Int32
    /// Whether another write could have been it just as well.
    var isAmbiguous: Bool
    /// What it left behind, as far as that is shown: a path, and of its Stat what a write of data
    /// sets.
    var path: Int32
    var stat: RecordedStat
  }

  private let columns: ZooKeeperHistory
  /// Of each request the zxid of its reply, or that it was pinned to.
  private(set) var zxids: [Int64]
  private(set) var pins: [Pin] = []
  /// The unknown writes that concern a path.
  private var byPath: [Int32: [Int32]] = [:]
  /// The unknown sequential creates, by the path that was asked for.
  private var sequential: [ArraySlice<UInt8>: [Int32]] = [:]
  /// The paths of which replies tell what sequential create made them.
  private var answeredNames: Set<Int32> = []
  private var pinnedRequests: Set<Int32> = []
  /// Those that were pinned though another write might have been it just as well.
  private(set) var ambiguousPins: Set<Int32> = []
  /// The sessions that may have owned a path.
  private var owners: [Int32: [Int32]] = [:]
  /// The largest zxid that any reply had before each unknown write was called: its own is larger,
  /// since zxids are given out in order.
  private var floors: [Int32: Int64] = [:]
  /// The same where no read is believed.
  private var floorsOfWrites: [Int32: Int64] = [:]
  /// The last zxid that each session was told.
  private var lastZxids: [Int64]
  private var isClosed: [Bool]
  private let sessionNumbers: [Int64: Int32]
  /// The zxids of transactions that are known, ascending.
  private var claimed: [Int64] = []
  /// The writes of each session in the order of their calls; only where some were lost.
  private var writesOfSession: [[Int32]] = []

  init(_ columns: ZooKeeperHistory, pinning: Bool = true) {
    self.columns = columns
    zxids = columns.zxids
    lastZxids = Array(repeating: .min, count: columns.sessions.count)
    isClosed = Array(repeating: false, count: columns.sessions.count)
    var sessionNumbers: [Int64: Int32] = [:]
    for (number, id) in columns.sessions.enumerated() { sessionNumbers[id] = Int32(number) }
    self.sessionNumbers = sessionNumbers
    var unknown: [Int32] = []
    for request in columns.kinds.indices {
      let operation = columns.history.operations[request]
      let session = Int(columns.sessionOf[request])
      if operation.outcome == .ok {
        lastZxids[session] = max(lastZxids[session], columns.zxids[request])
        if columns.kinds[request] == .closeSession, columns.errors[request] == .none {
          isClosed[session] = true
        }
        guard columns.kinds[request].isWrite else { continue }
        if !columns.hasTransaction(request) {
          zxids[request] = RecordedStat.unknown
        } else if columns.zxids[request] == RecordedStat.unknown {
          unknown.append(Int32(request))
        }
      } else {
        zxids[request] = RecordedStat.unknown
        if operation.outcome == .info, columns.kinds[request].isWrite {
          unknown.append(Int32(request))
        }
      }
    }
    noteOwners()
    defer { noteClaimed() }
    guard !unknown.isEmpty else { return }
    let replies = Acknowledgements(columns, ofAllReplies: true)
    let acknowledged = Acknowledgements(columns)
    for request in unknown {
      let place = columns.history.operations[Int(request)].invocation
      floors[request] = replies.last(before: place)
      floorsOfWrites[request] = acknowledged.last(before: place)
      note(request)
    }
    noteAnsweredNames()
    noteSessions(Set(unknown.map { columns.sessionOf[Int($0)] }))
    if pinning { pin() }
  }

  private mutating func note(_ request: Int32) {
    for part in columns.parts(of: Int(request)) where columns.partKinds[part] != .check {
      let path = columns.pathOf[part]
      if path >= 0 {
        if byPath[path, default: []].last != request { byPath[path, default: []].append(request) }
      } else if let text = columns.history.values.string(columns.prefixes[part]) {
        sequential[text, default: []].append(request)
      }
    }
  }

  private mutating func noteClaimed() {
    for request in columns.kinds.indices
    where columns.kinds[request].isWrite && zxids[request] != RecordedStat.unknown {
      claimed.append(zxids[request])
    }
    claimed.sort()
  }

  /// Whether a transaction came after the first that a request is known to have made, and no request
  /// is known to have made it.
  ///
  /// - Complexity: O(log n).
  func isForeign(_ zxid: Int64) -> Bool {
    guard let first = claimed.first, zxid > first else { return false }
    let place = claimed.partitioningIndex { $0 >= zxid }
    return place == claimed.count || claimed[place] != zxid
  }

  /// How many transactions of which no reply tells there may be between two zxids, the first
  /// excluded.
  ///
  /// - Complexity: O(log n).
  func room(after first: Int64, through last: Int64) -> Int64 {
    guard first < last else { return 0 }
    let known =
      claimed.partitioningIndex { $0 > last } - claimed.partitioningIndex { $0 > first }
    let (all, isOverflow) = last.subtractingReportingOverflow(first)
    return isOverflow ? .max : all - Int64(known)
  }

  /// The last zxid up to one that no known transaction has, so many others left behind it.
  func unclaimed(upTo last: Int64, leaving count: Int) -> Int64 {
    var (zxid, rest) = (last, count)
    var place = claimed.partitioningIndex { $0 > last }
    while zxid > 0 {
      if place > 0, claimed[place - 1] == zxid {
        place -= 1
      } else if rest == 0 {
        return zxid
      } else {
        rest -= 1
      }
      zxid -= 1
    }
    return last
  }

  private mutating func noteSessions(_ sessions: Set<Int32>) {
    writesOfSession = Array(repeating: [], count: columns.sessions.count)
    for request in columns.kinds.indices
    where columns.kinds[request].isWrite && sessions.contains(columns.sessionOf[request]) {
      writesOfSession[Int(columns.sessionOf[request])].append(Int32(request))
    }
  }

  private mutating func noteOwners() {
    for request in columns.kinds.indices where columns.kinds[request].isWrite {
      for part in columns.parts(of: request)
      where columns.partKinds[part] == .create && columns.modes[part] == .ephemeral {
        let (path, session) = (columns.pathOf[part], columns.sessionOf[request])
        if path >= 0, owners[path, default: []].last != session {
          owners[path, default: []].append(session)
        }
      }
    }
  }

  private mutating func noteAnsweredNames() {
    guard !sequential.isEmpty else { return }
    for part in columns.partKinds.indices
    where columns.partKinds[part] == .create && columns.prefixes[part] != .absent
      && columns.pathOf[part] >= 0
    {
      answeredNames.insert(columns.pathOf[part])
    }
  }

  // MARK: Pinning

  /// What replies show of a transaction of which none tells.
  private struct Evidence {
    var path: Int32
    var creates: Bool
    var value: ValueID
    var shownBy: Int32
    var stat: RecordedStat
  }

  private mutating func pin() {
    let evidence = gatherEvidence()
    for zxid in evidence.keys.sorted() {
      guard let shown = evidence[zxid] else { continue }
      var possible: [Int32]?
      for item in shown {
        let matching = candidates(for: item, zxid)
        possible = possible.map { $0.filter(matching.contains) } ?? matching
      }
      guard let possible, let first = best(of: possible, at: zxid), let item = shown.first else {
        continue
      }
      pins.append(
        Pin(
          request: first, zxid: zxid, shownBy: item.shownBy, isAmbiguous: possible.count > 1,
          path: item.path, stat: item.stat))
      zxids[Int(first)] = zxid
      pinnedRequests.insert(first)
      if possible.count > 1 { ambiguousPins.insert(first) }
    }
  }

  /// Of several writes that may have been a transaction, the one that had to happen soonest, among
  /// those that fit between what their sessions wrote before and after.
  private func best(of possible: [Int32], at zxid: Int64) -> Int32? {
    guard possible.count > 1 else { return possible.first }
    let fitting = possible.compactMap { request -> (request: Int32, before: Int64)? in
      let bounds = neighbours(of: request)
      return bounds.after < zxid && zxid < bounds.before ? (request, bounds.before) : nil
    }
    return fitting.min { ($0.before, $0.request) < ($1.before, $1.request) }?.request
      ?? possible.first
  }

  /// The zxids of the writes of the same session around one, as far as they are known.
  private func neighbours(of request: Int32) -> (after: Int64, before: Int64) {
    let writes = writesOfSession[Int(columns.sessionOf[Int(request)])]
    let place = writes.partitioningIndex { $0 >= request }
    func isKnown(_ other: Int32) -> Bool { zxids[Int(other)] != RecordedStat.unknown }
    let before = writes[..<place].last(where: isKnown)
    let after = writes[place...].first { $0 > request && isKnown($0) }
    return (
      before.map { zxids[Int($0)] } ?? .min, after.map { zxids[Int($0)] } ?? .max
    )
  }

  /// By zxid.
  private func gatherEvidence() -> [Int64: [Evidence]] {
    var claimed: Set<Int64> = []
    for request in columns.kinds.indices
    where columns.kinds[request].isWrite && zxids[request] != RecordedStat.unknown {
      claimed.insert(zxids[request])
    }
    var evidence: [Int64: [Evidence]] = [:]
    for request in columns.kinds.indices where columns.history.operations[request].outcome == .ok {
      for part in columns.parts(of: request) where columns.statOf[part] >= 0 {
        let path = columns.pathOf[part]
        guard path >= 0, byPath[path] != nil || !sequential.isEmpty else { continue }
        let stat = columns.stats[Int(columns.statOf[part])]
        let value = columns.partKinds[part] == .getData ? columns.values[part] : .absent
        func add(_ zxid: Int64, creates: Bool, value: ValueID) {
          guard zxid != RecordedStat.unknown, zxid > 0, !claimed.contains(zxid) else { return }
          var shown = RecordedStat()
          if zxid == stat.mzxid {
            shown.czxid = stat.czxid
            shown.version = stat.version
            shown.dataLength = stat.dataLength
          }
          shown.ephemeralOwner = stat.ephemeralOwner
          let item = Evidence(
            path: path, creates: creates, value: value, shownBy: Int32(request), stat: shown)
          let isKnown = evidence[zxid, default: []].contains {
            $0.path == path && $0.creates == creates && ($0.value == value || value == .absent)
          }
          if !isKnown { evidence[zxid, default: []].append(item) }
        }
        add(stat.czxid, creates: true, value: stat.czxid == stat.mzxid ? value : .absent)
        if stat.mzxid != stat.czxid { add(stat.mzxid, creates: false, value: value) }
      }
    }
    return evidence
  }

  /// The unknown writes that may have been the transaction that a Stat names.
  private func candidates(for evidence: Evidence, _ zxid: Int64) -> [Int32] {
    let shown = columns.history.operations[Int(evidence.shownBy)]
    let named = byPath[evidence.path] ?? []
    return (named + creates(ofName: evidence.path)).filter { request in
      guard !pinnedRequests.contains(request), floors[request, default: .max] < zxid,
        columns.history.operations[Int(request)].invocation < shown.completion
      else { return false }
      return columns.parts(of: Int(request)).contains { part in
        guard columns.pathOf[part] == evidence.path || columns.pathOf[part] < 0 else {
          return false
        }
        let kind = columns.partKinds[part]
        guard kind == .create || (kind == .setData && !evidence.creates) else { return false }
        if kind == .create, !owner(of: part, request, mayBe: evidence.stat.ephemeralOwner) {
          return false
        }
        return evidence.value == .absent || columns.values[part] == evidence.value
      }
    }
  }

  /// Whether what a create makes may belong to a session, or to none.
  private func owner(of part: Int, _ request: Int32, mayBe owner: Int64) -> Bool {
    guard owner != RecordedStat.unknown else { return true }
    switch columns.modes[part] {
    case .persistent: return owner == 0
    case .ephemeral:
      let session = columns.sessions[Int(columns.sessionOf[Int(request)])]
      return session == RecordedStat.unknown || session == owner
    case .container, .ttl: return owner < 0
    }
  }

  /// The unknown sequential creates that may have made a name.
  private func creates(ofName path: Int32) -> [Int32] {
    guard !sequential.isEmpty, Int(path) < columns.paths.count, !answeredNames.contains(path),
      let text = columns.history.values.string(columns.paths[Int(path)])
    else { return [] }
    return ZooKeeperHistory.sequentialPrefixes(of: text).flatMap { sequential[$0] ?? [] }
  }

  // MARK: What may explain an observation

  /// The largest zxid that any reply had before a write was called.
  func floor(of request: Int32) -> Int64 { floors[request] ?? .min }

  /// The first write with a known place that a session sent after one, and where it stands; nil if
  /// there is none.
  func nextWrite(after request: Int32) -> (request: Int32, zxid: Int64)? {
    guard !writesOfSession.isEmpty else { return nil }
    let writes = writesOfSession[Int(columns.sessionOf[Int(request)])]
    let place = writes.partitioningIndex { $0 > request }
    return writes[place...].first { zxids[Int($0)] != RecordedStat.unknown }
      .map { ($0, zxids[Int($0)]) }
  }

  /// Whether something may have happened before a zxid, as far as replies tell, those of reads
  /// among them or not.
  func isPossible(
    _ step: UnknownStep, before zxid: Int64, believingReads: Bool = true
  ) -> Bool {
    switch step {
    case .request(let request, _):
      !pinnedRequests.contains(request)
        && (believingReads ? floors : floorsOfWrites)[request, default: .max] < zxid
    case .end(let session): !isClosed[Int(session)] && lastZxids[Int(session)] < zxid
    case .removal: true
    }
  }

  /// What may have to do with a path: unknown writes to it and to what is below it, and the ends of
  /// the sessions that own them, or did.
  func steps(
    concerning path: Int32, _ tree: ReplayTree, placed: Set<UnknownStep>
  ) -> [UnknownStep] {
    guard path >= 0 else { return [] }
    var steps: [UnknownStep] = []
    var ends: Set<Int32> = []
    func add(_ path: Int32) {
      if let request = tree.lostCreate(of: path) { steps.append(.request(request, name: path)) }
      for request in byPath[path] ?? [] { steps.append(.request(request, name: -1)) }
      for request in creates(ofName: path) { steps.append(.request(request, name: path)) }
      let owner = tree.znodes[Int(path)].ephemeralOwner
      if owner > 0, let session = sessionNumbers[owner], ends.insert(session).inserted {
        steps.append(.end(session))
      }
      if owner == RecordedStat.unknown, tree.znodes[Int(path)].exists == true {
        steps.append(.removal(path))
      }
      for session in owners[path] ?? []
      where placed.contains(.end(session)) && ends.insert(session).inserted {
        steps.append(.end(session))
      }
    }
    add(path)
    for child in tree.children(of: path) { add(child) }
    let parent = tree.parents[Int(path)]
    if parent >= 0 {
      for request in byPath[parent] ?? [] { steps.append(.request(request, name: -1)) }
    }
    return steps
  }
}
