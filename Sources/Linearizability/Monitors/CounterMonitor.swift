import OperationHistory

/// Decides counters to which the same amount is added again and again.
///
/// What is read then says how many additions came before; an addition belongs between two reads,
/// and real time says which it must follow and which it must precede. Filling the places between
/// the reads with the additions that must come first, where there is a choice, finds an order if
/// there is one. Additions of different amounts would ask which of them sum up to a difference,
/// for which no polynomial algorithm is known; there, what is surely too little or too much is a
/// violation, and nothing else is decided.
///
/// - Complexity: O(n log n).
struct CounterMonitor {
  static let name = "counter-monitor"

  /// A number that is added to and read.
  struct Object: ReplayedObject {
    let values: ValueTable
    var number: Int64 = 0

    init(values: ValueTable) { self.values = values }

    mutating func apply(_ operation: ModelOperation) -> Bool {
      guard let operand = values.integer(operation.first) else { return false }
      switch operation.action {
      case .read: return operand == number
      case .add:
        let (sum, overflow) = number.addingReportingOverflow(operand)
        number = sum
        return !overflow
      default: return false
      }
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .counter, !model.keyed else { return nil }
    var monitor = CounterMonitor(partition: partition, values: model.values)
    guard monitor.collect() else { return nil }
    if let place = monitor.findImpossibleRead() { return .violated(at: place, by: name) }
    return monitor.decideByAmount()
  }

  private let partition: Partition
  private let values: ValueTable
  /// What each entry adds or reads.
  private var numbers: [Int64] = []
  private var adds: [Int32] = []
  private var reads: [Int32] = []

  private init(partition: Partition, values: ValueTable) {
    self.partition = partition
    self.values = values
  }

  /// False if something else happens than additions and reads, or the sums do not fit 64 bits.
  private mutating func collect() -> Bool {
    var magnitude: UInt64 = 0
    for (index, entry) in partition.entries.enumerated() {
      guard let number = values.integer(entry.operation.first) else { return false }
      numbers.append(number)
      switch entry.operation.action {
      case .add:
        let sum = magnitude.addingReportingOverflow(number.magnitude)
        guard !sum.overflow, sum.partialValue < 1 << 62 else { return false }
        magnitude = sum.partialValue
        adds.append(Int32(index))
      case .read:
        guard !entry.isIndeterminate else { return false }
        reads.append(Int32(index))
      default: return false
      }
    }
    return true
  }

  // MARK: Bounds

  /// What additions sum up to, the negative amounts and the others apart.
  private struct Sums {
    var negative: Int64 = 0
    var positive: Int64 = 0

    mutating func add(_ number: Int64) {
      negative += min(0, number)
      positive += max(0, number)
    }
  }

  /// The end of the first read of what is less, or more, than any choice among the additions that
  /// are open makes possible.
  private func findImpossibleRead() -> Int32? {
    let entries = partition.entries
    let ended = adds.sorted { entries[Int($0)].completion < entries[Int($1)].completion }
    // What surely is before a read ended before it; what may be began before its end.
    func runningSums(_ adds: [Int32]) -> [Sums] {
      var sums = [Sums()]
      for add in adds {
        var next = sums[sums.count - 1]
        next.add(numbers[Int(add)])
        sums.append(next)
      }
      return sums
    }
    let (sure, possible) = (runningSums(ended), runningSums(adds))
    var violation: Int32?
    for read in reads {
      let entry = entries[Int(read)]
      let least = sure[
        firstIndex(ended.count) { entries[Int(ended[$0])].completion >= entry.invocation }]
      let most = possible[
        firstIndex(adds.count) { entries[Int(adds[$0])].invocation > entry.completion }]
      let number = numbers[Int(read)]
      if number < least.positive + most.negative || number > least.negative + most.positive {
        violation = min(violation ?? .max, entry.completion)
      }
    }
    return violation
  }

  // MARK: Equal amounts

  /// What one addition adds, if all that add anything add the same.
  private var amount: Int64? {
    let amounts = adds.lazy.map { numbers[Int($0)] }.filter { $0 != 0 }
    guard let amount = amounts.first else { return 1 }
    return amounts.allSatisfy { $0 == amount } ? amount : nil
  }

  private func decideByAmount() -> PartitionResult? {
    guard let amount else { return nil }
    // Reads in groups of equal numbers, ascending by the count of additions before them.
    var sorted: [(count: Int64, read: Int32)] = []
    for read in reads {
      let (count, rest) = numbers[Int(read)].quotientAndRemainder(dividingBy: amount)
      guard rest == 0, count >= 0 else {
        return .violated(at: partition.entries[Int(read)].completion, by: Self.name)
      }
      sorted.append((count, read))
    }
    sorted.sort { ($0.count, $0.read) < ($1.count, $1.read) }
    var slots = AdditionSlots(entries: partition.entries)
    for (count, read) in sorted { slots.append(read: read, count: count) }
    let effective = adds.filter { numbers[Int($0)] != 0 }
    if let place = slots.findContradiction() { return .violated(at: place, by: Self.name) }
    guard let order = slots.fill(effective) else { return .violated(at: .max, by: Self.name) }
    // Additions of nothing can be wherever they are open.
    let idle = adds.filter { numbers[Int($0)] == 0 && !partition.entries[Int($0)].isIndeterminate }
    return .holds(
      merge(order, with: idle.map { [$0] }, entries: partition.entries), of: partition,
      on: Object(values: values), by: Self.name)
  }
}

/// The places between the groups of reads that saw the same, to be filled with additions.
private struct AdditionSlots {
  private struct Group {
    var reads: [Int32]
    /// How many additions come before.
    var count: Int64
    var firstCompletion = Int32.max
    var lastInvocation = Int32.min
  }

  private let entries: [Entry]
  private var groups: [Group] = []

  init(entries: [Entry]) {
    self.entries = entries
  }

  /// Adds the next read; counts ascend, and reads of one count by their invocations.
  mutating func append(read: Int32, count: Int64) {
    if groups.last?.count != count { groups.append(Group(reads: [], count: count)) }
    let (group, entry) = (groups.count - 1, entries[Int(read)])
    groups[group].reads.append(read)
    groups[group].firstCompletion = min(groups[group].firstCompletion, entry.completion)
    groups[group].lastInvocation = max(groups[group].lastInvocation, entry.invocation)
  }

  /// Where a read ends that saw fewer additions than one that ended before it began.
  func findContradiction() -> Int32? {
    var violation: Int32?
    var firstLater = Int32.max
    for group in groups.reversed() {
      for read in group.reads where entries[Int(read)].invocation > firstLater {
        violation = min(violation ?? .max, entries[Int(read)].completion)
      }
      firstLater = min(firstLater, group.firstCompletion)
    }
    return violation
  }

  /// An order of all reads and additions; nil if there is none.
  ///
  /// An addition follows the reads that ended before it began, and precedes those that began after
  /// it ended. Each slot takes those that must end first, and if one is left over that cannot go
  /// into a later slot, or one is missing, no other choice would do: whatever could be chosen
  /// instead can be exchanged for it.
  func fill(_ adds: [Int32]) -> [Int32]? {
    // The first completion of a read from each group on; the last invocation up to each group.
    var firstCompletion = groups.map(\.firstCompletion)
    for group in firstCompletion.indices.reversed().dropFirst() {
      firstCompletion[group] = min(firstCompletion[group], firstCompletion[group + 1])
    }
    var lastInvocation = groups.map(\.lastInvocation)
    for group in lastInvocation.indices.dropFirst() {
      lastInvocation[group] = max(lastInvocation[group], lastInvocation[group - 1])
    }
    var order: [Int32] = []
    var waiting = MinimumHeap()
    var next = 0
    for slot in 0...groups.count {
      while next < adds.count {
        let invocation = entries[Int(adds[next])].invocation
        guard firstIndex(groups.count, where: { firstCompletion[$0] >= invocation }) <= slot
        else { break }
        let completion = entries[Int(adds[next])].completion
        // One that had to be in an earlier slot.
        if slot > 0, completion < lastInvocation[slot - 1] { return nil }
        waiting.insert(key: completion, value: adds[next])
        next += 1
      }
      guard slot < groups.count else { break }
      let needed = groups[slot].count - (slot > 0 ? groups[slot - 1].count : 0)
      guard needed <= waiting.count else { return nil }
      var taken: [Int32] = []
      for _ in 0..<needed {
        if let add = waiting.removeMinimum() { taken.append(add.value) }
      }
      // One that had to be in this slot.
      if let first = waiting.minimum, first.key < lastInvocation[slot] { return nil }
      order += taken.sorted()
      order += groups[slot].reads
    }
    var rest: [Int32] = []
    while let add = waiting.removeMinimum() {
      if !entries[Int(add.value)].isIndeterminate { rest.append(add.value) }
    }
    return order + rest.sorted()
  }
}
