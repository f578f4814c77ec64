import LinnaeusBase
import OperationHistory
import Testing

@testable import Consistency

/// The analysis of transactions against brute force, and against databases that keep a level.
@Suite("Transactions against brute force")
struct TransactionDifferentialTests {
  private static let seeds: UInt64 = 800

  /// Levels that brute force decides, and how.
  private static let levels: [(IsolationLevel, TransactionAnomaly.Order, isFromSnapshots: Bool)] = [
    (.serializable, .none, false), (.strongSessionSerializable, .process, false),
    (.strictSerializable, .realTime, false), (.snapshotIsolation, .none, true),
    (.strongSessionSnapshotIsolation, .process, true), (.strongSnapshotIsolation, .realTime, true),
  ]

  private func named(_ report: TransactionReport) -> String {
    report.anomalies.map(\.name).joined(separator: " ")
  }

  @Test(
    "What has an order is never refused; with a last read of all lists, what has none always is",
    arguments: RandomTransactions.Engine.allCases)
  func lists(_ engine: RandomTransactions.Engine) throws {
    var (kept, broken) = (0, 0)
    for seed in 0..<Self.seeds {
      var random = RandomTransactions(
        seed: seed, engine: engine, model: .listAppend, readsAllAtLast: true)
      if seed.isMultiple(of: 2) { _ = random.spoil() }
      let report = try TransactionText.report(random.text)
      for (level, order, isFromSnapshots) in Self.levels {
        let hasOrder = random.hasOrder(order, isFromSnapshots: isFromSnapshots)
        if hasOrder { kept += 1 } else { broken += 1 }
        #expect(
          report.keeps(level) == hasOrder,
          "seed \(seed), \(level): \(named(report))\n\(random.text)")
      }
    }
    #expect(kept > 500 && broken > 500, "\(kept) kept, \(broken) broken")
  }

  @Test(
    "What has an order is never refused",
    arguments: RandomTransactions.Engine.allCases, [TransactionModel.register, .listAppend])
  func neverAFalseAlarm(_ engine: RandomTransactions.Engine, _ model: TransactionModel) throws {
    var found = 0
    for seed in 0..<Self.seeds {
      var random = RandomTransactions(
        seed: seed ^ 0x5EED, engine: engine, model: model, readsAllAtLast: false)
      if seed.isMultiple(of: 2) { _ = random.spoil() }
      let report = try TransactionText.report(random.text)
      for (level, order, isFromSnapshots) in Self.levels where !report.keeps(level) {
        found += 1
        #expect(
          !random.hasOrder(order, isFromSnapshots: isFromSnapshots),
          "seed \(seed), \(level): \(named(report))\n\(random.text)")
      }
    }
    #expect(found > 100, "\(found) broken levels were seen")
  }

  @Test(
    "A database that keeps a level is found to",
    arguments: RandomTransactions.Engine.allCases, TransactionModel.allCases)
  func engines(_ engine: RandomTransactions.Engine, _ model: TransactionModel) throws {
    guard let level = engine.level else { return }
    var stronger = 0
    for seed in 0..<Self.seeds {
      let random = RandomTransactions(
        seed: seed ^ 0xDB, engine: engine, model: model, readsAllAtLast: seed.isMultiple(of: 2))
      let report = try TransactionText.report(random.text)
      #expect(report.keeps(level), "seed \(seed): \(named(report))\n\(random.text)")
      if report.strongest != [level] { stronger += 1 }
    }
    #expect(engine == .strict || stronger < Self.seeds, "no history tells it from stronger ones")
  }

  @Test(
    "Registers taken to be linearizable: a database whose registers are is found to keep its level",
    arguments: RandomTransactions.Engine.allCases)
  func linearizableKeys(_ engine: RandomTransactions.Engine) throws {
    // The others do not write when they say so.
    guard let level = engine.level, engine != .serial else { return }
    for seed in 0..<Self.seeds * 2 {
      let random = RandomTransactions(
        seed: seed ^ 0x11, engine: engine, model: .register, readsAllAtLast: seed.isMultiple(of: 2))
      let history = try TransactionText.read(random.text)
      let report = try TransactionReport(history, model: .register, areKeysLinearizable: true)
      #expect(report.keeps(level), "seed \(seed): \(named(report))\n\(random.text)")
      let less = try TransactionReport(history, model: .register)
      for level in IsolationLevel.allCases where !less.keeps(level) {
        #expect(!report.keeps(level), "seed \(seed), \(level)")
      }
      for cycle in report.cycles {
        for step in cycle.cycle.steps {
          #expect(!report.sentence(step).contains("comes before"), "seed \(seed)\n\(random.text)")
        }
      }
    }
  }

  @Test("Registers taken to be linearizable: blind writes have an order, and reads miss them")
  func blindWrites() throws {
    let lines = [
      TransactionText.lines(0, "[\"w\",\"x\",1]"),
      TransactionText.lines(1, "[\"w\",\"x\",2],[\"w\",\"y\",2]"),
      TransactionText.lines(2, "[\"r\",\"x\",1],[\"r\",\"y\",2]"),
    ]
    // The reader overlaps with all.
    let text = TransactionText.native(
      [lines[2][0]] + lines[0] + lines[1] + [lines[2][1]], model: "rw-register")
    let history = try TransactionText.read(text)
    #expect(try TransactionReport(history, model: .register).anomalies.isEmpty)
    let report = try TransactionReport(history, model: .register, areKeysLinearizable: true)
    #expect(report.anomalies.map(\.name) == ["G-single"])
    let told = report.cycles.flatMap { $0.cycle.steps.map(report.sentence) }
    #expect(
      told.contains(
        "op 0 (line 2, process 2) read \"x\" as 1, which op 1 (line 3, process 0) wrote; op 1 ended"
          + " before op 2 (line 5, process 1) began, which wrote 2 to \"x\"."), "\(told)")
    #expect(report.certificate(of: .serializable, digest: "") == nil)
  }

  @Test("Every cycle is one: each step follows from the one before, and has its own sentence")
  func cycles() throws {
    var classes: Set<String> = []
    for engine in RandomTransactions.Engine.allCases {
      for model in TransactionModel.allCases {
        for seed in 0..<Self.seeds / 2 {
          let random = RandomTransactions(
            seed: seed, engine: engine, model: model, readsAllAtLast: true)
          let report = try TransactionText.report(random.text)
          for cycle in report.cycles {
            classes.insert(cycle.anomaly.name)
            let steps = cycle.cycle.steps
            for (step, next) in zip(steps, steps.dropFirst() + steps.prefix(1)) {
              #expect(step.to == next.from && step.from != step.to, "seed \(seed)")
            }
            let told = steps.map(report.sentence)
            #expect(
              !told.contains { $0.contains("comes before") },
              "seed \(seed): \(told)\n\(random.text)")
          }
        }
      }
    }
    for name in [
      "G0", "G1c", "G-single", "G2-item", "G-single-process", "G1c-realtime", "G-single-realtime",
    ] {
      #expect(classes.contains(name), "\(classes.sorted())")
    }
  }
}
