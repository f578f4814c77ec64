import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

/// The replay that every order of a monitor has to pass.
@Suite struct ReplayTests {
  /// Two insertions one after the other, an indeterminate one, and two extractions together.
  private static let entries = [
    Entry(ModelOperation(.insert, .true), invocation: 0, completion: 1, source: 0),
    Entry(ModelOperation(.insert, .false), invocation: 2, completion: 3, source: 1),
    Entry(ModelOperation(.insert, .emptyString), invocation: 4, completion: .max, source: 2),
    Entry(ModelOperation(.extract, .true), invocation: 5, completion: 7, source: 3),
    Entry(ModelOperation(.extract, .false), invocation: 6, completion: 8, source: 4),
  ]

  @Test(
    "It accepts linearizations and nothing else",
    arguments: [
      ([0, 1, 3, 4], true), ([0, 1, 2, 3, 4], true), ([0, 1, 3, 4, 2], true),
      // A definite one is missing; one stands twice; one does not exist.
      ([0, 1, 3], false), ([0, 1, 2, 2, 3, 4], false), ([0, 1, 3, 4, 5], false),
      ([-1, 0, 1, 3, 4], false),
      // Against real time; against the queue.
      ([1, 0, 4, 3], false), ([0, 3, 1, 4], false), ([0, 1, 4, 3], false), ([], false),
    ] as [([Int32], Bool)])
  func linearizations(_ order: [Int32], isOne: Bool) {
    let accepted = isLinearization(order, of: Self.entries, on: QueueMonitor.Object())
    #expect(accepted == isOne)
  }

  @Test("An order that does not pass makes no verdict")
  func refused() {
    let partition = Partition(key: .absent, entries: Self.entries)
    #expect(
      PartitionResult.holds([0, 1, 4, 3], of: partition, on: QueueMonitor.Object(), by: "x") == nil)
  }

  @Test("Objects answer like the models", arguments: MonitorFamily.all)
  func objects(_ family: MonitorFamily) {
    // Those that hold have been replayed on both; here orders that need not be legal are.
    for seed in 0..<UInt64(Effort.scaled(50)) {
      var random = SeededRandom(seed: seed)
      let entries = family.history(&random, mutations: 1).map {
        Entry($0.operation, invocation: 0, completion: 1, source: 0)
      }
      let order = entries.indices.map { Int32($0) }
      let isLegal = BruteForce.flaw(in: order, of: entries, model: family.model) == nil
      #expect(replay(order, entries, family.model) == isLegal, "\(family), seed \(seed)")
    }
  }

  private func replay(_ order: [Int32], _ entries: [Entry], _ model: BuiltInModel) -> Bool {
    func run(_ object: some ReplayedObject) -> Bool {
      isLinearization(order, of: entries, on: object)
    }
    let values = model.values
    switch model.name {
    case .set:
      return entries.contains { $0.operation.action == .read }
        ? run(GrowingSetMonitor.Object(values: values)) : run(SetMonitor.Object())
    case .queue: return run(QueueMonitor.Object())
    case .stack: return run(StackMonitor.Object())
    case .priorityQueue: return run(PriorityQueueMonitor.Object(values: values))
    case .mutex: return run(MutexMonitor.Object())
    case .counter: return run(CounterMonitor.Object(values: values))
    case .semaphore:
      return run(SemaphoreMonitor.Object(permits: model.permits, values: values))
    default: return run(ListAppendMonitor.Object(values: values))
    }
  }
}
