import Jute
import LinnaeusBase

/// What znodes do, written down as simply as possible, to compare the tree with: a dictionary, and
/// a copy of it before anything is tried.
struct ReferenceTree {
  struct Node: Hashable {
    var data: String?
    var stat: PersistedStat
    var acl: [ACL]
  }
  var nodes: [String: Node] = [
    "/": Node(data: "", stat: PersistedStat(), acl: ACL.open),
    "/zookeeper": Node(data: "", stat: PersistedStat(), acl: ACL.open),
    "/zookeeper/quota": Node(data: "", stat: PersistedStat(), acl: ACL.open),
    "/zookeeper/config": Node(data: "", stat: PersistedStat(aversion: -1), acl: ACL.readOnly),
  ]

  func children(_ path: String) -> [String] {
    let prefix = path == "/" ? "/" : path + "/"
    return nodes.keys.filter {
      $0 != "/" && $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/")
    }
  }

  /// Does a request of a session whose client may do what everybody may.
  mutating func perform(
    _ request: PlainRequest, session: Int64, zxid: Zxid, time: Int64
  ) -> ErrorCode {
    switch request {
    case .create(let path, let data, let flags, let opcode, let ttl):
      return create(path, data, flags, opcode, ttl, session, zxid, time)
    case .delete(let path, let version): return delete(path, version, zxid)
    case .set(let path, let data, let version):
      guard isValid(path) else { return .badArguments }
      guard var node = nodes[path] else { return .noNode }
      guard allows(node, .write) else { return .noAuth }
      guard version == -1 || version == node.stat.version else { return .badVersion }
      node.data = data
      (node.stat.version, node.stat.mzxid, node.stat.mtime) = (node.stat.version + 1, zxid, time)
      nodes[path] = node
    case .setACL(let path, let acl, let version):
      guard isValid(path) else { return .badArguments }
      guard var node = nodes[path] else { return .noNode }
      guard allows(node, .admin) else { return .noAuth }
      guard version == -1 || version == node.stat.aversion else { return .badVersion }
      node.acl = acl
      node.stat.aversion += 1
      if node.stat.aversion == -1 { node.stat.aversion = 0 }
      nodes[path] = node
    case .check(let path, let version):
      guard isValid(path) else { return .badArguments }
      guard let node = nodes[path] else { return .noNode }
      guard allows(node, .read) else { return .noAuth }
      guard version == -1 || version == node.stat.version else { return .badVersion }
    case .multi(let parts):
      let before = nodes
      for part in parts {
        let error = perform(part, session: session, zxid: zxid, time: time)
        guard error == .ok else {
          nodes = before
          return .ok
        }
      }
    }
    return .ok
  }

  mutating func close(_ session: Int64, zxid: Zxid) {
    for path in nodes.keys.sorted() where nodes[path]?.stat.ephemeralOwner == session {
      nodes[path] = nil
      nodes[parent(path)]?.stat.pzxid = zxid
    }
  }

  private mutating func create(
    _ path: String, _ data: String?, _ flags: Int32, _ opcode: Opcode, _ ttl: Int64?,
    _ session: Int64, _ zxid: Zxid, _ time: Int64
  ) -> ErrorCode {
    guard (0...6).contains(flags) else { return .badArguments }
    if opcode == .createTTL, (ttl ?? 0) <= 0 { return .badArguments }
    guard path.contains("/") else { return .badArguments }
    guard let above = nodes[parent(path)] else { return .noNode }
    guard allows(above, .create) else { return .noAuth }
    var path = path
    if [2, 3, 6].contains(flags) {
      let digits = String(above.stat.cversion)
      path += String(repeating: "0", count: 10 - digits.count) + digits
    }
    guard isValid(path) else { return .badArguments }
    guard nodes[path] == nil else { return .nodeExists }
    let isEphemeral = (0x1000...0x1003).contains(above.stat.ephemeralOwner)
    guard !isEphemeral else { return .noChildrenForEphemerals }
    let owner: Int64 =
      switch opcode {
      case .createContainer: .min
      case .createTTL: Int64(bitPattern: 0xFF00_0000_0000_0000) | (ttl ?? 0)
      default: flags == 1 || flags == 3 ? session : 0
      }
    nodes[path] = Node(
      data: data,
      stat: PersistedStat(
        czxid: zxid, mzxid: zxid, ctime: time, mtime: time, ephemeralOwner: owner, pzxid: zxid),
      acl: ACL.open)
    nodes[parent(path)]?.stat.cversion += 1
    nodes[parent(path)]?.stat.pzxid = zxid
    return .ok
  }

  private mutating func delete(_ path: String, _ version: Int32, _ zxid: Zxid) -> ErrorCode {
    let special = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]
    guard path.contains("/"), !special.contains(path) else { return .badArguments }
    guard let above = nodes[parent(path)] else { return .noNode }
    guard allows(above, .delete) else { return .noAuth }
    guard let node = nodes[path] else { return .noNode }
    guard version == -1 || version == node.stat.version else { return .badVersion }
    guard children(path).isEmpty else { return .notEmpty }
    nodes[path] = nil
    nodes[parent(path)]?.stat.pzxid = zxid
    return .ok
  }

  private func parent(_ path: String) -> String {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func isValid(_ path: String) -> Bool {
    if path == "/" { return true }
    guard path.hasPrefix("/") else { return false }
    return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && $0 != "." && $0 != ".."
    }
  }

  private func allows(_ node: Node, _ permission: Permissions) -> Bool {
    node.acl.contains { $0.identity == .anyone && !$0.permissions.isDisjoint(with: permission) }
  }
}
