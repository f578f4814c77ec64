import OperationHistory

/// What of a history of ZooKeeper's comes before what, and why.
///
/// Its operations are the requests of the history, by their indices: answered reads, syncs, and
/// writes that have a place in the order of transactions, those included whose answers were lost
/// and whose zxids a later Stat shows. Others have no edges.
///
/// | kind | from | to |
/// |---|---|---|
/// | `ww` | a change of a znode's data, of its access list or among its children | the next of the same |
/// | `wr` | the last change that an answer depends on | the read |
/// | `rw` | a read | the first change after which it would have been answered otherwise |
/// | `process` | a request of a session | its next one |
/// | `realtime` | a request that was answered | one that was called later |
/// | `zxid` | a transaction, or a read of the state that it left | the next |
/// | `sync` | the last transaction that anybody was told of before a sync was called | the reads after that sync in its session |
/// | `watch` | what was answered before its session's watch had told of a change | that change |
/// | `expiry` | what was done in a session that had ended | its end |
/// | `handshake` | the last transaction that a session told a server to have seen | what that server answers |
///
/// A write without an answer comes before the later writes of its session, not before its later
/// reads: the client did not know that it had been done.
public struct ConsistencyGraph: Sendable {
  /// The edges.
  public let graph: DependencyGraph

  /// Makes the graph of a history.
  ///
  /// - Complexity: O(n log n) in the number of requests.
  public init(_ report: ConsistencyReport) {
    var edges = ConsistencyEdges(report)
    edges.addChanges()
    edges.addReads()
    edges.addSessions()
    edges.addZxids()
    edges.addRealTime()
    edges.addSyncs()
    edges.addFindings()
    graph = edges.builder.build()
  }

  /// Whether each set of edges that a level wants without a cycle has none.
  public func isAcyclic(_ level: Level) -> Bool {
    level.acyclicKinds.allSatisfy { Components(graph, kinds: $0).isAcyclic }
  }
}

/// Makes the edges of a ``ConsistencyGraph``, kind by kind.
struct ConsistencyEdges {
  private let report: ConsistencyReport
  private let columns: ZooKeeperHistory
  private let zxids: [Int64]
  /// The placed writes in the order of their zxids, and these.
  private var writes: [Int32] = []
  private var writeZxids: [Int64] = []
  /// Whether each request has a place in the order of transactions.
  private var isPlaced: [Bool]
  /// Lost writes of which it is not certain that they are what a Stat shows.
  private let doubtful: Set<Int32>
  private(set) var builder: DependencyGraphBuilder

  init(_ report: ConsistencyReport) {
    self.report = report
    columns = report.columns
    zxids = report.zxids
    isPlaced = Array(repeating: false, count: columns.kinds.count)
    doubtful = Set(report.pins.lazy.filter(\.isAmbiguous).map(\.request))
    builder = DependencyGraphBuilder(operationCount: columns.kinds.count)
    for request in report.order {
      isPlaced[Int(request)] = true
      guard columns.kinds[Int(request)].isWrite else { continue }
      writes.append(request)
      writeZxids.append(zxids[Int(request)])
    }
  }

  private func isAnswered(_ request: Int) -> Bool {
    columns.history.operations[request].outcome == .ok
  }

  /// The last write up to a zxid, and the first from one on; -1 for none.
  private func write(upTo zxid: Int64) -> Int32 {
    let end = writeZxids.partitioningIndex { $0 > zxid }
    return end == 0 ? -1 : writes[end - 1]
  }

  private func write(from zxid: Int64) -> Int32 {
    let start = writeZxids.partitioningIndex { $0 >= zxid }
    return start == writes.count ? -1 : writes[start]
  }

  // MARK: Objects

  /// `ww`: of each znode the data, the access list and the children for themselves.
  mutating func addChanges() {
    let none = [Int32](repeating: -1, count: columns.paths.count)
    var (data, access, children) = (none, none, none)
    func add(_ write: Int32, _ path: Int32, _ last: inout [Int32]) {
      let before = last[Int(path)]
      if before >= 0 { builder.addEdge(from: before, to: write, .writeWrite, label: path) }
      last[Int(path)] = write
    }
    for write in writes where columns.changesSomething(Int(write)) {
      for part in columns.parts(of: Int(write)) where columns.pathOf[part] >= 0 {
        let path = columns.pathOf[part]
        switch columns.partKinds[part] {
        case .setData: add(write, path, &data)
        case .setACL: add(write, path, &access)
        case .create, .delete:
          add(write, path, &data)
          add(write, path, &access)
          if columns.parents[Int(path)] >= 0 { add(write, columns.parents[Int(path)], &children) }
        default: break
        }
      }
    }
  }

  /// `wr` and `rw`: where the answer of each read begins and ends to be right.
  ///
  /// What no request of the file did lies between those that the edges name. An answer that is wrong
  /// where its zxid places it has no such place: of that ``addFindings()`` tells.
  mutating func addReads() {
    let wrong = report.wrongAnswers
    for request in columns.kinds.indices where isPlaced[request] && columns.kinds[request].isRead {
      if wrong.contains(Int32(request)) { continue }
      let span = report.spans[request]
      let before = span.start > .min ? write(upTo: span.start) : -1
      if before >= 0 { builder.addEdge(from: before, to: Int32(request), .writeRead) }
      let after = span.end < .max ? write(from: span.end) : -1
      if after >= 0 { builder.addEdge(from: Int32(request), to: after, .readWrite) }
    }
  }

  // MARK: Orders

  private func isOfSession(_ request: Int) -> Bool {
    isAnswered(request)
      ? columns.zxids[request] != RecordedStat.unknown || isPlaced[request]
        || isAnsweredSync(request)
      : isPlaced[request] && !doubtful.contains(Int32(request))
  }

  private func isAnsweredSync(_ request: Int) -> Bool {
    columns.kinds[request] == .sync && isAnswered(request)
  }

  /// `process`: the order of calls in each session.
  mutating func addSessions() {
    // What was answered last, and the last of the lost writes behind the last answered write.
    var answered = [Int32](repeating: -1, count: columns.sessions.count)
    var lost = answered
    for request in columns.kinds.indices where isOfSession(request) {
      let session = Int(columns.sessionOf[request])
      func add(_ before: Int32) {
        if before >= 0 { builder.addEdge(from: before, to: Int32(request), .process) }
      }
      add(answered[session])
      let isWrite = columns.kinds[request].isWrite && isPlaced[request]
      if isWrite { add(lost[session]) }
      if isAnswered(request) {
        answered[session] = Int32(request)
        if isWrite { lost[session] = -1 }
      } else {
        lost[session] = Int32(request)
      }
    }
  }

  /// `zxid`: transactions in their order, and reads behind the one whose state they were answered
  /// from.
  mutating func addZxids() {
    for (before, after) in zip(writes, writes.dropFirst()) {
      builder.addEdge(from: before, to: after, .zxid)
    }
    var keys: [(zxid: Int64, rank: UInt8, request: Int32)] = []
    for request in columns.kinds.indices {
      let isWrite = columns.hasTransaction(request) || (!isAnswered(request) && isPlaced[request])
      let zxid = isAnswered(request) ? columns.zxids[request] : zxids[request]
      guard zxid != RecordedStat.unknown, isAnswered(request) || isPlaced[request] else { continue }
      keys.append((zxid, isWrite ? 0 : 1, Int32(request)))
    }
    keys.sort { ($0.zxid, $0.rank, $0.request) < ($1.zxid, $1.rank, $1.request) }
    var (before, after) = (Int32(-1), Int32(-1))
    var last: (zxid: Int64, rank: UInt8)?
    for key in keys {
      if last.map({ $0 != (key.zxid, key.rank) }) ?? true {
        before = after
        after = builder.addBarrier()
        if before >= 0 { builder.addEdge(from: before, to: after, .zxidOfReads) }
        last = (key.zxid, key.rank)
      }
      if before >= 0 { builder.addEdge(from: before, to: key.request, .zxidOfReads) }
      builder.addEdge(from: key.request, to: after, .zxidOfReads)
    }
  }

  /// `realtime`: whatever was answered comes before whatever was called later.
  mutating func addRealTime() {
    var moments = [(operation: Int32, isAnswer: Bool)](
      repeating: (-1, false), count: Int(columns.history.eventCount))
    for request in columns.kinds.indices where isPlaced[request] || isAnsweredSync(request) {
      let operation = columns.history.operations[request]
      moments[Int(operation.invocation)] = (Int32(request), false)
      if operation.completion != .max {
        moments[Int(operation.completion)] = (Int32(request), true)
      }
    }
    let kinds = columns.kinds
    builder.addRealTime(moments.lazy.filter { $0.operation >= 0 }) {
      kinds[Int($0)] == .sync ? .sync : kinds[Int($0)].isWrite ? .realTime : .realTimeOfReads
    }
  }

  /// `sync`: what anybody was told of before a sync was called comes before the reads after it.
  mutating func addSyncs() {
    guard columns.kinds.contains(.sync) else { return }
    let bounds = syncBounds()
    var current = [(zxid: Int64, sync: Int32)](
      repeating: (RecordedStat.unknown, -1), count: columns.sessions.count)
    for request in columns.kinds.indices {
      let session = Int(columns.sessionOf[request])
      if let zxid = bounds[Int32(request)], isAnswered(request), columns.errors[request] == .none {
        if zxid > current[session].zxid { current[session] = (zxid, Int32(request)) }
      } else if isPlaced[request], columns.kinds[request].isRead,
        report.spans[request].end < .max, current[session].sync >= 0
      {
        let write = write(upTo: current[session].zxid)
        guard write >= 0 else { continue }
        builder.addEdge(
          from: write, to: Int32(request), .sync, label: current[session].sync)
      }
    }
  }

  /// The largest zxid that anybody was told before each sync was called.
  private func syncBounds() -> [Int32: Int64] {
    var replies: [(moment: Int32, zxid: Int64)] = []
    for request in columns.kinds.indices where isAnswered(request) {
      let completion = columns.history.operations[request].completion
      replies.append((completion, columns.zxids[request]))
    }
    replies.sort { $0.moment < $1.moment }
    for index in replies.indices.dropFirst() {
      replies[index].zxid = max(replies[index].zxid, replies[index - 1].zxid)
    }
    var bounds: [Int32: Int64] = [:]
    for request in columns.kinds.indices where columns.kinds[request] == .sync {
      let call = columns.history.operations[request].invocation
      let count = replies.partitioningIndex { $0.moment >= call }
      bounds[Int32(request)] = count == 0 ? RecordedStat.unknown : replies[count - 1].zxid
    }
    return bounds
  }

  // MARK: What answers say against the order

  /// What is wrong with an answer, where that puts an operation before or after another.
  mutating func addFindings() {
    for finding in report.findings {
      switch finding.kind {
      case .lost, .torn, .outlivedSession, .fromTheFuture, .doneAfterEnd, .behindHandshake,
        .watchLate, .watchLost:
        guard let step = report.offendingStep(finding) else { continue }
        builder.addEdge(from: step.from, to: step.to, step.kind, label: step.label)
      default: break
      }
    }
  }
}
