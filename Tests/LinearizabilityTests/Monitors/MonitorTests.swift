import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

/// Every monitor against brute force, on histories in the shape that it is made for.
@Suite struct MonitorTests {
  @Test("Random histories of up to eight operations", arguments: MonitorFamily.all)
  func randomHistories(_ family: MonitorFamily) {
    var tally = MonitorTally()
    for seed in 0..<UInt64(Effort.scaled(family.histories)) {
      var random = SeededRandom(seed: seed)
      let entries = family.history(&random, mutations: Int(seed & 1) * (1 + random.below(3)))
      tally.check(entries, family.model, name: family.name, seed: seed)
    }
    if Effort.factor != 1 { print("\(family.name): \(tally)") }
    #expect(tally.holds * 1000 > tally.histories * family.leastHolds, "\(tally)")
    #expect(tally.violated * 1000 > tally.histories * family.leastViolated, "\(tally)")
    #expect(tally.undecided * 1000 <= tally.histories * family.undecided, "\(tally)")
  }

  @Test(
    "Containers: each interval order of four and five operations",
    arguments: [ModelName.queue, .stack, .priorityQueue])
  func everyOrder(_ name: ModelName) {
    let scripts = [
      "1+ 2+ 1- 2-", "1+ 2+ 1- 0-", "1+ 2+ 2- ?-", "1+ 1- 0- 0-", "1+? 2+ 1- ?-", "1+ 2+? 2- 0-",
      "1+ 2+ 3+ 2- 3-", "1+ 2+ 1- 2- 0-", "1+ 2+ 2- 0- ?-", "1+ 2+ 3+ 3- ?-", "1+ 2+? 2- 1- 0-",
      "2+ 1+ 2- 0- ?-", "1+ 2+ 3+ 1- 2-", "1+ 2+ 2- ?- ?-",
    ].map { Self.operations($0) }
    let model = BuiltInModel(name, values: ValueTable())
    var tally = MonitorTally()
    var number = 0
    for (operations, indeterminate) in scripts {
      for order in IntervalOrder.all(operations.count) {
        forEachPermutation(operations.count) { permutation in
          number += 1
          // Five operations: a sixth part, unless there is time for all.
          guard operations.count == 4 || Effort.factor >= 6 || number % 6 == 0 else { return }
          let mask = permutation.enumerated().reduce(0) {
            $0 | (indeterminate >> $1.element & 1) << $1.offset
          }
          let entries = order.entries(permutation.map { operations[$0] }, indeterminate: mask)
          tally.check(entries, model, name: name.rawValue, seed: UInt64(number))
        }
      }
    }
    #expect(tally.holds * 5 > tally.histories, "\(tally)")
    #expect(tally.violated * 5 > tally.histories, "\(tally)")
    #expect(tally.undecided * 50 < tally.histories, "\(tally)")
  }

  /// `1+` inserts 1, `1-` extracts it, `0-` finds nothing; a question mark is indeterminate.
  private static func operations(
    _ script: String
  ) -> (operations: [ModelOperation], indeterminate: Int) {
    var result: (operations: [ModelOperation], indeterminate: Int) = ([], 0)
    for (index, word) in script.split(separator: " ").enumerated() {
      if word.contains("?") { result.indeterminate |= 1 << index }
      let number = word.first?.wholeNumberValue
      let value: ValueID =
        number.map { $0 == 0 ? .null : MonitorFamily.value($0) } ?? .absent
      result.operations.append(
        ModelOperation(word.contains("+") ? .insert : .extract, value))
    }
    return result
  }

  private func forEachPermutation(_ count: Int, _ body: ([Int]) -> Void) {
    func extend(_ chosen: [Int]) {
      if chosen.count == count { return body(chosen) }
      for next in 0..<count where !chosen.contains(next) { extend(chosen + [next]) }
    }
    extend([])
  }
}

/// Compares monitors with brute force, and counts what they said.
struct MonitorTally: CustomStringConvertible {
  private(set) var histories = 0
  private(set) var holds = 0
  private(set) var violated = 0
  private(set) var undecided = 0
  private(set) var withPrefix = 0
  private var reported = 0

  var description: String {
    "\(histories) histories, \(holds) hold, \(violated) violated (\(withPrefix) by a prefix), "
      + "\(undecided) undecided"
  }

  mutating func check(_ entries: [Entry], _ model: BuiltInModel, name: String, seed: UInt64) {
    histories += 1
    let partition = Partition(key: .absent, entries: entries)
    guard let result = decideByMonitor(partition, model: model, budget: SearchBudget()) else {
      undecided += 1
      return
    }
    guard let flaw = flaw(in: result, entries, model), reported < 3 else { return }
    reported += 1
    Issue.record(
      """
      \(result.decidedBy) on \(name), seed \(seed): \(flaw)
      \(nativeLines(entries, model: model))
      """)
  }

  private mutating func flaw(
    in result: PartitionResult, _ entries: [Entry], _ model: BuiltInModel
  ) -> String? {
    var reference = CompactReference(entries, model: model)
    let expected = reference.isLinearizable()
    switch result.verdict {
    case .unknown: return "a monitor says unknown"
    case .holds:
      holds += 1
      guard expected else { return "it says that a violation holds" }
      return BruteForce.flaw(in: result.order, of: entries, model: model)
    case .violated:
      violated += 1
      if expected { return "it says that a linearizable history is violated" }
      guard result.violatedBy != .max else { return nil }
      withPrefix += 1
      let prefix = BruteForce.prefix(entries, upTo: result.violatedBy)
      var prefixReference = CompactReference(prefix, model: model)
      return prefixReference.isLinearizable()
        ? "what happened up to \(result.violatedBy) is no violation yet" : nil
    }
  }
}
