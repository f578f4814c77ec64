/// Places the items of a priority queue in time, the smallest number first.
///
/// Time is cut at every event; an operation takes effect in one of the gaps between. In a gap
/// first come the extractions, by ascending number, and then the insertions, so that an item is in
/// nobody's way in the gaps in which it goes in and comes out.
struct PriorityPlacement {
  /// After a placement without failure: the entries in order.
  private(set) var order: [Int32] = []
  private let entries: [Entry]
  /// The places of all events, ascending; gap i follows event i.
  private var places: [Int32] = []
  /// From each gap the way to the next in which nothing placed so far is surely in the queue.
  private var nextFree: [Int32]

  /// Nothing is placed yet.
  init(entries: [Entry]) {
    self.entries = entries
    places.reserveCapacity(2 * entries.count)
    for entry in entries {
      places.append(entry.invocation)
      if !entry.isIndeterminate { places.append(entry.completion) }
    }
    places.sort()
    nextFree = (0...Int32(places.count)).map { $0 }
  }

  /// Places all items and whatever found nothing.
  ///
  /// - Parameters:
  ///   - history: the items, of which those that may come out need not.
  ///   - ranked: their indices by ascending number.
  /// - Returns: the completion of an extraction that has no place, if there is one.
  mutating func place(_ history: ContainerHistory, ranked: [Int]) -> Int32? {
    var points: [(key: UInt64, entry: Int32)] = []
    points.reserveCapacity(entries.count)
    let end = Int32(places.count)
    for (rank, index) in ranked.enumerated() {
      let item = history.items[index]
      let position = UInt64(rank) << 1
      // The last gap in which it can go in, and the first in which it can come out.
      let insertion = gap(after: item.insertedBefore) - 1
      var extraction = end
      if item.extractedAfter < ContainerHistory.never {
        extraction = firstFree(from: gap(after: item.extractedAfter))
        if extraction < end {
          guard extraction < gap(after: item.extractedBefore) else { return item.extractedBefore }
          if item.extraction >= 0 {
            points.append((UInt64(extraction) << 32 | position | 1, item.extraction))
          }
        } else if item.extractedBefore < ContainerHistory.never {
          return item.extractedBefore
        }
      }
      if extraction <= insertion {
        points.append((UInt64(extraction) << 32 | position, item.insertion))
      } else {
        points.append((UInt64(insertion) << 32 | 1 << 31 | position, item.insertion))
        cover(from: insertion + 1, to: extraction)
      }
    }
    for index in history.emptyExtractions {
      let entry = entries[Int(index)]
      let time = firstFree(from: gap(after: entry.invocation))
      guard time < gap(after: entry.completion) else { return entry.completion }
      points.append((UInt64(time) << 32 | (1 << 31 - 1), index))
    }
    order = sortedByPoint(points)
    return nil
  }

  /// The gap that follows an event; `never` has that after all others.
  private func gap(after place: Int32) -> Int32 {
    Int32(firstIndex(places.count) { places[$0] >= place })
  }

  private mutating func firstFree(from gap: Int32) -> Int32 {
    var root = gap
    while nextFree[Int(root)] != root { root = nextFree[Int(root)] }
    var step = gap
    while step != root { (nextFree[Int(step)], step) = (root, nextFree[Int(step)]) }
    return root
  }

  private mutating func cover(from first: Int32, to end: Int32) {
    var gap = firstFree(from: first)
    while gap < end {
      nextFree[Int(gap)] = gap + 1
      gap = firstFree(from: gap)
    }
  }
}

/// Numbers, the smallest first.
struct NumberHeap {
  private var numbers: [Int64] = []

  /// Adds a number.
  ///
  /// - Complexity: O(log n).
  mutating func insert(_ number: Int64) {
    numbers.append(number)
    var child = numbers.count - 1
    while child > 0, numbers[(child - 1) / 2] > numbers[child] {
      numbers.swapAt((child - 1) / 2, child)
      child = (child - 1) / 2
    }
  }

  /// Takes out the smallest.
  ///
  /// - Complexity: O(log n).
  mutating func removeMinimum() -> Int64? {
    guard let last = numbers.popLast() else { return nil }
    guard let result = numbers.first else { return last }
    numbers[0] = last
    var parent = 0
    while 2 * parent + 1 < numbers.count {
      var child = 2 * parent + 1
      if child + 1 < numbers.count, numbers[child + 1] < numbers[child] { child += 1 }
      guard numbers[child] < numbers[parent] else { break }
      numbers.swapAt(child, parent)
      parent = child
    }
    return result
  }
}
