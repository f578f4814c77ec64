import LinnaeusBase

/// Where the nodes are: slots in chunks, found by path, linked as siblings and in order of creation.
///
/// The root is in slot 0 and never leaves; it is not in the index, since it has two names.
struct ZnodeStore: Sendable {
  private static let chunkShift: Int32 = 11
  private static let chunkMask: Int32 = 1 << chunkShift - 1
  static let root: Int32 = 0

  private var chunks: [[Znode]] = []
  private var index = PathIndex()
  private var slotCount: Int32 = 0
  private var firstFree: Int32 = noSlot
  private(set) var newest: Int32 = ZnodeStore.root

  init() {
    _ = takeSlot(Znode())
  }

  /// How many nodes there are, the root included.
  var count: Int { index.count + 1 }

  subscript(slot: Int32) -> Znode {
    @inline(__always)
    _read {
      yield chunks[Int(slot >> Self.chunkShift)][Int(slot & Self.chunkMask)]
    }
    @inline(__always)
    _modify {
      yield &chunks[Int(slot >> Self.chunkShift)][Int(slot & Self.chunkMask)]
    }
  }

  /// The slot of the node with this path, or ``noSlot``.
  @inline(__always)
  func slot(of path: BorrowedBytes) -> Int32 {
    if KnownPath.isRoot(path) { return Self.root }
    return index.slot(hashOfBytes(path)) { path == self[$0].path }
  }

  /// Adds a node, whose path must be new, as the last child of `parent`.
  mutating func insert(_ node: consuming Znode, under parent: Int32) -> Int32 {
    let hash = node.path.withBorrowedBytes(hashOfBytes)
    node.parent = parent
    node.firstChild = noSlot
    node.childCount = 0
    node.previousCreated = newest
    node.nextCreated = noSlot
    let slot = takeSlot(node)
    self[newest].nextCreated = slot
    newest = slot
    index.insert(hash, slot)
    let first = self[parent].firstChild
    if first == noSlot {
      self[parent].firstChild = slot
      self[slot].previousSibling = slot
      self[slot].nextSibling = slot
    } else {
      let last = self[first].previousSibling
      self[last].nextSibling = slot
      self[slot].previousSibling = last
      self[slot].nextSibling = first
      self[first].previousSibling = slot
    }
    self[parent].childCount += 1
    return slot
  }

  /// Removes a node that has no children and is not the root.
  mutating func remove(_ slot: Int32) {
    let hash = self[slot].path.withBorrowedBytes(hashOfBytes)
    index.remove(hash, slot)
    let parent = self[slot].parent
    let (next, previous) = (self[slot].nextSibling, self[slot].previousSibling)
    if next == slot {
      self[parent].firstChild = noSlot
    } else {
      self[previous].nextSibling = next
      self[next].previousSibling = previous
      if self[parent].firstChild == slot { self[parent].firstChild = next }
    }
    self[parent].childCount -= 1
    let (younger, older) = (self[slot].nextCreated, self[slot].previousCreated)
    self[older].nextCreated = younger
    if younger == noSlot { newest = older } else { self[younger].previousCreated = older }
    self[slot] = Znode(nextCreated: firstFree)
    firstFree = slot
  }

  /// The sibling that was created after this one; ``noSlot`` after the last.
  @inline(__always)
  func sibling(after slot: Int32) -> Int32 {
    let next = self[slot].nextSibling
    return next == noSlot || next == self[self[slot].parent].firstChild ? noSlot : next
  }

  /// The node after `slot` in a walk, parents first, of everything under `top`.
  func descendant(after slot: Int32, under top: Int32) -> Int32 {
    var slot = slot
    if self[slot].firstChild != noSlot { return self[slot].firstChild }
    while slot != top {
      let next = sibling(after: slot)
      if next != noSlot { return next }
      slot = self[slot].parent
    }
    return noSlot
  }

  private mutating func takeSlot(_ node: consuming Znode) -> Int32 {
    if firstFree != noSlot {
      let slot = firstFree
      firstFree = self[slot].nextCreated
      self[slot] = node
      return slot
    }
    if slotCount & Self.chunkMask == 0 {
      var chunk: [Znode] = []
      // The first chunk grows as it is needed, so that small trees stay small.
      if !chunks.isEmpty { chunk.reserveCapacity(1 << Int(Self.chunkShift)) }
      chunks.append(chunk)
    }
    chunks[chunks.count - 1].append(node)
    slotCount += 1
    return slotCount - 1
  }
}
