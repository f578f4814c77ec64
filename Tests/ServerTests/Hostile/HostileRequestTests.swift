import Jute
import LinnaeusBase
import Testing

@testable import Server

/// Requests that cost a server far more than their sender, and what broke other servers.
@Suite("Hostile requests")
struct HostileRequestTests {
  private static let open = ACL.bytes(ACL.open)

  private func created(
    _ xid: Int32, _ path: some ByteSource, _ data: [UInt8] = [], acl: [UInt8] = Self.open,
    flags: Int32 = 0
  ) -> [UInt8] {
    request(xid, .create) { $0.createRequest(path: path, data: data, acl: acl, flags: flags) }
  }

  private func error(_ client: RawClient, _ packet: [UInt8]) throws -> ErrorCode {
    client.send(packet)
    return try client.reply().header.error
  }

  @Test("A read of more than any client takes is refused, and not made first")
  func multiRead() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { withExtendedLifetime(folder) { _ = server.stop() } }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    let data = [UInt8](repeating: 7, count: 1_000_000)
    #expect(try error(client, created(1, Array("/a".utf8), data)) == .ok)
    func reading(_ count: Int) -> [UInt8] {
      request(2, .multiRead) { writer in
        for _ in 0..<count {
          MultiHeader(opcode: .getData, error: -1).write(to: &writer)
          writer.pathWatchRequest(path: Array("/a".utf8), watch: false)
        }
        MultiHeader.end.write(to: &writer)
      }
    }
    client.send(reading(20))
    let allowed = try client.reply()
    #expect(allowed.header.error == .ok)
    #expect(allowed.body.count > 20_000_000)
    for count in [100, 40_000] {
      client.send(reading(count))
      let refused = try client.reply()
      #expect(refused.header.error == .marshallingError, "\(count) reads")
      #expect(refused.body.count == 9, "\(count) reads")
    }
    #expect(try error(client, getData(3, "/a")) == .ok)
  }

  @Test("A session with more ephemeral znodes than a record of the log should hold ends for good")
  func manyEphemerals() throws {
    let folder = try TemporaryFolder()
    let configuration = { (configuration: inout ServerConfiguration) in
      configuration.snapCount = 1_000_000
    }
    var server = try ServerUnderTest(folder: folder, configuration)
    var client = try RawClient(port: server.port)
    _ = try client.connect()
    for number in 0..<7 {
      let path = Array("/e\(number)".utf8) + [UInt8](repeating: 120, count: 900_000)
      #expect(try error(client, created(1, path, flags: 1)) == .ok)
    }
    client.send(request(2, .closeSession))
    _ = client.receiveAll()
    for round in 0..<2 {
      client = try RawClient(port: server.port)
      _ = try client.connect()
      client.send(
        request(3, .getChildren) { $0.pathWatchRequest(path: Array("/".utf8), watch: false) })
      let children = try client.reply()
      #expect(children.body.count < 100, "an ephemeral znode is there, round \(round)")
      server.stop()
      if round == 0 { server = try ServerUnderTest(folder: folder, configuration) }
    }
    // The end of the session is a record that is no longer than others.
    let sizes = try FileCalls.files(in: "\(folder.path)/version-2").map(\.size)
    #expect(sizes.reduce(0, +) < 12_000_000, "\(sizes)")
  }

  @Test("Long lists of access rights cost no more than their length")
  func longLists() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { withExtendedLifetime(folder) { _ = server.stop() } }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    let many = (0..<20_000).map { ACL(.read, Identity(scheme: "digest", id: "u\($0):x")) }
    let clock = ContinuousClock()
    let begun = clock.now
    #expect(try error(client, created(1, Array("/many".utf8), acl: ACL.bytes(many))) == .ok)
    let passed = clock.now - begun
    // Compared with each other, they took many seconds in a debug build.
    #expect(passed < .seconds(3))
    for number in 0..<50 {
      client.send(
        request(SpecialXid.auth, .auth) {
          $0.authPacket(scheme: Array("digest".utf8), credentials: Array("u\(number):p".utf8))
        })
      #expect(try client.reply().header.error == .ok)
    }
    // Each of these stands for 50 identities.
    let multiplied = (0..<20_000).map { ACL(.read, Identity(scheme: "auth", id: "\($0)")) }
    let answer = try error(client, created(2, Array("/x".utf8), acl: ACL.bytes(multiplied)))
    #expect(answer == .invalidACL)
    let few = [ACL(.all, Identity(scheme: "auth", id: ""))]
    #expect(try error(client, created(3, Array("/x".utf8), acl: ACL.bytes(few))) == .ok)
  }

  @Test("A connection that claims to be somebody again and again is refused in the end")
  func identities() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { withExtendedLifetime(folder) { _ = server.stop() } }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    var granted = 0
    for number in 0..<200 {
      client.send(
        request(SpecialXid.auth, .auth) {
          $0.authPacket(scheme: Array("digest".utf8), credentials: Array("u\(number):p".utf8))
        })
      guard let reply = try? client.reply(), reply.header.error == .ok else { break }
      granted += 1
    }
    #expect((50..<150).contains(granted))
    #expect(client.receiveAll() == [])
  }

  @Test("Texts of quotas that are garbage, or very long, count nothing and cost nothing")
  func quotas() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { $0.enforceQuota = true }
    defer { withExtendedLifetime(folder) { _ = server.stop() } }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    let quota = "/zookeeper/quota/a"
    for path in ["/a", quota, "\(quota)/zookeeper_limits", "\(quota)/zookeeper_stats"] {
      #expect(try error(client, created(1, Array(path.utf8))) == .ok)
    }
    let long = (0..<60_000).map { "k\($0)=1" }.joined(separator: ",")
    let clock = ContinuousClock()
    let begun = clock.now
    for text in ["=", "count=x", "count=9223372036854775807,bytes=9223372036854775807", long] {
      for name in ["zookeeper_limits", "zookeeper_stats"] {
        client.send(
          request(2, .setData) {
            $0.setDataRequest(
              path: Array("\(quota)/\(name)".utf8), data: Array(text.utf8), version: -1)
          })
        #expect(try client.reply().header.error == .ok)
        for data in [[1], [UInt8](repeating: 2, count: 100)] as [[UInt8]] {
          client.send(
            request(3, .setData) {
              $0.setDataRequest(path: Array("/a".utf8), data: data, version: -1)
            })
          #expect(try client.reply().header.error == .ok, "\(text.prefix(60))")
        }
      }
    }
    let passed = clock.now - begun
    // Some of the long text took a minute each time in a debug build.
    #expect(passed < .seconds(5))
  }
}
