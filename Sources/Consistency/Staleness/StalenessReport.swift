import OperationHistory

/// How a client asked for a read: what its session called directly before it.
public enum ReadMode: String, CaseIterable, Sendable {
  /// Another read, or nothing.
  case plain
  /// A `sync`, on the same server.
  case afterSync
  /// A write.
  case afterWrite
}

/// How old one read was, as consistency.md 1.4 defines it (P9, P11).
public struct ReadStaleness: Hashable, Sendable {
  /// The request, an index into the history's operations.
  public var request: Int32
  /// The server that answered; -1 if the history does not say.
  public var server: Int32
  /// What the session called before.
  public var mode: ReadMode
  /// Whether `server` led for as long as the read lasted.
  public var isAtLeader: Bool
  /// Whether the zxid of the reply is less than that of a write that was acknowledged before the
  /// read was called.
  ///
  /// That is harmless where the path did not change.
  public var isLagging: Bool
  /// How many transactions on its path the read missed, of those up to the last that was
  /// acknowledged before it was called; 0 if it is not stale.
  public var versions: Int32
  /// How long ago, at least, what it missed had been acknowledged when it was called, in
  /// nanoseconds; 0 if it is not stale, or if what it missed was itself not acknowledged then.
  public var nanoseconds: Int64

  /// Whether a transaction that changed the reply came before the last one that was acknowledged
  /// before the read was called.
  public var isStale: Bool { versions > 0 }
}

/// Staleness of a group of reads: counts, and how it is distributed over all of them.
public struct StalenessSummary: Hashable, Sendable {
  /// The median, the ninety-ninth percentile and the largest of some numbers.
  public struct Distribution: Hashable, Sendable {
    /// The median.
    public var p50: Int64 = 0
    /// What ninety-nine of a hundred do not exceed.
    public var p99: Int64 = 0
    /// The largest.
    public var max: Int64 = 0

    /// Of no numbers, zero each time; else the smallest number that so many parts do not exceed.
    public init(_ numbers: [Int64]) {
      guard !numbers.isEmpty else { return }
      let sorted = numbers.sorted()
      func percentile(_ percent: Int) -> Int64 {
        sorted[(sorted.count * percent + 99) / 100 - 1]
      }
      (p50, p99, max) = (percentile(50), percentile(99), percentile(100))
    }
  }

  /// How many reads there are.
  public var reads: Int
  /// How many of them saw an old view, whether or not it mattered.
  public var laggingViews: Int
  /// How many missed a change of what they read.
  public var staleReads: Int
  /// The ages in versions, reads that are not stale included.
  public var versions: Distribution
  /// The ages in nanoseconds, reads that are not stale included.
  public var nanoseconds: Distribution

  /// Sums up reads.
  public init(_ reads: some Sequence<ReadStaleness>) {
    let reads = Array(reads)
    self.reads = reads.count
    laggingViews = reads.count(where: \.isLagging)
    staleReads = reads.count(where: \.isStale)
    versions = Distribution(reads.map { Int64($0.versions) })
    nanoseconds = Distribution(reads.map(\.nanoseconds))
  }
}

/// How stale the reads of a history were, told from the zxids of its replies.
///
/// Changes of a path are those of writes that went through, of Stats that were read (a `mzxid` tells
/// of a write even where its own answer was lost), and of sessions that were closed. A change that
/// nothing in the history tells of is missed, so that ages are lower bounds.
public struct StalenessReport: Sendable {
  /// Every read of one path that was answered, with its zxid, in the order of the calls.
  public let reads: [ReadStaleness]

  /// Finds how stale the reads of a history were.
  ///
  /// - Throws: `HistoryError` for fields of the wrong kind.
  /// - Complexity: O(n log n) in the size of the history.
  public init(_ history: History) throws(HistoryError) {
    self.init(try ZooKeeperHistory(history), reigns: try Reigns(history))
  }

  init(_ columns: ZooKeeperHistory, reigns: Reigns) {
    let acknowledged = Acknowledgements(columns)
    var changes = PathChanges(columns)
    changes.prepare()
    var skew: Int64 = 0
    if case .integer(let field)? = columns.history.headerField("skew_ns") { skew = field }
    var before = [Int32](repeating: -1, count: columns.sessions.count)
    var reads: [ReadStaleness] = []
    for request in columns.kinds.indices where columns.kinds[request] != .other {
      let session = Int(columns.sessionOf[request])
      defer { before[session] = Int32(request) }
      guard let part = Self.readPart(of: request, columns) else { continue }
      let operation = columns.history.operations[request]
      let zxid = columns.zxids[request]
      let last = acknowledged.last(before: operation.invocation)
      var read = ReadStaleness(
        request: Int32(request), server: columns.servers[request],
        mode: Self.mode(Int(before[session]), request, columns),
        isAtLeader: reigns.covers(server: columns.servers[request], request: request),
        isLagging: zxid < last, versions: 0, nanoseconds: 0)
      if read.isLagging, columns.pathOf[part] >= 0 {
        let missed = changes.missed(
          by: part, kind: columns.kinds[request], from: zxid, through: last,
          before: operation.invocation)
        read.versions = missed.count
        if let time = missed.acknowledged, operation.invocationTime != .min {
          read.nanoseconds = max(0, operation.invocationTime - time - 2 * skew)
        }
      }
      reads.append(read)
    }
    self.reads = reads
  }

  /// The part of a request that reads one path and was answered; nil for all others.
  private static func readPart(of request: Int, _ columns: ZooKeeperHistory) -> Int? {
    let error = columns.errors[request]
    guard columns.kinds[request].isRead, columns.kinds[request] != .multiRead,
      columns.history.operations[request].outcome == .ok, error == .none || error == .noNode,
      columns.zxids[request] != RecordedStat.unknown
    else { return nil }
    return columns.parts(of: request).first
  }

  private static func mode(
    _ before: Int, _ request: Int, _ columns: ZooKeeperHistory
  ) -> ReadMode {
    guard before >= 0, columns.history.operations[before].outcome == .ok else { return .plain }
    if columns.kinds[before] == .sync {
      return columns.servers[before] == columns.servers[request] ? .afterSync : .plain
    }
    return columns.kinds[before].isWrite ? .afterWrite : .plain
  }

  /// The staleness of those reads that fulfil a condition.
  public func summary(
    where isIncluded: (ReadStaleness) -> Bool = { _ in true }
  ) -> StalenessSummary {
    StalenessSummary(reads.filter(isIncluded))
  }

  /// The staleness by server and mode, groups without reads left out.
  ///
  /// - Returns: the groups by ascending server, modes in the order of ``ReadMode``.
  public func groups() -> [(server: Int32, mode: ReadMode, summary: StalenessSummary)] {
    let servers = Set(reads.lazy.map(\.server)).sorted()
    return servers.flatMap { server in
      ReadMode.allCases.map { mode in
        (server, mode, summary { $0.server == server && $0.mode == mode })
      }
    }.filter { $0.2.reads > 0 }
  }
}

/// The largest zxid of the writes that were acknowledged, or of all replies, by moments of the
/// history.
///
/// A write that was answered with an error takes a zxid as well, but changed nothing that a read
/// could miss; it is not acknowledged.
struct Acknowledgements {
  private var moments: [Int32] = []
  private var largest: [Int64] = []

  init(_ columns: ZooKeeperHistory, ofAllReplies: Bool = false) {
    var writes: [(completion: Int32, zxid: Int64)] = []
    for (request, kind) in columns.kinds.enumerated() where ofAllReplies || kind.isWrite {
      let operation = columns.history.operations[request]
      guard operation.outcome == .ok, columns.zxids[request] != RecordedStat.unknown,
        ofAllReplies ? columns.errors[request] != .other : columns.errors[request] == .none
      else { continue }
      writes.append((operation.completion, columns.zxids[request]))
    }
    writes.sort { $0.completion < $1.completion }
    var last = RecordedStat.unknown
    for write in writes where write.zxid > last {
      last = write.zxid
      moments.append(write.completion)
      largest.append(last)
    }
  }

  /// The largest zxid acknowledged before a place in the real-time order: `Ack` of consistency.md.
  func last(before place: Int32) -> Int64 {
    let count = moments.partitioningIndex { $0 >= place }
    return count == 0 ? RecordedStat.unknown : largest[count - 1]
  }
}

extension Array {
  /// The first index whose element fulfils a condition that all elements behind it fulfil too.
  func partitioningIndex(where belongsToSecond: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
