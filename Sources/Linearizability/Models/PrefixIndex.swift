import Glibc

/// Sequences, to be asked whether one of them begins with another.
///
/// They are sorted by their bytes in memory: any order will do that keeps what begins alike together.
struct PrefixIndex<Element: BitwiseCopyable & Sendable>: Sendable {
  private let sorted: [[Element]]

  /// - Complexity: O(n log n) comparisons.
  init(_ sequences: some Sequence<[Element]>) {
    sorted = sequences.sorted { Self.precedes($0, $1) }
  }

  /// Whether a sequence begins with `prefix`.
  ///
  /// - Complexity: O(log n) comparisons.
  func contains(prefix: [Element]) -> Bool {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.precedes(sorted[middle], prefix) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < sorted.count && begins(sorted[low][...], with: prefix)
  }

  private static func precedes(_ left: [Element], _ right: [Element]) -> Bool {
    let common = compareBytes(left[...], right[...], count: min(left.count, right.count))
    return common < 0 || (common == 0 && left.count < right.count)
  }
}

/// Whether a sequence begins with another, compared byte by byte.
func begins<Element: BitwiseCopyable>(
  _ sequence: ArraySlice<Element>, with prefix: [Element]
) -> Bool {
  sequence.count >= prefix.count
    && compareBytes(sequence, prefix[...], count: prefix.count) == 0
}

/// Compares the first `count` elements of two sequences as `memcmp` does.
private func compareBytes<Element: BitwiseCopyable>(
  _ left: ArraySlice<Element>, _ right: ArraySlice<Element>, count: Int
) -> Int32 {
  left.withUnsafeBytes { left in
    right.withUnsafeBytes { right in
      guard let left = left.baseAddress, let right = right.baseAddress else { return 0 }
      return memcmp(left, right, count * MemoryLayout<Element>.stride)
    }
  }
}
