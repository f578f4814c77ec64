@testable import ClientSession
import Jute
import LinnaeusBase
import Testing

@Suite("A session that looks for servers")
struct ReconnectTests {
  private static let path = bytes("/a")

  private static func session(
    servers: Int = 3, _ change: (inout ZooKeeperSession.Options) -> Void = { _ in }
  ) -> SessionUnderTest {
    var options = ZooKeeperSession.Options()
    options.timeoutMilliseconds = 6000
    change(&options)
    return SessionUnderTest(
      options, servers: ServerList(inOrder: (1...servers).map { ServerID(rawValue: Int64($0)) }))
  }

  /// A session on server 1 with nothing left in the effects.
  private static func connected(
    _ change: (inout ZooKeeperSession.Options) -> Void = { _ in }, protocolVersion: Int32 = 0
  ) -> SessionUnderTest {
    var test = session(change)
    test.advance(to: 0)
    test.connect()
    test.receive(FakeServer.granting(protocolVersion: protocolVersion))
    test.effects.removeAll()
    return test
  }

  @Test("Servers are tried in turn, with a pause once all were tried")
  func servers() {
    var test = Self.session()
    for server in 1...3 as ClosedRange<Int64> {
      #expect(test.session.nextServer == ServerID(rawValue: server))
      test.advance(to: 0)
      #expect(test.takeWanted() == ServerID(rawValue: server))
      test.session.disconnected(now: Instant(milliseconds: 0), into: &test.effects)
    }
    test.advance(to: 0)
    #expect(test.takeWanted() == nil)
    // A second, more or less.
    guard let next = test.session.nextDeadline else {
      Issue.record("nothing is planned")
      return
    }
    #expect((500...1500).contains(next.milliseconds))
    test.advance(to: 1500)
    #expect(test.takeWanted() == ServerID(rawValue: 1))
    #expect(test.takeNews().isEmpty)
  }

  @Test("A shuffled list has all servers, in an order of its seed")
  func shuffled() {
    let servers = (1...5).map { ServerID(rawValue: $0) }
    var orders: Set<[ServerID]> = []
    for seed in 0..<40 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var again = SeededRandom(seed: seed)
      let list = ServerList(servers, random: &random)
      #expect(list.servers == ServerList(servers, random: &again).servers)
      #expect(list.servers.sorted() == servers)
      orders.insert(list.servers)
    }
    #expect(orders.count > 20)
  }

  @Test("A server that neither refuses nor answers is given up for the next")
  func deafServer() {
    var test = Self.session()
    test.advance(to: 0)
    #expect(test.takeWanted() == ServerID(rawValue: 1))
    #expect(test.session.nextDeadline == Instant(milliseconds: 10_000))
    test.advance(to: 10_000)
    #expect(test.effects.closesConnection)
    #expect(test.takeWanted() == ServerID(rawValue: 2))
  }

  @Test("A server that closes without an answer is left for another one, with the same zxid")
  func refusal() throws {
    var test = Self.connected()
    _ = test.submit(.exists(path: Self.path))
    test.receive(FakeServer.reply(xid: 1, zxid: 99, error: .noNode))
    test.disconnect()
    test.advance(to: 1)
    #expect(test.takeWanted() == ServerID(rawValue: 2))
    test.effects.removeAll()
    test.connect()
    test.disconnect()
    #expect(test.takeNews() == [.state(.connecting), .state(.disconnected(.refused))])
    test.effects.removeAll()
    test.advance(to: 2)
    #expect(test.takeWanted() == ServerID(rawValue: 3))
    test.connect()
    #expect(try test.takeConnectRequest().lastZxidSeen == Zxid(rawValue: 99))
  }

  @Test("What a watch event or a ping has shown is not forgotten at a reconnection")
  func zxidOfEvents() throws {
    var test = Self.connected()
    test.receive(FakeServer.event(.dataChanged, path: "/a", zxid: 50))
    test.receive(FakeServer.event(.dataChanged, path: "/a"))
    #expect(test.session.lastZxidSeen == Zxid(rawValue: 50))
    test.receive(FakeServer.reply(xid: -2, zxid: 60))
    test.disconnect()
    test.effects.removeAll()
    test.connect()
    #expect(try test.takeConnectRequest().lastZxidSeen == Zxid(rawValue: 60))
  }

  @Test("A session without a server is suspended when its time is over, once, and may go on")
  func suspension() {
    var test = Self.connected()
    test.advance(to: 1000)
    test.receive(FakeServer.reply(xid: -2))
    test.disconnect()
    test.effects.removeAll()
    // No server is there.
    for now in stride(from: 1000, through: 6900, by: 100) as StrideThrough<Int64> {
      test.advance(to: now)
      if test.takeWanted() != nil { test.disconnect() }
    }
    #expect(test.takeNews().isEmpty)
    for now in stride(from: 7000, through: 9000, by: 100) as StrideThrough<Int64> {
      test.advance(to: now)
      if test.takeWanted() != nil { test.disconnect() }
    }
    #expect(test.takeNews() == [.state(.disconnected(.suspended))])
    test.connect()
    test.receive(FakeServer.granting())
    #expect(test.takeNews() == [.state(.connecting), .state(.connected(readOnly: false))])
    #expect(test.session.session == 7)
  }

  @Test("Expiry is told once, and then nothing is tried any more")
  func expiry() {
    var test = Self.connected()
    test.disconnect()
    test.effects.removeAll()
    test.advance(to: 0)
    test.connect()
    test.receive(FakeServer.granting(session: 0, timeoutMilliseconds: 0))
    test.disconnect()
    test.advance(to: 100_000)
    #expect(test.takeNews() == [.state(.connecting), .state(.expired)])
    #expect(test.session.nextDeadline == nil)
  }

  @Test("What was sent is unknown; what was not waits, and surely did not happen if none comes")
  func certainty() {
    var test = Self.connected()
    let sent = test.submit(.delete(path: Self.path))
    test.disconnect()
    let waiting = test.submit(.delete(path: Self.path))
    #expect(
      test.takeNews() == [
        .completed(sent, .lost(.connectionLost)), .state(.disconnected(.closedByServer)),
      ])
    test.connect()
    test.receive(FakeServer.granting(session: 0, timeoutMilliseconds: 0))
    #expect(test.takeNews().last == .completed(waiting, .lost(.neverSent)))
  }

  @Test("A client may leave for another server")
  func moves() {
    var test = Self.connected()
    test.session.move(
      to: ServerID(rawValue: 3), now: Instant(milliseconds: 5), into: &test.effects)
    #expect(test.effects.closesConnection)
    #expect(test.takeNews() == [.state(.disconnected(.moved))])
    test.advance(to: 5)
    #expect(test.takeWanted() == ServerID(rawValue: 3))
  }

  // MARK: Watches and credentials

  /// What is sent after a reconnection.
  private func restored(_ test: inout SessionUnderTest) throws -> [FakeServer.Request] {
    test.disconnect()
    test.effects.removeAll()
    test.connect()
    test.effects.removeAll()
    test.receive(FakeServer.granting())
    return try FakeServer.requests(in: test.takeOutput())
  }

  /// The watches that such a request brings.
  private func watches(in request: FakeServer.Request) throws -> SetWatchesRequest {
    try request.body.withBorrowedBytes { body in
      var reader = ByteReader(body)
      return try SetWatchesRequest(
        from: &reader, hasPersistent: request.opcode == .setWatches2)
    }
  }

  @Test("Watches are set again before anything else is sent, credentials before them")
  func setsWatchesAgain() throws {
    var test = Self.connected()
    let stat = Stat()
    func answer(
      _ request: SessionRequest, _ xid: Int32, _ error: ErrorCode = .ok,
      _ body: @escaping (inout ByteWriter) -> Void = { _ in }
    ) {
      _ = test.submit(request)
      test.receive(FakeServer.reply(xid: xid, zxid: 20, error: error, body: body))
    }
    answer(.auth(scheme: bytes("digest"), credentials: bytes("a:b")), -4)
    answer(.getData(path: bytes("/data"), watch: true), 1) {
      $0.null()
      stat.write(to: &$0)
    }
    answer(.getData(path: bytes("/none"), watch: true), 2, .noNode)
    answer(.getData(path: bytes("/unwatched"), watch: false), 3) {
      $0.null()
      stat.write(to: &$0)
    }
    answer(.exists(path: bytes("/there"), watch: true), 4) { stat.write(to: &$0) }
    answer(.exists(path: bytes("/missing"), watch: true), 5, .noNode)
    answer(.getChildren(path: bytes("/kids"), watch: true, stat: false), 6) {
      $0.strings([String]())
    }
    _ = test.submit(.whoAmI)
    test.disconnect()
    test.effects.removeAll()
    _ = test.submit(.sync(path: Self.path))
    test.connect()
    test.effects.removeAll()
    test.receive(FakeServer.granting())
    let requests = try FakeServer.requests(in: test.takeOutput())
    #expect(requests.map(\.opcode) == [.auth, .setWatches, .sync])
    #expect(requests.map(\.xid) == [-4, -8, 8])
    let list = try watches(in: requests[1])
    #expect(list.relativeZxid == Zxid(rawValue: 20))
    #expect(list.data == [bytes("/data"), bytes("/there")])
    #expect(list.exist == [bytes("/missing")])
    #expect(list.children == [bytes("/kids")])
    test.effects.news.removeAll()
    test.receive(
      FakeServer.reply(xid: -4, zxid: 0) + FakeServer.event(.deleted, path: "/data")
        + FakeServer.reply(xid: -8, zxid: 21))
    let news = test.takeNews()
    #expect(news.count == 2, "nobody asked for the answer to auth: \(news)")
    #expect(news.last == .restoredWatches(.ok, zxid: Zxid(rawValue: 21)))
  }

  @Test("A one-shot watch that has fired, or was removed, is not set again; others stay")
  func firedWatches() throws {
    var test = Self.connected()
    let stat = Stat()
    let paths = ["/a", "/b", "/c"]
    for (index, path) in paths.enumerated() {
      _ = test.submit(.exists(path: bytes(path), watch: true))
      test.receive(FakeServer.reply(xid: Int32(index + 1)) { stat.write(to: &$0) })
    }
    for (index, recursive) in [false, true].enumerated() {
      _ = test.submit(.addWatch(path: bytes(paths[index]), recursive: recursive))
      test.receive(FakeServer.reply(xid: Int32(index + 4)) { $0.int32(0) })
    }
    _ = test.submit(.getChildren(path: bytes("/b"), watch: true, stat: false))
    test.receive(FakeServer.reply(xid: 6) { $0.strings([String]()) })
    test.receive(FakeServer.event(.dataChanged, path: "/a"))
    _ = test.submit(.removeWatches(path: bytes("/c"), kind: .data))
    test.receive(FakeServer.reply(xid: 7))
    let requests = try restored(&test)
    #expect(requests.map(\.opcode) == [.setWatches2])
    let list = try watches(in: requests[0])
    #expect(list.data == [bytes("/b")])
    #expect(list.children == [bytes("/b")])
    #expect(list.persistent == [bytes("/a")])
    #expect(list.recursive == [bytes("/b")])
    test.receive(FakeServer.reply(xid: -8) + FakeServer.event(.deleted, path: "/b"))
    let again = try watches(in: try restored(&test)[0])
    #expect(again.data.isEmpty && again.children.isEmpty)
    #expect(again.persistent.count == 1 && again.recursive.count == 1)
  }

  @Test("Very many watches are set again in several messages")
  func manyWatches() throws {
    var registry = WatchRegistry()
    let long = String(repeating: "x", count: 1000)
    for index in 0..<300 {
      registry.note(.exists(path: bytes("/\(index)\(long)"), watch: true), answered: .noNode)
    }
    let lists = registry.lists(relativeZxid: .zero)
    #expect(lists.count == 3)
    #expect(lists.reduce(0) { $0 + $1.exist.count } == 300)
    #expect(lists.allSatisfy { $0.exist.reduce(0) { $0 + $1.count + 4 } <= 128 << 10 })
  }

  // MARK: Retransmission

  private static func retransmitting() -> SessionUnderTest {
    connected({ $0.asksForRetransmission = true }, protocolVersion: ConnectRequest.retransmission)
  }

  @Test("Where it was granted, unanswered requests are sent again with their xids, reads too")
  func retransmits() throws {
    var test = Self.retransmitting()
    #expect(test.session.retransmits)
    let done = test.submit(.whoAmI)
    let write = test.submit(.delete(path: Self.path))
    let read = test.submit(.getData(path: Self.path))
    let auth = test.submit(.auth(scheme: bytes("ip"), credentials: []))
    test.receive(FakeServer.reply(xid: 1) { $0.int32(0) })
    test.disconnect()
    #expect(
      test.takeNews() == [
        .completed(done, .done(.identities([]), zxid: Zxid(rawValue: 1))),
        // Credentials belong to a connection.
        .completed(auth, .lost(.connectionLost)),
        .state(.disconnected(.closedByServer)),
      ])
    let late = test.submit(.sync(path: Self.path))
    test.effects.removeAll()
    test.connect()
    #expect(try test.takeConnectRequest().protocolVersion == 0x5254_5831)
    test.receive(FakeServer.granting(protocolVersion: ConnectRequest.retransmission))
    let requests = try FakeServer.requests(in: test.takeOutput())
    #expect(requests.map(\.xid) == [2, 3, 4])
    #expect(requests.map(\.opcode) == [.delete, .getData, .sync])
    test.effects.news.removeAll()
    test.receive(
      FakeServer.reply(xid: 2, zxid: 5) + FakeServer.reply(xid: 3, zxid: 6, error: .noNode)
        + FakeServer.reply(xid: 4, zxid: 6) { $0.string("/a") })
    #expect(
      test.takeNews() == [
        .completed(write, .done(.done, zxid: Zxid(rawValue: 5))),
        .completed(read, .refused(.noNode, zxid: Zxid(rawValue: 6))),
        .completed(late, .done(.synced(path: Self.path), zxid: Zxid(rawValue: 6))),
      ])
  }

  @Test("A read that was sent before a write is not run again, for it would see the write")
  func readBeforeWrite() throws {
    var test = Self.retransmitting()
    let early = test.submit(.getData(path: Self.path))
    let sync = test.submit(.sync(path: Self.path))
    _ = test.submit(.delete(path: Self.path))
    _ = test.submit(.getData(path: Self.path))
    test.disconnect()
    #expect(
      test.takeNews() == [
        .completed(early, .lost(.connectionLost)), .completed(sync, .lost(.connectionLost)),
        .state(.disconnected(.closedByServer)),
      ])
    test.connect()
    test.effects.removeAll()
    test.receive(FakeServer.granting(protocolVersion: ConnectRequest.retransmission))
    #expect(try FakeServer.requests(in: test.takeOutput()).map(\.xid) == [3, 4])
  }

  @Test("Where it is not granted any more, unanswered requests are lost, and not sent again")
  func grantEnds() throws {
    var test = Self.retransmitting()
    let write = test.submit(.delete(path: Self.path))
    test.disconnect()
    test.effects.removeAll()
    test.connect()
    test.effects.removeAll()
    test.receive(FakeServer.granting())
    #expect(try FakeServer.requests(in: test.takeOutput()).isEmpty)
    #expect(
      test.takeNews() == [
        .completed(write, .lost(.connectionLost)), .state(.connected(readOnly: false)),
      ])
    #expect(test.session.outstanding == 0)
  }

  @Test("A session that expires with requests to be sent again loses them as unknown")
  func grantAndExpiry() {
    var test = Self.retransmitting()
    let write = test.submit(.delete(path: Self.path))
    test.disconnect()
    test.connect()
    test.effects.removeAll()
    test.receive(FakeServer.granting(session: 0, timeoutMilliseconds: 0))
    #expect(
      test.takeNews() == [.state(.expired), .completed(write, .lost(.connectionLost))])
  }

  @Test("Without the option nothing is asked for, and nothing is granted unasked")
  func notAsked() throws {
    var test = Self.session()
    test.advance(to: 0)
    test.connect()
    #expect(try test.takeConnectRequest().protocolVersion == 0)
    test.receive(FakeServer.granting(protocolVersion: ConnectRequest.retransmission))
    #expect(!test.session.retransmits)
  }
}
