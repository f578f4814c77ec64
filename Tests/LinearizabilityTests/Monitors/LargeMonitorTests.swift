import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

/// Monitors on histories that are too long for anything that is not nearly linear.
@Suite struct LargeMonitorTests {
  @Test("Histories of fifty clients", arguments: LargeHistory.Kind.allCases)
  func fiftyClients(_ kind: LargeHistory.Kind) throws {
    for mutated in [false, true] {
      let count = Effort.scaled(4_000)
      let history = LargeHistory(kind, count: count, clients: 50, seed: 11, isMutated: mutated)
      let clock = ContinuousClock()
      var result: PartitionResult?
      let duration = clock.measure {
        result = decideByMonitor(history.partition, model: history.model, budget: SearchBudget())
      }
      if Effort.factor > 1 {
        print(
          "\(kind), \(count) operations, mutated: \(mutated):", duration, result?.verdict as Any)
      }
      let decided = try #require(result, "\(kind), mutated: \(mutated)")
      #expect(decided.verdict == (mutated ? .violated : .holds), "\(kind)")
      #expect(!mutated || decided.violatedBy < Int32.max, "\(kind)")
    }
  }
}

/// A long history of one object, linearizable by construction unless one answer is changed.
struct LargeHistory {
  enum Kind: String, CaseIterable, Sendable {
    case set, growingSet, listAppend, queue, stack, priorityQueue, mutex, counter, semaphore
  }

  private(set) var partition = Partition(key: .absent, entries: [])
  private(set) var model: BuiltInModel
  private let kind: Kind
  private var values = ValueTable()
  private var elements: [Int] = []
  private var first = 0
  private var calls = 0

  init(_ kind: Kind, count: Int, clients: Int, seed: UInt64, isMutated: Bool) {
    self.kind = kind
    model = BuiltInModel(Self.name(kind), values: values)
    var random = SeededRandom(seed: seed)
    var entries: [Entry] = []
    var open: [(entry: Int, isDone: Bool)] = []
    var place: Int32 = 0
    while entries.count < count || !open.isEmpty {
      if entries.count < count, open.count < clients, random.chance(1, in: 2) || open.isEmpty {
        open.append((entries.count, false))
        entries.append(
          Entry(
            ModelOperation(.read), invocation: place, completion: 0, source: Int32(entries.count)))
      } else {
        let position = random.below(open.count)
        if !open[position].isDone { entries[open[position].entry].operation = call(&random) }
        entries[open[position].entry].completion = place
        open.remove(at: position)
        // Some take effect long before they end.
        if !open.isEmpty {
          let other = random.below(open.count)
          if !open[other].isDone { entries[open[other].entry].operation = call(&random) }
          open[other].isDone = true
        }
      }
      place += 1
    }
    if kind == .mutex { entries = Self.holdings(count / 2, clients: clients, &random) }
    if isMutated { Self.mutate(&entries, kind, values) }
    partition.entries = entries
    model.values = values
    model.permits = 3
  }

  private static func name(_ kind: Kind) -> ModelName {
    switch kind {
    case .set, .growingSet: .set
    case .listAppend: .listAppend
    case .queue: .queue
    case .stack: .stack
    case .priorityQueue: .priorityQueue
    case .mutex: .mutex
    case .counter: .counter
    case .semaphore: .semaphore
    }
  }

  private static func value(_ number: Int) -> ValueID {
    ValueID(smallInteger: Int64(number)) ?? .absent
  }

  private mutating func call(_ random: inout SeededRandom) -> ModelOperation {
    calls += 1
    switch kind {
    case .set:
      let number = random.below(1 + calls / 4)
      let isThere = number < elements.count && elements[number] == 1
      while elements.count <= number { elements.append(0) }
      switch random.below(3) {
      case 0:
        elements[number] = 1
        return ModelOperation(.add, Self.value(number))
      case 1:
        elements[number] = 0
        return ModelOperation(.remove, Self.value(number), isThere ? .true : .false)
      default: return ModelOperation(.contains, Self.value(number), isThere ? .true : .false)
      }
    case .growingSet, .listAppend:
      // The lists that are read are the bulk of the history, so there are few of them.
      if calls % 1_000 == 0 {
        let list = elements.map { Self.value($0) }
        return ModelOperation(.read, values.intern(list: list))
      }
      elements.append(calls)
      return ModelOperation(kind == .growingSet ? .add : .append, Self.value(calls))
    case .queue, .stack, .priorityQueue: return container(&random)
    case .mutex: return ModelOperation(.acquire)
    case .counter:
      if random.chance(1, in: 2) { return ModelOperation(.read, Self.value(first)) }
      first += 1
      return ModelOperation(.add, Self.value(1))
    case .semaphore:
      let isAcquisition = first == 0 || first < 3 && random.chance(1, in: 2)
      first += isAcquisition ? 1 : -1
      return ModelOperation(isAcquisition ? .acquire : .release, Self.value(1))
    }
  }

  /// Owners who take a lock one after the other, each having waited for some others.
  private static func holdings(
    _ count: Int, clients: Int, _ random: inout SeededRandom
  ) -> [Entry] {
    var entries: [(time: Int, entry: Entry)] = []
    for owner in 0..<count {
      // Times are distinct: each is of one owner and one event.
      let begin = 8 * (owner + clients - random.below(clients))
      let middle = 8 * (owner + clients)
      for (action, from, to) in [
        (ModelOperation.Action.acquire, begin, middle + 1), (.release, middle + 2, middle + 11),
      ] {
        let entry = Entry(
          ModelOperation(action, value(owner + 1)), invocation: Int32(from) * 64,
          completion: Int32(to) * 64, source: Int32(entries.count))
        entries.append((from, entry))
      }
    }
    return entries.sorted { ($0.time, $0.entry.source) < ($1.time, $1.entry.source) }.enumerated()
      .map { number, element in
        var entry = element.entry
        // Owners that begin to wait at the same time do so one by one.
        entry.invocation += Int32(number % 61)
        return entry
      }
  }

  private mutating func container(_ random: inout SeededRandom) -> ModelOperation {
    let size = elements.count - first
    if size == 0 ? random.chance(3, in: 4) : random.chance(1, in: 2) {
      // Multiplying by an odd number permutes the numbers below a power of two.
      let number = calls &* 387_420_489 & 0xFFFFF
      elements.append(number)
      return ModelOperation(.insert, Self.value(number))
    }
    guard size > 0 else { return ModelOperation(.extract, .null) }
    switch kind {
    case .queue:
      first += 1
      return ModelOperation(.extract, Self.value(elements[first - 1]))
    case .stack: return ModelOperation(.extract, Self.value(elements.removeLast()))
    default:
      let least = elements.indices.min { elements[$0] < elements[$1] } ?? 0
      return ModelOperation(.extract, Self.value(elements.remove(at: least)))
    }
  }

  /// Changes what is far apart in the second half of the history.
  private static func mutate(_ entries: inout [Entry], _ kind: Kind, _ values: ValueTable) {
    let half = entries.count / 2
    func indices(_ isOfInterest: (Int) -> Bool) -> [Int] {
      (half..<entries.count).filter(isOfInterest)
    }
    switch kind {
    case .set:
      // A value is asked for that surely was removed before, or the reverse.
      for index in indices({ entries[$0].operation.action == .contains }).prefix(400) {
        let answer = entries[index].operation.second
        entries[index].operation.second = answer == .true ? .false : .true
      }
    case .growingSet, .listAppend:
      let reads = indices { entries[$0].operation.action == .read }
      guard let early = reads.first, let late = reads.last else { return }
      swap(&entries, early, late)
    case .counter:
      let reads = indices { entries[$0].operation.action == .read }
      swap(&entries, reads[0], reads[reads.count - 1])
    case .queue, .stack, .priorityQueue:
      let extractions = indices {
        entries[$0].operation.action == .extract && entries[$0].operation.first != .null
      }
      swap(&entries, extractions[0], extractions[extractions.count - 1])
    case .mutex:
      // Somebody gives the lock back much later than he did.
      let release = indices { entries[$0].operation.action == .release }[0]
      var late = entries.remove(at: release)
      late.invocation = entries[entries.count - 1].invocation + 1
      late.completion = late.invocation + 1_000
      entries.append(late)
    case .semaphore:
      for index in half..<half + 200 { entries[index].operation.action = .acquire }
    }
  }

  private static func swap(_ entries: inout [Entry], _ one: Int, _ other: Int) {
    let operation = entries[one].operation
    entries[one].operation = entries[other].operation
    entries[other].operation = operation
  }
}
