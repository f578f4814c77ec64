import OperationHistory

/// Decides lists that are appended to and read whole, if no value is appended twice.
///
/// Every read is then a prefix of the longest, which therefore says in which order its elements
/// were appended, and between which appends each read belongs (the idea of Kingsbury and Alvaro,
/// "Elle: inferring isolation anomalies from experimental observations", VLDB 2020). Appends that
/// no read shows come last, or did not happen if they are indeterminate.
///
/// - Complexity: O(n + the lengths of the distinct lists that were read).
struct ListAppendMonitor {
  static let name = "list-append-monitor"

  /// An empty list that is appended to and compared whole.
  struct Object: ReplayedObject {
    let values: ValueTable
    var elements: [ValueID] = []
    /// Lists known to be equal to as many elements from the start.
    var known: Set<ValueID> = []

    init(values: ValueTable) { self.values = values }

    mutating func apply(_ operation: ModelOperation) -> Bool {
      switch operation.action {
      case .append:
        elements.append(operation.first)
        return true
      case .read:
        guard let list = values.list(operation.first), list.count == elements.count
        else { return false }
        return known.contains(operation.first)
          || (list.elementsEqual(elements) && known.insert(operation.first).inserted)
      default: return false
      }
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .listAppend, !model.keyed else { return nil }
    var monitor = ListAppendMonitor(partition: partition, values: model.values)
    guard monitor.findLongestRead() else { return nil }
    return monitor.findRanks() ?? monitor.orderSteps()
  }

  private let partition: Partition
  private let values: ValueTable
  /// Which entry appends a value.
  private var appends: [ValueID: Int32] = [:]
  private var longest: ArraySlice<ValueID> = []
  private var longestRead: ValueID = .absent
  /// The first completion of a read of a list, by the length of the list.
  private var firstRead: [Int32] = []
  /// Of appends, from 1, in the longest list; 0 if they are not in it.
  private var rank: [Int32] = []

  private init(partition: Partition, values: ValueTable) {
    self.partition = partition
    self.values = values
  }

  /// False if a value is appended twice, or something else happens than appends and reads.
  private mutating func findLongestRead() -> Bool {
    appends.reserveCapacity(partition.entries.count)
    for (index, entry) in partition.entries.enumerated() {
      let value = entry.operation.first
      switch entry.operation.action {
      case .append:
        guard appends.updateValue(Int32(index), forKey: value) == nil else { return false }
      case .read:
        guard !entry.isIndeterminate, let list = values.list(value) else { return false }
        if longestRead == .absent || list.count > longest.count {
          (longest, longestRead) = (list, value)
        }
      default: return false
      }
    }
    return true
  }

  /// Compares the reads with each other and with the appends.
  private mutating func findRanks() -> PartitionResult? {
    rank = [Int32](repeating: 0, count: partition.entries.count)
    firstRead = [Int32](repeating: .max, count: longest.count + 1)
    var firstCompletion: [ValueID: Int32] = [:]
    for entry in partition.entries where entry.operation.action == .read {
      let read = entry.operation.first
      let length = values.list(read)?.count ?? 0
      firstCompletion[read] = min(firstCompletion[read] ?? .max, entry.completion)
      firstRead[length] = min(firstRead[length], entry.completion)
    }
    guard let longestCompletion = firstCompletion[longestRead] else { return nil }
    for (position, value) in longest.enumerated() {
      guard let append = appends[value], rank[Int(append)] == 0 else {
        return .violated(at: longestCompletion, by: Self.name)
      }
      rank[Int(append)] = Int32(position) + 1
    }
    var isPrefix: Set<ValueID> = []
    for entry in partition.entries where entry.operation.action == .read {
      let read = entry.operation.first
      guard let list = values.list(read), isPrefix.insert(read).inserted else { continue }
      guard list.elementsEqual(longest.prefix(list.count)) else {
        let completion = firstCompletion[read] ?? .max
        return .violated(at: max(completion, longestCompletion), by: Self.name)
      }
    }
    return nil
  }

  /// An append is at an odd step, the reads that show it as the last element at the next.
  private func orderSteps() -> PartitionResult? {
    let rest = Int32(2 * longest.count + 1)
    let steps = StepOrder(
      step: partition.entries.enumerated().map { index, entry in
        if entry.operation.action == .read {
          return Int32(2 * (values.list(entry.operation.first)?.count ?? 0))
        }
        let rank = rank[index]
        return rank > 0 ? 2 * rank - 1 : entry.isIndeterminate ? -1 : rest
      }, count: Int(rest) + 1)
    switch steps.run(partition.entries) {
    case .order(let order):
      return .holds(order, of: partition, on: Object(values: values), by: Self.name)
    case .contradiction(let first, let second):
      return .violated(at: end(first: first, second: second, steps: steps.step), by: Self.name)
    }
  }

  /// The end of a prefix that shows that `first` had to be before `second`.
  private func end(first: Int32, second: Int32, steps: [Int32]) -> Int32 {
    let (earlier, later) = (partition.entries[Int(first)], partition.entries[Int(second)])
    // A read that shows what nobody has begun to append; a read that does not show what it must.
    if later.operation.action == .read {
      return earlier.operation.action == .read ? earlier.completion : later.completion
    }
    if earlier.operation.action == .read { return earlier.completion }
    // Two appends: any list with the first element lacks the second, or has it in a later place.
    let length = (Int(steps[Int(first)]) + 1) / 2
    return firstRead[length...].min() ?? .max
  }
}
