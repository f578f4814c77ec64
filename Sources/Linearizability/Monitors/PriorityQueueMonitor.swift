import OperationHistory

/// Decides priority queues into which no number goes twice.
///
/// A number stands only in the way of larger ones, so the numbers are placed one by one, the
/// smallest first: each goes in as late and comes out as early as it can while no smaller one is
/// in the queue. That leaves the larger ones as much time as any order does (the idea of taking
/// values away one by one is Lee and Mathur's, "Efficient linearizability monitoring for sets,
/// stacks, queues and priority queues", arXiv 2410.04581, 2024).
///
/// - Complexity: O(n log n).
struct PriorityQueueMonitor {
  static let name = "priority-queue-monitor"

  /// Smallest number out first.
  struct Object: ReplayedObject {
    let values: ValueTable
    var heap = NumberHeap()

    init(values: ValueTable) { self.values = values }

    mutating func apply(_ operation: ModelOperation) -> Bool {
      switch operation.action {
      case .insert:
        guard let number = values.integer(operation.first) else { return false }
        heap.insert(number)
        return true
      case .extract:
        let minimum = heap.removeMinimum()
        if operation.first == .absent { return true }
        guard let minimum else { return operation.first == .null }
        return values.integer(operation.first) == minimum
      default: return false
      }
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .priorityQueue, !model.keyed else { return nil }
    switch ContainerHistory.analyze(partition.entries) {
    case .unsupported: return nil
    case .violated(let place): return .violated(at: place, by: name)
    case .items(let history):
      var numbers: [Int64] = []
      for item in history.items {
        guard let number = model.values.integer(item.value) else { return nil }
        numbers.append(number)
      }
      let monitor = PriorityQueueMonitor(
        partition: partition, history: history, numbers: numbers, values: model.values)
      return monitor.decide()
    }
  }

  let partition: Partition
  let history: ContainerHistory
  let numbers: [Int64]
  let values: ValueTable

  private func decide() -> PartitionResult? {
    let ranked = numbers.indices.sorted { numbers[$0] < numbers[$1] }
    var guess = PriorityPlacement(entries: partition.entries)
    let failure = guess.place(history, ranked: ranked)
    guard let failure else {
      return .holds(
        guess.order, of: partition, on: Object(values: values), by: Self.name)
    }
    guard let unknown = history.unknownExtractions.first,
      partition.entries[Int(unknown)].invocation < failure
    else {
      return .violated(at: partition.completionOfAllOpen(at: failure), by: Self.name)
    }
    // Extractions of unknown result can help. If as many as one likes would not, nothing does.
    let earliest = partition.entries[Int(unknown)].invocation
    var best = PriorityPlacement(entries: partition.entries)
    if best.place(history.relaxed(from: earliest), ranked: ranked) != nil {
      return .violated(at: .max, by: Self.name)
    }
    // Only larger numbers wait for an item to come out.
    let sweep = ranked.reversed().flatMap { [($0, true), ($0, false)] }
    let deadlines = history.deadlines(partition.entries, sweep: sweep)
    var history = history
    guard history.assignUnknownExtractions(partition.entries, deadlines: deadlines)
    else { return nil }
    var assigned = PriorityPlacement(entries: partition.entries)
    guard assigned.place(history, ranked: ranked) == nil else { return nil }
    return .holds(
      assigned.order, of: partition, on: Object(values: values), by: Self.name)
  }
}
