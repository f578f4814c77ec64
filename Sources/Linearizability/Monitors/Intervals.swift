/// The first of `0 ..< count` for which an ascending condition is true; `count` if it never is.
func firstIndex(_ count: Int, where isTrue: (Int) -> Bool) -> Int {
  var (low, high) = (0, count)
  while low < high {
    let middle = (low + high) / 2
    if isTrue(middle) { high = middle } else { low = middle + 1 }
  }
  return low
}

/// The indices of `keys`, whose count is less than 2³¹, by ascending key; equal keys stay as they are.
func ascending(_ keys: [Int64]) -> [Int32] {
  // Keys are twice a place, and so fit 32 bits: key and index together are one number to sort.
  var packed = [UInt64](repeating: 0, count: keys.count)
  for (index, key) in keys.enumerated() { packed[index] = UInt64(key) << 32 | UInt64(index) }
  packed.sort()
  return packed.map { Int32(truncatingIfNeeded: $0 & 0xFFFF_FFFF) }
}

/// Times between which something holds without interruption, merged where they touch or overlap.
///
/// Times are twice the place of an event; the odd numbers between are where linearization points
/// can be.
struct MergedIntervals {
  /// The begin and end of each, ascending and apart.
  private(set) var intervals: [(begin: Int64, end: Int64)] = []

  /// Merges intervals.
  ///
  /// - Complexity: O(n log n).
  init(_ unsorted: [(begin: Int64, end: Int64)]) {
    for interval in unsorted.sorted(by: { $0.begin < $1.begin }) {
      if let last = intervals.last, interval.begin <= last.end {
        intervals[intervals.count - 1].end = max(last.end, interval.end)
      } else {
        intervals.append(interval)
      }
    }
  }

  /// The first odd time from `time`, which is odd, that is inside no interval.
  ///
  /// - Complexity: O(log n).
  func firstFree(from time: Int64) -> Int64 {
    var (low, high) = (0, intervals.count)
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].begin < time { low = middle + 1 } else { high = middle }
    }
    guard low > 0, intervals[low - 1].end > time else { return time }
    return intervals[low - 1].end + 1
  }
}

/// A linearization into which groups of entries are put, each group together: groups that leave
/// the object as it was and are legal in every state.
///
/// A group's point is the last invocation in it, and the others' points are the earliest that the
/// order allows.
func merge(_ order: [Int32], with groups: [[Int32]], entries: [Entry]) -> [Int32] {
  guard !groups.isEmpty else { return order }
  var points: [(key: UInt64, entry: Int32)] = []
  points.reserveCapacity(order.count + 2 * groups.count)
  var latest: Int32 = 0
  for index in order {
    latest = max(latest, entries[Int(index)].invocation)
    points.append((UInt64(latest) << 32 | UInt64(points.count), index))
  }
  for group in groups {
    let point = group.reduce(0) { max($0, entries[Int($1)].invocation) }
    for index in group { points.append((UInt64(point) << 32 | UInt64(points.count), index)) }
  }
  return sortedByPoint(points)
}

/// Numbers with keys, the smallest key first.
struct MinimumHeap {
  private var nodes: [(key: Int32, value: Int32)] = []

  /// How many there are.
  var count: Int { nodes.count }

  /// The one with the smallest key.
  var minimum: (key: Int32, value: Int32)? { nodes.first }

  /// Adds one.
  ///
  /// - Complexity: O(log n).
  mutating func insert(key: Int32, value: Int32) {
    nodes.append((key, value))
    var child = nodes.count - 1
    while child > 0, nodes[(child - 1) / 2] > nodes[child] {
      nodes.swapAt((child - 1) / 2, child)
      child = (child - 1) / 2
    }
  }

  /// Takes out the one with the smallest key.
  ///
  /// - Complexity: O(log n).
  mutating func removeMinimum() -> (key: Int32, value: Int32)? {
    guard let last = nodes.popLast() else { return nil }
    guard let result = nodes.first else { return last }
    nodes[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < nodes.count else { break }
      if child + 1 < nodes.count, nodes[child + 1] < nodes[child] { child += 1 }
      guard nodes[child] < nodes[parent] else { break }
      nodes.swapAt(child, parent)
      parent = child
    }
    return result
  }
}
