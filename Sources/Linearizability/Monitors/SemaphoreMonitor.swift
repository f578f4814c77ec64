import OperationHistory

/// Decides semaphores whose operations all take or give back the same number of permits.
///
/// Nothing happens before it must: an operation takes effect when it completes, or when another
/// that completes has no permits, or none to give back, and this one, of those that are open the
/// one that completes first, makes room for it. Where amounts differ that may still find an order;
/// and what is too much however the open operations fall is a violation.
///
/// - Complexity: O(n log n).
struct SemaphoreMonitor {
  static let name = "semaphore-monitor"

  /// A number of permits.
  struct Object: ReplayedObject {
    let values: ValueTable
    let permits: Int64
    var taken: Int64 = 0

    init(permits: Int64, values: ValueTable) {
      self.permits = permits
      self.values = values
    }

    mutating func apply(_ operation: ModelOperation) -> Bool {
      guard let amount = values.integer(operation.first), amount >= 0 else { return false }
      switch operation.action {
      case .acquire:
        guard amount <= permits - taken else { return false }
        taken += amount
      case .release:
        guard amount <= taken else { return false }
        taken -= amount
      default: return false
      }
      return true
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .semaphore, !model.keyed, model.permits >= 0 else { return nil }
    var monitor = SemaphoreMonitor(partition: partition, permits: model.permits)
    guard monitor.collect(model.values) else { return nil }
    if let place = monitor.findExcess() { return .violated(at: place, by: name) }
    if let place = monitor.placeLazily() {
      return monitor.amountsAreEqual ? .violated(at: place, by: name) : nil
    }
    return .holds(
      monitor.order, of: partition, on: Object(permits: model.permits, values: model.values),
      by: name)
  }

  private let partition: Partition
  private let permits: Int64
  private var amounts: [Int64] = []
  private var events: [(place: Int32, entry: Int32, isCompletion: Bool)] = []
  private var order: [Int32] = []

  private init(partition: Partition, permits: Int64) {
    self.partition = partition
    self.permits = permits
  }

  /// False if something else happens than taking and giving back, or the sums do not fit 64 bits.
  private mutating func collect(_ values: ValueTable) -> Bool {
    var sum: Int64 = 0
    for (index, entry) in partition.entries.enumerated() {
      guard let amount = values.integer(entry.operation.first), amount >= 0,
        entry.operation.action == .acquire || entry.operation.action == .release
      else { return false }
      let (next, overflow) = sum.addingReportingOverflow(amount)
      guard !overflow, next < 1 << 62 else { return false }
      sum = next
      amounts.append(amount)
      events.append((entry.invocation, Int32(index), false))
      if !entry.isIndeterminate { events.append((entry.completion, Int32(index), true)) }
    }
    events.sort { $0.place < $1.place }
    return true
  }

  private var amountsAreEqual: Bool {
    let amount = amounts.first { $0 > 0 }
    return amounts.allSatisfy { $0 == 0 || $0 == amount }
  }

  private func isAcquisition(_ entry: Int32) -> Bool {
    partition.entries[Int(entry)].operation.action == .acquire
  }

  /// Where more was taken than there is even if all that may be given back was; or the reverse.
  private func findExcess() -> Int32? {
    var least: Int64 = 0
    var most: Int64 = 0
    for event in events {
      let amount = amounts[Int(event.entry)]
      if isAcquisition(event.entry) {
        if event.isCompletion { least += amount } else { most += amount }
      } else {
        if event.isCompletion { most -= amount } else { least -= amount }
      }
      if least > permits || most < 0 { return event.place }
    }
    return nil
  }

  /// Where an operation completes for which nothing that is open makes room; nil if none does.
  private mutating func placeLazily() -> Int32? {
    var isPlaced = [Bool](repeating: false, count: partition.entries.count)
    var acquisitions = MinimumHeap()
    var releases = MinimumHeap()
    var taken: Int64 = 0
    func place(_ entry: Int32) {
      isPlaced[Int(entry)] = true
      order.append(entry)
      taken += isAcquisition(entry) ? amounts[Int(entry)] : -amounts[Int(entry)]
    }
    for event in events where !isPlaced[Int(event.entry)] {
      let amount = amounts[Int(event.entry)]
      guard event.isCompletion else {
        guard amount > 0 else { continue }
        let completion = partition.entries[Int(event.entry)].completion
        if isAcquisition(event.entry) {
          acquisitions.insert(key: completion, value: event.entry)
        } else {
          releases.insert(key: completion, value: event.entry)
        }
        continue
      }
      let acquires = isAcquisition(event.entry)
      while acquires ? taken + amount > permits : taken < amount {
        guard let next = acquires ? releases.removeMinimum() : acquisitions.removeMinimum()
        else { return event.place }
        guard !isPlaced[Int(next.value)] else { continue }
        let change = amounts[Int(next.value)]
        guard acquires ? change <= taken : change <= permits - taken else { return event.place }
        place(next.value)
      }
      place(event.entry)
    }
    return nil
  }
}
