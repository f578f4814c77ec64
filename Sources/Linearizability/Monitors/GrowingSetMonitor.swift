import OperationHistory

/// Decides sets that are only added to and read whole.
///
/// The sets that are read must form a chain by inclusion. The chain says between which reads each
/// element was added for the first time; later additions of the same element change nothing.
///
/// - Complexity: O(n log n + the sizes of the distinct sets that were read).
struct GrowingSetMonitor {
  static let name = "growing-set-monitor"

  /// A set that grows and is compared whole, with lists that ascend.
  struct Object: ReplayedObject {
    let values: ValueTable
    /// Ascending.
    var elements: [ValueID] = []
    /// What was added since the last read.
    var added: [ValueID] = []

    init(values: ValueTable) { self.values = values }

    mutating func apply(_ operation: ModelOperation) -> Bool {
      switch operation.action {
      case .add:
        added.append(operation.first)
        return true
      case .read:
        mergeAdded()
        return values.list(operation.first).map { $0.elementsEqual(elements) } ?? false
      default: return false
      }
    }

    private mutating func mergeAdded() {
      guard !added.isEmpty else { return }
      added.sort { $0.raw < $1.raw }
      var merged: [ValueID] = []
      merged.reserveCapacity(elements.count + added.count)
      var next = 0
      for element in added where merged.last != element {
        while next < elements.count, elements[next].raw <= element.raw {
          merged.append(elements[next])
          next += 1
        }
        if merged.last != element { merged.append(element) }
      }
      elements = merged + elements[next...]
      added.removeAll(keepingCapacity: true)
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .set, !model.keyed else { return nil }
    var monitor = GrowingSetMonitor(partition: partition, values: model.values)
    guard monitor.collect() else { return nil }
    return monitor.findChain() ?? monitor.orderSteps()
  }

  /// A set that was read.
  private struct Version {
    var list: ValueID
    var elements: ArraySlice<ValueID>
    var firstCompletion: Int32
  }

  private let partition: Partition
  private let values: ValueTable
  private var versions: [Version] = []
  private var versionOfList: [ValueID: Int32] = [:]
  /// The first version that has an element.
  private var rank: [ValueID: Int32] = [:]
  /// The entry that adds an element and began first.
  private var firstAdd: [ValueID: Int32] = [:]

  private init(partition: Partition, values: ValueTable) {
    self.partition = partition
    self.values = values
  }

  /// False if something else happens than additions and whole reads, or a list does not ascend.
  private mutating func collect() -> Bool {
    firstAdd.reserveCapacity(partition.entries.count)
    for (index, entry) in partition.entries.enumerated() {
      let value = entry.operation.first
      switch entry.operation.action {
      case .add:
        if firstAdd[value] == nil { firstAdd[value] = Int32(index) }
      case .read:
        guard !entry.isIndeterminate, let list = values.list(value),
          zip(list, list.dropFirst()).allSatisfy({ $0.raw <= $1.raw })
        else { return false }
        if let version = versionOfList[value] {
          versions[Int(version)].firstCompletion = min(
            versions[Int(version)].firstCompletion, entry.completion)
        } else {
          versionOfList[value] = Int32(versions.count)
          versions.append(
            Version(list: value, elements: list, firstCompletion: entry.completion))
        }
      default: return false
      }
    }
    return true
  }

  /// Puts the versions in order of inclusion, and ranks the elements.
  private mutating func findChain() -> PartitionResult? {
    versions.sort { $0.elements.count < $1.elements.count }
    rank.reserveCapacity(versions.last?.elements.count ?? 0)
    // Lists ascend, so that two are compared element by element from the front.
    var previous: ArraySlice<ValueID> = []
    for (number, version) in versions.enumerated() {
      versionOfList[version.list] = Int32(number)
      var shared = previous.startIndex
      var last: ValueID?
      for element in version.elements {
        if element == last { return .violated(at: version.firstCompletion, by: Self.name) }
        last = element
        if shared < previous.endIndex, previous[shared] == element {
          shared += 1
          continue
        }
        // An element that nobody has begun to add.
        guard let add = firstAdd[element],
          partition.entries[Int(add)].invocation < version.firstCompletion
        else { return .violated(at: version.firstCompletion, by: Self.name) }
        rank[element] = Int32(number)
      }
      // Two sets of which neither contains the other; two of one size are such, too.
      if shared < previous.endIndex {
        let completion = max(version.firstCompletion, versions[number - 1].firstCompletion)
        return .violated(at: completion, by: Self.name)
      }
      previous = version.elements
    }
    return nil
  }

  /// First additions are at an even step, the reads that show them at the next.
  private func orderSteps() -> PartitionResult? {
    let rest = Int32(2 * versions.count)
    var steps = StepOrder(
      step: partition.entries.enumerated().map { index, entry in
        let value = entry.operation.first
        if entry.operation.action == .read { return 2 * (versionOfList[value] ?? 0) + 1 }
        if let rank = rank[value] { return firstAdd[value] == Int32(index) ? 2 * rank : -1 }
        return entry.isIndeterminate ? -1 : rest
      }, count: Int(rest) + 1)
    placeRepeated(&steps)
    switch steps.run(partition.entries) {
    case .order(let order):
      return .holds(order, of: partition, on: Object(values: values), by: Self.name)
    case .contradiction(let first, let second):
      return .violated(at: end(first: first, second: second, steps: steps.step), by: Self.name)
    }
  }

  /// Additions of what is there already come as late as they may, where they are in nobody's way,
  /// but not before the step of the element's first addition.
  private func placeRepeated(_ steps: inout StepOrder) {
    // The last invocation in all the steps up to one.
    var latest = [Int32](repeating: .min, count: steps.count)
    for (index, step) in steps.step.enumerated() where step >= 0 {
      latest[Int(step)] = max(latest[Int(step)], partition.entries[index].invocation)
    }
    for step in latest.indices.dropFirst() { latest[step] = max(latest[step], latest[step - 1]) }
    for (index, entry) in partition.entries.enumerated()
    where steps.step[index] < 0 && !entry.isIndeterminate {
      // The last step whose predecessors all began before this addition completed.
      let last = firstIndex(steps.count - 1) { latest[$0] > entry.completion }
      steps.step[index] = max(Int32(last), 2 * (rank[entry.operation.first] ?? 0))
    }
  }

  /// The end of a prefix that shows that `first` had to be before `second`.
  private func end(first: Int32, second: Int32, steps: [Int32]) -> Int32 {
    let (earlier, later) = (partition.entries[Int(first)], partition.entries[Int(second)])
    if later.operation.action == .read {
      return earlier.operation.action == .read ? earlier.completion : later.completion
    }
    if earlier.operation.action == .read { return earlier.completion }
    // Two additions: a set with the first element and without the second.
    let range = Int(steps[Int(first)] / 2)..<Int(steps[Int(second)] / 2)
    return versions[range].lazy.map(\.firstCompletion).min() ?? .max
  }
}
