import Jute
import LinnaeusBase

/// What every change to a node has to keep up to date: the digest, whoever walks, the owners.
extension ZnodeTree {
  /// Adds a node under a parent, whose own figures stay as they are.
  @discardableResult
  mutating func addNode(
    _ path: [UInt8], data: [UInt8]?, stat: PersistedStat, acl: ACLIndex, under parent: Int32
  ) -> Int32 {
    var node = Znode(path: path, data: data, acl: acl, walk: walkNumber)
    node.stat = stat
    let slot = nodes.insert(node, under: parent)
    refreshDigest(of: slot, contentsChanged: true)
    approximateDataSize += path.count + (data?.count ?? 0)
    switch OwnerKind(stat.ephemeralOwner, hasExtendedTypes: options.hasExtendedTypes) {
    case .none: break
    case .session: ephemerals.insert(slot, owner: stat.ephemeralOwner)
    case .container: expendables.insert(slot, owner: Self.containers)
    case .ttl: expendables.insert(slot, owner: Self.timed)
    }
    return slot
  }

  /// Removes a node without children; the parent's figures stay as they are, save the number of
  /// its children.
  mutating func removeNode(_ slot: Int32) {
    prepareToRemove(slot)
    digest &-= UInt64(nodes[slot].digest)
    approximateDataSize -= nodes[slot].path.count + (nodes[slot].data?.count ?? 0)
    let owner = nodes[slot].owner
    switch OwnerKind(owner, hasExtendedTypes: options.hasExtendedTypes) {
    case .none: break
    case .session: ephemerals.remove(slot, owner: owner)
    case .container: expendables.remove(slot, owner: Self.containers)
    case .ttl: expendables.remove(slot, owner: Self.timed)
    }
    acls.release(nodes[slot].acl)
    nodes.remove(slot)
  }

  /// Changes a node's figures.
  @inline(__always)
  mutating func change(_ slot: Int32, _ body: (inout Znode) -> Void) {
    prepareToChange(slot)
    body(&nodes[slot])
    refreshDigest(of: slot, contentsChanged: false)
  }

  /// Replaces a node's data, and its figures as `body` says.
  @inline(__always)
  mutating func changeContents(
    of slot: Int32, data: [UInt8]?, _ body: (inout Znode) -> Void = { _ in }
  ) {
    prepareToChange(slot)
    approximateDataSize += (data?.count ?? 0) - (nodes[slot].data?.count ?? 0)
    nodes[slot].data = data
    body(&nodes[slot])
    refreshDigest(of: slot, contentsChanged: true)
  }

  /// Computes a node's digest anew, and the tree's with it.
  @inline(__always)
  mutating func refreshDigest(of slot: Int32, contentsChanged: Bool) {
    guard options.hasDigest else { return }
    if contentsChanged { nodes[slot].content = contentChecksum(of: slot) }
    let isDigested = nodes[slot].path.withBorrowedBytes(KnownPath.isDigested)
    let new = isDigested ? nodes[slot].stat.digest(after: nodes[slot].content) : 0
    digest = digest &- UInt64(nodes[slot].digest) &+ UInt64(new)
    nodes[slot].digest = new
  }

  private func contentChecksum(of slot: Int32) -> CRC32 {
    nodes[slot].path.withBorrowedBytes { path in
      guard let data = nodes[slot].data else { return Tree.contentChecksum(path: path, data: nil) }
      return data.withBorrowedBytes { Tree.contentChecksum(path: path, data: $0) }
    }
  }

  /// The version of a znode's data; nil if there is no such znode.
  package func version(of path: BorrowedBytes) -> Int32? {
    let slot = nodes.slot(of: path)
    return slot == noSlot ? nil : nodes[slot].version
  }

  /// What clients see of a node's figures.
  @inline(__always)
  func stat(of slot: Int32) -> Stat {
    nodes[slot].stat.visible(
      dataLength: nodes[slot].data?.count ?? 0, childCount: nodes[slot].childCount,
      hasExtendedTypes: options.hasExtendedTypes)
  }

  /// The path that clients know a node by.
  func visiblePath(of slot: Int32) -> [UInt8] {
    slot == ZnodeStore.root ? [UInt8(ascii: "/")] : nodes[slot].path
  }

  /// The digest computed from nothing but the nodes: for tests, and when the tree is in doubt.
  ///
  /// - Complexity: O(n) in the number and size of nodes.
  func recomputedDigest() -> UInt64 {
    guard options.hasDigest else { return 0 }
    var sum: UInt64 = 0
    var slot = ZnodeStore.root
    while slot != noSlot {
      if nodes[slot].path.withBorrowedBytes(KnownPath.isDigested) {
        sum &+= UInt64(nodes[slot].stat.digest(after: contentChecksum(of: slot)))
      }
      slot = nodes[slot].nextCreated
    }
    return sum
  }
}
