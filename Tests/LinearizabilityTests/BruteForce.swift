import Linearizability

/// The definition of linearizability, tried out: all orders of a few operations.
///
/// Of the package's code it runs nothing but `Model.step`.
enum BruteForce {
  /// Whether some order of all definite operations, and of any of the indeterminate ones, respects
  /// real time and is legal.
  static func isLinearizable(_ entries: [Entry], model: BuiltInModel) -> Bool {
    func open(_ specification: some Model<ModelOperation>) -> Bool {
      isLinearizable(
        entries.map { (operation: $0.operation, invocation: $0.invocation, $0.completion) },
        model: specification)
    }
    return open(model.specification)
  }

  /// Whether some order of all operations whose completion is not `Int32.max`, and of any of the
  /// others, respects real time and is legal.
  static func isLinearizable<M: Model>(
    _ operations: [(operation: M.Operation, invocation: Int32, completion: Int32)], model: M
  ) -> Bool {
    precondition(operations.count <= 16, "all orders of so many take for ever")
    var predecessors: [UInt32] = []
    var definite: UInt32 = 0
    for (index, operation) in operations.enumerated() {
      var mask: UInt32 = 0
      for (other, earlier) in operations.enumerated()
      where earlier.completion != .max && earlier.completion < operation.invocation {
        mask |= 1 << UInt32(other)
      }
      predecessors.append(mask)
      if operation.completion != .max { definite |= 1 << UInt32(index) }
    }
    func canFinish(_ state: M.State, placed: UInt32) -> Bool {
      if placed & definite == definite { return true }
      for index in operations.indices where placed >> UInt32(index) & 1 == 0 {
        guard predecessors[index] & ~placed == 0,
          let next = model.step(state, operations[index].operation)
        else { continue }
        if canFinish(next, placed: placed | 1 << UInt32(index)) { return true }
      }
      return false
    }
    return canFinish(model.initialState, placed: 0)
  }

  /// What is wrong with an order that is said to prove a partition linearizable; nil if nothing is.
  static func flaw(
    in order: [Int32], of entries: [Entry], model: BuiltInModel
  ) -> String? {
    func open<M: Model<ModelOperation>>(_ specification: M) -> String? {
      var isPlaced = [Bool](repeating: false, count: entries.count)
      var latestInvocation = Int32.min
      var state = specification.initialState
      for (place, index) in order.enumerated() {
        guard entries.indices.contains(Int(index)) else { return "there is no entry \(index)" }
        let entry = entries[Int(index)]
        if isPlaced[Int(index)] { return "entry \(index) stands twice" }
        isPlaced[Int(index)] = true
        if entry.completion < latestInvocation {
          return "entry \(index) ended before one that stands before it began"
        }
        latestInvocation = max(latestInvocation, entry.invocation)
        guard let next = specification.step(state, entry.operation) else {
          return "entry \(index), at place \(place), is illegal after \(state)"
        }
        state = next
      }
      for (index, entry) in entries.enumerated() where !isPlaced[index] && entry.completion != .max
      {
        return "entry \(index) is definite and missing"
      }
      return nil
    }
    return open(model.specification)
  }

  /// What is known of a partition once everything up to `end` has happened.
  static func prefix(_ entries: [Entry], upTo end: Int32) -> [Entry] {
    entries.compactMap { entry in
      guard entry.invocation <= end else { return nil }
      guard entry.completion > end, entry.completion != .max else { return entry }
      guard let operation = entry.operation.withoutResult else { return nil }
      return Entry(
        operation, invocation: entry.invocation, completion: .max, source: entry.source)
    }
  }
}

extension ModelOperation {
  /// What is left of it if nobody knows whether it happened; nil if that says nothing.
  var withoutResult: ModelOperation? {
    switch action {
    case .read, .failedCas, .contains: nil
    case .remove: ModelOperation(.remove, first, key: key)
    case .extract: ModelOperation(.extract, key: key)
    default: self
    }
  }
}
