import Linearizability
import LinnaeusBase
import OperationHistory
import Testing

/// Every engine against brute force on small random histories, and against each other on larger.
@Suite struct RandomHistoryTests {
  /// The families of random histories: every model, and some with a twist.
  struct Family: Sendable, CustomTestStringConvertible {
    var model: ModelName
    var appends = false
    var keys = 1
    var values = 3

    var testDescription: String {
      model.rawValue + (appends ? " that appends" : "") + (keys > 1 ? ", \(keys) keys" : "")
        + (values == 0 ? ", values unique" : "")
    }

    static let all: [Family] =
      ModelName.allCases.map { Family(model: $0) } + [
        Family(model: .register, values: 0), Family(model: .register, keys: 2),
        Family(model: .keyValue, appends: true), Family(model: .set, values: 0),
        Family(model: .keyValue, appends: true, keys: 2), Family(model: .queue, values: 0),
        Family(model: .stack, values: 0), Family(model: .priorityQueue, values: 0),
        Family(model: .listAppend, values: 0), Family(model: .listAppend, keys: 2),
      ]

    /// Options that follow from a seed.
    func histories(operations: Int, seed: UInt64) -> RandomHistories {
      var random = SeededRandom(seed: ~seed)
      return RandomHistories(
        model: model, clients: 2 + random.below(4), operations: operations,
        indeterminate: [0, 0, 20, 100, 300][random.below(5)], values: values, appends: appends,
        keys: keys, pause: [5, 50, 200][random.below(3)], mutations: random.below(3), seed: seed)
    }
  }

  @Test("Small simulated histories, mutated or not", arguments: Family.all)
  func small(_ family: Family) {
    var comparison = Comparison(BuiltInModel(family.model, values: ValueTable()), name: "")
    for number in 0..<Effort.scaled(200) {
      let seed = UInt64(number)
      let histories = family.histories(operations: 3 + number % 6, seed: seed)
      let (partition, model) = histories.make()
      comparison.model = model
      comparison.name = "\(histories)"
      let before = comparison.linearizable
      comparison.check(partition.entries, seed: seed)
      if histories.mutations == 0 {
        #expect(comparison.linearizable > before, "the generator's history \(histories) is none")
      }
    }
  }

  @Test("Small histories of random operations at random times", arguments: Alphabet.all)
  func arbitrary(_ alphabet: Alphabet) {
    var comparison = Comparison(alphabet.model, name: alphabet.name)
    for number in 0..<Effort.scaled(200) {
      let seed = UInt64(number)
      var random = SeededRandom(seed: seed)
      let count = 2 + random.below(7)
      comparison.check(randomEntries(count, alphabet, &random), seed: seed)
    }
    #expect(comparison.linearizable > 0 && comparison.linearizable < comparison.histories)
  }

  @Test("Larger histories: all engines agree", arguments: Family.all)
  func larger(_ family: Family) {
    let count = Effort.scaled(10)
    var comparable = 0
    for number in 0..<count {
      let seed = UInt64(number)
      let histories = family.histories(operations: 10 + number * 7 % 50, seed: seed)
      let (partition, model) = histories.make()
      let results = Engine.all.map { engine in
        let budget = SearchBudget(timeout: .milliseconds(100))
        return (engine: engine.name, result: engine.run(partition, model, budget))
      }
      for (engine, result) in results {
        let flaw: String? =
          switch result.verdict {
          case .holds: BruteForce.flaw(in: result.order, of: partition.entries, model: model)
          case .violated: histories.mutations == 0 ? "it is linearizable by construction" : nil
          case .unknown: nil
          }
        #expect(flaw == nil, "\(engine) on \(histories)")
      }
      let decided = results.filter { $0.result.verdict != .unknown }
      if decided.count > 1 { comparable += 1 }
      #expect(
        Set(decided.map(\.result.verdict)).count <= 1,
        """
        \(results.map { "\($0.engine): \($0.result.verdict)" }) on \(histories)
        \(nativeLines(partition.entries, model: model))
        """)
    }
    // Engines that run out of time compare nothing.
    #expect(comparable * 10 >= count * 7, "\(comparable) of \(count) were decided twice")
  }

  /// Operations that begin and end in a random order.
  private func randomEntries(
    _ count: Int, _ alphabet: Alphabet, _ random: inout SeededRandom
  ) -> [Entry] {
    // Each operation draws two events; those close in the shuffle make short intervals.
    let spread = 1 + random.below(3 * count)
    let intervals = (0..<count).map { _ in
      let first = random.below(3 * count)
      return (first: first, last: first + random.below(spread))
    }
    let order = IntervalOrder(intervals: intervals.sorted { $0.first < $1.first })
    return order.randomHistory(alphabet, &random)
  }
}
