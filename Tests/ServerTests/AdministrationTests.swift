import Jute
import LinnaeusBase
import Sockets
import Testing

@testable import Server

@Suite("The administration's ports")
struct AdministrationTests {
  private func parse(_ text: String) -> HTTPRequest.Parsed { HTTPRequest.parse(Array(text.utf8)) }

  @Test("The first line of a GET is taken apart")
  func requests() {
    #expect(
      parse("GET /commands/set_trace_mask?traceMask=7&x=%2Fa+b HTTP/1.1\r\nHost: a\r\n\r\n")
        == .request(
          HTTPRequest(
            path: "/commands/set_trace_mask", query: ["traceMask": "7", "x": "/a b"],
            isHead: false)))
    #expect(
      parse("HEAD / HTTP/1.0\n\n") == .request(HTTPRequest(path: "/", query: [:], isHead: true)))
    #expect(parse("GET / HTTP/1.1\r\nHost: a\r\n") == .unfinished)
    #expect(parse("") == .unfinished)
  }

  @Test("Everything else is refused with its status")
  func refused() {
    #expect(parse("POST / HTTP/1.1\r\n\r\n") == .refused(405))
    #expect(parse("GET /\r\n\r\n") == .refused(400))
    #expect(parse("GET / HTTP/3\r\n\r\n") == .refused(400))
    #expect(parse("\r\n\r\n") == .refused(400))
    #expect(parse("GET / HTTP/1.1\r\n" + String(repeating: "a", count: 9000)) == .refused(431))
    #expect(HTTPRequest.parse([71, 69, 84, 32, 47, 0, 32, 13, 10, 13, 10]) == .refused(400))
  }

  @Test("Any bytes are taken apart without a trap")
  func anyBytes() {
    for seed in 0..<500 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let alphabet = Array("GET /%?&=+HTP1.\r\n\u{0}é".utf8)
      let bytes = (0..<80).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      _ = HTTPRequest.parse(bytes + [10, 10])
    }
  }

  @Test("JSON is laid out as Apache's, and quotes what needs it")
  func json() {
    let value = JSONText.object([
      ("command", .text("a\"\\\n\u{1}é")), ("error", .null),
      ("list", .list([.number(1), .bool(true)])),
      ("empty", .list([])), ("inner", .object([("x", .number("0.5"))])), ("none", .object([])),
    ])
    #expect(
      value.written == #"""
        {
          "command" : "a\"\\\n\u0001é",
          "error" : null,
          "list" : [ 1, true ],
          "empty" : [ ],
          "inner" : {
            "x" : 0.5
          },
          "none" : { }
        }
        """#)
  }

  @Test("Commands and metrics over HTTP")
  func overSocket() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { configuration in
      configuration.admin = .init(host: "127.0.0.1", port: 0)
      configuration.metrics = .init(host: "127.0.0.1", port: 0)
    }
    defer { server.stop() }
    let admin = try #require(server.server.adminAddress?.port)
    let metrics = try #require(server.server.metricsAddress?.port)
    func get(_ port: Int, _ path: String, method: String = "GET") throws -> String {
      let client = try RawClient(port: port)
      client.send(Array("\(method) \(path) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
      return String(decoding: client.receiveAll() ?? [], as: UTF8.self)
    }
    let client = try RawClient(port: server.port)
    let session = try client.connect().session
    for command in AdminCommand.allCases {
      let answer = try get(admin, "/commands/\(command.rawValue)")
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(command)")
      #expect(answer.contains("\"command\" : \"\(command.rawValue)\",\n  \"error\" : null"))
    }
    #expect(try get(admin, "/commands").contains("/commands/watch_summary"))
    #expect(try get(admin, "/commands/stat").contains("\"session_id\" : \(session)"))
    #expect(try get(admin, "/commands/nope").hasPrefix("HTTP/1.1 404 "))
    #expect(try get(admin, "/").hasPrefix("HTTP/1.1 404 "))
    #expect(try get(admin, "/commands", method: "POST").hasPrefix("HTTP/1.1 405 "))
    #expect(try get(admin, "/commands/ruok", method: "HEAD").hasSuffix("\r\n\r\n"))
    let figures = try get(metrics, "/metrics")
    #expect(figures.contains("# TYPE znode_count gauge\nznode_count 5\n"))
    #expect(figures.contains("\nnum_alive_connections 1\n"))
    #expect(try get(metrics, "/").hasPrefix("HTTP/1.1 404 "))
  }

  @Test("Garbage on the administration's port disturbs nobody")
  func garbage() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { configuration in
      configuration.admin = .init(host: "127.0.0.1", port: 0)
    }
    defer { server.stop() }
    let admin = try #require(server.server.adminAddress?.port)
    var kept: [RawClient] = []
    for seed in 0..<100 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let client = try RawClient(port: admin)
      client.send((0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      if seed % 2 == 0 { kept.append(client) }
    }
    let client = try RawClient(port: server.port)
    #expect(try client.connect().session != 0)
  }
}
