/// What extractions of unknown result may have done.
extension ContainerHistory {
  /// The same history, but whatever nobody extracted may come out at any time after `place`.
  ///
  /// If this is violated, the history is too, whichever items its extractions of unknown result
  /// took: each of them began at `place` or later.
  func relaxed(from place: Int32) -> ContainerHistory {
    var result = self
    result.update { item in
      guard item.extraction < 0 else { return }
      item.extractedAfter = max(place, item.insertedAfter)
    }
    return result
  }

  /// Gives extractions of unknown result to the items that have a deadline.
  ///
  /// The earliest deadline takes the earliest extraction.
  ///
  /// - Parameters:
  ///   - entries: those of the partition.
  ///   - deadlines: for each item the place by which it has to be out; `Int32.max` without one.
  /// - Returns: whether there are enough extractions; some may yet be too late.
  mutating func assignUnknownExtractions(_ entries: [Entry], deadlines: [Int32]) -> Bool {
    let needy = deadlines.indices.filter { deadlines[$0] < .max }.sorted {
      (deadlines[$0], $0) < (deadlines[$1], $1)
    }
    guard needy.count <= unknownExtractions.count else { return false }
    var extractionOfItem = [Int32](repeating: -1, count: deadlines.count)
    for (item, extraction) in zip(needy, unknownExtractions) {
      extractionOfItem[item] = extraction
    }
    var index = 0
    update { item in
      let extraction = extractionOfItem[index]
      if extraction >= 0 { item.extract(by: entries[Int(extraction)], index: extraction) }
      index += 1
    }
    return true
  }

  /// By when each item that nobody extracted has to be out.
  ///
  /// It has to be out before somebody finds the container empty who began after it surely went in,
  /// and before the extraction of any item that it would be in the way of, if that too surely comes
  /// after. Of these only the items are counted that `sweep` puts before it.
  ///
  /// - Parameters:
  ///   - entries: those of the partition.
  ///   - sweep: items, each twice at most: to be asked about, and to be counted from here on.
  /// - Returns: the places, `Int32.max` without a deadline.
  /// - Complexity: O(n log n).
  func deadlines(
    _ entries: [Entry], sweep: [(item: Int, isQuestion: Bool)]
  ) -> [Int32] {
    var earliestEmpty = [Int32](repeating: .max, count: emptyExtractions.count + 1)
    for index in emptyExtractions.indices.reversed() {
      let completion = entries[Int(emptyExtractions[index])].completion
      earliestEmpty[index] = min(completion, earliestEmpty[index + 1])
    }
    let begins = items.map(\.extractedAfter).sorted()
    var ends = SuffixMinimum(count: begins.count)
    var result = [Int32](repeating: .max, count: items.count)
    for (index, isQuestion) in sweep {
      let item = items[index]
      guard isQuestion else {
        guard item.extraction >= 0 else { continue }
        let position = firstIndex(begins.count) { begins[$0] >= item.extractedAfter }
        ends.lower(position, to: item.extractedBefore)
        continue
      }
      guard item.extraction < 0 else { continue }
      let position = firstIndex(begins.count) { begins[$0] > item.insertedBefore }
      let empty = firstIndex(emptyExtractions.count) {
        entries[Int(emptyExtractions[$0])].invocation > item.insertedBefore
      }
      result[index] = min(ends.minimum(from: position), earliestEmpty[empty])
    }
    return result
  }
}

/// Numbers that only become smaller, and the smallest from a position on.
private struct SuffixMinimum {
  /// A Fenwick tree over the positions from the end.
  private var nodes: [Int32]

  init(count: Int) {
    nodes = [Int32](repeating: .max, count: count + 1)
  }

  /// Makes the number at `position` at most `number`, in O(log n).
  mutating func lower(_ position: Int, to number: Int32) {
    var node = nodes.count - 1 - position
    while node < nodes.count {
      nodes[node] = min(nodes[node], number)
      node += node & -node
    }
  }

  /// The smallest number from `position` on, in O(log n); `Int32.max` if there is none.
  func minimum(from position: Int) -> Int32 {
    var node = nodes.count - 1 - position
    var result = Int32.max
    while node > 0 {
      result = min(result, nodes[node])
      node -= node & -node
    }
    return result
  }
}
