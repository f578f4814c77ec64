import OperationHistory
import Testing

@testable import Linearizability

/// Histories that random ones seldom are, each of which shows why a monitor keeps a condition.
@Suite struct PinnedMonitorTests {
  /// A linearizable history: what a wrong monitor would call a violation.
  struct Pinned: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var model: ModelName
    /// Each operation is a letter, where it is invoked and where it completes.
    var events: String
    var operations: [ModelOperation]
  }

  private static let one = MonitorFamily.value(1)
  private static let add = ModelOperation(.add, one)
  private static let remove = ModelOperation(.remove, one)
  private static let unknown = ModelOperation(.extract)
  private static let acquire = ModelOperation(.acquire, one)
  private static let release = ModelOperation(.release, one)

  static let all: [Pinned] = [
    Pinned(
      testDescription: "A removal that ends soon goes before one that must find the value",
      model: .set, events: "abacbdedffgeg",
      operations: [
        add, add, add, remove, ModelOperation(.remove, one, .true), add,
        ModelOperation(.contains, one, .false),
      ]),
    Pinned(
      testDescription: "To have used fewer additions can be worth more", model: .set,
      events: "abaccddefbfe",
      operations: [
        remove, add, add, ModelOperation(.remove, one, .true),
        ModelOperation(.contains, one, .true), remove,
      ]),
    Pinned(
      testDescription: "To have used fewer indeterminate removals can be worth more", model: .set,
      events: "abcacddeeffggh",
      operations: [
        add, remove, add, add, remove, add, ModelOperation(.remove, one, .false), remove,
      ]),
    Pinned(
      testDescription: "The earliest deadline takes the earliest extraction of unknown result",
      model: .queue, events: "aabcdeeffcghh",
      operations: [
        ModelOperation(.insert, one), unknown, ModelOperation(.insert, MonitorFamily.value(2)),
        unknown, ModelOperation(.insert, MonitorFamily.value(3)), ModelOperation(.extract, .null),
        unknown, ModelOperation(.extract, .null),
      ]),
    Pinned(
      testDescription: "Of two acquisitions the one that must end first makes room",
      model: .semaphore, events: "abccddbeeffa",
      operations: [acquire, acquire, release, acquire, acquire, release]),
  ]

  @Test("Linearizable histories", arguments: all)
  func linearizable(_ pinned: Pinned) throws {
    var entries: [Entry] = []
    var letters: [Character] = []
    for (place, letter) in pinned.events.enumerated() {
      if let index = letters.firstIndex(of: letter) {
        entries[index].completion = Int32(place)
      } else {
        letters.append(letter)
        entries.append(
          Entry(
            pinned.operations[entries.count], invocation: Int32(place), completion: .max,
            source: Int32(entries.count)))
      }
    }
    var model = BuiltInModel(pinned.model, values: ValueTable())
    model.permits = 2
    #expect(BruteForce.isLinearizable(entries, model: model))
    let partition = Partition(key: .absent, entries: entries)
    let result = try #require(
      decideByMonitor(partition, model: model, budget: SearchBudget()))
    #expect(result.verdict == .holds)
  }
}
