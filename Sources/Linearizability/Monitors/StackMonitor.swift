import OperationHistory

/// Decides stacks into which no value goes twice.
///
/// The times that values spend in a stack are nested or apart. Where no value is surely in it, the
/// stack may be empty, and what comes before and after are two problems; where without interruption
/// some value is surely in it, one of them has to lie below all others, from before they go in
/// until after they come out, and any that can may. Taking it away leaves smaller problems of the
/// same kind. (The plan, to take values away one by one, is Lee and Mathur's, "Efficient
/// linearizability monitoring for sets, stacks, queues and priority queues", arXiv 2410.04581,
/// 2024.)
///
/// - Complexity: O(n log n), as long as few operations are open at once.
struct StackMonitor {
  static let name = "stack-monitor"

  /// Last in, first out.
  struct Object: ReplayedObject {
    var elements: [ValueID] = []

    mutating func apply(_ operation: ModelOperation) -> Bool {
      switch operation.action {
      case .insert:
        elements.append(operation.first)
        return true
      case .extract:
        let last = elements.popLast()
        return operation.first == .absent || operation.first == last ?? .null
      default: return false
      }
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .stack, !model.keyed else { return nil }
    switch ContainerHistory.analyze(partition.entries) {
    case .unsupported: return nil
    case .violated(let place): return .violated(at: place, by: name)
    case .items(let history): return decide(partition, history)
    }
  }

  private static func decide(
    _ partition: Partition, _ history: ContainerHistory
  ) -> PartitionResult? {
    var nesting = StackNesting(history, entries: partition.entries)
    switch nesting.run() {
    case .order(let order): return .holds(order, of: partition, on: Object(), by: name)
    case .violatedByKnown(let place): return .violated(at: place, by: name)
    case .violated(let place):
      guard let unknown = history.unknownExtractions.first,
        partition.entries[Int(unknown)].invocation < place
      else { return .violated(at: partition.completionOfAllOpen(at: place), by: name) }
      return decideWithUnknown(
        partition, history, earliest: partition.entries[Int(unknown)].invocation)
    }
  }

  /// Decides where extractions of unknown result can help.
  ///
  /// If as many as one likes would not, nothing does.
  private static func decideWithUnknown(
    _ partition: Partition, _ history: ContainerHistory, earliest: Int32
  ) -> PartitionResult? {
    var best = StackNesting(history.relaxed(from: earliest), entries: partition.entries)
    switch best.run() {
    case .order: break
    case .violatedByKnown(let place): return .violated(at: place, by: name)
    case .violated: return .violated(at: .max, by: name)
    }
    // What lies below an item, and surely went in before it, waits for it to come out.
    let items = history.items
    let byEnd = items.indices.sorted { items[$0].insertedBefore < items[$1].insertedBefore }
    var sweep: [(item: Int, isQuestion: Bool)] = []
    var next = 0
    for item in items.indices {
      while next < byEnd.count, items[byEnd[next]].insertedBefore < items[item].insertedAfter {
        sweep.append((byEnd[next], false))
        next += 1
      }
      sweep.append((item, true))
    }
    let deadlines = history.deadlines(partition.entries, sweep: sweep)
    var history = history
    guard history.assignUnknownExtractions(partition.entries, deadlines: deadlines)
    else { return nil }
    var assigned = StackNesting(history, entries: partition.entries)
    guard case .order(let order) = assigned.run() else { return nil }
    return .holds(order, of: partition, on: Object(), by: name)
  }
}

/// Finds for each item of a stack the one that lies below it.
private struct StackNesting {
  enum Outcome {
    case order([Int32])
    /// Items that all came out, all of them by this place, cannot be nested.
    case violatedByKnown(Int32)
    /// Some that did not come out, or those who found nothing, contradict what ended by this place.
    case violated(Int32)
  }

  private enum Task {
    /// Whatever is between two points in time.
    case span(Range<Int>)
    case emit(Int32)
  }

  private let entries: [Entry]
  private let history: ContainerHistory
  /// The items that are surely in the stack for some time, by the beginning of that time.
  private var nested: [Int] = []
  /// The others: they go in and come out at once.
  private var flexible: [[Int32]] = []
  /// The ends of all times at which items are surely in the stack, ascending.
  private var times: [Int32] = []

  init(_ history: ContainerHistory, entries: [Entry]) {
    self.history = history
    self.entries = entries
    for (index, item) in history.items.enumerated() {
      if ContainerHistory.isSurelyIn(item) {
        nested.append(index)
        times.append(item.insertedBefore)
        times.append(item.extractedAfter)
      } else if item.extraction >= 0 {
        flexible.append([item.insertion, item.extraction])
      } else {
        // Only in a relaxed history; its order is not asked for.
        flexible.append([item.insertion])
      }
    }
    nested.sort { history.items[$0].insertedBefore < history.items[$1].insertedBefore }
    times.sort()
  }

  private func segment(_ place: Int32) -> Int {
    firstIndex(times.count) { times[$0] >= place }
  }

  /// Those that begin to be surely in the stack in a span of time.
  private func nestedItems(from begin: Int32, to end: Int32) -> Range<Int> {
    let first = firstIndex(nested.count) { history.items[nested[$0]].insertedBefore >= begin }
    let last = firstIndex(nested.count) { history.items[nested[$0]].insertedBefore >= end }
    return first..<last
  }

  mutating func run() -> Outcome {
    let items = history.items
    var coverage = CoverageTree(count: times.count)
    for index in nested {
      let item = items[index]
      coverage.add(1, to: segment(item.insertedBefore)..<segment(item.extractedAfter))
    }
    var windows = WindowTree(
      nested.map {
        // What stays in may lie below anything else that stays in.
        let end = items[$0].extractedBefore
        return (items[$0].insertedAfter, end == ContainerHistory.never ? .max : end)
      })
    var tasks: [Task] = []
    if let entry = findTasks(&tasks) { return .violated(entries[Int(entry)].completion) }
    var order: [Int32] = []
    order.reserveCapacity(entries.count)
    while let task = tasks.popLast() {
      guard case .span(let span) = task else {
        if case .emit(let entry) = task { order.append(entry) }
        continue
      }
      guard let begin = coverage.first(in: span, isCovered: true) else { continue }
      let end =
        coverage.first(in: begin..<span.upperBound, isCovered: false) ?? span.upperBound
      if end < span.upperBound { tasks.append(.span(end..<span.upperBound)) }
      let candidates = nestedItems(from: times[begin], to: times[end])
      guard
        let lowest = windows.find(
          in: candidates, beginsBefore: times[begin], endsAfter: times[end])
      else { return failure(candidates.filter(windows.contains).map { nested[$0] }) }
      windows.remove(lowest)
      let item = items[nested[lowest]]
      coverage.add(-1, to: segment(item.insertedBefore)..<segment(item.extractedAfter))
      order.append(item.insertion)
      if item.extraction >= 0 { tasks.append(.emit(item.extraction)) }
      tasks.append(.span(begin..<end))
    }
    return .order(merge(order, with: flexible, entries: entries))
  }

  /// The times at which some value is surely in the stack, with those who found nothing between
  /// them, the last first; else returns one who has no place.
  private func findTasks(_ tasks: inout [Task]) -> Int32? {
    let surelyIn = MergedIntervals(
      nested.map {
        (2 * Int64(history.items[$0].insertedBefore), 2 * Int64(history.items[$0].extractedAfter))
      })
    var timed: [(time: Int64, task: Task)] = surelyIn.intervals.map { interval in
      let span = segment(Int32(interval.begin / 2))..<segment(Int32(interval.end / 2))
      return (interval.begin, .span(span))
    }
    for index in history.emptyExtractions {
      let entry = entries[Int(index)]
      let time = surelyIn.firstFree(from: 2 * Int64(entry.invocation) + 1)
      guard time < 2 * Int64(entry.completion) else { return index }
      timed.append((time, .emit(index)))
    }
    tasks = timed.sorted { $0.time > $1.time }.map(\.task)
    return nil
  }

  /// Which of the outcomes it is that none of these items can lie below the others.
  private func failure(_ items: [Int]) -> Outcome {
    var end: Int32 = 0
    var isKnown = true
    for index in items {
      let item = history.items[index]
      end = max(end, item.insertedBefore)
      if item.extractedBefore == ContainerHistory.never {
        isKnown = false
      } else {
        end = max(end, item.extractedBefore)
      }
    }
    return isKnown ? .violatedByKnown(end) : .violated(end)
  }
}
