/// Finds a small part of a list that still fails: no single element of it can be left out.
///
/// This is the *ddmin* of Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input"
/// (IEEE Transactions on Software Engineering 28, 2002), which tries halves, then quarters, and so
/// on, and what is left without each.
///
/// - Parameters:
///   - list: A list that fails.
///   - fails: Whether a part of it still fails, the elements in their order; nil if there is no time
///     left to find out.
/// - Returns: The smallest part found when the time was up, or one of which every element is needed.
/// - Complexity: O(n²) calls in the worst case, O(log n) where one element is to blame.
func minimalFailingPart<Element>(
  of list: [Element], fails: ([Element]) -> Bool?
) -> [Element] {
  var list = list
  // Mostly, some fault has nothing to do with it; at times, none has.
  guard !list.isEmpty, let failsEmpty = fails([]) else { return list }
  if failsEmpty { return [] }
  var parts = 2
  while list.count >= 2 {
    parts = min(parts, list.count)
    var smaller: [Element]?
    for part in 0..<parts {
      let range = list.count * part / parts..<list.count * (part + 1) / parts
      // With two parts, one's complement is the other.
      if parts > 2 || part == 0 {
        guard let fails = fails(Array(list[range])) else { return list }
        if fails {
          smaller = Array(list[range])
          parts = 2
          break
        }
      }
      let rest = Array(list[..<range.lowerBound] + list[range.upperBound...])
      guard let fails = fails(rest) else { return list }
      if fails {
        smaller = rest
        parts = max(2, parts - 1)
        break
      }
    }
    if let smaller {
      list = smaller
    } else if parts < list.count {
      parts *= 2
    } else {
      break
    }
  }
  return list
}

/// Finds a small number that still fails, as if whatever fails with a number failed with any larger
/// one; where that is not so, the number is not the smallest, but it fails.
///
/// - Parameters:
///   - number: A number that fails.
///   - least: The smallest that makes sense.
///   - fails: Whether a smaller one fails too; nil if there is no time left to find out.
/// - Returns: The number.
/// - Complexity: O(log n) calls.
func smallFailingNumber(_ number: Int, from least: Int, fails: (Int) -> Bool?) -> Int {
  var (low, high) = (least, number)
  while low < high {
    let middle = low + (high - low) / 2
    guard let fails = fails(middle) else { return high }
    if fails { high = middle } else { low = middle + 1 }
  }
  return high
}
