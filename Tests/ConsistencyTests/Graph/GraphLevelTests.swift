import Glibc
import LinnaeusBase
import OperationHistory
import Testing

@testable import Consistency

private let effort = getenv("LINNAEUS_EFFORT").flatMap { Double(String(cString: $0)) } ?? 1

extension ConsistencyReport {
  /// Whether findings speak of two operations that no order can have; a wrong answer has no place by
  /// which it could be too old or too new.
  func hasCycle(of findings: [Finding]) -> Bool {
    let wrong = wrongAnswers
    return findings.contains { finding in
      offendingStep(finding) != nil
        && ((finding.kind != .staleRead && finding.kind != .readOfTheFuture
          && finding.kind != .staleAfterSync) || !wrong.contains(finding.operation))
    }
  }
}

/// The graph against the zxid analysis and against brute force over all orders in which writes follow
/// their zxids, level by level.
@Suite("Levels as sets of edges without a cycle")
struct GraphLevelTests {
  private struct Counts {
    var kept = 0
    var cycles = 0
    var withoutCycle = 0
    var unknown = 0
  }

  @Test("A level is kept exactly if its edges have no cycle and no answer is wrong by itself")
  func threeWays() throws {
    let seeds = UInt64(5000 * max(effort, 0.1))
    var counts: [Level: Counts] = [:]
    var classes: [String: Int] = [:]
    for seed in Array(1...seeds) + LevelTests.mended {
      var ensemble = RandomEnsembleHistory(
        seed: seed, count: 5 + Int(seed % 5), syncs: seed % 3 == 1 ? 8 : 1)
      if seed.isMultiple(of: 4) { ensemble.spoil() }
      var random = SeededRandom(seed: seed)
      if seed % 4 == 1 { ensemble.swapWrites(&random) }
      let report = try ConsistencyReport(history(ensemble.text))
      let graph = ConsistencyGraph(report)
      let witnesses = report.cycles(in: graph)
      for witness in witnesses { classes["\(witness.anomaly)", default: 0] += 1 }
      for level in LevelTests.levels {
        let isAcyclic = graph.isAcyclic(level)
        let broken = report.findings.filter(level.isBroken)
        let found = report.keeps(level)
        count(found, isAcyclic, &counts[level, default: Counts()])
        let problem = difference(
          level, found, isAcyclic, broken, report, witnesses,
          expected: level == .session && !ensemble.lostWrites.isEmpty
            ? found : ensemble.keeps(level))
        guard let problem else { continue }
        Issue.record(
          """
          seed \(seed), \(level.rawValue): \(problem)
          \(report.findings.map(report.sentence).joined(separator: "\n"))
          \(ensemble.text.joined(separator: "\n"))
          """)
        return
      }
    }
    for level in LevelTests.levels {
      let count = counts[level, default: Counts()]
      #expect(count.kept > Int(seeds) / 10, "\(level.rawValue): \(count)")
      #expect(count.cycles > Int(seeds) / 100, "\(level.rawValue): \(count)")
      #expect(count.unknown < Int(seeds) / 50, "\(level.rawValue): \(count)")
    }
    for name in ["G-single-realtime", "G-single", "G0-process", "G-single-process"] {
      #expect(classes[name, default: 0] > 0, "\(name) is never met: \(classes)")
    }
  }

  private func count(_ found: Bool?, _ isAcyclic: Bool, _ counts: inout Counts) {
    switch found {
    case nil: counts.unknown += 1
    case true?: counts.kept += 1
    case false?: if isAcyclic { counts.withoutCycle += 1 } else { counts.cycles += 1 }
    }
  }

  /// What the three do not agree on.
  private func difference(
    _ level: Level, _ found: Bool?, _ isAcyclic: Bool, _ broken: [Finding],
    _ report: ConsistencyReport, _ witnesses: [CycleWitness], expected: Bool?
  ) -> String? {
    guard let found else { return nil }
    let wrong = report.wrongAnswers
    let isWrong = broken.contains {
      report.offendingStep($0) == nil || wrong.contains($0.operation)
    }
    let byGraph = isAcyclic && !isWrong
    if byGraph != found { return "the graph says \(byGraph), the zxids \(found)" }
    if let expected, byGraph != expected { return "brute force says \(expected), the graph not" }
    let hasStep = report.hasCycle(of: broken)
    let witness = witnesses.first { $0.levels.contains(level) }
    if hasStep != (witness != nil) { return "a cycle is \(hasStep ? "missing" : "there")" }
    guard let witness else { return nil }
    let isClosed = witness.cycle.steps.indices.allSatisfy { index in
      let next = witness.cycle.steps[(index + 1) % witness.cycle.length]
      return witness.cycle.steps[index].to == next.from
    }
    return isClosed && witness.cycle.length > 1 ? nil : "\(witness.cycle) is no cycle"
  }
}
