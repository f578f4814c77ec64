/// How many intervals cover each of a row of segments.
///
/// A segment tree with additions that are not pushed down.
///
/// - Complexity: O(log n) for everything but `init`.
struct CoverageTree {
  private struct Node {
    /// Of the segments below, additions to this node included and to those above it not.
    var least: Int32 = 0
    var most: Int32 = 0
    var added: Int32 = 0
  }

  private var nodes: [Node]
  private let width: Int

  /// Nothing is covered.
  init(count: Int) {
    var width = 1
    while width < count { width *= 2 }
    self.width = width
    nodes = [Node](repeating: Node(), count: 2 * width)
  }

  /// Adds to the count of each segment of `range`.
  mutating func add(_ amount: Int32, to range: Range<Int>) {
    add(amount, to: range, node: 1, of: 0..<width)
  }

  private mutating func add(_ amount: Int32, to range: Range<Int>, node: Int, of span: Range<Int>) {
    guard range.overlaps(span) else { return }
    if range.lowerBound <= span.lowerBound, span.upperBound <= range.upperBound {
      nodes[node].least += amount
      nodes[node].most += amount
      nodes[node].added += amount
      return
    }
    let middle = (span.lowerBound + span.upperBound) / 2
    add(amount, to: range, node: 2 * node, of: span.lowerBound..<middle)
    add(amount, to: range, node: 2 * node + 1, of: middle..<span.upperBound)
    let (left, right, added) = (nodes[2 * node], nodes[2 * node + 1], nodes[node].added)
    nodes[node].least = min(left.least, right.least) + added
    nodes[node].most = max(left.most, right.most) + added
  }

  /// The first segment of `range` that something covers, or that nothing covers; nil without one.
  func first(in range: Range<Int>, isCovered: Bool) -> Int? {
    first(in: range, isCovered: isCovered, node: 1, of: 0..<width, above: 0)
  }

  private func first(
    in range: Range<Int>, isCovered: Bool, node: Int, of span: Range<Int>, above: Int32
  ) -> Int? {
    guard range.overlaps(span) else { return nil }
    guard isCovered ? nodes[node].most + above > 0 : nodes[node].least + above == 0
    else { return nil }
    if span.count == 1 { return span.lowerBound }
    let middle = (span.lowerBound + span.upperBound) / 2
    let below = above + nodes[node].added
    return first(
      in: range, isCovered: isCovered, node: 2 * node, of: span.lowerBound..<middle, above: below)
      ?? first(
        in: range, isCovered: isCovered, node: 2 * node + 1, of: middle..<span.upperBound,
        above: below)
  }
}

/// A row of windows, of which one is looked for that is wider than another.
///
/// - Complexity: O(log n) to remove one; to find one the same, unless many windows are wide enough
///   at one end and few at both.
struct WindowTree {
  private var begins: [Int32]
  private var ends: [Int32]
  private let width: Int

  /// The windows, in the order of their indices.
  init(_ windows: [(begin: Int32, end: Int32)]) {
    var width = 1
    while width < windows.count { width *= 2 }
    self.width = width
    begins = [Int32](repeating: .max, count: 2 * width)
    ends = [Int32](repeating: .min, count: 2 * width)
    for (index, window) in windows.enumerated() {
      begins[width + index] = window.begin
      ends[width + index] = window.end
    }
    for node in (1..<width).reversed() { combine(node) }
  }

  private mutating func combine(_ node: Int) {
    begins[node] = min(begins[2 * node], begins[2 * node + 1])
    ends[node] = max(ends[2 * node], ends[2 * node + 1])
  }

  /// Takes one out.
  mutating func remove(_ index: Int) {
    var node = width + index
    (begins[node], ends[node]) = (.max, .min)
    while node > 1 {
      node /= 2
      combine(node)
    }
  }

  /// Whether one is still there.
  func contains(_ index: Int) -> Bool {
    begins[width + index] != .max
  }

  /// One of `range` that begins before `begin` and ends after `end`.
  func find(in range: Range<Int>, beginsBefore begin: Int32, endsAfter end: Int32) -> Int? {
    find(in: range, begin, end, node: 1, of: 0..<width)
  }

  private func find(
    in range: Range<Int>, _ begin: Int32, _ end: Int32, node: Int, of span: Range<Int>
  ) -> Int? {
    guard range.overlaps(span), begins[node] < begin, ends[node] > end else { return nil }
    if span.count == 1 { return span.lowerBound }
    let middle = (span.lowerBound + span.upperBound) / 2
    return find(in: range, begin, end, node: 2 * node, of: span.lowerBound..<middle)
      ?? find(in: range, begin, end, node: 2 * node + 1, of: middle..<span.upperBound)
  }
}
