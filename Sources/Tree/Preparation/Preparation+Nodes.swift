import Jute
import LinnaeusBase

/// Znodes as they will be.
extension Preparation {
  /// The znode of a path once everything outstanding is applied; nil if there will be none.
  func node(_ path: BorrowedBytes, _ tree: ZnodeTree) -> ProspectiveNode? {
    let path = KnownPath.isRoot(path) ? .empty : path
    if let node = outstanding.node(path) { return node.exists ? node : nil }
    let slot = tree.nodes.slot(of: path)
    guard slot != noSlot else { return nil }
    return ProspectiveNode(
      stat: tree.nodes[slot].stat, childCount: tree.nodes[slot].childCount,
      dataLength: tree.nodes[slot].data?.count ?? 0, access: .kept(tree.nodes[slot].acl),
      content: tree.nodes[slot].content, digest: tree.nodes[slot].digest)
  }

  /// Records what a znode will be after the transaction `zxid`, and the digest with it.
  mutating func set(
    _ path: BorrowedBytes, _ node: consuming ProspectiveNode, zxid: Zxid, _ tree: ZnodeTree
  ) {
    let path = KnownPath.isRoot(path) ? .empty : path
    if tree.options.hasDigest {
      let isDigested = node.exists && KnownPath.isDigested(path)
      let new = isDigested ? node.stat.digest(after: node.content) : 0
      outstanding.digest = outstanding.digest &- UInt64(node.digest) &+ UInt64(new)
      node.digest = new
    }
    node.zxid = zxid
    outstanding.set(path, node)
  }

  /// Records that a znode will be gone; its parent must exist.
  mutating func remove(_ path: BorrowedBytes, zxid: Zxid, _ tree: ZnodeTree) {
    let slash = path.lastSlash ?? 0
    if var parent = node(path[0..<slash], tree) {
      parent.childCount -= 1
      parent.stat.pzxid = zxid
      set(path[0..<slash], parent, zxid: zxid, tree)
    }
    if var node = node(path, tree) {
      node.exists = false
      set(path, node, zxid: zxid, tree)
    }
  }

  /// The ephemeral znodes that a session will have: those of the tree in order of creation, then
  /// those that are outstanding.
  func ephemerals(of session: Int64, _ tree: ZnodeTree) -> [[UInt8]] {
    let isOwned = { (node: ProspectiveNode) in
      node.exists && node.stat.ephemeralOwner == session
        && OwnerKind(session, hasExtendedTypes: tree.options.hasExtendedTypes) == .session
    }
    var found = PathTable()
    var paths: [[UInt8]] = []
    for path in tree.ephemerals(of: session) {
      if let node = path.withBorrowedBytes({ outstanding.node($0) }), !isOwned(node) { continue }
      _ = found.insert(path)
      paths.append(path)
    }
    outstanding.forEachChange { path, node in
      guard isOwned(node), path.withBorrowedBytes({ found.slot(of: $0) }) == noSlot else { return }
      _ = found.insert(path)
      paths.append(path)
    }
    return paths
  }
}
