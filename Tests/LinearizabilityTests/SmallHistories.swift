import Linearizability
import LinnaeusBase
import OperationHistory

/// The shapes that the intervals of a few operations can have.
struct IntervalOrder: Hashable {
  /// For each operation the first and the last of the moments during which it is open; operation
  /// a precedes b if a's last moment is before b's first.
  var intervals: [(first: Int, last: Int)]

  static func == (left: IntervalOrder, right: IntervalOrder) -> Bool {
    left.intervals.elementsEqual(right.intervals, by: ==)
  }

  func hash(into hasher: inout Hasher) {
    for interval in intervals {
      hasher.combine(interval.first)
      hasher.combine(interval.last)
    }
  }

  /// One representative of each interval order of `count` operations.
  ///
  /// Each order has exactly one representation by intervals of moments 0 ..< m in which every
  /// moment is the first of some interval and the last of some (P. Fishburn, "Interval orders and
  /// interval graphs", 1985); the counts are 1, 2, 5, 15, 53, 217 …
  static func all(_ count: Int) -> [IntervalOrder] {
    var result: [IntervalOrder] = []
    for moments in 1...count {
      let kinds = (0..<moments).flatMap { first in
        (first..<moments).map { (first: first, last: $0) }
      }
      func extend(_ chosen: [(first: Int, last: Int)], from kind: Int) {
        if chosen.count == count {
          let isCanonical = (0..<moments).allSatisfy { moment in
            chosen.contains { $0.first == moment } && chosen.contains { $0.last == moment }
          }
          if isCanonical { result.append(IntervalOrder(intervals: chosen)) }
          return
        }
        for next in kind..<kinds.count { extend(chosen + [kinds[next]], from: next) }
      }
      extend([], from: 0)
    }
    return result
  }

  /// Entries with these intervals; the operations of `indeterminate`, a bit each, never end.
  func entries(_ operations: [ModelOperation], indeterminate: Int) -> [Entry] {
    // At each moment everything that begins there begins, then everything that ends there ends.
    var invocations = [Int32](repeating: 0, count: intervals.count)
    var completions = invocations
    var place: Int32 = 0
    for moment in 0...(intervals.map(\.last).max() ?? 0) {
      for (index, interval) in intervals.enumerated() where interval.first == moment {
        invocations[index] = place
        place += 1
      }
      for (index, interval) in intervals.enumerated() where interval.last == moment {
        completions[index] = place
        place += 1
      }
    }
    // Kinds of intervals ascend by their first moment, so invocations ascend.
    return intervals.indices.map { index in
      Entry(
        operations[index], invocation: invocations[index],
        completion: indeterminate >> index & 1 == 1 ? .max : completions[index],
        source: Int32(index))
    }
  }

  /// Calls `body` with every history of this shape over an alphabet, with up to three operations
  /// indeterminate; operations with the same interval are not told apart.
  func forEachHistory(_ alphabet: Alphabet, _ body: ([Entry]) -> Void) {
    let masks = (0..<1 << intervals.count).filter { $0.nonzeroBitCount <= 3 }
    func extend(_ letters: [Int]) {
      guard letters.count == intervals.count else {
        let index = letters.count
        let isTwin = index > 0 && intervals[index] == intervals[index - 1]
        let last = letters.last ?? 0
        for letter in (isTwin ? last : 0)..<alphabet.operations.count { extend(letters + [letter]) }
        return
      }
      for mask in masks {
        if let history = history(alphabet, letters, indeterminate: mask) { body(history) }
      }
    }
    extend([])
  }

  /// The entries with those letters; nil if an operation that says nothing would be indeterminate.
  func history(_ alphabet: Alphabet, _ letters: [Int], indeterminate mask: Int) -> [Entry]? {
    var operations = letters.map { alphabet.operations[$0] }
    for index in operations.indices where mask >> index & 1 == 1 {
      guard let unknown = operations[index].withoutResult else { return nil }
      operations[index] = unknown
    }
    return entries(operations, indeterminate: mask)
  }

  /// A random history of this shape.
  func randomHistory(_ alphabet: Alphabet, _ random: inout SeededRandom) -> [Entry] {
    let letters = intervals.map { _ in random.below(alphabet.operations.count) }
    var mask = 0
    for _ in 0..<random.below(4) {
      let index = random.below(intervals.count)
      if alphabet.operations[letters[index]].withoutResult != nil { mask |= 1 << index }
    }
    return history(alphabet, letters, indeterminate: mask) ?? []
  }
}
