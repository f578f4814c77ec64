/// A queue: elements leave in the order in which they came.
///
/// Both ends cost O(1), amortized; the room of elements that have left is used again.
public struct FIFO<Element> {
  @usableFromInline var elements: [Element?] = []
  @usableFromInline var head = 0

  /// Starts empty.
  @inlinable
  public init() {}

  /// How many elements wait.
  @inlinable
  public var count: Int { elements.count - head }

  /// Whether none waits.
  @inlinable
  public var isEmpty: Bool { elements.count == head }

  /// The element that leaves next.
  @inlinable
  public var first: Element? { isEmpty ? nil : elements[head] }

  /// The element at a place of `0 ..< count`; the first one leaves next.
  @inlinable
  public subscript(place: Int) -> Element? {
    get { elements[head + place] }
    set { elements[head + place] = newValue }
  }

  /// Adds an element behind all others.
  @inlinable
  public mutating func append(_ element: Element) {
    elements.append(element)
  }

  /// Takes the element that came first; nil if none waits.
  @inlinable
  public mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: head <= 1024)
      head = 0
    } else if head >= 64, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Takes all of them away.
  @inlinable
  public mutating func removeAll() {
    elements.removeAll()
    head = 0
  }
}

extension FIFO: Sendable where Element: Sendable {}
