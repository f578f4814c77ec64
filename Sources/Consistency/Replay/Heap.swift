/// A binary heap: hands out first what comes before all else.
///
/// - Complexity: O(log n) for each insertion and removal.
struct Heap<Element> {
  private var elements: [Element] = []
  private let isBefore: (Element, Element) -> Bool

  /// Makes an empty heap.
  init(isBefore: @escaping (Element, Element) -> Bool) {
    self.isBefore = isBefore
  }

  /// Adds an element.
  mutating func insert(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isBefore(elements[child], elements[parent]) else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  /// Removes the first element; nil if there is none.
  mutating func popFirst() -> Element? {
    guard let first = elements.first, let last = elements.popLast() else { return nil }
    guard !elements.isEmpty else { return first }
    elements[0] = last
    var parent = 0
    while true {
      var next = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < elements.count && isBefore(elements[child], elements[next]) {
        next = child
      }
      guard next != parent else { return first }
      elements.swapAt(parent, next)
      parent = next
    }
  }
}
