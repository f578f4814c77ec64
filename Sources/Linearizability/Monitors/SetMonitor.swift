import OperationHistory

/// Decides sets whose operations each concern one value.
///
/// Such a set is one object a value, which is there or not, and a history is linearizable if and
/// only if that of each object is (Herlihy and Wing's locality). ``MembershipSearch`` decides each.
/// Where there are whole reads too, what the others contradict is a violation all the same.
///
/// - Complexity: O(n log n), as long as few operations on one value are open together.
struct SetMonitor {
  static let name = "set-monitor"

  /// A set that is asked for one value at a time.
  struct Object: ReplayedObject {
    var elements: Set<ValueID> = []

    mutating func apply(_ operation: ModelOperation) -> Bool {
      switch operation.action {
      case .add:
        elements.insert(operation.first)
        return true
      case .remove:
        let wasThere = elements.remove(operation.first) != nil
        return operation.second == .absent || operation.second == (wasThere ? .true : .false)
      case .contains:
        return operation.second == (elements.contains(operation.first) ? .true : .false)
      default: return false
      }
    }
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .set, !model.keyed else { return nil }
    guard let values = split(partition.entries) else { return nil }
    var points: [(key: UInt64, entry: Int32)] = []
    points.reserveCapacity(partition.entries.count)
    var search = MembershipSearch(entries: partition.entries)
    var violation: Int32?
    var isUndecided = values.hasReads
    for value in 0..<values.starts.count - 1 {
      let group = values.entries[Int(values.starts[value])..<Int(values.starts[value + 1])]
      if value & 1023 == 0, budget.limitReached != nil { return nil }
      switch search.decide(group) {
      case .holds where violation == nil:
        var latest: Int32 = 0
        for index in search.order {
          latest = max(latest, partition.entries[Int(index)].invocation)
          // Points of different values never share a place, so that those of one keep their order.
          points.append((UInt64(latest) << 32 | UInt64(points.count), index))
        }
      case .holds: break
      case .violated(let place): violation = min(violation ?? .max, place)
      case .undecided: isUndecided = true
      }
    }
    if let violation { return .violated(at: violation, by: name) }
    guard !isUndecided else { return nil }
    return .holds(sortedByPoint(points), of: partition, on: Object(), by: name)
  }

  private struct Values {
    /// Value after value, each value's entries in the order of their invocations.
    var entries: [Int32] = []
    var starts: [Int32] = [0]
    var hasReads = false
  }

  /// Sorts the entries by value; nil if there is one that is none of a set's.
  private static func split(_ entries: [Entry]) -> Values? {
    var numbers: [ValueID: Int32] = [:]
    numbers.reserveCapacity(entries.count / 2)
    var values = Values()
    var number = [Int32](repeating: -1, count: entries.count)
    for (index, entry) in entries.enumerated() {
      switch entry.operation.action {
      case .read:
        values.hasReads = true
        continue
      case .contains where entry.isIndeterminate: continue
      case .contains:
        guard [.true, .false].contains(entry.operation.second) else { return nil }
      case .remove:
        guard [.true, .false, .absent].contains(entry.operation.second) else { return nil }
      case .add: guard entry.operation.second == .absent else { return nil }
      default: return nil
      }
      let next = Int32(numbers.count)
      let found = numbers[entry.operation.first, default: next]
      if found == next {
        numbers[entry.operation.first] = next
        values.starts.append(0)
      }
      number[index] = found
      values.starts[Int(found) + 1] += 1
    }
    for value in 1..<values.starts.count { values.starts[value] += values.starts[value - 1] }
    values.entries = [Int32](repeating: 0, count: Int(values.starts[values.starts.count - 1]))
    var next = values.starts
    for (index, number) in number.enumerated() where number >= 0 {
      values.entries[Int(next[Int(number)])] = Int32(index)
      next[Int(number)] += 1
    }
    return values
  }
}
