import Jute
import LinnaeusBase

/// A ZooKeeper that fits on a few pages: one state that all its servers share, no disk, no quorum.
struct TinyServer {
  struct Node {
    var data: [UInt8]?
    var stat: Stat
    var children: [String] = []
    /// How many children were ever created, which is the next one's number.
    var created: Int32 = 0
  }

  struct Connection {
    var session: Int64 = 0
    var data: Set<String> = []
    var children: Set<String> = []
    var persistent: Set<String> = []
    var recursive: Set<String> = []
    /// What is to be sent, in order.
    var output: [UInt8] = []
    var isClosed = false
  }

  private(set) var nodes: [String: Node] = ["/": Node(data: [], stat: Stat())]
  private(set) var zxid: Int64 = 0x1_0000_0000
  private(set) var sessions: Set<Int64> = []
  var connections: [Int: Connection] = [:]
  private var lastSession: Int64 = 0x1000
  /// Whether it does what retransmission asks for.
  var grantsRetransmission = false
  /// What writes of a session were answered, by xid.
  private var replies: [Int64: [Int32: [UInt8]]] = [:]

  // MARK: Messages

  /// Takes a message that arrived on a connection, whose first one asks for a session.
  mutating func receive(_ message: [UInt8], on connection: Int) throws {
    try message.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      if connections[connection] == nil {
        connect(try ConnectRequest(from: &reader), connection)
      } else {
        try request(&reader, connection)
      }
    }
  }

  private mutating func connect(_ request: ConnectRequest, _ number: Int) {
    var connection = Connection()
    guard request.lastZxidSeen.rawValue <= zxid else {
      connection.isClosed = true
      connections[number] = connection
      return
    }
    var response = ConnectResponse.expired(readOnly: false)
    if request.session == 0 || sessions.contains(request.session) {
      if request.session == 0 {
        lastSession += 1
        zxid += 1
        sessions.insert(lastSession)
      }
      let session = request.session == 0 ? lastSession : request.session
      // The session's other connections end.
      for (other, old) in connections where old.session == session {
        connections[other]?.isClosed = true
      }
      connection.session = session
      let isGranted =
        grantsRetransmission && request.protocolVersion == ConnectRequest.retransmission
      response = ConnectResponse(
        protocolVersion: isGranted ? ConnectRequest.retransmission : 0,
        timeoutMilliseconds: request.timeoutMilliseconds, session: session,
        password: [UInt8](repeating: 7, count: 16))
    } else {
      connection.isClosed = true
    }
    connections[number] = connection
    send(number) { response.write(to: &$0) }
  }

  private mutating func request(_ reader: inout ByteReader, _ number: Int) throws {
    guard let connection = connections[number], !connection.isClosed else { return }
    let header = try RequestHeader(from: &reader)
    if grantsRetransmission, let known = replies[connection.session]?[header.xid] {
      connections[number]?.output += known
      return
    }
    var body = ByteWriter()
    let before = zxid
    let error = try perform(header.opcode, &reader, &body, number)
    let position = connections[number]?.output.count ?? 0
    let reply = ReplyHeader(xid: header.xid, zxid: Zxid(rawValue: zxid), error: error)
    send(number) {
      reply.write(to: &$0)
      if error == .ok { $0.append(body.bytes) }
    }
    if zxid != before, let output = connections[number]?.output {
      replies[connection.session, default: [:]][header.xid] = Array(output[position...])
    }
    if header.opcode == .closeSession { connections[number]?.isClosed = true }
  }

  private mutating func send(_ number: Int, _ write: (inout ByteWriter) -> Void) {
    var body = ByteWriter()
    write(&body)
    var framed = ByteWriter()
    framed.buffer(body.bytes)
    connections[number]?.output += framed.bytes
  }

  // MARK: Requests

  private mutating func perform(
    _ opcode: Opcode, _ reader: inout ByteReader, _ body: inout ByteWriter, _ number: Int
  ) throws -> ErrorCode {
    let session = connections[number]?.session ?? 0
    switch opcode {
    case .ping, .auth: return .ok
    case .sync:
      body.string(try reader.stringOrEmpty())
      return .ok
    case .closeSession:
      end(session)
      return .ok
    case .setWatches, .setWatches2:
      setWatches(
        try SetWatchesRequest(from: &reader, hasPersistent: opcode == .setWatches2), number)
      return .ok
    case .addWatch:
      let request = try PathNumberRequest(from: &reader)
      if request.number == 0 {
        connections[number]?.persistent.insert(request.path.string)
      } else {
        connections[number]?.recursive.insert(request.path.string)
      }
      body.int32(0)
      return .ok
    case .removeWatches:
      return removeWatches(try PathNumberRequest(from: &reader), number)
    case .exists, .getData, .getChildren, .getChildren2:
      return read(opcode, try PathWatchRequest(from: &reader), &body, number)
    case .multiRead:
      try multiRead(&reader, &body)
      return .ok
    case .multi:
      try multi(&reader, &body, session)
      return .ok
    default:
      zxid += 1
      return try write(opcode, &reader, &body, session)
    }
  }

  private mutating func read(
    _ opcode: Opcode, _ request: PathWatchRequest, _ body: inout ByteWriter, _ number: Int
  ) -> ErrorCode {
    let path = request.path.string
    guard let node = nodes[path] else {
      if request.watch, opcode == .exists { connections[number]?.data.insert(path) }
      return .noNode
    }
    if request.watch {
      if opcode == .getChildren2 || opcode == .getChildren {
        connections[number]?.children.insert(path)
      } else {
        connections[number]?.data.insert(path)
      }
    }
    if opcode == .getData { body.buffer(node.data) }
    if opcode == .getChildren2 || opcode == .getChildren { body.strings(node.children) }
    if opcode == .getChildren { return .ok }
    node.stat.write(to: &body)
    return .ok
  }

  private mutating func multiRead(_ reader: inout ByteReader, _ body: inout ByteWriter) throws {
    while true {
      let header = try MultiHeader(from: &reader)
      if header.isDone { break }
      let request = try PathWatchRequest(from: &reader)
      guard let node = nodes[request.path.string] else {
        MultiHeader(opcode: .error, error: ErrorCode.noNode.rawValue).write(to: &body)
        body.int32(ErrorCode.noNode.rawValue)
        continue
      }
      MultiHeader(opcode: header.opcode, error: 0).write(to: &body)
      if header.opcode == .getData {
        body.buffer(node.data)
        node.stat.write(to: &body)
      } else {
        body.strings(node.children)
      }
    }
    MultiHeader.end.write(to: &body)
  }

  private mutating func multi(
    _ reader: inout ByteReader, _ body: inout ByteWriter, _ session: Int64
  ) throws {
    zxid += 1
    let (oldNodes, oldConnections) = (nodes, connections)
    var results: [(opcode: Opcode, error: ErrorCode, body: [UInt8])] = []
    var failure: ErrorCode?
    while true {
      let header = try MultiHeader(from: &reader)
      if header.isDone { break }
      var part = ByteWriter()
      // After a failure the rest is only read.
      let before = nodes
      let error = try write(header.opcode, &reader, &part, session)
      if failure != nil {
        nodes = before
        results.append((.error, .runtimeInconsistency, []))
      } else {
        failure = error == .ok ? nil : error
        results.append((header.opcode, error, part.bytes))
      }
    }
    if failure != nil { (nodes, connections) = (oldNodes, oldConnections) }
    for result in results {
      if failure == nil {
        MultiHeader(opcode: result.opcode, error: 0).write(to: &body)
        body.append(result.body)
      } else {
        MultiHeader(opcode: .error, error: result.error.rawValue).write(to: &body)
        body.int32(result.error.rawValue)
      }
    }
    MultiHeader.end.write(to: &body)
  }

  private mutating func write(
    _ opcode: Opcode, _ reader: inout ByteReader, _ body: inout ByteWriter, _ session: Int64
  ) throws -> ErrorCode {
    switch opcode {
    case .create, .create2:
      return create(
        try CreateRequest(from: &reader), &body, session, hasStat: opcode == .create2)
    case .delete:
      let request = try PathVersionRequest(from: &reader)
      return delete(request.path.string, version: request.version)
    case .check:
      let request = try PathVersionRequest(from: &reader)
      guard let node = nodes[request.path.string] else { return .noNode }
      return request.version == -1 || request.version == node.stat.version ? .ok : .badVersion
    case .setData:
      let request = try SetDataRequest(from: &reader)
      let path = request.path.string
      guard var node = nodes[path] else { return .noNode }
      guard request.version == -1 || request.version == node.stat.version else {
        return .badVersion
      }
      node.data = request.data?.array
      node.stat.dataLength = Int32(node.data?.count ?? 0)
      node.stat.version += 1
      node.stat.mzxid = Zxid(rawValue: zxid)
      nodes[path] = node
      fire(.dataChanged, path)
      node.stat.write(to: &body)
      return .ok
    default: return .unimplemented
    }
  }

  private static func parent(of path: String) -> String {
    let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  private mutating func create(
    _ request: CreateRequest, _ body: inout ByteWriter, _ session: Int64, hasStat: Bool
  ) -> ErrorCode {
    var path = request.path.string
    let parentPath = Self.parent(of: path)
    guard var parent = nodes[parentPath] else { return .noNode }
    if request.flags & 2 != 0 {
      let digits = "\(parent.created)"
      path += String(repeating: "0", count: 10 - digits.count) + digits
    }
    guard nodes[path] == nil else { return .nodeExists }
    guard parent.stat.ephemeralOwner == 0 else { return .noChildrenForEphemerals }
    let now = Zxid(rawValue: zxid)
    let data = request.data?.array
    let node = Node(
      data: data,
      stat: Stat(
        czxid: now, mzxid: now, ephemeralOwner: request.flags & 1 != 0 ? session : 0,
        dataLength: Int32(data?.count ?? 0), pzxid: now))
    nodes[path] = node
    parent.children.append(String(path.dropFirst(parentPath == "/" ? 1 : parentPath.count + 1)))
    parent.created += 1
    parent.stat.cversion += 1
    parent.stat.numChildren += 1
    parent.stat.pzxid = now
    nodes[parentPath] = parent
    fire(.created, path)
    body.string(path)
    if hasStat { node.stat.write(to: &body) }
    return .ok
  }

  private mutating func delete(_ path: String, version: Int32) -> ErrorCode {
    guard path != "/" else { return .badArguments }
    guard let node = nodes[path] else { return .noNode }
    guard version == -1 || version == node.stat.version else { return .badVersion }
    guard node.children.isEmpty else { return .notEmpty }
    let parentPath = Self.parent(of: path)
    nodes[path] = nil
    let name = String(path.dropFirst(parentPath == "/" ? 1 : parentPath.count + 1))
    nodes[parentPath]?.children.removeAll { $0 == name }
    nodes[parentPath]?.stat.cversion += 1
    nodes[parentPath]?.stat.numChildren -= 1
    nodes[parentPath]?.stat.pzxid = Zxid(rawValue: zxid)
    fire(.deleted, path)
    return .ok
  }

  /// Ends a session, and its ephemeral znodes with it.
  mutating func end(_ session: Int64) {
    zxid += 1
    sessions.remove(session)
    for path in nodes.keys.sorted() where nodes[path]?.stat.ephemeralOwner == session {
      _ = delete(path, version: -1)
    }
  }

  // MARK: Watches

  private mutating func removeWatches(_ request: PathNumberRequest, _ number: Int) -> ErrorCode {
    guard var connection = connections[number] else { return .noWatcher }
    let path = request.path.string
    var found = false
    if request.number != 1 { found = connection.data.remove(path) != nil || found }
    if request.number != 2 { found = connection.children.remove(path) != nil || found }
    if request.number == 3 {
      found = connection.persistent.remove(path) != nil || found
      found = connection.recursive.remove(path) != nil || found
    }
    connections[number] = connection
    return found ? .ok : .noWatcher
  }

  private mutating func setWatches(_ request: SetWatchesRequest, _ number: Int) {
    let last = request.relativeZxid
    func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
    for path in request.data.map(text) {
      guard let node = nodes[path] else {
        tell(.deleted, path, number)
        continue
      }
      if node.stat.mzxid > last {
        tell(.dataChanged, path, number)
      } else {
        connections[number]?.data.insert(path)
      }
    }
    for path in request.exist.map(text) {
      if nodes[path] != nil {
        tell(.created, path, number)
      } else {
        connections[number]?.data.insert(path)
      }
    }
    for path in request.children.map(text) {
      guard let node = nodes[path] else {
        tell(.deleted, path, number)
        continue
      }
      if node.stat.pzxid > last {
        tell(.childrenChanged, path, number)
      } else {
        connections[number]?.children.insert(path)
      }
    }
    connections[number]?.persistent.formUnion(request.persistent.map(text))
    connections[number]?.recursive.formUnion(request.recursive.map(text))
  }

  private mutating func tell(_ kind: WatchEventKind, _ path: String, _ number: Int) {
    let zxid = zxid
    send(number) {
      ReplyHeader(xid: -1, zxid: Zxid(rawValue: zxid), error: .ok).write(to: &$0)
      WatcherEvent.write(kind, path: path, to: &$0)
    }
  }

  private mutating func fire(_ kind: WatchEventKind, _ path: String) {
    let parent = Self.parent(of: path)
    for number in connections.keys.sorted() {
      guard var connection = connections[number], !connection.isClosed else { continue }
      var isTold = connection.data.remove(path) != nil
      if kind == .deleted { isTold = connection.children.remove(path) != nil || isTold }
      isTold = isTold || connection.persistent.contains(path)
      isTold =
        isTold
        || connection.recursive.contains {
          $0 == "/" || $0 == path || path.hasPrefix($0 + "/")
        }
      var parentIsTold = false
      if kind != .dataChanged {
        parentIsTold = connection.children.remove(parent) != nil
        parentIsTold = parentIsTold || connection.persistent.contains(parent)
      }
      connections[number] = connection
      if isTold { tell(kind, path, number) }
      if parentIsTold { tell(.childrenChanged, parent, number) }
    }
  }
}
