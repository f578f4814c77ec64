import Jute
import LinnaeusBase
import Sockets
import Testing

@testable import Server

/// Nobody keeps the loop for himself.
@Suite("Fairness")
struct FairnessTests {
  @Test("Whoever asks for what costs much, hundreds of times at once, lets others be served")
  func costlyRequests() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { withExtendedLifetime(folder) { _ = server.stop() } }
    let greedy = try RawClient(port: server.port)
    _ = try greedy.connect()
    greedy.send(create(1, "/many", data: []))
    #expect(try greedy.reply().header.error == .ok)
    for batch in 0..<10 {
      greedy.send(
        request(2, .multi) { writer in
          for number in 0..<1000 {
            MultiHeader(opcode: .create, error: -1).write(to: &writer)
            writer.createRequest(
              path: Array("/many/\(batch * 1000 + number)".utf8), data: [UInt8](),
              acl: ACL.bytes(ACL.open), flags: 0)
          }
          MultiHeader.end.write(to: &writer)
        })
      #expect(try greedy.reply().header.error == .ok)
    }
    let other = try RawClient(port: server.port)
    _ = try other.connect()
    let costly = request(3, .getAllChildrenNumber) { $0.string(Array("/many".utf8)) }
    let count = 400
    greedy.send(Array(repeatElement(costly, count: count).joined()))
    let clock = ContinuousClock()
    let begun = clock.now
    var slowest = Duration.zero
    for number in 0..<10 {
      let asked = clock.now
      other.send(getData(Int32(number), "/many"))
      #expect(try other.reply().header.error == .ok)
      slowest = max(slowest, clock.now - asked)
    }
    for _ in 0..<count { #expect(try greedy.reply().header.error == .ok) }
    let whole = clock.now - begun
    // If its requests were all taken at once, the first of the others would wait for the end.
    #expect(slowest * 4 < whole + .milliseconds(400), "\(slowest) of \(whole)")
  }

  @Test("Requests that end a turn are all answered in order, whole, in pieces and kept back")
  func pausedRequests() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { $0.globalOutstandingLimit = 20 }
    defer { withExtendedLifetime(folder) { _ = server.stop() } }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    var stream: [UInt8] = []
    let count: Int32 = 3000
    for xid in 1...count {
      stream +=
        xid % 7 == 0
        ? create(xid, "/n\(xid)", data: [UInt8](repeating: 1, count: 200))
        : request(xid, .getAllChildrenNumber) { $0.string(Array("/".utf8)) }
    }
    var random = SeededRandom(seed: 5)
    var start = 0
    var answered: Int32 = 0
    while answered < count {
      if start < stream.count {
        let end = min(stream.count, start + 1 + random.below(90_000))
        client.send(Array(stream[start..<end]))
        start = end
      }
      let due = start == stream.count ? count : answered
      while answered < due {
        answered += 1
        let reply = try client.reply()
        #expect(reply.header.xid == answered)
        #expect(reply.header.error == .ok)
      }
    }
  }

  @Test("A head without an end costs the administration that connection only")
  func endlessHead() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) {
      $0.admin = .init(host: "127.0.0.1", port: 0)
    }
    defer { withExtendedLifetime(folder) { _ = server.stop() } }
    let port = try #require(server.server.adminAddress?.port)
    let endless = try RawClient(port: port)
    let block = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
    var sent = 0
    while sent < 200, endless.send(block) { sent += 1 }
    #expect(sent < 200, "200 MB of a head were taken")
    let good = try RawClient(port: port)
    good.send(Array("GET /commands/ruok HTTP/1.0\r\n\r\n".utf8))
    let answer = try #require(good.receiveAll())
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
  }
}
