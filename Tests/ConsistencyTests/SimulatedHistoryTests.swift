import OperationHistory
import Testing

@testable import Consistency

/// The histories that are kept with the project, and what their stories say of them.
@Suite("Histories of the simulator")
struct SimulatedHistoryTests {
  static let expectations: [(file: String, strongest: Level?, broken: [Property])] = [
    ("deposed-leader", .zookeeper, [.freshReads, .freshAfterSync]),
    ("deposed-leader-quorum-sync", .linearizable, []),
    ("live-leader", .linearizable, []),
    ("live-leader-apache", .zookeeper, [.freshReads, .freshAfterSync]),
    ("mixed-locks", .linearizable, []),
    ("mixed-many-leaders", .linearizable, []),
    ("mixed-observers", .linearizable, []),
    ("mixed-retransmission", .linearizable, []),
    ("mixed-watches", .linearizable, []),
    ("outlived-lock", .linearizable, []),
    ("outlived-lock-fenced", .linearizable, []),
    ("resent-write", .linearizable, []),
    ("resent-write-twice", .session, [.legalReplay, .snapshotReads]),
    ("session-returns", .linearizable, []),
    ("session-returns-apache", nil, [.orderedWrites]),
  ]

  private static let folder =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Histories/simulated/"

  @Test("The level and the properties that are broken", arguments: expectations.indices)
  func levels(_ index: Int) throws {
    let (file, strongest, broken) = Self.expectations[index]
    let report = try ConsistencyReport(readHistory(Self.folder + file + ".jsonl"))
    #expect(report.strongest == strongest, "\(report.findings.map(report.sentence))")
    var found: [Property] = []
    for finding in report.findings where !found.contains(finding.property) {
      found.append(finding.property)
    }
    #expect(found == broken, "\(report.findings.map(report.sentence))")
  }
}
