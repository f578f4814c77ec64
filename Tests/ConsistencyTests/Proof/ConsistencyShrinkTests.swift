import LinnaeusBase
import OperationHistory
import Testing

@testable import Consistency

/// What is taken away to make a violation small.
@Suite("Shrinking of broken levels")
struct ConsistencyShrinkTests {
  /// The operations of a history's lines, as they would be after a relaxation.
  private func relaxed(
    _ ensemble: RandomEnsembleHistory, _ random: inout SeededRandom
  ) -> [String] {
    var fate: [Int: Int] = [:]
    for (number, operation) in ensemble.operations.enumerated() {
      let isTouched = Int.random(in: 0..<3, using: &random) == 0
      if isTouched { fate[number] = operation.call.isWrite ? 1 : 0 }
    }
    return zip(ensemble.lines, ensemble.text).compactMap { line, text in
      switch fate[line.operation] {
      case nil: text
      case 0: nil
      default: line.isEnd ? nil : text
      }
    }
  }

  @Test("Without reads, syncs or answers of writes a level that is kept is not broken")
  func sound() throws {
    var kept = 0
    for seed in 1...1500 as ClosedRange<UInt64> {
      let ensemble = ConsistencyCertificateTests.ensemble(seed)
      var random = SeededRandom(seed: seed ^ 77)
      let text = relaxed(ensemble, &random)
      let report = try ConsistencyReport(history(text))
      for level in LevelTests.levels where level != .session || ensemble.lostWrites.isEmpty {
        guard ensemble.keeps(level) else { continue }
        kept += 1
        let isBroken = report.keeps(level) == false
        #expect(
          !isBroken,
          """
          seed \(seed), \(level.rawValue)
          \(report.findings.map(report.sentence).joined(separator: "\n"))
          \(text.joined(separator: "\n"))
          """)
        if isBroken { return }
      }
    }
    #expect(kept > 5000, "\(kept)")
  }

  @Test("A level that is broken still is, by fewer operations; no one of them can be spared")
  func minimal() throws {
    var (count, before, after, minimal) = (0, 0, 0, 0)
    for seed in 1...600 as ClosedRange<UInt64> {
      let ensemble = ConsistencyCertificateTests.ensemble(seed)
      let whole = try history(ensemble.text)
      let report = try ConsistencyReport(whole)
      for level in LevelTests.levels {
        let shrunk = try shrink(whole, breaking: level)
        #expect((shrunk != nil) == (report.keeps(level) == false), "seed \(seed)")
        guard let shrunk else { continue }
        count += 1
        before += whole.operations.count
        after += shrunk.history.operations.count
        if shrunk.isMinimal { minimal += 1 }
        let isBroken = try ConsistencyReport(shrunk.history).keeps(level) == false
        #expect(isBroken, "seed \(seed), \(level.rawValue)")
        for index in shrunk.history.operations.indices {
          var less = shrunk.history
          let operation = less.operations[index]
          guard !OperationKind(function: less.name(of: operation)).isWrite else { continue }
          less.operations.remove(at: index)
          let isStillBroken = try ConsistencyReport(less).keeps(level) == false
          #expect(!isStillBroken, "seed \(seed), \(level.rawValue): op \(operation.id) is spare")
        }
      }
    }
    #expect(count > 200 && minimal == count, "\(minimal) of \(count)")
    #expect(after * 3 < before * 2, "\(after) of \(before) operations")
  }
}
