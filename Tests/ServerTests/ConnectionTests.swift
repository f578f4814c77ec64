import Glibc
import Jute
import LinnaeusBase
import Testing

@testable import Server

@Suite("Connections of clients")
struct ConnectionTests {
  @Test("Packets may come byte by byte, or many at once and cut anywhere")
  func splitAndMerged() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    let connect = framed { ConnectRequest(timeoutMilliseconds: 10_000).write(to: &$0) }
    for byte in connect { client.send([byte]) }
    let answer = client.packet()
    #expect(answer?.count == 37)

    var requests: [UInt8] = create(1, "/a", data: [UInt8](repeating: 7, count: 300))
    for xid in 2..<400 { requests += getData(Int32(xid), "/a") }
    var random = SeededRandom(seed: 5)
    var position = 0
    while position < requests.count {
      let size = min(requests.count - position, 1 + Int(random.next() % 97))
      client.send(Array(requests[position..<position + size]))
      position += size
    }
    for xid in 1..<400 {
      let reply = try client.reply()
      #expect(reply.header.xid == Int32(xid))
      #expect(reply.header.error == .ok)
      if xid > 1 { #expect(reply.body.count == 4 + 300 + 68) }
    }
  }

  @Test("A packet that is longer than a read arrives whole")
  func largePacket() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    let data = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    client.send(create(1, "/large", data: data) + getData(2, "/large"))
    #expect(try client.reply().header.error == .ok)
    let reply = try client.reply()
    #expect(Array(reply.body[4..<4 + data.count]) == data)
  }

  @Test(
    "Lengths that no packet has end the connection and disturb nobody",
    arguments: [[0xff, 0xff, 0xff, 0xff], [0, 0x10, 0, 0], [0x7f, 0xff, 0xff, 0xff]])
  func hostileLength(_ head: [UInt8]) throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { server.stop() }
    let other = try RawClient(port: server.port)
    _ = try other.connect()

    let stranger = try RawClient(port: server.port)
    stranger.send(head)
    #expect(stranger.receiveAll() == [])
    let guest = try RawClient(port: server.port)
    _ = try guest.connect()
    guest.send(getData(1, "/") + head)
    #expect(try guest.reply().header.xid == 1)
    #expect(guest.receiveAll() == [])

    other.send(getData(1, "/"))
    #expect(try other.reply().header.error == .ok)
    #expect(server.logged.contains { $0.contains("WARN") && $0.contains("of length") })
  }

  @Test("The longest packet that is allowed is taken, one byte more is not")
  func maxBuffer() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { $0.maxPacketBytes = 2000 }
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    let empty = create(1, "/a", data: []).count - 4
    client.send(create(1, "/a", data: [UInt8](repeating: 1, count: 2000 - empty)))
    #expect(try client.reply().header.error == .ok)
    client.send(create(2, "/b", data: [UInt8](repeating: 1, count: 2001 - empty)))
    #expect(client.receiveAll() == [])
  }

  @Test("A client that does not read its replies is not read, and nothing is lost")
  func slowReader() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { server.stop() }
    let slow = try RawClient(port: server.port, receiveBuffer: 4096)
    _ = try slow.connect()
    slow.send(create(1, "/large", data: [UInt8](repeating: 9, count: 100_000)))
    #expect(try slow.reply().header.error == .ok)
    // Replies of 40 MB to requests of 10 kB.
    let count = 400
    for xid in 2..<(2 + count) { slow.send(getData(Int32(xid), "/large")) }

    let other = try RawClient(port: server.port)
    _ = try other.connect()
    for xid in 1..<50 {
      other.send(getData(Int32(xid), "/"))
      #expect(try other.reply().header.xid == Int32(xid))
    }
    for xid in 2..<(2 + count) {
      let reply = try slow.reply()
      #expect(reply.header.xid == Int32(xid))
      #expect(reply.body.count == 4 + 100_000 + 68)
    }
  }

  @Test("More requests than may be outstanding are all answered in order, from many clients")
  func outstandingLimit() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { $0.globalOutstandingLimit = 5 }
    defer { server.stop() }
    let clients = try (0..<8).map { _ in try RawClient(port: server.port) }
    for (index, client) in clients.enumerated() {
      _ = try client.connect()
      var batch: [UInt8] = []
      for xid in 1...60 { batch += create(Int32(xid), "/c\(index)-\(xid)", data: [1]) }
      client.send(batch)
    }
    for client in clients {
      for xid in 1...60 {
        let reply = try client.reply()
        #expect(reply.header.xid == Int32(xid))
        #expect(reply.header.error == .ok)
      }
    }
  }

  @Test("No more connections of one address, or of all, than the configuration says")
  func connectionLimits() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { $0.maxConnectionsPerAddress = 2 }
    defer { server.stop() }
    let first = try RawClient(port: server.port)
    _ = try first.connect()
    do {
      let second = try RawClient(port: server.port)
      _ = try second.connect()
      let third = try RawClient(port: server.port)
      #expect(third.receiveAll() == [])
      second.send(request(1, .closeSession))
      _ = second.receiveAll()
    }
    let fourth = try RawClient(port: server.port)
    #expect(try fourth.connect().session != 0)
  }

  @Test("A session goes on after the server was stopped and started again")
  func restart() throws {
    let folder = try TemporaryFolder()
    var granted: ConnectResponse
    do {
      let server = try ServerUnderTest(folder: folder)
      let client = try RawClient(port: server.port)
      granted = try client.connect(timeout: 30_000)
      var batch: [UInt8] = []
      for xid in 1...100 { batch += create(Int32(xid), "/n\(xid)", data: [UInt8(xid)]) }
      client.send(batch)
      for _ in 1...100 { #expect(try client.reply().header.error == .ok) }
      #expect(server.stop() == nil)
      #expect(client.receiveAll() == [])
    }
    let server = try ServerUnderTest(folder: folder)
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    let again = try client.connect(
      timeout: 30_000, session: granted.session, password: granted.password)
    #expect(again.session == granted.session)
    client.send(getData(1, "/n77"))
    let reply = try client.reply()
    #expect(reply.header.error == .ok)
    #expect(Array(reply.body[..<5]) == [0, 0, 0, 1, 77])
  }

  @Test("Two servers do not share a folder")
  func lock() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    let other = try ServerUnderTest(folder: folder)
    let error = other.waitForEnd()
    guard case .locked = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    server.stop()
  }

  @Test("Without forceSync writes are answered too, and there after a restart")
  func withoutSync() throws {
    let folder = try TemporaryFolder()
    do {
      let server = try ServerUnderTest(folder: folder) { $0.forceSync = false }
      let client = try RawClient(port: server.port)
      _ = try client.connect()
      client.send(create(1, "/a", data: [5]))
      #expect(try client.reply().header.error == .ok)
      #expect(server.stop() == nil)
    }
    let server = try ServerUnderTest(folder: folder) { $0.forceSync = false }
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    client.send(getData(1, "/a"))
    #expect(try client.reply().header.error == .ok)
  }

  @Test(
    "Once the log cannot be written nothing is acknowledged, and the server ends with the reason")
  func diskFailure() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { configuration in
      // Every transaction begins a log of its own.
      configuration.logSizeLimitKilobytes = 1
      configuration.preallocationKilobytes = 1
    }
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    // The folder becomes a file: no log can be created in it.
    for file in try FileCalls.files(in: "\(folder.path)/version-2") {
      try FileCalls.remove("\(folder.path)/version-2/\(file.name)")
    }
    try FileCalls.rename("\(folder.path)/version-2", to: "\(folder.path)/gone")
    defer { rmdirectory("\(folder.path)/gone") }
    var acknowledged = 0
    for xid in 1...20 {
      client.send(create(Int32(xid), "/n\(xid)", data: [UInt8](repeating: 1, count: 3000)))
      guard let packet = client.packet() else { break }
      #expect(packet.count > 16)
      acknowledged += 1
    }
    #expect(acknowledged < 20)
    guard case .replica(let reason) = server.waitForEnd() else {
      Issue.record("the server goes on")
      return
    }
    #expect(reason.contains("log."))
    #expect(server.logged.contains { $0.contains("ERROR disk: ") })
  }
}

private func rmdirectory(_ path: String) {
  for file in (try? FileCalls.files(in: path)) ?? [] {
    try? FileCalls.remove("\(path)/\(file.name)")
  }
  rmdir(path)
}
