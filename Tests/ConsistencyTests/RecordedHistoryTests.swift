import Glibc
import Linearizability
import OperationHistory
import Testing

@testable import Consistency

private let recordedFolder: String? = getenv("LINNAEUS_SHARED").map {
  String(cString: $0) + "/data/zookeeper-3.8/"
}

/// Histories of Apache ZooKeeper 3.8.0, compared with what an independent reference found.
@Suite("Histories recorded from Apache ZooKeeper", .enabled(if: recordedFolder != nil))
struct RecordedHistoryTests {
  /// A file, and what the reference says.
  ///
  /// That is how many reads it has, how many were behind an acknowledged write, and how many were
  /// stale by their own path. The ages were computed apart from
  /// this code by the letter of P11; those of the reference count the transactions of all paths.
  struct Recording: Sendable {
    var file: String
    var reads: Int
    var lagging: Int
    var stale: Int
    var maxVersions: Int64
    /// How old in microseconds the oldest read was.
    var maxAge: Int64
    /// The strongest level; nil for none.
    var level: Level?
    /// How often each property is broken.
    var broken: [Property: Int]
    /// How many writes were not answered, and of how many a Stat shows that they happened.
    var unknown: Int
    var adopted: Int
  }

  static let recordings = [
    Recording(
      file: "calm-pipelined", reads: 1457, lagging: 11, stale: 7, maxVersions: 4, maxAge: 65_303,
      level: .zookeeperSync, broken: [.freshReads: 7], unknown: 0, adopted: 0),
    Recording(
      file: "leader-killed-twice", reads: 1478, lagging: 1, stale: 1, maxVersions: 1, maxAge: 2103,
      level: .zookeeperSync, broken: [.freshReads: 1], unknown: 3, adopted: 1),
    Recording(
      file: "deposed-leader-1", reads: 1581, lagging: 193, stale: 182, maxVersions: 15,
      maxAge: 5_762_321, level: .zookeeper, broken: [.freshReads: 182, .freshAfterSync: 182],
      unknown: 3, adopted: 0),
    Recording(
      file: "live-leader-1", reads: 1880, lagging: 1, stale: 1, maxVersions: 1, maxAge: 185,
      level: .zookeeper, broken: [.freshReads: 1, .freshAfterSync: 1], unknown: 0, adopted: 0),
    Recording(
      file: "session-expiry", reads: 1278, lagging: 0, stale: 0, maxVersions: 0, maxAge: 0,
      level: .linearizable, broken: [:], unknown: 6, adopted: 0),
    Recording(
      file: "session-comes-back", reads: 141, lagging: 0, stale: 0, maxVersions: 0, maxAge: 0,
      level: nil, broken: [.orderedWrites: 13], unknown: 480, adopted: 13),
  ]

  private func read(_ recording: Recording) throws -> History {
    try readHistory((recordedFolder ?? "") + recording.file + ".jsonl")
  }

  @Test("Writes are linearizable; all reads are unless one is stale", arguments: recordings)
  func znodes(_ recording: Recording) throws {
    let history = try read(recording)
    let writes = try ZnodeProjection(history, reads: .leader)
    #expect(checkLinearizability(writes.compiled).verdict == .holds)
    let all = try ZnodeProjection(history, reads: .all)
    #expect(all.reads.counted == recording.reads)
    let expected: Verdict = recording.stale == 0 ? .holds : .violated
    #expect(checkLinearizability(all.compiled).verdict == expected)
  }

  @Test("The level and what is broken are the reference's", arguments: recordings)
  func levels(_ recording: Recording) throws {
    let report = try ConsistencyReport(try read(recording))
    #expect(report.strongest == recording.level)
    var broken: [Property: Int] = [:]
    for finding in report.findings { broken[finding.property, default: 0] += 1 }
    #expect(broken == recording.broken, "\(report.findings.prefix(3).map(report.sentence))")
    #expect(report.unknownWrites == recording.unknown)
    #expect(report.pins.count == recording.adopted)
    #expect(
      report.verdict(of: .level(.linearizableWrites))
        == (recording.level == nil ? .violated : .holds))
    for finding in report.findings(against: .freshAfterSync) {
      let isDeposed = recording.file == "deposed-leader-1"
      #expect(report.syncClass(finding) == (isDeposed ? .deposedLeader : .liveLeader))
    }
  }

  @Test("Staleness", arguments: recordings)
  func staleness(_ recording: Recording) throws {
    let summary = try StalenessReport(try read(recording)).summary()
    #expect(summary.reads == recording.reads)
    #expect(summary.laggingViews == recording.lagging)
    #expect(summary.staleReads == recording.stale)
    #expect(summary.versions.max == recording.maxVersions)
    #expect((summary.nanoseconds.max + 500) / 1000 == recording.maxAge)
  }
}

/// Reads a file as a history.
func readHistory(_ path: String) throws -> History {
  let file = try #require(fopen(path, "r"), "\(path) cannot be read")
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  return try bytes.withUnsafeBytes { try HistoryReader.read($0) }
}
