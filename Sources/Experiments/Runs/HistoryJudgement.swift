import Consistency
import Linearizability
import OperationHistory

/// What the history of a run says of its servers.
struct HistoryJudgement {
  /// The promises that it shows to be broken.
  private(set) var findings: [Finding] = []
  /// How much was judged.
  private(set) var counts = JudgementCounts()

  /// Judges what clients saw: by the zxids of their replies, and the reads at the leader once more
  /// by values alone.
  ///
  /// - Parameters:
  ///   - bytes: The history, in the native format.
  ///   - syncsAreProof: Whether a leader proves that it leads before it answers a `sync`: then a read
  ///     after one misses nothing.
  init(_ bytes: [UInt8], syncsAreProof: Bool) {
    do throws(HistoryError) {
      let history = try History(native: bytes)
      try judge(history, syncsAreProof: syncsAreProof)
      for selection in syncsAreProof ? [.leader, .synced] : [ReadSelection.leader] {
        findings += try Self.findings(in: history, selection)
      }
    } catch {
      findings.append(Finding(malformed: error))
    }
  }

  // MARK: Zxids

  private mutating func judge(
    _ history: History, syncsAreProof: Bool
  ) throws(HistoryError) {
    let report = try ConsistencyReport(history)
    let staleness = try report.staleness()
    counts = JudgementCounts(report, staleness)
    let level = syncsAreProof ? Level.zookeeperSync : .zookeeper
    for finding in report.findings where level.isBroken(by: finding) {
      findings.append(Finding(finding, report))
    }
    // Without proof a deposed leader may answer a sync, but nobody else does so too early.
    for finding in report.findings(against: .freshAfterSync)
    where !syncsAreProof && report.syncClass(finding) != .deposedLeader {
      findings.append(Finding(finding, report))
    }
  }

  // MARK: Values

  /// A znode of which more writes and removals than this may have happened or not is not judged.
  ///
  /// One in some thousand runs leaves more than a hundred behind, and a search among them may not end.
  /// A limit of time would make what is printed depend on the machine.
  private static let indeterminateLimit = 40

  /// Looks at each znode by itself: its writes, with each of those choices of reads.
  private static func findings(
    in history: History, _ reads: ReadSelection
  ) throws(HistoryError) -> [Finding] {
    let projection = try ZnodeProjection(history, reads: reads)
    // One after the other: other runs keep the other processors busy.
    return projection.compiled.partitions
      .filter { $0.entries.count(where: \.isIndeterminate) <= indeterminateLimit }
      .filter {
        checkLinearizability($0, model: projection.compiled.model, budget: SearchBudget())
          .verdict == .violated
      }
      .map { Finding(znode: history.values.text(of: $0.key), reads) }
  }
}

/// What there is of a kind in the histories that were judged.
public enum JudgedKind: Int, CaseIterable, Hashable, Sendable {
  /// Histories.
  case histories
  /// Histories of which it is not known whether they keep ZooKeeper's promises: a write whose reply
  /// was lost may explain what they show.
  case undecidedHistories
  /// Answered reads of one path.
  case reads
  /// Reads that saw an old view, whether or not it mattered.
  case laggingViews
  /// Reads that missed a change of what they read.
  case staleReads
  /// Answered syncs.
  case syncs
  /// Watch events.
  case watchEvents
  /// Ephemeral znodes that were created.
  case ephemerals
  /// Writes whose replies were lost.
  case lostWrites
}

/// How much of what clients saw was judged, in one run or in many.
public struct JudgementCounts: Hashable, Sendable {
  private var values = [Int](repeating: 0, count: JudgedKind.allCases.count)

  /// Nothing was judged yet.
  public init() {}

  /// How much there is of a kind.
  public private(set) subscript(kind: JudgedKind) -> Int {
    get { values[kind.rawValue] }
    set { values[kind.rawValue] = newValue }
  }

  init(_ report: ConsistencyReport, _ staleness: StalenessReport) {
    let columns = report.columns
    let operations = columns.history.operations
    self[.histories] = 1
    self[.undecidedHistories] = report.keeps(.zookeeper) == nil ? 1 : 0
    self[.reads] = staleness.reads.count
    self[.laggingViews] = staleness.reads.count(where: \.isLagging)
    self[.staleReads] = staleness.reads.count(where: \.isStale)
    self[.syncs] = columns.kinds.indices.count {
      columns.kinds[$0] == .sync && operations[$0].outcome == .ok
    }
    self[.watchEvents] = columns.history.annotations.count { $0.isWatchEvent }
    for request in columns.kinds.indices where operations[request].outcome == .ok {
      self[.ephemerals] += columns.parts(of: request).count {
        columns.partKinds[$0] == .create && columns.modes[$0] == .ephemeral
          && columns.partErrors[$0] == .none
      }
    }
    self[.lostWrites] = report.unknownWrites
  }

  /// Adds what was judged in another run.
  public mutating func add(_ other: JudgementCounts) {
    for place in values.indices { values[place] += other.values[place] }
  }
}

extension Annotation {
  fileprivate var isWatchEvent: Bool {
    guard case .map(let fields) = value else { return false }
    return fields.contains { $0.name == .string("type") && $0.value == .string("watch") }
  }
}

extension History {
  /// Reads a history that a run has recorded.
  init(native bytes: [UInt8]) throws(HistoryError) {
    self = try bytes.withUnsafeBytes { bytes in
      Result { () throws(HistoryError) in try HistoryReader.read(bytes, format: .native) }
    }.get()
  }
}

extension ValueTable {
  /// A string's text, for a message.
  fileprivate func text(of value: ValueID) -> String {
    string(value).map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }
}

extension Finding {
  /// What the zxids show.
  fileprivate init(_ finding: Consistency.Finding, _ report: ConsistencyReport) {
    promise = "\(finding.property.number), \(finding.property.name)"
    message = report.sentence(finding)
  }

  /// A znode of the history.
  fileprivate init(znode path: String, _ selection: ReadSelection) {
    let reads = selection == .synced ? "reads after syncs" : "reads at the leader"
    promise = "znodes are linearizable"
    message = "no order of the writes of \(path) and its \(reads) explains all answers"
  }

  /// A history that cannot be read.
  fileprivate init(malformed error: HistoryError) {
    promise = "histories are well formed"
    message = "line \(error)"
  }
}
