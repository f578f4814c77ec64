import ClientSession
import Jute
import LinnaeusBase
import Testing

@Suite("Requests and answers of a session")
struct RecordTests {
  private static let stat = Stat(
    czxid: Zxid(rawValue: 1), mzxid: Zxid(rawValue: 2), ctime: 3, mtime: 4, version: 5,
    cversion: 6, aversion: 7, ephemeralOwner: 8, dataLength: 9, numChildren: 10,
    pzxid: Zxid(rawValue: 11))
  private static let path = bytes("/a")

  /// The opcode and the body of what is sent for a request.
  private static func sent(_ request: SessionRequest) throws -> FakeServer.Request {
    var test = SessionUnderTest.connected()
    _ = test.submit(request)
    return try FakeServer.requests(in: test.takeOutput())[0]
  }

  /// What an answer becomes.
  private static func answer(
    to request: SessionRequest, xid: Int32 = 1, _ body: (inout ByteWriter) -> Void
  ) throws -> SessionResult {
    var test = SessionUnderTest.connected()
    let id = test.submit(request)
    test.receive(FakeServer.reply(xid: xid, zxid: 1, body: body))
    guard case .completed(id, .done(let result, _)) = try #require(test.takeNews().first) else {
      throw ByteReaderError(position: 0, message: "no result: \(test.session.state)")
    }
    return result
  }

  @Test("Each mode of creation has its opcode, its flags and its time to live")
  func createModes() throws {
    let cases: [(CreateMode, Bool, Opcode, [UInt8])] = [
      (.persistent, false, .create, [0, 0, 0, 0]),
      (.ephemeral, true, .create2, [0, 0, 0, 1]),
      (.persistentSequential, true, .create2, [0, 0, 0, 2]),
      (.ephemeralSequential, false, .create, [0, 0, 0, 3]),
      (.container, false, .createContainer, [0, 0, 0, 4]),
      (.timeToLive(milliseconds: 258), true, .createTTL, [0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 2]),
      (
        .sequentialTimeToLive(milliseconds: 1), true, .createTTL,
        [0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1]
      ),
    ]
    let front: [UInt8] = [0, 0, 0, 2, 0x2f, 0x61, 255, 255, 255, 255] + ACL.bytes(ACL.open)
    for (mode, stat, opcode, end) in cases {
      let request = try Self.sent(.create(path: Self.path, data: nil, mode: mode, stat: stat))
      #expect(request.opcode == opcode)
      #expect(request.body == front + end)
    }
  }

  @Test("Special requests have xids of their own")
  func specialXids() throws {
    let auth = try Self.sent(.auth(scheme: bytes("ip"), credentials: [1]))
    #expect((auth.xid, auth.opcode) == (-4, .auth))
    let watches = try Self.sent(
      .setWatches(WatchList(relativeZxid: Zxid(rawValue: 1), data: [Self.path])))
    #expect((watches.xid, watches.opcode) == (-8, .setWatches))
    let persistent = try Self.sent(
      .setWatches(
        WatchList(relativeZxid: .zero, persistent: .init(plain: [], recursive: [Self.path]))))
    #expect((persistent.xid, persistent.opcode) == (-8, .setWatches2))
    #expect(persistent.body.count == 8 + 5 * 4 + 6)
  }

  @Test("Answers are read as the requests ask for")
  func answers() throws {
    let stat = Self.stat
    #expect(
      try Self.answer(
        to: .create(path: Self.path, data: nil, mode: .container, stat: false)
      ) {
        $0.string("/a")
        stat.write(to: &$0)
      } == .created(path: Self.path, stat: stat))
    #expect(try Self.answer(to: .exists(path: Self.path), { stat.write(to: &$0) }) == .stat(stat))
    #expect(
      try Self.answer(to: .getData(path: Self.path)) {
        $0.null()
        stat.write(to: &$0)
      } == .data(nil, stat))
    #expect(
      try Self.answer(to: .getACL(path: Self.path)) {
        $0.append(ACL.bytes(ACL.readOnly))
        stat.write(to: &$0)
      } == .acl(ACL.readOnly, stat))
    #expect(
      try Self.answer(to: .getChildren(path: Self.path, stat: false)) { $0.strings(["x", "y"]) }
        == .children([bytes("x"), bytes("y")], stat: nil))
    #expect(
      try Self.answer(to: .getChildren(path: Self.path, stat: true)) {
        $0.strings(["x"])
        stat.write(to: &$0)
      } == .children([bytes("x")], stat: stat))
    #expect(
      try Self.answer(to: .getAllChildrenNumber(path: Self.path)) { $0.int32(4) } == .number(4))
    #expect(
      try Self.answer(to: .whoAmI) {
        $0.int32(1)
        Identity(scheme: "digest", id: "ann").write(to: &$0)
      } == .identities([Identity(scheme: "digest", id: "ann")]))
    #expect(try Self.answer(to: .sasl(token: []), { $0.null() }) == .token(nil))
    #expect(
      try Self.answer(to: .addWatch(path: Self.path, recursive: true), { $0.int32(0) }) == .done)
  }

  @Test("A multi's results are read one by one, failed ones too")
  func multi() throws {
    let operations: [MultiOperation] = [
      .create(path: Self.path, data: [1], mode: .persistent, stat: true),
      .setData(path: Self.path, data: nil, version: 0), .check(path: Self.path, version: 1),
      .delete(path: Self.path),
    ]
    let request = try Self.sent(.multi(operations))
    #expect(request.opcode == .multi)
    #expect(Array(request.body.prefix(9)) == [0, 0, 0, 15, 0, 255, 255, 255, 255])
    #expect(Array(request.body.suffix(9)) == [255, 255, 255, 255, 1, 255, 255, 255, 255])
    let stat = Self.stat
    let done = try Self.answer(to: .multi(operations)) {
      MultiHeader(opcode: .create2, error: 0).write(to: &$0)
      $0.string("/a")
      stat.write(to: &$0)
      MultiHeader(opcode: .setData, error: 0).write(to: &$0)
      stat.write(to: &$0)
      MultiHeader(opcode: .check, error: 0).write(to: &$0)
      MultiHeader(opcode: .delete, error: 0).write(to: &$0)
      MultiHeader.end.write(to: &$0)
    }
    #expect(
      done == .results([.created(path: Self.path, stat: stat), .setData(stat), .checked, .deleted]))
    let failed = try Self.answer(to: .multi(operations)) {
      for code in [0, -103, -2, -2] as [Int32] {
        MultiHeader(opcode: .error, error: code).write(to: &$0)
        $0.int32(code)
      }
      MultiHeader.end.write(to: &$0)
    }
    #expect(
      failed
        == .results(
          [.ok, .badVersion, .runtimeInconsistency, .runtimeInconsistency].map {
            .failed($0)
          }))
  }

  @Test("Whatever bytes a server sends, the session goes on or gives up, and nothing is left over")
  func hostileBytes() {
    let requests: [SessionRequest] = [
      .getData(path: Self.path), .getChildren(path: Self.path, stat: true),
      .getACL(path: Self.path), .whoAmI, .multi([.check(path: Self.path, version: 1)]),
      .multiRead([.getChildren(path: Self.path)]), .getEphemerals(prefix: []), .closeSession,
    ]
    for seed in 0..<3000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var test = SessionUnderTest()
      var ids: Set<RequestID> = []
      test.connect()
      if random.chance(9, in: 10) { test.receive(FakeServer.granting()) }
      var answers: [UInt8] = []
      for (index, request) in requests.enumerated() {
        ids.insert(test.submit(request))
        // Of each answer the header is right, and the body is anything.
        answers += FakeServer.reply(xid: Int32(index + 1)) {
          for _ in 0..<random.below(40) {
            $0.uint8([0, 0, 0, 1, 255, UInt8(random.below(256))][random.below(6)])
          }
        }
      }
      if random.chance(1, in: 2) {
        answers[random.below(answers.count)] = UInt8(random.below(256))
      }
      test.receive(answers)
      test.session.disconnected(into: &test.effects)
      for case .completed(let id, _) in test.takeNews() {
        #expect(ids.remove(id) != nil, "seed \(seed): \(id) ended twice")
      }
      // All of them were sent if there was a session, and wait for one if not.
      #expect(ids.count == test.session.outstanding, "seed \(seed)")
    }
  }

  @Test("A length that no message can have ends the connection before anybody waits for it")
  func hostileLength() {
    for length in [[255, 255, 255, 255], [127, 255, 255, 255], [128, 0, 0, 0]] as [[UInt8]] {
      var test = SessionUnderTest.connected()
      test.receive(length)
      guard case .disconnected(.violation) = test.session.state else {
        Issue.record("\(length) left the session \(test.session.state)")
        continue
      }
    }
  }
}
