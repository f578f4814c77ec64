/// Which nodes belong to which session, and which are containers or have a time to live: lists by
/// owner, in order of arrival.
struct OwnedNodes: Sendable {
  private struct List: Sendable {
    var owner: Int64
    var first = noSlot
    var last = noSlot
    var count = 0
  }
  private struct Link: Sendable {
    var previous: Int32
    var next: Int32
  }
  /// Ascending by owner; a list that becomes empty is removed.
  private var lists: [List] = []
  /// Looked up, never walked.
  private var links: [Int32: Link] = [:]

  /// How many nodes are owned by anyone.
  var count: Int { links.count }
  /// Whoever owns something, ascending.
  var owners: [Int64] { lists.map(\.owner) }

  /// How many nodes this owner has.
  func count(of owner: Int64) -> Int {
    let place = place(of: owner)
    return place < lists.count && lists[place].owner == owner ? lists[place].count : 0
  }

  /// The owner's first node, or ``noSlot``.
  func first(of owner: Int64) -> Int32 {
    let place = place(of: owner)
    return place < lists.count && lists[place].owner == owner ? lists[place].first : noSlot
  }

  /// The node after `slot` of the same owner, or ``noSlot``.
  func next(after slot: Int32) -> Int32 { links[slot]?.next ?? noSlot }

  /// The owner's nodes in order of arrival.
  func slots(of owner: Int64) -> [Int32] {
    var result: [Int32] = []
    var slot = first(of: owner)
    while slot != noSlot {
      result.append(slot)
      slot = next(after: slot)
    }
    return result
  }

  /// Adds a node, which must not belong to anyone, at the end of the owner's list.
  mutating func insert(_ slot: Int32, owner: Int64) {
    let place = place(of: owner)
    if place == lists.count || lists[place].owner != owner {
      lists.insert(List(owner: owner), at: place)
    }
    let last = lists[place].last
    links[slot] = Link(previous: last, next: noSlot)
    if last == noSlot { lists[place].first = slot } else { links[last]?.next = slot }
    lists[place].last = slot
    lists[place].count += 1
  }

  /// Removes a node, if it belongs to that owner.
  mutating func remove(_ slot: Int32, owner: Int64) {
    let place = place(of: owner)
    guard let link = links.removeValue(forKey: slot) else { return }
    if link.previous == noSlot {
      lists[place].first = link.next
    } else {
      links[link.previous]?.next = link.next
    }
    if link.next == noSlot {
      lists[place].last = link.previous
    } else {
      links[link.next]?.previous = link.previous
    }
    lists[place].count -= 1
    if lists[place].count == 0 { lists.remove(at: place) }
  }

  private func place(of owner: Int64) -> Int {
    lowerBound(lists.count) { lists[$0].owner < owner }
  }
}

/// The first of `0 ..< count` for which `isBefore` is false, given that it is true up to there.
@inline(__always)
func lowerBound(_ count: Int, isBefore: (Int) -> Bool) -> Int {
  var (low, high) = (0, count)
  while low < high {
    let middle = (low + high) / 2
    if isBefore(middle) { low = middle + 1 } else { high = middle }
  }
  return low
}
