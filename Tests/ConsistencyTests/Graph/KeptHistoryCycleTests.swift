import Glibc
import OperationHistory
import Testing

@testable import Consistency

/// Cycles of the histories that are kept with the project, and of recorded ones.
@Suite("Cycles of kept histories")
struct KeptHistoryCycleTests {
  private static let folder =
    #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/Histories/"

  /// The cycles of a history, after looking that they are closed, forbidden and explained.
  private func cycles(_ path: String) throws -> (ConsistencyReport, [CycleWitness]) {
    let report = try ConsistencyReport(readHistory(path))
    let graph = ConsistencyGraph(report)
    let witnesses = report.cycles(in: graph)
    for level in Level.allCases {
      let broken = report.findings.filter(level.isBroken)
      let hasStep = report.hasCycle(of: broken)
      let hasWitness = witnesses.contains { $0.levels.contains(level) }
      #expect(hasStep == hasWitness, "\(path): \(level.rawValue)")
      if !hasStep { #expect(graph.isAcyclic(level), "\(path): \(level.rawValue)") }
    }
    for witness in witnesses {
      let steps = witness.cycle.steps
      for (step, next) in zip(steps, steps.dropFirst() + steps.prefix(1)) {
        #expect(step.to == next.from, "\(path)")
      }
      #expect(witness.levels.allSatisfy { $0.forbids(witness.cycle) }, "\(path)")
      let explanations = report.explain(witness.cycle)
      #expect(explanations.map(\.step) == steps, "\(path)")
      for explanation in explanations {
        let operations = report.columns.history.operations
        for request in [explanation.step.from, explanation.step.to] {
          #expect(explanation.sentence.contains("(op \(operations[Int(request)].id))"))
        }
        #expect(explanation.field != "answer", "\(path): \(explanation.sentence)")
      }
    }
    return (report, witnesses)
  }

  static let expected: [(file: String, cycles: [String])] = [
    ("simulated/deposed-leader", ["G-single-realtime"]),
    ("simulated/live-leader-apache", ["G-single-realtime"]),
    ("simulated/session-returns-apache", ["G0-process"]),
    ("simulated/resent-write-twice", []),
    ("simulated/mixed-watches", []),
    ("textbook/zookeeper-lost-write", ["G-single"]),
    ("textbook/zookeeper-writes-reordered", ["G0-realtime"]),
    ("textbook/zookeeper-stale-after-sync", ["G-single-realtime"]),
    ("textbook/zookeeper-stale-read", ["G-single-realtime"]),
    ("textbook/zookeeper-session-goes-back", ["G-single-process"]),
  ]

  @Test("Their classes", arguments: expected.indices)
  func kept(_ index: Int) throws {
    let (file, classes) = Self.expected[index]
    let (report, witnesses) = try cycles(Self.folder + file + ".jsonl")
    let sentences = report.findings.map(report.sentence)
    #expect(witnesses.map { "\($0.anomaly)" } == classes, "\(file): \(sentences)")
  }

  private static let recordings: String? = getenv("LINNAEUS_SHARED").map {
    String(cString: $0) + "/data/zookeeper-3.8/"
  }

  @Test(
    "Recorded from Apache ZooKeeper", .enabled(if: recordings != nil),
    arguments: RecordedHistoryTests.recordings.indices)
  func recorded(_ index: Int) throws {
    let recording = RecordedHistoryTests.recordings[index]
    let (_, witnesses) = try cycles((Self.recordings ?? "") + recording.file + ".jsonl")
    #expect(witnesses.isEmpty == recording.broken.isEmpty, "\(recording.file)")
  }
}
