/// Sequences, to be asked whether one of them begins with another.
struct PrefixIndex<Element: Comparable & Sendable>: Sendable {
  private let sorted: [[Element]]

  /// - Complexity: O(n log n) comparisons.
  init(_ sequences: some Sequence<[Element]>) {
    sorted = sequences.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Whether a sequence begins with `prefix`.
  ///
  /// - Complexity: O(log n) comparisons.
  func contains(prefix: [Element]) -> Bool {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].lexicographicallyPrecedes(prefix) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < sorted.count && sorted[low].starts(with: prefix)
  }
}
