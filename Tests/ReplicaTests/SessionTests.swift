import Jute
import LinnaeusBase
import Testing
import Tree

@testable import Replica

/// How sessions begin, move, end and expire (zookeeper-protocol.md, sections 2.1 and 3).
@Suite("Sessions of a replica")
struct SessionTests {
  @Test("A session is granted once it is durable")
  func begins() throws {
    var server = TestServer()
    server.connect(0)
    #expect(try server.takeFrames(0).isEmpty, "nothing is said before the disk is done")
    server.finishDisk()
    let response = try server.takeConnectResponse(0)
    #expect(response.session != 0 && response.timeoutMilliseconds == 10_000)
    #expect(response.password == SessionPassword.bytes(of: response.session))
    #expect(server.replica.tree.sessionTimeout(response.session) == 10_000)
  }

  @Test(
    "Time-outs are held within bounds", arguments: [(1, 4_000), (9_000, 9_000), (90_000, 40_000)])
  func timeouts(_ asked: Int32, _ granted: Int32) throws {
    var server = TestServer()
    #expect(try server.open(0, timeout: asked).timeoutMilliseconds == granted)
  }

  @Test("A client before 3.4 is answered without the last byte")
  func oldClient() throws {
    var server = TestServer()
    server.connect(0, ConnectRequest(timeoutMilliseconds: 5_000, readOnly: nil))
    server.finishDisk()
    #expect(try server.takeFrames(0).map(\.count) == [36])
    _ = try server.open(1)
    #expect(server.effects.outputs[1].bytes.isEmpty)
  }

  @Test("What a client sends before its session stands is answered after that, in order")
  func early() throws {
    var server = TestServer()
    server.connect(0)
    server.create(0, 1, "/a", "x")
    server.get(0, 2, "/a")
    server.finishDisk()
    let frames = try server.takeFrames(0)
    #expect(frames.count == 3)
    #expect(frames[0].count == 37)
    #expect(Array(frames[1][..<4]) == [0, 0, 0, 1] && Array(frames[2][..<4]) == [0, 0, 0, 2])
  }

  @Test("A session goes on over another connection, and the first is closed")
  func moves() throws {
    var server = TestServer()
    let first = try server.open(0)
    server.create(0, 1, "/e", flags: 1)
    server.finishDisk()
    server.connect(
      1,
      ConnectRequest(
        timeoutMilliseconds: 6_000, session: first.session, password: first.password))
    let second = try server.takeConnectResponse(1)
    #expect(second.session == first.session && second.password == first.password)
    #expect(second.timeoutMilliseconds == 6_000)
    #expect(server.isClosing(0))
    server.get(1, 2, "/e")
    #expect(try server.take(1).map(\.error) == [.ok])
  }

  @Test("A wrong password, an unknown session: expired, and the connection is closed")
  func refused() throws {
    var server = TestServer()
    let first = try server.open(0)
    let wrong = ConnectRequest(timeoutMilliseconds: 6_000, session: first.session)
    let unknown = ConnectRequest(
      timeoutMilliseconds: 6_000, session: 77, password: SessionPassword.bytes(of: 77))
    for (slot, request) in [(1, wrong), (2, unknown)] as [(Int32, ConnectRequest)] {
      server.connect(slot, request)
      let response = try server.takeConnectResponse(slot)
      #expect(response.session == 0 && response.timeoutMilliseconds == 0)
      #expect(server.isClosing(slot))
    }
  }

  @Test("A client that has seen more than this server is turned away without a word")
  func ahead() throws {
    var server = TestServer()
    let last = server.replica.tree.lastZxid
    server.connect(0, ConnectRequest(lastZxidSeen: last.next, timeoutMilliseconds: 5_000))
    #expect(try server.takeFrames(0).isEmpty && server.isClosing(0))
    server.connect(1, ConnectRequest(lastZxidSeen: last, timeoutMilliseconds: 5_000))
    server.finishDisk()
    #expect(try server.takeConnectResponse(1).session != 0)
  }

  @Test("A silent session expires, with its znodes and its connection; others see them go")
  func expires() throws {
    var server = TestServer()
    let silent = try server.open(0, timeout: 4_000)
    _ = try server.open(1, timeout: 40_000)
    server.create(0, 1, "/e", flags: 1)
    server.finishDisk()
    server.get(1, 1, "/e", watch: true)
    _ = try server.take(1)
    server.pass(milliseconds: 3_900)
    server.finishDisk()
    #expect(server.replica.tree.sessionTimeout(silent.session) != nil, "not before its time")
    server.pass(milliseconds: 4_200)
    #expect(server.replica.tree.sessionTimeout(silent.session) != nil, "not before the disk")
    server.finishDisk()
    #expect(server.replica.tree.sessionTimeout(silent.session) == nil)
    #expect(server.isClosing(0))
    let event = try #require(try server.take(1).first?.event)
    #expect(event.kind == WatchEventKind.deleted.rawValue && event.path == Array("/e".utf8))
    #expect(server.replica.statistics.expiredSessions == 1)
  }

  @Test("Pings keep a session alive")
  func pings() throws {
    var server = TestServer()
    let response = try server.open(0, timeout: 4_000)
    for _ in 0..<10 {
      server.pass(milliseconds: 2_000)
      server.send(0, SpecialXid.ping, .ping)
      #expect(try server.take(0).map(\.xid) == [SpecialXid.ping])
    }
    #expect(server.replica.tree.sessionTimeout(response.session) != nil)
  }

  @Test("A session that is closed is answered, and then its connection goes")
  func closes() throws {
    var server = TestServer()
    let response = try server.open(0)
    server.create(0, 1, "/e", flags: 1)
    server.send(0, 2, .closeSession)
    server.create(0, 3, "/late")
    server.finishDisk()
    #expect(try server.take(0).map(\.xid) == [1, 2], "what follows the end is dropped")
    #expect(server.isClosing(0))
    #expect(server.replica.tree.sessionTimeout(response.session) == nil)
    #expect(!Array("/e".utf8).withBorrowedBytes { server.replica.tree.contains($0) })
  }

  @Test("Whoever proves to be somebody is that from the next request on; a refusal closes")
  func authenticates() throws {
    var server = TestServer()
    _ = try server.open(0)
    server.create(0, 1, "/mine", acl: ACL.creator)
    server.finishDisk()
    #expect(try server.take(0).map(\.error) == [.invalidACL])
    server.send(0, SpecialXid.auth, .auth) {
      $0.authPacket(scheme: "digest", credentials: "ann:secret")
    }
    server.create(0, 2, "/mine", acl: ACL.creator)
    server.finishDisk()
    #expect(try server.take(0).map(\.error) == [.ok, .ok])
    _ = try server.open(1)
    server.get(1, 1, "/mine")
    server.send(1, SpecialXid.auth, .auth) { $0.authPacket(scheme: "none", credentials: "x") }
    #expect(try server.take(1).map(\.error) == [.noAuth, .authFailed])
    #expect(server.isClosing(1))
  }
}
