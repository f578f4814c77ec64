import OperationHistory

/// What zxids must fulfil in real time: P2, P9 and P10.
struct RealTimeSweep {
  private let columns: ZooKeeperHistory
  private let zxids: [Int64]
  private let spans: [Replay.Span]
  private(set) var findings: [Finding] = []
  /// The operation that each place in the real-time order belongs to, and whether it ends there.
  private var operationAt: [Int32]
  private var endsAt: [Bool]

  /// Goes through the history in the order of real time.
  ///
  /// - Parameters:
  ///   - columns: the history.
  ///   - zxids: where each request stands.
  ///   - spans: between which zxids each read would have been answered the same.
  /// - Complexity: O(n) in the number of requests.
  init(_ columns: ZooKeeperHistory, zxids: [Int64], spans: [Replay.Span]) {
    self.columns = columns
    self.zxids = zxids
    self.spans = spans
    let places = Int(columns.history.eventCount)
    operationAt = Array(repeating: -1, count: places)
    endsAt = Array(repeating: false, count: places)
    for (request, operation) in columns.history.operations.enumerated() {
      operationAt[Int(operation.invocation)] = Int32(request)
      if operation.completion != .max {
        operationAt[Int(operation.completion)] = Int32(request)
        endsAt[Int(operation.completion)] = true
      }
    }
    sweepWrites()
    sweepReads()
    sweepSyncs()
  }

  private func isAnsweredRead(_ request: Int) -> Bool {
    columns.kinds[request].isRead && columns.history.operations[request].outcome == .ok
      && zxids[request] != RecordedStat.unknown
  }

  /// P2: a write that is called after another was answered has the larger zxid.
  private mutating func sweepWrites() {
    var largest = (zxid: RecordedStat.unknown, request: Int32(-1))
    for place in operationAt.indices where operationAt[place] >= 0 {
      let request = operationAt[place]
      guard columns.kinds[Int(request)].isWrite else { continue }
      let zxid = zxids[Int(request)]
      guard zxid != RecordedStat.unknown else { continue }
      if endsAt[place] {
        if zxid > largest.zxid { largest = (zxid, request) }
      } else if zxid < largest.zxid {
        add(.linearizableWrites, .zxidAgainstRealTime, request, largest.request, zxid, largest.zxid)
      }
    }
  }

  /// P9: each read can be placed, among writes in the order of their zxids, after everything that
  /// was answered before it was called, and before every write that was called after its answer.
  private mutating func sweepReads() {
    var positions = zxids
    var largest = (position: RecordedStat.unknown, request: Int32(-1))
    for place in operationAt.indices where operationAt[place] >= 0 {
      let request = Int(operationAt[place])
      if endsAt[place] {
        guard columns.kinds[request].isWrite || isAnsweredRead(request) else { continue }
        if positions[request] > largest.position {
          largest = (positions[request], Int32(request))
        }
      } else if isAnsweredRead(request) {
        positions[request] = max(spans[request].start, largest.position)
        if largest.position >= spans[request].end {
          add(
            .freshReads, .staleRead, Int32(request), largest.request, zxids[request],
            spans[request].end)
          // One stale read shall not make stale what comes after it.
          positions[request] = spans[request].start
        }
      }
    }
    var earliest = (zxid: Int64.max, request: Int32(-1))
    for place in operationAt.indices.reversed() where operationAt[place] >= 0 {
      let request = Int(operationAt[place])
      if !endsAt[place] {
        guard columns.kinds[request].isWrite, zxids[request] != RecordedStat.unknown else {
          continue
        }
        if zxids[request] < earliest.zxid { earliest = (zxids[request], Int32(request)) }
      } else if isAnsweredRead(request), positions[request] >= earliest.zxid {
        add(
          .freshReads, .readOfTheFuture, Int32(request), earliest.request, zxids[request],
          earliest.zxid)
      }
    }
  }

  /// P10: a read after a sync of its session would not be stale had it been called with the sync.
  private mutating func sweepSyncs() {
    guard columns.kinds.contains(.sync) else { return }
    /// The largest zxid answered before each sync was called, and in which reply.
    var bounds: [Int32: (zxid: Int64, request: Int32)] = [:]
    var largest = (zxid: RecordedStat.unknown, request: Int32(-1))
    for place in operationAt.indices where operationAt[place] >= 0 {
      let request = operationAt[place]
      if endsAt[place] {
        guard columns.history.operations[Int(request)].outcome == .ok,
          columns.zxids[Int(request)] > largest.zxid
        else { continue }
        largest = (columns.zxids[Int(request)], request)
      } else if columns.kinds[Int(request)] == .sync {
        bounds[request] = largest
      }
    }
    var current = [(zxid: Int64, request: Int32, sync: Int32)](
      repeating: (RecordedStat.unknown, -1, -1), count: columns.sessions.count)
    for request in columns.kinds.indices {
      let session = Int(columns.sessionOf[request])
      if columns.kinds[request] == .sync,
        columns.history.operations[request].outcome == .ok, columns.errors[request] == .none,
        let bound = bounds[Int32(request)], bound.zxid > current[session].zxid
      {
        current[session] = (bound.zxid, bound.request, Int32(request))
      } else if isAnsweredRead(request), current[session].zxid >= spans[request].end {
        add(
          .freshAfterSync, .staleAfterSync, Int32(request), current[session].request,
          zxids[request], spans[request].end)
        findings[findings.count - 1].third = current[session].sync
      }
    }
  }

  private mutating func add(
    _ property: Property, _ kind: Finding.Kind, _ request: Int32, _ other: Int32, _ zxid: Int64,
    _ expected: Int64
  ) {
    findings.append(
      Finding(property, kind, request, other: other, zxid: zxid, expected: expected))
  }
}
