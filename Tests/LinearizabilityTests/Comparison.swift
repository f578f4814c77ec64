import Linearizability
import OperationHistory
import Testing

/// Compares all engines with brute force, and reports the first few differences.
struct Comparison {
  var model: BuiltInModel
  var name: String
  private(set) var histories = 0
  private(set) var linearizable = 0
  private(set) var differences = 0
  private let candidates: [Engine]
  private let takesTurns: Bool

  /// Compares some engines; with little effort they take turns, unless all must decide everything.
  init(
    _ model: BuiltInModel, name: String, engines: [Engine] = Engine.all, takesTurns: Bool = true
  ) {
    self.model = model
    self.name = name
    candidates = engines
    self.takesTurns = takesTurns
  }

  /// Compares, and records an issue for each of the first differences.
  ///
  /// In turns, each history is decided by one engine.
  mutating func check(_ entries: [Entry], seed: UInt64?, inTurns: Bool = false) {
    for difference in compare(entries, inTurns: inTurns) where differences <= 3 {
      let origin = seed.map { " (seed \($0))" } ?? ""
      Issue.record("\(name)\(origin): \(difference)\n\(nativeLines(entries, model: model))")
    }
  }

  /// Says what is wrong with the engines' results.
  mutating func compare(_ entries: [Entry], inTurns: Bool = false) -> [String] {
    let expected = BruteForce.isLinearizable(entries, model: model)
    histories += 1
    if expected { linearizable += 1 }
    let found = engines(inTurns: inTurns).compactMap { engine -> String? in
      let result = engine.run(
        Partition(key: .absent, entries: entries), model, SearchBudget())
      return flaw(in: result, of: engine, entries, expected: expected).map {
        "\(engine.name): \($0) (decided by \(result.decidedBy))"
      }
    }
    differences += found.count
    return found
  }

  /// The engines whose turn it is.
  private func engines(inTurns: Bool) -> [Engine] {
    guard inTurns || (takesTurns && Effort.factor < 10) else { return candidates }
    return [candidates[histories % candidates.count]]
  }

  private func flaw(
    in result: PartitionResult, of engine: Engine, _ entries: [Entry], expected: Bool
  ) -> String? {
    switch result.verdict {
    case .unknown: return engine.isComplete ? "it says unknown" : nil
    case .holds:
      guard expected else { return "it says that a violation holds" }
      return BruteForce.flaw(in: result.order, of: entries, model: model)
    case .violated:
      if expected { return "it says that a linearizable history is violated" }
      if result.holdsBefore != .min {
        let before = BruteForce.prefix(entries, upTo: result.holdsBefore - 1)
        guard BruteForce.isLinearizable(before, model: model) else {
          return "what happened before \(result.holdsBefore) is a violation already"
        }
      }
      let prefix = BruteForce.prefix(entries, upTo: result.violatedBy)
      guard BruteForce.isLinearizable(prefix, model: model) else { return nil }
      return "what happened up to \(result.violatedBy) is no violation yet"
    }
  }
}
