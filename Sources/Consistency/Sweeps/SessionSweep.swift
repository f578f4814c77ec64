import OperationHistory

/// What the zxids that a session is told must fulfil: P3, P7, P8 and the half of P13 that is about
/// requests.
struct SessionSweep {
  private let columns: ZooKeeperHistory
  private let unknowns: UnknownWrites
  private(set) var findings: [Finding] = []
  /// Of writes of which nobody knows for sure where they were done.
  private(set) var undecided: [Finding] = []

  /// Goes through the requests of every session in the order of their calls.
  ///
  /// - Complexity: O(n) in the number of requests.
  init(
    _ columns: ZooKeeperHistory, unknowns: UnknownWrites, replay: Replay
  ) throws(HistoryError) {
    self.columns = columns
    self.unknowns = unknowns
    sweepReplies()
    sweepWrites()
    sweepPlaced(replay)
    try sweepHandshakes()
  }

  /// P7: each reply's zxid is at least the one before, and greater if it is a write's own; P13:
  /// nothing is done after the session was closed.
  private mutating func sweepReplies() {
    var last = [(zxid: Int64, request: Int32)](
      repeating: (RecordedStat.unknown, -1), count: columns.sessions.count)
    var closes = last
    for request in columns.kinds.indices {
      let zxid = columns.zxids[request]
      guard columns.history.operations[request].outcome == .ok, zxid != RecordedStat.unknown else {
        continue
      }
      let session = Int(columns.sessionOf[request])
      let before = last[session]
      if zxid < before.zxid {
        add(.orderedSessions, .zxidFell, request, before.request, zxid, expected: before.zxid)
      } else if zxid == before.zxid, columns.hasTransaction(request) {
        add(.orderedSessions, .zxidNotRaised, request, before.request, zxid, expected: zxid)
      }
      if zxid >= before.zxid { last[session] = (zxid, Int32(request)) }
      if closes[session].request >= 0, zxid > closes[session].zxid {
        add(
          .sessionEnds, .doneAfterEnd, request, closes[session].request, zxid,
          expected: closes[session].zxid)
      }
      if columns.kinds[request] == .closeSession, columns.errors[request] == .none {
        closes[session] = (zxid, Int32(request))
      }
    }
  }

  /// P3: writes, those included whose zxid was found out, are done in the order of their calls.
  private mutating func sweepWrites() {
    var largest = [(zxid: Int64, request: Int32)](
      repeating: (RecordedStat.unknown, -1), count: columns.sessions.count)
    for request in columns.kinds.indices where columns.kinds[request].isWrite {
      let zxid = unknowns.zxids[request]
      guard zxid != RecordedStat.unknown else { continue }
      let session = Int(columns.sessionOf[request])
      let before = largest[session]
      let isAnswered = columns.history.operations[request].outcome == .ok
      if zxid < before.zxid {
        let finding = Finding(
          .orderedWrites, .zxidAgainstSession, Int32(request), other: before.request, zxid: zxid,
          expected: before.zxid)
        append(finding, isCertain: !unknowns.ambiguousPins.contains(Int32(request)))
      } else if isAnswered {
        largest[session] = (zxid, Int32(request))
      }
    }
    for pin in unknowns.pins {
      guard let finding = comingBack(pin.request, zxid: pin.zxid) else { continue }
      let isCertain = !pin.isAmbiguous && !unknowns.ambiguousPins.contains(finding.operation)
      append(finding, isCertain: isCertain)
    }
  }

  /// P3 of lost writes that must have happened before some answer: they were perhaps done after what
  /// their session sent later.
  private mutating func sweepPlaced(_ replay: Replay) {
    for before in replay.placed.keys.sorted() {
      let steps = replay.placed[before] ?? []
      for case .request(let request, _) in steps {
        guard let next = unknowns.nextWrite(after: request), next.request != before else {
          continue
        }
        let end = unknowns.zxids[Int(before)]
        // Where it may have been done as well, before that write.
        let start = max(replay.earliest[request] ?? .min, unknowns.floor(of: request))
        if unknowns.room(after: start, through: min(end, next.zxid - 1)) >= steps.count { continue }
        if let finding = comingBack(request, zxid: end + 1) { undecided.append(finding) }
      }
    }
  }

  /// What shows that a write without an answer was done after what its session sent later.
  ///
  /// Only writes tell: updates are promised to be done in the order in which they are sent, and a
  /// client that was told that a write's outcome is unknown may read before it is known.
  private func comingBack(_ request: Int32, zxid: Int64) -> Finding? {
    if let next = unknowns.nextWrite(after: request), next.zxid < zxid {
      return Finding(
        .orderedWrites, .sessionCameBack, next.request, other: request, zxid: next.zxid,
        expected: zxid)
    }
    return nil
  }

  private mutating func append(_ finding: Finding, isCertain: Bool) {
    if isCertain {
      findings.append(finding)
    } else {
      undecided.append(finding)
    }
  }

  /// P8: what a session does after a handshake has at least the zxid that it said it had seen.
  private mutating func sweepHandshakes() throws(HistoryError) {
    let handshakes = try Handshake.all(in: columns.history)
    guard !handshakes.isEmpty else { return }
    var numbers: [Int64: Int] = [:]
    for (number, id) in columns.sessions.enumerated() { numbers[id] = number }
    var bySession = [[Handshake]](repeating: [], count: columns.sessions.count)
    for handshake in handshakes {
      if let number = numbers[handshake.session] { bySession[number].append(handshake) }
    }
    findResumed(bySession)
    var next = [Int](repeating: 0, count: columns.sessions.count)
    for request in columns.kinds.indices {
      let session = Int(columns.sessionOf[request])
      guard next[session] < bySession[session].count else { continue }
      let operation = columns.history.operations[request]
      var seen = RecordedStat.unknown
      while next[session] < bySession[session].count,
        bySession[session][next[session]].line < operation.invocationLine
      {
        seen = bySession[session][next[session]].lastZxidSeen
        next[session] += 1
      }
      guard operation.outcome == .ok, columns.zxids[request] != RecordedStat.unknown else {
        if seen != RecordedStat.unknown { next[session] -= 1 }
        continue
      }
      if columns.zxids[request] < seen {
        add(.handshake, .behindHandshake, request, -1, columns.zxids[request], expected: seen)
      }
    }
  }

  /// P13: a session that was closed cannot be resumed.
  private mutating func findResumed(_ handshakes: [[Handshake]]) {
    for request in columns.kinds.indices
    where columns.kinds[request] == .closeSession && columns.hasTransaction(request) {
      let line = columns.history.operations[request].completionLine
      let resumed = handshakes[Int(columns.sessionOf[request])].first {
        $0.isResumed && $0.line > line
      }
      guard let resumed else { continue }
      var finding = Finding(
        .sessionEnds, .resumedAfterEnd, Int32(request), zxid: columns.zxids[request])
      finding.recorded = Int64(resumed.line)
      findings.append(finding)
    }
  }

  private mutating func add(
    _ property: Property, _ kind: Finding.Kind, _ request: Int, _ other: Int32, _ zxid: Int64,
    expected: Int64
  ) {
    findings.append(
      Finding(property, kind, Int32(request), other: other, zxid: zxid, expected: expected))
  }
}

/// A line that says that a session was opened on a server, or went on there.
struct Handshake {
  var line: Int32
  var session: Int64
  var lastZxidSeen: Int64
  /// Whether the session was there before.
  var isResumed: Bool

  /// All of them, in the order of the lines.
  ///
  /// - Throws: `HistoryError` for one whose session or zxid is no number.
  static func all(in history: History) throws(HistoryError) -> [Handshake] {
    var handshakes: [Handshake] = []
    for annotation in history.annotations {
      guard case .map(let fields) = annotation.value else { continue }
      func field(_ name: String) -> Value? { fields.first { $0.name == .string(name) }?.value }
      guard field("type") == .string("connect"), let session = field("session"),
        let seen = field("lastZxidSeen")
      else { continue }
      func number(_ value: Value) -> Int64? {
        guard case .string(let text) = value, text.hasPrefix("0x") else { return nil }
        return UInt64(text.dropFirst(2), radix: 16).map { Int64(bitPattern: $0) }
      }
      guard let session = number(session), let seen = number(seen) else {
        throw HistoryError(
          line: Int(annotation.line),
          "expected strings like \"0x1a\" as `session` and `lastZxidSeen`")
      }
      handshakes.append(
        Handshake(
          line: annotation.line, session: session, lastZxidSeen: seen,
          isResumed: field("resumed") == .boolean(true)))
    }
    return handshakes
  }
}
