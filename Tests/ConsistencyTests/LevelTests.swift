import Glibc
import OperationHistory
import Testing

@testable import Consistency

private let effort = getenv("LINNAEUS_EFFORT").flatMap { Double(String(cString: $0)) } ?? 1

/// The levels against brute force over all orders in which writes follow their zxids.
@Suite("Levels against brute force")
struct LevelTests {
  static let levels: [Level] = [
    .session, .sequential, .linearizableWrites, .zookeeper, .zookeeperSync, .linearizable,
  ]

  /// Seeds beyond the first that once showed a difference.
  static let mended: [UInt64] = [5504, 6324, 6744, 16004, 22638, 42252, 43464]

  @Test("What brute force finds is what the zxids tell")
  func bruteForce() throws {
    let seeds = UInt64(5000 * max(effort, 0.1))
    var counts: [Level: (kept: Int, broken: Int, unknown: Int)] = [:]
    for seed in Array(1...seeds) + Self.mended {
      var ensemble = RandomEnsembleHistory(seed: seed, count: 5 + Int(seed % 5))
      if seed.isMultiple(of: 4) { ensemble.spoil() }
      let report = try ConsistencyReport(history(ensemble.text))
      for level in Self.levels {
        // Of lost writes no session was told anything.
        if level == .session, !ensemble.lostWrites.isEmpty { continue }
        let expected = ensemble.keeps(level)
        var count = counts[level, default: (0, 0, 0)]
        switch report.keeps(level) {
        case nil: count.unknown += 1
        case true?: count.kept += 1
        case false?: count.broken += 1
        }
        counts[level] = count
        guard let found = report.keeps(level), found != expected else { continue }
        Issue.record(
          """
          seed \(seed): \(level.rawValue) is \(found ? "kept" : "broken"), brute force says \(expected)
          \(report.findings.map(report.sentence).joined(separator: "\n"))
          \(ensemble.text.joined(separator: "\n"))
          """)
        return
      }
    }
    for level in Self.levels {
      let count = counts[level, default: (0, 0, 0)]
      #expect(count.kept > Int(seeds) / 10, "\(level.rawValue): \(count)")
      #expect(count.broken > Int(seeds) / 100, "\(level.rawValue): \(count)")
      #expect(count.unknown < Int(seeds) / 50, "\(level.rawValue): \(count)")
    }
  }
}
