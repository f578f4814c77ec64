/// A tree that executes requests, for histories and for brute force; it shares no code with the
/// model that it tests.
struct ReferenceTree: Hashable {
  struct Node: Hashable {
    var value: String
    var version = 0
    /// Nil after a write whose zxid nobody saw.
    var czxid: Int?
    var mzxid: Int?
    var session: Int?
  }

  enum Request: Hashable {
    case create(String, value: String, isEphemeral: Bool)
    case delete(String, version: Int)
    case setData(String, value: String, version: Int)
    case check(String, version: Int)
    case exists(String)
    case getData(String)
    case multi([Request])
    case closeSession
  }

  struct Reply: Hashable {
    var error: String?
    var stat: Stat?
    var value: String?
    var results: [Reply] = []
  }

  struct Stat: Hashable {
    var version: Int
    var czxid: Int?
    var mzxid: Int?
    var dataLength: Int

    /// Whether two say the same where both say something.
    func agrees(with other: Stat) -> Bool {
      version == other.version && dataLength == other.dataLength
        && (czxid == nil || other.czxid == nil || czxid == other.czxid)
        && (mzxid == nil || other.mzxid == nil || mzxid == other.mzxid)
    }
  }

  private(set) var nodes: [String: Node] = [:]
  private(set) var closed: Set<Int> = []

  func stat(_ path: String) -> Stat? {
    nodes[path].map {
      Stat(
        version: $0.version, czxid: $0.czxid, mzxid: $0.mzxid, dataLength: $0.value.utf8.count)
    }
  }

  mutating func end(_ session: Int) {
    nodes = nodes.filter { $0.value.session != session }
    closed.insert(session)
  }

  func ownsAnything(_ session: Int) -> Bool {
    nodes.values.contains { $0.session == session }
  }

  /// Executes a request and answers it.
  mutating func execute(_ request: Request, session: Int, zxid: Int?) -> Reply {
    switch request {
    case .closeSession:
      end(session)
      return Reply()
    case .multi(let parts): return multi(parts, session: session, zxid: zxid)
    case .exists(let path):
      guard let stat = stat(path) else { return Reply(error: "NoNode") }
      return Reply(stat: stat)
    case .getData(let path):
      guard let node = nodes[path] else { return Reply(error: "NoNode") }
      return Reply(stat: stat(path), value: node.value)
    case .check(let path, let version): return Reply(error: refusal(path, version))
    case .create(let path, let value, let isEphemeral):
      if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
        guard let parent = nodes[String(path[..<slash])] else { return Reply(error: "NoNode") }
        if nodes[path] != nil { return Reply(error: "NodeExists") }
        if parent.session != nil { return Reply(error: "NoChildrenForEphemerals") }
      }
      if nodes[path] != nil { return Reply(error: "NodeExists") }
      nodes[path] = Node(
        value: value, czxid: zxid, mzxid: zxid, session: isEphemeral ? session : nil)
      return Reply(stat: stat(path))
    case .delete(let path, let version):
      if let error = refusal(path, version) { return Reply(error: error) }
      if nodes.keys.contains(where: { $0.hasPrefix(path + "/") }) {
        return Reply(error: "NotEmpty")
      }
      nodes[path] = nil
      return Reply()
    case .setData(let path, let value, let version):
      if let error = refusal(path, version) { return Reply(error: error) }
      nodes[path]?.value = value
      nodes[path]?.version += 1
      nodes[path]?.mzxid = zxid
      return Reply(stat: stat(path))
    }
  }

  private func refusal(_ path: String, _ version: Int) -> String? {
    guard let node = nodes[path] else { return "NoNode" }
    return version == -1 || version == node.version ? nil : "BadVersion"
  }

  private mutating func multi(_ parts: [Request], session: Int, zxid: Int?) -> Reply {
    let before = self
    var results: [Reply] = []
    for (index, part) in parts.enumerated() {
      let reply = execute(part, session: session, zxid: zxid)
      guard let error = reply.error else {
        results.append(reply)
        continue
      }
      self = before
      results =
        Array(repeating: Reply(), count: index) + [Reply(error: error)]
        + Array(repeating: Reply(error: "RuntimeInconsistency"), count: parts.count - index - 1)
      return Reply(error: error, results: results)
    }
    return Reply(results: results)
  }
}

extension ReferenceTree.Request {
  var isRead: Bool {
    switch self {
    case .exists, .getData: true
    default: false
    }
  }

  /// The request with another condition; nil for one that has none.
  var withOtherVersion: Self? {
    switch self {
    case .delete(let path, let version): .delete(path, version: version == 0 ? 1 : 0)
    case .setData(let path, let value, let version):
      .setData(path, value: value, version: version == 0 ? 1 : 0)
    default: nil
    }
  }
}

extension ReferenceTree.Reply {
  /// Whether what was recorded can be this reply.
  func agrees(with recorded: Self) -> Bool {
    error == recorded.error && (value == nil) == (recorded.value == nil)
      && value == recorded.value && (stat == nil) == (recorded.stat == nil)
      && (stat.flatMap { own in recorded.stat.map { own.agrees(with: $0) } } ?? true)
      && results.count == recorded.results.count
      && zip(results, recorded.results).allSatisfy { $0.agrees(with: $1) }
  }
}
