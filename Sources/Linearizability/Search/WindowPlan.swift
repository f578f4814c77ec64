/// When operations open and close, by layers: layer *i* ends with the *i*-th completion.
///
/// Between two completions nothing has to happen, so the engines place operations only when a
/// completion forces one (Lowe, "Testing for linearizability", 2017: just-in-time linearization).
/// Each operation has a slot while it is open; a slot is given to another one afterwards. The
/// memory of a configuration therefore follows from the concurrency, not from the length.
struct WindowPlan: Sendable {
  /// The operation that completes at the end of each layer.
  private(set) var goals: [Int32] = []
  /// The slot of each operation; -1 if it never opens.
  private(set) var slots: [Int32]
  /// How many slots are in use at most.
  private(set) var slotCount = 0

  /// The operations that open in layer i are `opening[openingStart[i] ..< openingStart[i + 1]]`.
  private(set) var opening: [Int32] = []
  private(set) var openingStart: [Int32] = [0]
  /// Those that close at its end: the goal, and indeterminate ones that cannot matter any more.
  private(set) var closing: [Int32] = []
  private(set) var closingStart: [Int32] = [0]

  /// Lays out intervals.
  ///
  /// - Parameters:
  ///   - invocations: ascending.
  ///   - completions: `Int32.max` for an indeterminate operation.
  ///   - expiries: for an indeterminate operation, a place after which it cannot matter;
  ///     `Int32.max` if it always may, less than its invocation if it never does.
  /// - Complexity: O(n log n).
  init(invocations: [Int32], completions: [Int32], expiries: [Int32]) {
    let count = invocations.count
    slots = [Int32](repeating: -1, count: count)
    // The place in the high half, the operation in the low one.
    var ends: [Int64] = []
    ends.reserveCapacity(count)
    for index in 0..<count {
      let end = min(completions[index], expiries[index])
      if end != .max, end >= invocations[index] { ends.append(Int64(end) << 32 | Int64(index)) }
    }
    ends.sort()
    goals.reserveCapacity(count)
    opening.reserveCapacity(count)
    closing.reserveCapacity(count)
    openingStart.reserveCapacity(count + 1)
    closingStart.reserveCapacity(count + 1)
    var free: [Int32] = []
    var next = 0
    var expired: [Int32] = []
    for end in ends {
      let operation = Int(end & 0xFFFF_FFFF)
      while next < count, invocations[next] < end >> 32 {
        defer { next += 1 }
        guard completions[next] != .max || expiries[next] >= invocations[next] else { continue }
        let slot = free.popLast() ?? Int32(slotCount)
        slotCount = max(slotCount, Int(slot) + 1)
        slots[next] = slot
        opening.append(Int32(next))
      }
      guard completions[operation] != .max else {
        expired.append(Int32(operation))
        continue
      }
      goals.append(Int32(operation))
      openingStart.append(Int32(opening.count))
      for index in expired { free.append(slots[Int(index)]) }
      free.append(slots[operation])
      closing.append(Int32(operation))
      closing.append(contentsOf: expired)
      expired.removeAll(keepingCapacity: true)
      closingStart.append(Int32(closing.count))
    }
  }

  var layerCount: Int { goals.count }

  func opening(_ layer: Int) -> Range<Int> {
    Int(openingStart[layer])..<Int(openingStart[layer + 1])
  }

  func closing(_ layer: Int) -> Range<Int> {
    Int(closingStart[layer])..<Int(closingStart[layer + 1])
  }
}
