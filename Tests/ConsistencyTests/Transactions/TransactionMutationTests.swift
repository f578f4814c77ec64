import LinnaeusBase
import OperationHistory
import Testing

@testable import Consistency

/// Damaged histories of transactions: an error that names a line, or a verdict, and never a trap.
@Suite("Damaged transactions")
struct TransactionMutationTests {
  private func judge(_ text: [UInt8], _ model: TransactionModel) throws -> TransactionReport {
    let history = try text.withUnsafeBytes { try HistoryReader.read($0) }
    return try TransactionReport(history, model: model)
  }

  @Test("Bytes that are changed, left out or doubled", arguments: TransactionModel.allCases)
  func bytes(_ model: TransactionModel) {
    let bytes = Array("0123456789,:[]{}\"rwn-".utf8)
    var (refused, judged) = (0, 0)
    for seed in 0..<4_000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let engine = RandomTransactions.Engine.allCases[random.below(6)]
      var text = Array(
        RandomTransactions(seed: seed, engine: engine, model: model, readsAllAtLast: true).text.utf8
      )
      for _ in 0..<1 + random.below(3) {
        // Damage of the header has its own tests.
        var place = 50 + random.below(text.count - 50)
        // Most other damage is no JSON any more.
        let isValue = random.chance(1, in: 2)
        while isValue, !(48...57).contains(text[place]) {
          place = 50 + random.below(text.count - 50)
        }
        switch isValue ? 0 : random.below(3) {
        case 0: text[place] = bytes[random.below(isValue ? 10 : bytes.count)]
        case 1: text.remove(at: place)
        default: text.insert(text[place], at: place)
        }
      }
      do {
        let report = try judge(text, model)
        judged += 1
        // Whatever was found can be said.
        for anomaly in TransactionAnomaly.Direct.allCases {
          let told = report.examples(of: anomaly, limit: 8)
          #expect(told.sentences.isEmpty == (report.findings.count(anomaly) == 0), "seed \(seed)")
        }
        for cycle in report.cycles { _ = cycle.cycle.steps.map(report.sentence) }
      } catch let error as HistoryError {
        refused += 1
        #expect(error.line > 0, "seed \(seed): \(error)")
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
    #expect(refused > 400 && judged > 200, "\(refused) refused, \(judged) judged")
  }

  @Test("Histories that are cut off keep what they keep", arguments: TransactionModel.allCases)
  func cutOff(_ model: TransactionModel) throws {
    for seed in 0..<300 as Range<UInt64> {
      let random = RandomTransactions(
        seed: seed, engine: .strict, model: model, readsAllAtLast: true)
      let lines = random.text.split(separator: "\n")
      for count in 1...lines.count {
        let text = lines.prefix(count).joined(separator: "\n") + "\n"
        let report = try judge(Array(text.utf8), model)
        #expect(report.keeps(.strictSerializable), "seed \(seed), \(count) lines")
      }
    }
  }

  @Test("Many steps, many readers and many lost updates cost no more than their number")
  func large() throws {
    // One key that all read first and then write: every pair lost an update to the other.
    for model in TransactionModel.allCases {
      let write = model == .listAppend ? "append" : "w"
      let count = 4_000
      var lines: [String] = []
      for number in 0..<count {
        lines += TransactionText.lines(
          number % 20, "[\"r\",0,null],[\"\(write)\",0,\(number)],[\"r\",\(number + 1),null]")
      }
      let report = try judge(
        Array(TransactionText.native(lines, model: model.rawValue).utf8), model)
      #expect(report.findings.count(.lostUpdate) == count - 1)
      #expect(!report.keeps(.snapshotIsolation))
    }
    // One transaction of as many steps.
    let steps = (0..<8_000).map { "[\"r\",\($0 % 100),null],[\"append\",\($0 % 100),\($0)]" }
    let lines = TransactionText.lines(0, steps.joined(separator: ","))
    let report = try judge(Array(TransactionText.native(lines).utf8), .listAppend)
    #expect(report.findings.count(.internal) > 0)
    for anomaly in TransactionAnomaly.Direct.allCases {
      _ = report.examples(of: anomaly, limit: 8)
    }
  }
}
