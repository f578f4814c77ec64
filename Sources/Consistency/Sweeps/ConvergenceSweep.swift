import OperationHistory

/// P16: when all is quiet every server holds the same.
///
/// A line of the process `nemesis` whose `f` is `quiet` says that faults are mended and what was
/// written has had time to spread; the reads after the last such line are judged, the more the better.
struct ConvergenceSweep {
  private(set) var findings: [Finding] = []
  /// What cannot be said: of servers that nobody read, or of all.
  private(set) var undecided: [Finding] = []

  /// Judges the reads after the last quiet line.
  ///
  /// - Complexity: O(n) in the number of requests.
  init(_ columns: ZooKeeperHistory, zxids: [Int64], spans: [Replay.Span]) {
    let quiet = columns.history.annotations.last { annotation in
      guard let fields = AnnotationFields(annotation) else { return false }
      return fields["process"] == .string("nemesis") && fields["f"] == .string("quiet")
    }
    guard let quiet else {
      undecided = [Self.notRead(-1)]
      return
    }
    var last = RecordedStat.unknown
    for request in columns.kinds.indices
    where columns.kinds[request].isWrite
      && columns.history.operations[request].invocationLine < quiet.line
    {
      last = max(last, zxids[request])
    }
    var isRead: Set<Int32> = []
    for request in columns.kinds.indices
    where columns.kinds[request].isRead && columns.history.operations[request].outcome == .ok
      && columns.history.operations[request].invocationLine > quiet.line
      && zxids[request] != RecordedStat.unknown
    {
      isRead.insert(columns.servers[request])
      guard spans[request].end <= last else { continue }
      findings.append(
        Finding(
          .convergence, .notConverged, Int32(request), zxid: zxids[request],
          expected: spans[request].end))
    }
    for server in Self.servers(columns.history) where !isRead.contains(server) {
      undecided.append(Self.notRead(server))
    }
  }

  private static func notRead(_ server: Int32) -> Finding {
    var finding = Finding(.convergence, .notRead, -1)
    finding.recorded = Int64(server)
    return finding
  }

  /// The servers that the header names, in its order.
  private static func servers(_ history: History) -> [Int32] {
    guard case .map(let servers)? = history.headerField("servers") else { return [] }
    return servers.compactMap { field in
      guard case .string(let name) = field.name else { return nil }
      return Int32(name)
    }
  }
}
