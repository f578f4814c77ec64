import ClientSession
import Jute
import LinnaeusBase

/// The other end of a session's connection, by hand: takes requests apart and makes answers.
struct FakeServer {
  /// A request as it came in.
  struct Request {
    var xid: Int32
    var opcode: Opcode
    var body: [UInt8]
  }

  /// The messages in what a session sent.
  static func messages(in output: [UInt8]) throws -> [[UInt8]] {
    try output.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      var messages: [[UInt8]] = []
      while !reader.isAtEnd {
        messages.append(try reader.buffer()?.array ?? [])
      }
      return messages
    }
  }

  /// The requests in what a connected session sent.
  static func requests(in output: [UInt8]) throws -> [Request] {
    try messages(in: output).map { message in
      try message.withBorrowedBytes { bytes in
        var reader = ByteReader(bytes)
        let header = try RequestHeader(from: &reader)
        return Request(xid: header.xid, opcode: header.opcode, body: reader.takeRest().array)
      }
    }
  }

  /// A message with its length.
  static func framed(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var body = ByteWriter()
    write(&body)
    var writer = ByteWriter()
    writer.buffer(body.bytes)
    return writer.bytes
  }

  /// An answer to a connect request.
  static func granting(
    session: Int64 = 7, timeoutMilliseconds: Int32 = 6000, password: [UInt8] = testPassword,
    protocolVersion: Int32 = 0
  ) -> [UInt8] {
    framed {
      ConnectResponse(
        protocolVersion: protocolVersion, timeoutMilliseconds: timeoutMilliseconds,
        session: session, password: password
      ).write(to: &$0)
    }
  }

  /// A reply.
  static func reply(
    xid: Int32, zxid: Int64 = 1, error: ErrorCode = .ok, body: (inout ByteWriter) -> Void = { _ in }
  ) -> [UInt8] {
    framed {
      ReplyHeader(xid: xid, zxid: Zxid(rawValue: zxid), error: error).write(to: &$0)
      body(&$0)
    }
  }

  /// A watch event.
  static func event(_ kind: WatchEventKind, path: String, zxid: Int64 = -1) -> [UInt8] {
    framed {
      ReplyHeader(xid: -1, zxid: Zxid(rawValue: zxid), error: .ok).write(to: &$0)
      WatcherEvent.write(kind, path: path, to: &$0)
    }
  }

  static let testPassword = [UInt8](1...16)
}

/// A session with its effects and a clock in milliseconds.
struct SessionUnderTest {
  var session: ZooKeeperSession
  var effects = SessionEffects()
  var now: Int64 = 0

  init(
    _ options: ZooKeeperSession.Options = ZooKeeperSession.Options(), servers: ServerList? = nil
  ) {
    session = ZooKeeperSession(options: options, servers: servers)
  }

  private var instant: Instant { Instant(milliseconds: now) }

  mutating func connect() {
    session.connected(now: instant, into: &effects)
  }

  mutating func disconnect() {
    session.disconnected(now: instant, into: &effects)
  }

  /// Connected, with nothing left in the effects.
  static func connected() -> SessionUnderTest {
    var test = SessionUnderTest()
    test.connect()
    test.receive(FakeServer.granting())
    test.effects.removeAll()
    return test
  }

  mutating func receive(_ bytes: [UInt8]) {
    bytes.withBorrowedBytes { session.receive($0, now: instant, into: &effects) }
  }

  mutating func submit(_ request: SessionRequest) -> RequestID {
    session.submit(request, now: instant, into: &effects)
  }

  mutating func advance(to milliseconds: Int64) {
    now = milliseconds
    session.advance(to: instant, into: &effects)
  }

  /// What the session had to tell since this was last called.
  mutating func takeNews() -> [SessionNews] {
    defer { effects.news.removeAll() }
    return effects.news
  }

  /// The server to which it wanted a connection since this was last called.
  mutating func takeWanted() -> ServerID? {
    defer { effects.connectsTo = nil }
    return effects.connectsTo
  }

  /// The connect request, which must be the last that it sent.
  mutating func takeConnectRequest() throws -> ConnectRequest {
    let message = try FakeServer.messages(in: takeOutput()).last ?? []
    return try message.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return try ConnectRequest(from: &reader)
    }
  }

  /// What it sent since this was last called.
  mutating func takeOutput() -> [UInt8] {
    defer { effects.output.removeAll() }
    return effects.output
  }
}

/// The bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
