import Jute
import LinnaeusBase

@testable import Tree

/// A server of nothing but a tree: each request is prepared and applied at once, unless a test wants
/// it otherwise.
struct TestServer {
  var tree: ZnodeTree
  var preparation = Preparation()
  var zxid: Int64 = 0
  var time: Int64 = 1_000
  var session: Int64 = 0x1000
  var watcher: Int32 = 0
  var identities = [Identity(scheme: "ip", id: "127.0.0.1")]
  var events: [WatchNotification] = []
  /// Whether every transaction so far carried the digest that the tree then had.
  var agrees = true

  init(_ options: TreeOptions = TreeOptions()) {
    tree = ZnodeTree(options: options)
  }

  /// Makes a transaction of a request, not yet applied.
  mutating func prepare(
    _ opcode: Opcode, _ body: [UInt8], sessionError: ErrorCode = .ok
  ) -> (error: ErrorCode, payload: [UInt8]) {
    zxid += 1
    time += 1
    var payload = ByteWriter()
    let error = body.withBorrowedBytes {
      preparation.prepare(
        opcode, $0, session: session, xid: Int32(truncatingIfNeeded: zxid), identities: identities,
        sessionError: sessionError, zxid: Zxid(rawValue: zxid), time: time, tree: tree,
        into: &payload)
    }
    return (error, payload.bytes)
  }

  /// Applies a transaction and returns how its client is answered.
  mutating func apply(_ payload: [UInt8]) throws -> (error: ErrorCode, response: [UInt8]) {
    let applied = try payload.withBorrowedBytes { bytes in
      try tree.apply(bytes, events: &events)
    }
    preparation.forget(upTo: applied.header.zxid)
    agrees = agrees && applied.agreesWithDigest
    var response = ByteWriter()
    return (applied.writeResponse(to: &response), response.bytes)
  }

  @discardableResult
  mutating func write(
    _ opcode: Opcode, sessionError: ErrorCode = .ok, _ body: (inout ByteWriter) -> Void
  ) throws -> (error: ErrorCode, response: [UInt8]) {
    var writer = ByteWriter()
    body(&writer)
    let prepared = prepare(opcode, writer.bytes, sessionError: sessionError)
    let answer = try apply(prepared.payload)
    // A failed multi is prepared without an error.
    return (prepared.error == .ok ? answer.error : prepared.error, answer.response)
  }

  @discardableResult
  mutating func create(
    _ path: String, _ data: String? = "", acl: [ACL] = ACL.open, flags: Int32 = 0,
    opcode: Opcode = .create, ttl: Int64? = nil
  ) throws -> ErrorCode {
    try write(opcode) {
      $0.createRequest(path: path, data: data, acl: ACL.bytes(acl), flags: flags, ttl: ttl)
    }.error
  }

  @discardableResult
  mutating func set(_ path: String, _ data: String?, version: Int32 = -1) throws -> ErrorCode {
    try write(.setData) { $0.setDataRequest(path: path, data: data, version: version) }.error
  }

  @discardableResult
  mutating func setACL(_ path: String, _ acl: [ACL], version: Int32 = -1) throws -> ErrorCode {
    try write(.setACL) {
      $0.setACLRequest(path: path, acl: ACL.bytes(acl), version: version)
    }.error
  }

  @discardableResult
  mutating func delete(_ path: String, version: Int32 = -1) throws -> ErrorCode {
    try write(.delete) { $0.pathNumberRequest(path: path, number: version) }.error
  }

  mutating func startSession(_ session: Int64, timeout: Int32 = 10_000) throws {
    zxid += 1
    time += 1
    var payload = ByteWriter()
    preparation.prepareCreateSession(
      session, timeoutMilliseconds: timeout, zxid: Zxid(rawValue: zxid), time: time, tree: tree,
      into: &payload)
    _ = try apply(payload.bytes)
  }

  mutating func prepareClose(_ session: Int64) -> [UInt8] {
    zxid += 1
    time += 1
    var payload = ByteWriter()
    preparation.prepareCloseSession(
      session, xid: 0, zxid: Zxid(rawValue: zxid), time: time, tree: tree, into: &payload)
    return payload.bytes
  }

  mutating func closeSession(_ session: Int64) throws {
    let payload = prepareClose(session)
    _ = try apply(payload)
  }

  /// Answers a read.
  mutating func read(
    _ opcode: Opcode, _ body: (inout ByteWriter) -> Void
  ) throws -> (error: ErrorCode, response: [UInt8]) {
    var writer = ByteWriter()
    body(&writer)
    var response = ByteWriter()
    let requester = Requester(session: session, watcher: watcher, identities: identities)
    let error = try writer.bytes.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return try tree.read(
        opcode, &reader, for: requester, events: &events, into: &response)
    }
    return (error, response.bytes)
  }

  @discardableResult
  mutating func get(_ path: String, watch: Bool = false) throws -> (ErrorCode, [UInt8]?) {
    let (error, response) = try read(.getData) { $0.pathWatchRequest(path: path, watch: watch) }
    guard error == .ok else { return (error, nil) }
    return try response.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return (error, try reader.buffer()?.array)
    }
  }

  @discardableResult
  mutating func exists(_ path: String, watch: Bool = false) throws -> (ErrorCode, Stat?) {
    let (error, response) = try read(.exists) { $0.pathWatchRequest(path: path, watch: watch) }
    guard error == .ok else { return (error, nil) }
    return try response.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return (error, try Stat(from: &reader))
    }
  }

  @discardableResult
  mutating func children(_ path: String, watch: Bool = false) throws -> [String] {
    let response = try read(.getChildren) { $0.pathWatchRequest(path: path, watch: watch) }.response
    return try response.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return try reader.strings().map { String(decoding: $0, as: UTF8.self) }
    }
  }

  mutating func takeEvents() -> [String] {
    defer { events.removeAll() }
    return events.map {
      "\($0.watcher) \($0.kind) \(String(decoding: $0.path, as: UTF8.self))"
    }
  }
}

/// A node as plain values.
struct PlainNode: Hashable {
  var data: [UInt8]?
  var stat: PersistedStat
  var childCount: Int32
  var acl: [UInt8]
}

extension ZnodeTree {
  /// All nodes by path.
  var plain: [String: PlainNode] {
    var result: [String: PlainNode] = [:]
    var slot = ZnodeStore.root
    while slot != noSlot {
      let node = nodes[slot]
      result[String(decoding: node.path, as: UTF8.self)] = PlainNode(
        data: node.data, stat: node.stat, childCount: node.childCount, acl: acls[node.acl].bytes)
      slot = node.nextCreated
    }
    return result
  }
}

func bytes(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
  var writer = ByteWriter()
  body(&writer)
  return writer.bytes
}
