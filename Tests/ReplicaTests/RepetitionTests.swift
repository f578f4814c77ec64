import Jute
import LinnaeusBase
import Testing

@testable import Replica
@testable import Tree

/// Requests that are sent again over another connection.
@Suite("Repetition")
struct RepetitionTests {
  private static let asking: Int32 = 0x5254_5831

  /// A session that sends again what was not answered, on a server that has it written down.
  private func open(_ server: inout TestServer, slot: Int32 = 0) throws -> ConnectResponse {
    server.connect(
      slot, ConnectRequest(protocolVersion: Self.asking, timeoutMilliseconds: 10_000))
    server.finishDisk()
    return try server.takeConnectResponse(slot)
  }

  private func resume(
    _ session: ConnectResponse, _ server: inout TestServer, slot: Int32
  ) throws -> ConnectResponse {
    server.connect(
      slot,
      ConnectRequest(
        protocolVersion: Self.asking, timeoutMilliseconds: 10_000, session: session.session,
        password: session.password))
    server.finishDisk()
    return try server.takeConnectResponse(slot)
  }

  @Test("It is granted to those who ask, and to nobody else")
  func grant() throws {
    var server = TestServer()
    #expect(try open(&server).protocolVersion == Self.asking)
    #expect(try server.open(1).protocolVersion == 0)
    let other = try server.open(2)
    // Who did not ask at first is not recognised later.
    #expect(try resume(other, &server, slot: 3).protocolVersion == 0)
  }

  @Test("A write whose reply was lost is answered again and done once", arguments: [false, true])
  func lostReply(isApplied: Bool) throws {
    var server = TestServer()
    let session = try open(&server)
    server.create(0, 1, "/a-", flags: 2)
    if isApplied { server.finishDisk() }
    server.turn { $0.disconnected(0, into: &$1) }
    #expect(try resume(session, &server, slot: 1).protocolVersion == Self.asking)
    server.create(1, 1, "/a-", flags: 2)
    server.create(1, 2, "/a-", flags: 2)
    server.finishDisk()
    let replies = try server.take(1)
    #expect(replies.map(\.xid) == [1, 2])
    #expect(replies.map(\.error) == [.ok, .ok])
    #expect(replies[0].zxid < replies[1].zxid)
    #expect(replies[0].body.suffix(10) == Array("0000000000".utf8))
    #expect(replies[1].body.suffix(10) == Array("0000000001".utf8))
  }

  @Test("Without recognition it is done twice")
  func mutant() throws {
    var options = ReplicaOptions()
    options.mutations = .forgetsReplies
    var server = TestServer(options)
    let session = try open(&server)
    server.create(0, 1, "/a-", flags: 2)
    server.turn { $0.disconnected(0, into: &$1) }
    _ = try resume(session, &server, slot: 1)
    server.create(1, 1, "/a-", flags: 2)
    server.finishDisk()
    #expect(try server.take(1).first?.body.suffix(10) == Array("0000000001".utf8)[...])
  }

  @Test("A refusal is answered again too, and so is a multi")
  func refusals() throws {
    var server = TestServer()
    let session = try open(&server)
    server.create(0, 1, "/none/a")
    server.send(0, 2, .multi) { writer in
      MultiHeader(opcode: .create, error: -1).write(to: &writer)
      writer.createRequest(path: "/m", data: "", acl: ACL.bytes(ACL.open), flags: 0)
      MultiHeader.end.write(to: &writer)
    }
    server.finishDisk()
    let first = try server.take(0)
    _ = try resume(session, &server, slot: 1)
    server.create(1, 1, "/none/a")
    server.send(1, 2, .multi) { writer in
      MultiHeader(opcode: .create, error: -1).write(to: &writer)
      writer.createRequest(path: "/m", data: "", acl: ACL.bytes(ACL.open), flags: 0)
      MultiHeader.end.write(to: &writer)
    }
    server.finishDisk()
    #expect(try server.take(1) == first)
  }

  @Test("What is older than what is kept is not done again")
  func window() throws {
    var server = TestServer()
    let session = try open(&server)
    server.create(0, 1, "/a")
    for xid in 2...Int32(ReplyTable.kept + 2) { server.set(0, xid, "/a", "\(xid)") }
    server.finishDisk()
    _ = try server.take(0)
    _ = try resume(session, &server, slot: 1)
    server.create(1, 1, "/a")
    server.set(1, 2, "/a", "2")
    server.set(1, 3, "/a", "3")
    let replies = try server.take(1)
    #expect(replies.map(\.error) == [.sessionExpired, .sessionExpired, .ok])
  }

  /// What a session's write with that number did, as a transaction that was applied.
  private func applied(_ xid: Int32, parts: [ErrorCode] = [], _ error: ErrorCode = .ok)
    -> AppliedTransaction
  {
    func result(_ error: ErrorCode) -> OperationResult {
      var result = OperationResult(opcode: error == .ok ? .delete : .error)
      result.error = error
      return result
    }
    let opcode: Opcode = parts.isEmpty ? (error == .ok ? .delete : .error) : .multi
    var transaction = AppliedTransaction(
      header: TransactionHeader(
        session: 7, xid: xid, zxid: Zxid(rawValue: 1), time: 0, opcode: opcode),
      result: result(error))
    transaction.parts = parts.map(result)
    return transaction
  }

  @Test("What came the wrong way is not known, for it may come the right one; a multi neither")
  func moved() {
    var table = ReplyTable()
    let tree = ZnodeTree(options: TreeOptions())
    table.record(
      AppliedTransaction(
        header: TransactionHeader(
          session: 7, xid: ReplyTable.mark, zxid: Zxid(rawValue: 1), time: 0,
          opcode: .createSession), result: OperationResult(opcode: .createSession)), tree)
    table.record(applied(3, parts: [.sessionMoved, .runtimeInconsistency]), tree)
    table.record(applied(2, .sessionMoved), tree)
    #expect(table.find(7, xid: 2) == .new)
    #expect(table.find(7, xid: 3) == .new)
    // What is wrong whichever way it comes is answered, and may be known before what it came after.
    table.record(applied(5, .badArguments), tree)
    for xid: Int32 in [2, 3, 4, 6] { table.record(applied(xid), tree) }
    for xid: Int32 in 2...6 {
      guard case .known(let reply) = table.find(7, xid: xid) else {
        Issue.record("request \(xid) is not known")
        continue
      }
      #expect(reply.xid == xid)
      #expect(reply.error == (xid == 5 ? .badArguments : .ok))
    }
    #expect(table.find(7, xid: 7) == .new)
  }

  /// What a learner forwards for a client that sends it: how many transactions it makes.
  private func forward(
    _ xid: Int32, of session: Int64, on link: Int32 = 0, to server: inout TestServer
  ) -> Int32 {
    let before = server.replica.lastPrepared.counter
    var body = ByteWriter()
    body.createRequest(path: "/a-", data: "", acl: ACL.bytes(ACL.open), flags: 2)
    server.turn { replica, effects in
      replica.takeRequest(
        RequestHeader(xid: xid, opcode: .create), session: session, on: link, body.bytes, 0..<0,
        into: &effects)
    }
    return Int32(server.replica.lastPrepared.counter - before)
  }

  @Test("A leader prepares what learners forward again only once", arguments: [false, true])
  func leader(isMutant: Bool) throws {
    var options = ReplicaOptions()
    if isMutant { options.mutations = .forgetsReplies }
    var server = try TestServer.leading(options)
    let session = try open(&server).session
    let before = server.replica.tree.nodeCount
    server.turn { replica, effects in
      for link: Int32 in [0, 1] { replica.linkAccepted(link, into: &effects) }
      replica.moveSession(session, to: replica.linkOwners[1])
    }
    // What comes the wrong way is refused by a transaction, and may come the right one.
    #expect(forward(1, of: session, to: &server) == 1)
    #expect(forward(1, of: session, on: 1, to: &server) == 1)
    #expect(forward(1, of: session, on: 1, to: &server) == (isMutant ? 1 : 0))
    #expect(forward(2, of: session, on: 1, to: &server) == 1)
    #expect(forward(1, of: session, on: 1, to: &server) == (isMutant ? 1 : 0))
    server.finishDisk()
    #expect(forward(2, of: session, on: 1, to: &server) == (isMutant ? 1 : 0))
    #expect(forward(3, of: session, on: 1, to: &server) == 1)
    // Whoever waits at the leader is told that nobody knows, once it is no longer kept.
    let last = Int32(ReplyTable.kept + 3)
    for xid in 4...last { #expect(forward(xid, of: session, on: 1, to: &server) == 1) }
    server.finishDisk()
    #expect(forward(2, of: session, on: 1, to: &server) == 1)
    server.finishDisk()
    let created = server.replica.tree.nodeCount - before
    #expect(created == Int(last) + (isMutant ? 4 : 0))
  }

  @Test("It is known again after a restart, from the log")
  func restart() throws {
    var server = TestServer()
    let session = try open(&server)
    server.create(0, 1, "/a-", flags: 2)
    server.finishDisk()
    var second = try TestServer(recovering: server.files)
    #expect(try resume(session, &second, slot: 0).protocolVersion == Self.asking)
    second.create(0, 1, "/a-", flags: 2)
    let replies = try second.take(0)
    #expect(replies.map(\.error) == [.ok])
    #expect(replies.first?.body.suffix(10) == Array("0000000000".utf8)[...])
  }
}
