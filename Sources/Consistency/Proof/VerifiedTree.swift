import OperationHistory

/// ZooKeeper's tree once more, as plain as can be, for the verification of orders: it does what
/// requests ask for and compares the answers, part by part.
struct VerifiedTree {
  private struct Node {
    var value: Value?
    /// Nil where nobody knows the transaction.
    var czxid: UInt64?
    var mzxid: UInt64?
    var pzxid: UInt64?
    var version: Int64 = 0
    var cversion: Int64 = 0
    var aversion: Int64 = 0
    var owner: String?
    /// Whether it is a container or has a time to live, whose owner is a mark.
    var isMarked = false
    var children: Set<String> = []
    var creations: Int64 = 0
  }

  private var nodes: [String: Node] = [:]

  /// Whether a path is ZooKeeper's own, of which nobody knows what was there at first.
  private static func isOwn(_ path: String) -> Bool {
    path == "/" || path == "/zookeeper" || path.hasPrefix("/zookeeper/")
  }

  /// Does a request, or what it would have done, and compares its answer.
  ///
  /// - Returns: what of the answer cannot be; nil if nothing.
  mutating func perform(_ operation: RecordedOperation, zxid: UInt64?) -> String? {
    if operation.function == "closeSession" {
      if operation.error == nil { end(operation.session, zxid) }
      return nil
    }
    if operation.isRead {
      for part in operation.parts { if let problem = read(part) { return problem } }
      return nil
    }
    guard operation.error != nil else {
      for part in operation.parts {
        if let problem = write(part, operation, zxid) { return problem }
      }
      return nil
    }
    guard operation.isTransaction else { return nil }
    let before = nodes
    defer { nodes = before }
    for part in operation.parts {
      if let error = part.error {
        if error == "RuntimeInconsistency" { continue }
        return refuse(part, error)
      }
      if let problem = write(part, operation, zxid) { return problem }
    }
    return nil
  }

  // MARK: Writes

  private mutating func write(
    _ part: RecordedOperation.Part, _ operation: RecordedOperation, _ zxid: UInt64?
  ) -> String? {
    guard let path = part.path else { return "nobody knows what it created" }
    guard !Self.isOwn(path) else { return nil }
    if part.function == "create" { return create(part, path, operation, zxid) }
    guard var node = nodes[path] else { return "\(path) was not there" }
    let own = part.function == "setACL" ? node.aversion : node.version
    guard part.version == -1 || part.version == own else {
      return "\(path) was at version \(own), not \(part.version)"
    }
    switch part.function {
    case "setData":
      node.value = part.value ?? .null
      node.version += 1
      node.mzxid = zxid
      nodes[path] = node
    case "setACL":
      node.aversion += 1
      nodes[path] = node
    case "delete":
      guard node.children.isEmpty else { return "\(path) had children" }
      remove(path, zxid)
      return nil
    default: return nil
    }
    return compare(part, path, node)
  }

  private mutating func create(
    _ part: RecordedOperation.Part, _ path: String, _ operation: RecordedOperation, _ zxid: UInt64?
  ) -> String? {
    guard nodes[path] == nil else { return "\(path) was there" }
    guard let parent = RecordedOperation.Part.parent(of: path) else { return "\(path) is no path" }
    let name = String(path.dropFirst(parent == "/" ? 1 : parent.utf8.count + 1))
    if !Self.isOwn(parent) {
      guard let above = nodes[parent] else { return "\(parent) was not there" }
      guard above.owner == nil else { return "\(parent) was ephemeral" }
      if part.isSequential, let number = Int64(name.suffix(10)), number != above.creations {
        return "the next sequential number of \(parent) was \(above.creations)"
      }
    }
    var node = Node(value: part.value ?? .null, czxid: zxid, mzxid: zxid, pzxid: zxid)
    if part.mode == "ephemeral" { node.owner = operation.session }
    node.isMarked = part.mode == "container" || part.mode == "ttl"
    nodes[path] = node
    nodes[parent]?.children.insert(name)
    nodes[parent]?.creations += 1
    nodes[parent]?.cversion += 1
    nodes[parent]?.pzxid = zxid
    return compare(part, path, node)
  }

  private mutating func remove(_ path: String, _ zxid: UInt64?) {
    nodes[path] = nil
    guard let parent = RecordedOperation.Part.parent(of: path) else { return }
    let name = String(path.dropFirst(parent == "/" ? 1 : parent.utf8.count + 1))
    nodes[parent]?.children.remove(name)
    nodes[parent]?.cversion += 1
    nodes[parent]?.pzxid = zxid
  }

  private mutating func end(_ session: String, _ zxid: UInt64?) {
    for path in nodes.keys.filter({ nodes[$0]?.owner == session }).sorted() { remove(path, zxid) }
  }

  /// Whether a refusal had to be.
  private func refuse(_ part: RecordedOperation.Part, _ error: String) -> String? {
    guard let path = part.path, !Self.isOwn(path) else { return nil }
    let parent = RecordedOperation.Part.parent(of: path) ?? "/"
    let node = nodes[path]
    switch error {
    case "NoNode":
      let missing = part.function == "create" ? parent : path
      return nodes[missing] == nil && !Self.isOwn(missing) ? nil : "\(missing) was there"
    case "NodeExists": return node != nil ? nil : "\(path) was not there"
    case "NotEmpty": return node?.children.isEmpty == false ? nil : "\(path) had no children"
    case "BadVersion":
      let own = part.function == "setACL" ? node?.aversion : node?.version
      return own != nil && own != part.version ? nil : "the version of \(path) was right"
    case "NoChildrenForEphemerals":
      return nodes[parent]?.owner != nil ? nil : "\(parent) was not ephemeral"
    default: return nil
    }
  }

  // MARK: Reads

  private func read(_ part: RecordedOperation.Part) -> String? {
    guard let path = part.path, !Self.isOwn(path) else { return nil }
    switch part.error {
    case nil: break
    case "NoNode": return nodes[path] == nil ? nil : "\(path) was there"
    default: return nil
    }
    guard let node = nodes[path] else { return "\(path) was not there" }
    if part.function == "getData", let value = part.value, value != node.value {
      return "\(path) held other data"
    }
    if let children = part.children,
      children.count != node.children.count || Set(children) != node.children
    {
      return "\(path) had other children"
    }
    return compare(part, path, node)
  }

  /// What of a Stat is otherwise.
  private func compare(_ part: RecordedOperation.Part, _ path: String, _ node: Node) -> String? {
    let zxids = [("czxid", node.czxid), ("mzxid", node.mzxid), ("pzxid", node.pzxid)]
    for (name, own) in zxids {
      if let told = part.zxid(name), let own, told != own { return "\(name) of \(path) was other" }
    }
    let counts = [
      ("version", node.version), ("cversion", node.cversion), ("aversion", node.aversion),
      ("numChildren", Int64(node.children.count)),
    ]
    for (name, own) in counts {
      if let told = part.count(name), told != own { return "\(name) of \(path) was \(own)" }
    }
    if let told = part.count("dataLength"), let length = Self.length(node.value), told != length {
      return "dataLength of \(path) was \(length)"
    }
    if !node.isMarked, case .string(let owner)? = part.stat["ephemeralOwner"] {
      let own = node.owner ?? "0x0"
      if owner != own, node.owner?.hasPrefix("0x") ?? true { return "\(path) was of \(own)" }
    }
    return nil
  }

  private static func length(_ value: Value?) -> Int64? {
    switch value {
    case .null?: 0
    case .string(let text)?: Int64(text.utf8.count)
    case .bytes(let bytes)?: Int64(bytes.count)
    default: nil
    }
  }
}
