import OperationHistory

/// Decides queues into which no value goes twice.
///
/// A queue orders its values: one goes before another if it surely goes in first, or comes out
/// first, and a value that stays in comes out after all others. There is an order of the operations
/// if and only if nothing contradicts that, and whatever finds the queue empty has a moment at
/// which no value is surely in it (Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability
/// proofs", CONCUR 2013; Bouajjani, Emmi, Enea and Hamza, "On reducing linearizability to state
/// reachability", ICALP 2015).
///
/// - Complexity: O(n log n).
struct QueueMonitor {
  static let name = "queue-monitor"

  /// First in, first out.
  struct Object: ReplayedObject {
    var elements: [ValueID] = []
    var taken = 0

    mutating func apply(_ operation: ModelOperation) -> Bool {
      switch operation.action {
      case .insert: elements.append(operation.first)
      case .extract:
        guard taken < elements.count else {
          return operation.first == .null || operation.first == .absent
        }
        guard operation.first == elements[taken] || operation.first == .absent
        else { return false }
        taken += 1
      default: return false
      }
      return true
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .queue, !model.keyed else { return nil }
    switch ContainerHistory.analyze(partition.entries) {
    case .unsupported: return nil
    case .violated(let place): return .violated(at: place, by: name)
    case .items(let history):
      var monitor = QueueMonitor(partition: partition, history: history)
      return monitor.decide()
    }
  }

  private let partition: Partition
  private let history: ContainerHistory
  /// Where each item's insertion and extraction can be, in twice the place.
  private var insertions: [(from: Int64, to: Int64)]
  private var extractions: [(from: Int64, to: Int64)]
  /// The entry that extracts each item, of known or of unknown result; negative if none does.
  private var extractors: [Int32]
  /// When the queue is empty for each of those who found it so.
  private var emptyTimes: [Int64] = []

  private init(partition: Partition, history: ContainerHistory) {
    self.partition = partition
    self.history = history
    insertions = history.items.map { (2 * Int64($0.insertedAfter), 2 * Int64($0.insertedBefore)) }
    extractions = history.items.map {
      (2 * Int64($0.extractedAfter), 2 * Int64($0.extractedBefore))
    }
    extractors = history.items.map(\.extraction)
  }

  private mutating func decide() -> PartitionResult? {
    if let violation = assignUnknownExtractions() { return violation }
    let isGuess = !history.unknownExtractions.isEmpty && !history.emptyExtractions.isEmpty
    // What is not violated with the best extractions of unknown result is not violated; but only
    // where nothing is found empty it is known which are the best.
    switch orderItems() {
    case .cycle(let first, let second):
      return isGuess ? nil : .violated(at: end(first, second), by: Self.name)
    case .order(let order) where history.emptyExtractions.isEmpty: return holds(order)
    case .order: break
    }
    if let entry = findEmptyTimes() {
      let completion = partition.entries[Int(entry)].completion
      return isGuess
        ? nil : .violated(at: partition.completionOfAllOpen(at: completion), by: Self.name)
    }
    separateByEmptyTimes()
    guard case .order(let order) = orderItems() else { return nil }
    return holds(order)
  }

  // MARK: Extractions of unknown result

  /// Gives extractions of unknown result to the items that must come out though nobody saw them.
  ///
  /// Such an item comes out before some moment: the last at which something can be extracted that
  /// surely went in after it, or at which the queue is found empty. An extraction of unknown result
  /// can happen at any time after its invocation, so the earliest deadline takes the earliest of
  /// them, and where they do not suffice nothing would.
  private mutating func assignUnknownExtractions() -> PartitionResult? {
    let stayed = extractors.indices.filter { extractors[$0] < 0 }
    guard !history.unknownExtractions.isEmpty, !stayed.isEmpty else { return nil }
    // Insertions ascend by the beginning; from each on, the first end of an extraction.
    var earliestEnd = [Int64](repeating: .max, count: extractors.count + 1)
    for item in extractors.indices.reversed() {
      earliestEnd[item] = min(
        earliestEnd[item + 1], extractors[item] < 0 ? .max : extractions[item].to)
    }
    // The same for those who found the queue empty.
    let empties = history.emptyExtractions.map { partition.entries[Int($0)] }
    var earliestEmpty = [Int64](repeating: .max, count: empties.count + 1)
    for index in empties.indices.reversed() {
      earliestEmpty[index] = min(
        earliestEmpty[index + 1], 2 * Int64(empties[index].completion) - 1)
    }
    var deadlines: [(time: Int64, item: Int)] = []
    for item in stayed {
      let begin = firstIndex(insertions.count) { insertions[$0].from > insertions[item].to }
      let empty = firstIndex(empties.count) {
        2 * Int64(empties[$0].invocation) > insertions[item].to
      }
      let time = min(earliestEnd[begin], earliestEmpty[empty])
      if time < .max { deadlines.append((time, item)) }
    }
    deadlines.sort { ($0.time, $0.item) < ($1.time, $1.item) }
    for (number, deadline) in deadlines.enumerated() {
      guard number < history.unknownExtractions.count else {
        return .violated(at: .max, by: Self.name)
      }
      let extractor = history.unknownExtractions[number]
      let begin = 2 * Int64(partition.entries[Int(extractor)].invocation)
      guard begin <= deadline.time else { return .violated(at: .max, by: Self.name) }
      extractors[deadline.item] = extractor
      extractions[deadline.item].from = max(begin, insertions[deadline.item].from)
    }
    return nil
  }

  // MARK: The order of the items

  private enum Order {
    case order([Int32])
    /// Each surely goes before the other: the first goes in first, the second comes out first.
    case cycle(Int32, Int32)
  }

  /// Puts the items in an order in which each goes in, and comes out.
  ///
  /// An item may be next if none that is left surely went in, or surely came out, before it. If
  /// none may, the items that bound the others' insertions and extractions contradict each other.
  private func orderItems() -> Order {
    let count = insertions.count
    let (inFrom, inTo) = (ascending(insertions.map(\.from)), ascending(insertions.map(\.to)))
    let (outFrom, outTo) = (ascending(extractions.map(\.from)), ascending(extractions.map(\.to)))
    var next = (inFrom: 0, inTo: 0, outFrom: 0, outTo: 0)
    var isPlaced = [Bool](repeating: false, count: count)
    var isReleased = [Bool](repeating: false, count: count)
    var ready: [Int32] = []
    var order: [Int32] = []
    order.reserveCapacity(count)
    func release(_ item: Int32) {
      if isReleased[Int(item)] { ready.append(item) }
      isReleased[Int(item)] = true
    }
    while order.count < count {
      while isPlaced[Int(inTo[next.inTo])] { next.inTo += 1 }
      while isPlaced[Int(outTo[next.outTo])] { next.outTo += 1 }
      let (firstIn, firstOut) = (inTo[next.inTo], outTo[next.outTo])
      while next.inFrom < count,
        insertions[Int(inFrom[next.inFrom])].from <= insertions[Int(firstIn)].to
      {
        release(inFrom[next.inFrom])
        next.inFrom += 1
      }
      while next.outFrom < count,
        extractions[Int(outFrom[next.outFrom])].from <= extractions[Int(firstOut)].to
      {
        release(outFrom[next.outFrom])
        next.outFrom += 1
      }
      guard let item = ready.popLast() else { return .cycle(firstIn, firstOut) }
      isPlaced[Int(item)] = true
      order.append(item)
    }
    return .order(order)
  }

  /// The end of a prefix that shows that the first went in before the second, which came out first.
  private func end(_ first: Int32, _ second: Int32) -> Int32 {
    let out = Int32(clamping: extractions[Int(second)].to / 2)
    let extractor = extractors[Int(first)]
    let certain = extractor < 0 ? .max : partition.entries[Int(extractor)].completion
    // One of unknown result might have taken the first, until somebody else surely did.
    if let unknown = history.unknownExtractions.first,
      partition.entries[Int(unknown)].invocation < out
    {
      return certain
    }
    // Once all that was open when the second came out has ended, none of it took the first.
    return min(certain, partition.completionOfAllOpen(at: out))
  }

  // MARK: Finding nothing

  /// Finds a moment for everyone who found nothing; else returns one for whom there is none.
  private mutating func findEmptyTimes() -> Int32? {
    let surelyIn = MergedIntervals(
      extractors.indices.compactMap {
        let (begin, end) = (insertions[$0].to, extractions[$0].from)
        return begin < end ? (begin, end) : nil
      })
    for index in history.emptyExtractions {
      let entry = partition.entries[Int(index)]
      let time = surelyIn.firstFree(from: 2 * Int64(entry.invocation) + 1)
      guard time < 2 * Int64(entry.completion) else { return index }
      emptyTimes.append(time)
    }
    return nil
  }

  /// Keeps every item on one side of each moment at which the queue is empty: before it, if the
  /// item may come out before.
  ///
  /// That agrees with the order of the items: what goes before an item that may come out before
  /// such a moment may do so too, or else would be surely in the queue at the moment.
  private mutating func separateByEmptyTimes() {
    let times = emptyTimes.sorted()
    for item in extractions.indices {
      let from = extractions[item].from
      let next = firstIndex(times.count) { times[$0] > from }
      if next > 0 {
        insertions[item].from = max(insertions[item].from, times[next - 1])
        extractions[item].from = max(from, times[next - 1])
      }
      if next < times.count {
        insertions[item].to = min(insertions[item].to, times[next])
        extractions[item].to = min(extractions[item].to, times[next])
      }
    }
  }

  /// *holds* by the order in which the items go in and come out as early as they can.
  private func holds(_ order: [Int32]) -> PartitionResult? {
    var points: [(key: UInt64, entry: Int32)] = []
    points.reserveCapacity(2 * order.count + emptyTimes.count)
    for (time, entry) in zip(emptyTimes, history.emptyExtractions) {
      points.append((UInt64(time) << 32, entry))
    }
    var (lastIn, lastOut): (Int64, Int64) = (0, 0)
    for (rank, item) in order.enumerated() {
      lastIn = max(lastIn, insertions[Int(item)].from)
      lastOut = max(lastOut, extractions[Int(item)].from)
      let rank = UInt64(rank) + 1
      points.append((UInt64(lastIn) << 32 | rank, history.items[Int(item)].insertion))
      guard extractors[Int(item)] >= 0 else { continue }
      points.append((UInt64(lastOut) << 32 | 1 << 31 | rank, extractors[Int(item)]))
    }
    return .holds(
      sortedByPoint(points), of: partition, on: Object(), by: Self.name)
  }
}
