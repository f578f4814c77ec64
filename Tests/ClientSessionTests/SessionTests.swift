@testable import ClientSession
import Jute
import LinnaeusBase
import Testing

@Suite("A client's session")
struct SessionTests {
  @Test("The first message asks for a new session")
  func asksForASession() throws {
    var test = SessionUnderTest()
    test.connect()
    let messages = try FakeServer.messages(in: test.takeOutput())
    #expect(messages.count == 1)
    let request = try messages[0].withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return try ConnectRequest(from: &reader)
    }
    #expect(request == ConnectRequest(timeoutMilliseconds: 30_000))
    test.receive(FakeServer.granting())
    #expect(test.takeNews() == [.state(.connecting), .state(.connected(readOnly: false))])
    #expect(test.session.session == 7)
    #expect(test.session.timeoutMilliseconds == 6000)
    #expect(test.session.password == FakeServer.testPassword)
  }

  @Test("A second connection continues the session with its password and its last zxid")
  func continuesTheSession() throws {
    var test = SessionUnderTest.connected()
    _ = test.submit(.exists(path: bytes("/a")))
    test.receive(FakeServer.reply(xid: 1, zxid: 99, error: .noNode))
    test.session.disconnected(into: &test.effects)
    test.effects.removeAll()
    test.connect()
    let request = try FakeServer.messages(in: test.takeOutput())[0].withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return try ConnectRequest(from: &reader)
    }
    #expect(request.session == 7)
    #expect(request.password == FakeServer.testPassword)
    #expect(request.lastZxidSeen == Zxid(rawValue: 99))
  }

  @Test("Requests wait for the session and are numbered from one")
  func requestsWait() throws {
    var test = SessionUnderTest()
    let first = test.submit(.getData(path: bytes("/a"), watch: true))
    test.connect()
    let second = test.submit(.delete(path: bytes("/b"), version: 3))
    test.effects.removeAll()
    test.receive(FakeServer.granting())
    let requests = try FakeServer.requests(in: test.takeOutput())
    #expect(requests.map(\.xid) == [1, 2])
    #expect(requests.map(\.opcode) == [.getData, .delete])
    #expect(requests[0].body == [0, 0, 0, 2, 0x2f, 0x61, 1])
    #expect(requests[1].body == [0, 0, 0, 2, 0x2f, 0x62, 0, 0, 0, 3])
    #expect(first < second)
    #expect(test.session.outstanding == 2)
  }

  @Test("Answers belong to the requests in their order, whatever pieces they arrive in")
  func answersInOrder() {
    var test = SessionUnderTest.connected()
    let get = test.submit(.getData(path: bytes("/a")))
    let create = test.submit(
      .create(path: bytes("/b"), data: nil, mode: .ephemeral, stat: false))
    let stat = Stat(czxid: Zxid(rawValue: 5), version: 2, dataLength: 1)
    let answers =
      FakeServer.event(.created, path: "/b")
      + FakeServer.reply(xid: 1, zxid: 8) {
        $0.buffer([UInt8(9)])
        stat.write(to: &$0)
      } + FakeServer.reply(xid: 2, zxid: 9) { $0.string("/b") }
    for byte in answers { test.receive([byte]) }
    let news = test.takeNews()
    #expect(news.count == 3)
    guard case .watch(let event, let zxid) = news[0] else {
      Issue.record("the event comes first, not \(news[0])")
      return
    }
    #expect((event.path, event.kind) == (bytes("/b"), 1))
    #expect(zxid.rawValue == -1)
    #expect(news[1] == .completed(get, .done(.data([9], stat), zxid: Zxid(rawValue: 8))))
    #expect(
      news[2]
        == .completed(
          create, .done(.created(path: bytes("/b"), stat: nil), zxid: Zxid(rawValue: 9))))
    #expect(test.session.lastZxidSeen == Zxid(rawValue: 9))
    #expect(test.session.outstanding == 0)
  }

  @Test("An answer to auth may overtake others; a refused one ends the connection")
  func authOvertakes() {
    var test = SessionUnderTest.connected()
    let sync = test.submit(.sync(path: bytes("/")))
    let good = test.submit(.auth(scheme: bytes("digest"), credentials: bytes("a:b")))
    let bad = test.submit(.auth(scheme: bytes("none"), credentials: []))
    test.receive(FakeServer.reply(xid: -4, zxid: 0))
    #expect(test.takeNews() == [.completed(good, .done(.done, zxid: .zero))])
    test.receive(FakeServer.reply(xid: -4, zxid: 0, error: .authFailed))
    #expect(
      test.takeNews() == [
        .completed(bad, .refused(.authFailed, zxid: .zero)),
        .completed(sync, .lost(.connectionLost)),
        .state(.disconnected(.authenticationFailed)),
      ])
    #expect(test.effects.closesConnection)
  }

  @Test("An answer that is not the next one's is a violation")
  func wrongOrder() {
    var test = SessionUnderTest.connected()
    _ = test.submit(.whoAmI)
    _ = test.submit(.whoAmI)
    test.receive(FakeServer.reply(xid: 2) { $0.int32(0) })
    let states = test.takeNews().compactMap { news -> Disconnection? in
      guard case .state(.disconnected(let reason)) = news else { return nil }
      return reason
    }
    guard case .violation = states.first else {
      Issue.record("not a violation: \(states)")
      return
    }
    #expect(test.session.outstanding == 0)
  }

  @Test("An idle session sends a ping each third of its time, and gives up after two")
  func pings() throws {
    var test = SessionUnderTest.connected()
    test.advance(to: 1999)
    #expect(test.effects.output.isEmpty)
    #expect(test.session.nextDeadline == Instant(milliseconds: 2001))
    test.advance(to: 2001)
    let requests = try FakeServer.requests(in: test.takeOutput())
    #expect(requests.map(\.xid) == [-2])
    #expect(requests.map(\.opcode) == [.ping])
    test.receive(FakeServer.reply(xid: -2, zxid: 44))
    #expect(test.session.lastZxidSeen == Zxid(rawValue: 44))
    #expect(test.takeNews().isEmpty)
    let request = test.submit(.whoAmI)
    test.advance(to: 6001)
    #expect(test.takeNews().isEmpty)
    test.advance(to: 6002)
    #expect(
      test.takeNews() == [
        .completed(request, .lost(.connectionLost)), .state(.disconnected(.silence)),
      ])
    #expect(test.session.nextDeadline == nil)
  }

  @Test("A server that never answers the connect request is given up")
  func connectTimeout() {
    var test = SessionUnderTest()
    test.connect()
    test.advance(to: 9_999)
    #expect(test.session.state == .connecting)
    test.advance(to: 10_000)
    #expect(test.session.state == .disconnected(.silence))
  }

  @Test("An expired session loses what waits, and everything later")
  func expires() {
    var test = SessionUnderTest()
    let early = test.submit(.whoAmI)
    test.connect()
    test.receive(FakeServer.granting(session: 0, timeoutMilliseconds: 0))
    let late = test.submit(.whoAmI)
    #expect(
      test.takeNews() == [
        .state(.connecting), .state(.expired), .completed(early, .lost(.neverSent)),
        .completed(late, .lost(.neverSent)),
      ])
    #expect(test.effects.closesConnection)
  }

  @Test("Closing the session is its last request")
  func closes() {
    var test = SessionUnderTest.connected()
    let close = test.submit(.closeSession)
    test.receive(FakeServer.reply(xid: 1, zxid: 12))
    #expect(
      test.takeNews() == [
        .completed(close, .done(.done, zxid: Zxid(rawValue: 12))), .state(.closed),
      ])
    #expect(test.effects.closesConnection)
    test.connect()
    #expect(test.session.state == .closed)
  }

  @Test("Xids start again before they become negative")
  func xidsWrap() throws {
    // Two billion requests take too long; their numbers are all that matters.
    var requests = PendingRequests(lastXid: Int32.max - 1)
    for _ in 0..<3 { _ = requests.add(.whoAmI) }
    #expect(requests.nextToSend()?.xid == Int32.max)
    #expect(requests.nextToSend()?.xid == 1)
    #expect(requests.take(xid: Int32.max) != nil)
    #expect(requests.take(xid: 1) != nil)
    #expect(requests.count == 1)
  }
}
