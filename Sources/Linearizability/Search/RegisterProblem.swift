import OperationHistory

/// A partition of a register, numbered for search: values are 0 ..< valueCount, the first of them
/// the initial one.
struct RegisterProblem: Sendable {
  enum Kind: UInt8, Sendable {
    case read, write, cas, failedCas
  }

  var kinds: [Kind] = []
  /// What is read, written, compared with.
  var first: [Int32] = []
  /// What a cas sets.
  var second: [Int32] = []
  var invocations: [Int32] = []
  var completions: [Int32] = []
  /// The index of each operation in the partition.
  var sources: [Int32] = []
  var valueCount: Int32 = 1

  var count: Int { kinds.count }

  /// Numbers a partition; nil if it has operations that no register knows.
  ///
  /// Indeterminate operations that change nothing are left out. Deleting is writing `null`.
  init?(_ partition: Partition, initial: ValueID) {
    let count = partition.entries.count
    kinds.reserveCapacity(count)
    first.reserveCapacity(count)
    second.reserveCapacity(count)
    invocations.reserveCapacity(count)
    completions.reserveCapacity(count)
    sources.reserveCapacity(count)
    var numbers = ValueNumbers(initial: initial, operations: count)
    for (index, entry) in partition.entries.enumerated() {
      let operation = entry.operation
      let kind: Kind
      var target = operation.first
      switch operation.action {
      case .read: kind = .read
      case .write: kind = .write
      case .delete:
        kind = .write
        target = initial
      case .cas: kind = operation.first == operation.second ? .read : .cas
      case .failedCas: kind = .failedCas
      default: return nil
      }
      if entry.isIndeterminate, kind == .read || kind == .failedCas { continue }
      kinds.append(kind)
      first.append(numbers.number(of: target))
      second.append(kind == .cas ? numbers.number(of: operation.second) : -1)
      invocations.append(entry.invocation)
      completions.append(entry.completion)
      sources.append(Int32(index))
    }
    valueCount = numbers.count
  }

  /// The value that an operation sets; -1 if it sets none.
  func produced(_ operation: Int) -> Int32 {
    switch kinds[operation] {
    case .write: first[operation]
    case .cas: second[operation]
    case .read, .failedCas: -1
    }
  }

  /// The value that an operation needs; -1 if it needs none.
  func consumed(_ operation: Int) -> Int32 {
    switch kinds[operation] {
    case .read, .cas: first[operation]
    case .write, .failedCas: -1
    }
  }

  /// For each indeterminate operation a place after which it cannot matter: the last completion of
  /// an operation that needs what it sets, or that needs the value to be another one.
  ///
  /// `Int32.max` for all others; less than its invocation if it never matters.
  /// - Complexity: O(n).
  func expiries() -> [Int32] {
    var result = [Int32](repeating: .max, count: count)
    guard completions.contains(.max) else { return result }
    var last = [Int32](repeating: .min, count: Int(valueCount))
    var lastFailed = Int32.min
    for index in kinds.indices {
      let value = consumed(index)
      if value >= 0 { last[Int(value)] = max(last[Int(value)], completions[index]) }
      if kinds[index] == .failedCas { lastFailed = max(lastFailed, completions[index]) }
    }
    for index in kinds.indices where completions[index] == .max {
      result[index] = max(last[Int(produced(index))], lastFailed)
    }
    return result
  }

  /// Leaves out indeterminate operations that never matter, and returns the `expiries` of the rest,
  /// none of them less than its invocation: every operation that is left opens.
  ///
  /// - Complexity: O(n).
  mutating func leaveOutIdle() -> [Int32] {
    // Each round may leave other operations without one that needs what they set. What a long chain
    // of them leaves after a few rounds is kept, and never expires, which is sound.
    for _ in 0..<8 {
      let expiries = expiries()
      guard zip(expiries, invocations).contains(where: { $0 < $1 }) else { return expiries }
      let invocations = invocations
      keep { expiries[$0] >= invocations[$0] }
    }
    return zip(expiries(), invocations).map { $0 < $1 ? .max : $0 }
  }

  /// Leaves out the operations at the indices for which `isNeeded` says no.
  mutating func keep(_ isNeeded: (Int) -> Bool) {
    var next = 0
    for index in kinds.indices where isNeeded(index) {
      kinds[next] = kinds[index]
      first[next] = first[index]
      second[next] = second[index]
      invocations[next] = invocations[index]
      completions[next] = completions[index]
      sources[next] = sources[index]
      next += 1
    }
    let surplus = count - next
    kinds.removeLast(surplus)
    first.removeLast(surplus)
    second.removeLast(surplus)
    invocations.removeLast(surplus)
    completions.removeLast(surplus)
    sources.removeLast(surplus)
  }

  /// The first completion of an operation that needs a value which nothing can have set by then.
  ///
  /// - Complexity: O(n).
  func firstWithoutProducer() -> Int32? {
    var earliest = [Int32](repeating: .max, count: Int(valueCount))
    earliest[0] = .min
    for index in kinds.indices {
      let value = produced(index)
      if value >= 0 { earliest[Int(value)] = min(earliest[Int(value)], invocations[index]) }
    }
    var result = Int32.max
    for index in kinds.indices where completions[index] < result {
      let value = consumed(index)
      if value >= 0, earliest[Int(value)] >= completions[index] { result = completions[index] }
    }
    return result == .max ? nil : result
  }
}

/// Numbers values densely; small integers and early table entries through an array.
private struct ValueNumbers {
  private var small: [Int32] = []
  private var others: [ValueID: Int32] = [:]
  private(set) var count: Int32 = 0
  /// Small integers below this have a place in the array, so that it stays linear in the history.
  private let limit: Int64

  init(initial: ValueID, operations: Int) {
    limit = Int64(operations) * 2 + 64
    _ = number(of: initial)
  }

  mutating func number(of value: ValueID) -> Int32 {
    guard let integer = value.smallInteger, (0..<limit).contains(integer) else {
      if let known = others[value] { return known }
      defer { count += 1 }
      others[value] = count
      return count
    }
    let index = Int(integer)
    if index >= small.count {
      small.append(contentsOf: repeatElement(-1, count: index + 1 - small.count))
    }
    if small[index] < 0 {
      small[index] = count
      count += 1
    }
    return small[index]
  }
}
