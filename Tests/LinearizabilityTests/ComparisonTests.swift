import Testing

@testable import Linearizability

/// The comparison itself: engines with a fault each, which it must notice.
@Suite struct ComparisonTests {
  /// Decides by brute force what is left of a history once `distort` has changed it.
  private static func engine(
    _ name: String, _ distort: @escaping @Sendable ([Entry]) -> [Entry]
  ) -> Engine {
    Engine(name: name) { partition, model, _ in
      let holds = BruteForce.isLinearizable(distort(partition.entries), model: model)
      var result = PartitionResult(verdict: holds ? .holds : .violated, decidedBy: name)
      // Some order of the whole; it is legal only by chance.
      if holds { result.order = partition.entries.indices.map { Int32($0) } }
      return result
    }
  }

  static let faulty: [Engine] = [
    engine("an order that proves nothing") { $0 },
    engine("all operations at the same time") { entries in
      entries.map { entry in
        var entry = entry
        entry.invocation = 0
        return entry
      }
    },
    engine("the indeterminate happened") { entries in
      entries.map { entry in
        var entry = entry
        entry.completion = min(entry.completion, .max - 1)
        return entry
      }
    },
    engine("the indeterminate did not happen") { $0.filter { !$0.isIndeterminate } },
    Engine(name: "a prefix that is no violation", isComplete: false) { partition, model, _ in
      let holds = BruteForce.isLinearizable(partition.entries, model: model)
      return PartitionResult(
        verdict: holds ? .unknown : .violated, decidedBy: "", violatedBy: holds ? .max : 1)
    },
  ]

  @Test("Each fault is noticed", arguments: faulty)
  func faults(_ engine: Engine) {
    for alphabet in Alphabet.all where ["register", "queue", "mutex"].contains(alphabet.name) {
      var comparison = Comparison(alphabet.model, name: alphabet.name, engines: [engine])
      for order in IntervalOrder.all(3) {
        order.forEachHistory(alphabet) { _ = comparison.compare($0) }
      }
      #expect(comparison.differences > 0)
    }
  }
}
