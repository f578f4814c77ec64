import LinnaeusBase

/// What must always be true of a tree, for tests: it costs more than anything else here.
extension ZnodeTree {
  /// What is wrong with the tree; nil if nothing is.
  ///
  /// - Complexity: O(n) in the number of nodes.
  func brokenInvariant() -> String? {
    if digest != recomputedDigest() { return "the digest is not the nodes'" }
    var (count, size, ephemeral, expendable) = (0, 1, 0, 0)
    var slot = ZnodeStore.root
    var previous = noSlot
    while slot != noSlot {
      let node = nodes[slot]
      let name = String(decoding: node.path, as: UTF8.self)
      count += 1
      size += node.path.count + (node.data?.count ?? 0)
      if node.previousCreated != previous { return "\(name) is not linked to the node before" }
      if nodes.slot(of: node.path) != slot { return "\(name) is not found" }
      if let problem = brokenChildren(of: slot) { return "\(name): \(problem)" }
      if acls.entries[Int(node.acl.rawValue)].uses <= 0 { return "\(name) has no list" }
      // Nobody owns the root, whatever a snapshot says.
      let owner = slot == ZnodeStore.root ? 0 : node.owner
      switch OwnerKind(owner, hasExtendedTypes: options.hasExtendedTypes) {
      case .none: break
      case .session:
        ephemeral += 1
        if !ephemerals.slots(of: node.owner).contains(slot) { return "\(name) is not owned" }
      case .container, .ttl: expendable += 1
      }
      (previous, slot) = (slot, node.nextCreated)
      if slot != noSlot, !wasCreated(nodes[slot].parent, before: slot) {
        return "\(name) is followed by a child that comes before its parent"
      }
    }
    if previous != nodes.newest { return "the newest node is not the last" }
    if count != nodes.count { return "\(count) nodes are listed, \(nodes.count) counted" }
    if size != approximateDataSize { return "\(size) bytes, counted \(approximateDataSize)" }
    if ephemeral != ephemerals.count { return "\(ephemeral) ephemeral nodes" }
    if expendable != expendables.count { return "\(expendable) expendable nodes" }
    return nil
  }

  private func brokenChildren(of slot: Int32) -> String? {
    var (child, count) = (nodes[slot].firstChild, 0)
    while child != noSlot {
      count += 1
      if nodes[child].parent != slot { return "a child has another parent" }
      if nodes[nodes[child].nextSibling].previousSibling != child { return "a broken ring" }
      let prefix = nodes[slot].path + [UInt8(ascii: "/")]
      if !nodes[child].path.starts(with: prefix) { return "a child elsewhere" }
      child = nodes.sibling(after: child)
    }
    return count == Int(nodes[slot].childCount) ? nil : "\(count) children"
  }

  private func wasCreated(_ first: Int32, before second: Int32) -> Bool {
    var slot = nodes[second].previousCreated
    while slot != noSlot {
      if slot == first { return true }
      slot = nodes[slot].previousCreated
    }
    return false
  }
}
