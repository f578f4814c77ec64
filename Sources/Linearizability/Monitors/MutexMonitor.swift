import OperationHistory

/// Decides locks whose owners each do one thing at a time.
///
/// An owner then takes the lock and gives it back in turn. It surely holds the lock from the end of
/// the one call to the beginning of the other, and there is an order if and only if no two of these
/// times overlap: their order is the order in which the lock goes round.
///
/// - Complexity: O(n log n).
struct MutexMonitor {
  static let name = "mutex-monitor"

  /// A lock that one owner holds at a time.
  struct Object: ReplayedObject {
    var owner = ValueID.null

    mutating func apply(_ operation: ModelOperation) -> Bool {
      switch operation.action {
      case .acquire:
        guard owner == .null else { return false }
        owner = operation.first
      case .release:
        guard owner == operation.first else { return false }
        owner = .null
      default: return false
      }
      return true
    }
  }

  /// From taking the lock to giving it back.
  private struct Holding {
    var acquisition: Int32
    /// Negative if the owner never gives it back.
    var release: Int32 = -1
    /// When the lock is surely held.
    var from: Int32
    var to = Int32.max
  }

  /// What an owner did last.
  private struct Owner {
    var holding: Int32?
    var isHolding = false
    /// When it can do the next thing.
    var completion: Int32 = -1
  }

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .mutex, !model.keyed else { return nil }
    var owners: [ValueID: Owner] = [:]
    var holdings: [Holding] = []
    var violation: Int32?
    for (index, entry) in partition.entries.enumerated() {
      let name = entry.operation.first
      guard name != .null, name != .absent else { return nil }
      var owner = owners[name, default: Owner()]
      // After an indeterminate call the owner does nothing: whoever recorded more of it told it
      // from a new process too late.
      guard owner.completion < entry.invocation else { return nil }
      owner.completion = entry.completion
      switch entry.operation.action {
      case .acquire:
        if owner.isHolding, !entry.isIndeterminate {
          violation = min(violation ?? .max, entry.completion)
        }
        // To take the lock and never give it back helps nobody: it did not happen.
        if !owner.isHolding, !entry.isIndeterminate {
          owner.holding = Int32(holdings.count)
          holdings.append(Holding(acquisition: Int32(index), from: entry.completion))
          owner.isHolding = true
        }
      case .release:
        if owner.isHolding, let holding = owner.holding {
          holdings[Int(holding)].release = Int32(index)
          holdings[Int(holding)].to = entry.invocation
          owner.isHolding = false
        } else if !entry.isIndeterminate {
          violation = min(violation ?? .max, entry.completion)
        }
      default: return nil
      }
      owners[name] = owner
    }
    if let violation { return .violated(at: violation, by: Self.name) }
    return order(&holdings, of: partition)
  }

  private static func order(
    _ holdings: inout [Holding], of partition: Partition
  ) -> PartitionResult? {
    holdings.sort { $0.from < $1.from }
    for (one, next) in zip(holdings, holdings.dropFirst()) where next.from < one.to {
      // Until the first owner gives the lock back, the second cannot have taken it.
      return .violated(at: next.from, by: name)
    }
    var order: [Int32] = []
    order.reserveCapacity(partition.entries.count)
    for holding in holdings {
      order.append(holding.acquisition)
      if holding.release >= 0 { order.append(holding.release) }
    }
    return .holds(order, of: partition, on: Object(), by: name)
  }
}
