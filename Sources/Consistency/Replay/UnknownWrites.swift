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
  private var pinOf: [Int32: Int32] = [:]
  /// What was found to have happened because something observed needs it, and by which request.
  private(set) var explained: [(step: UnknownStep, by: Int32)] = []
  /// The unknown writes that concern a path.
  private var byPath: [Int32: [Int32]] = [:]
  /// The unknown sequential creates, by the path that was asked for.
  private var sequential: [ArraySlice<UInt8>: [Int32]] = [:]
  private var used: Set<UnknownStep> = []
  private var usedRequests: Set<Int32> = []
  /// The largest zxid that was acknowledged before each unknown write was called.
  private var floors: [Int32: Int64] = [:]
  /// The last zxid that each session was told.
  private var lastZxids: [Int64]
  private var hasEnded: [Bool]
  private let sessionNumbers: [Int64: Int32]

  init(_ columns: ZooKeeperHistory, acknowledged: Acknowledgements, pinning: Bool = true) {
    self.columns = columns
    zxids = columns.zxids
    lastZxids = Array(repeating: .min, count: columns.sessions.count)
    hasEnded = Array(repeating: false, count: columns.sessions.count)
    var sessionNumbers: [Int64: Int32] = [:]
    for (number, id) in columns.sessions.enumerated() { sessionNumbers[id] = Int32(number) }
    self.sessionNumbers = sessionNumbers
    var unknown: [Int32] = []
    for request in columns.kinds.indices {
      let operation = columns.history.operations[request]
      let session = Int(columns.sessionOf[request])
      if operation.outcome == .ok {
        lastZxids[session] = max(lastZxids[session], columns.zxids[request])
        if columns.kinds[request].isWrite, columns.zxids[request] == RecordedStat.unknown {
          unknown.append(Int32(request))
        }
      } else {
        zxids[request] = RecordedStat.unknown
        if operation.outcome == .info, columns.kinds[request].isWrite {
          unknown.append(Int32(request))
        }
      }
    }
    guard !unknown.isEmpty else { return }
    for request in unknown {
      floors[request] = acknowledged.last(
        before: columns.history.operations[Int(request)].invocation)
      note(request)
    }
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
      guard let possible, let first = possible.first, let item = shown.first else { continue }
      pins.append(
        Pin(
          request: first, zxid: zxid, shownBy: item.shownBy, isAmbiguous: possible.count > 1,
          path: item.path, stat: item.stat))
      pinOf[first] = Int32(pins.count - 1)
      zxids[Int(first)] = zxid
      usedRequests.insert(first)
    }
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
      guard !usedRequests.contains(request), floors[request, default: .max] < zxid,
        columns.history.operations[Int(request)].invocation < shown.completion
      else { return false }
      return columns.parts(of: Int(request)).contains { part in
        guard columns.pathOf[part] == evidence.path || columns.pathOf[part] < 0 else {
          return false
        }
        let kind = columns.partKinds[part]
        guard kind == .create || (kind == .setData && !evidence.creates) else { return false }
        return evidence.value == .absent || columns.values[part] == evidence.value
      }
    }
  }

  /// The unknown sequential creates that may have made a name: what was asked for, and the number
  /// of ten characters that ZooKeeper appends (eleven for the least of all numbers).
  private func creates(ofName path: Int32) -> [Int32] {
    guard !sequential.isEmpty,
      let text = columns.history.values.string(columns.paths[Int(path)])
    else { return [] }
    return [10, 11].flatMap { length -> [Int32] in
      let suffix = text.suffix(length)
      let digits = suffix.first == UInt8(ascii: "-") ? suffix.dropFirst() : suffix
      guard suffix.count == length, digits.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else {
        return []
      }
      return sequential[text.dropLast(length)] ?? []
    }
  }

  // MARK: What may explain an observation

  /// The steps that may have changed a path before a zxid.
  func candidates(
    for path: Int32, before zxid: Int64, _ tree: ReplayTree, without taken: [UnknownStep]
  ) -> [UnknownStep] {
    guard path >= 0 else { return [] }
    return steps(concerning: path, tree).filter {
      isPossible($0, before: zxid) && !taken.contains($0)
    }
  }

  private func isPossible(_ step: UnknownStep, before zxid: Int64) -> Bool {
    guard !used.contains(step) else { return false }
    return switch step {
    case .request(let request, _):
      !usedRequests.contains(request) && floors[request, default: .max] < zxid
    case .end(let session): !hasEnded[Int(session)] && lastZxids[Int(session)] < zxid
    case .removal: true
    }
  }

  private func steps(concerning path: Int32, _ tree: ReplayTree) -> [UnknownStep] {
    var steps: [UnknownStep] = []
    func add(_ path: Int32) {
      for request in byPath[path] ?? [] { steps.append(.request(request, name: -1)) }
      for request in creates(ofName: path) { steps.append(.request(request, name: path)) }
      let owner = tree.znodes[Int(path)].ephemeralOwner
      if owner > 0, let session = sessionNumbers[owner] { steps.append(.end(session)) }
      if owner == RecordedStat.unknown, tree.znodes[Int(path)].exists == true {
        steps.append(.removal(path))
      }
    }
    add(path)
    for child in tree.children(of: path) { add(child) }
    return steps
  }

  /// Whether something unknown may have to do with what is observed of a path at a zxid.
  func mayConcern(_ path: Int32, at zxid: Int64, _ tree: ReplayTree) -> Bool {
    guard path >= 0 else { return !byPath.isEmpty || !sequential.isEmpty }
    return steps(concerning: path, tree).contains {
      used.contains($0) || isPossible($0, before: zxid)
    }
  }

  /// Notes that something happened, because a request's answer needs it.
  mutating func use(_ step: UnknownStep, explaining request: Int32) {
    explained.append((step, request))
    switch step {
    case .request(let number, _): usedRequests.insert(number)
    case .end(let session): hasEnded[Int(session)] = true
    case .removal: break
    }
    used.insert(step)
  }

  /// The pin of a write, if it was pinned.
  func pin(of request: Int) -> Pin? {
    pinOf[Int32(request)].map { pins[Int($0)] }
  }

  /// Notes that a session was closed.
  mutating func noteEnd(of session: Int32) {
    hasEnded[Int(session)] = true
  }
}
