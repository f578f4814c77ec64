import Jute
import LinnaeusBase
import Storage
import Testing
import Tree

@testable import Replica

/// What is said when: durable before said, in the order of requests, events before what shows the
/// change (zookeeper-protocol.md, sections 4 and 5).
@Suite("Order of a replica")
struct OrderTests {
  @Test("Nothing is said of a write before its sync is done, and nobody else sees it")
  func durableBeforeSaid() throws {
    var server = TestServer()
    for slot in [0, 1] as [Int32] { _ = try server.open(slot) }
    server.create(0, 1, "/a", "x")
    server.get(1, 1, "/a")
    #expect(try server.take(0).isEmpty)
    #expect(try server.take(1).map(\.error) == [.noNode], "reads of others do not wait")
    while let next = server.waiting.first {
      if next.ticket != nil { #expect(try server.take(0).isEmpty) }
      server.stepDisk()
    }
    #expect(try server.take(0).map(\.error) == [.ok])
    server.get(1, 2, "/a")
    #expect(try server.take(1).map(\.data) == ["x"])
  }

  @Test("A read waits for the writes before it on its connection, and for no others")
  func firstInFirstOut() throws {
    var server = TestServer()
    for slot in [0, 1] as [Int32] { _ = try server.open(slot) }
    server.create(0, 1, "/a", "1")
    server.finishDisk()
    _ = try server.take(0)
    server.send([
      (0, TestServer.packet(2, .getData) { $0.pathWatchRequest(path: "/a", watch: false) }),
      (
        0,
        TestServer.packet(3, .setData) {
          $0.setDataRequest(path: "/a", data: "2", version: -1)
        }
      ),
      (0, TestServer.packet(4, .getData) { $0.pathWatchRequest(path: "/a", watch: false) }),
      (0, TestServer.packet(SpecialXid.ping, .ping)),
      (1, TestServer.packet(1, .getData) { $0.pathWatchRequest(path: "/a", watch: false) }),
    ])
    #expect(try server.take(0).map(\.data) == ["1"])
    #expect(try server.take(1).map(\.data) == ["1"])
    server.finishDisk()
    let replies = try server.take(0)
    #expect(replies.map(\.xid) == [3, 4, SpecialXid.ping])
    #expect(replies[1].data == "2")
  }

  @Test("Writes that come while a sync is under way share the next one")
  func groupCommit() throws {
    var server = TestServer()
    for slot in 0..<10 as Range<Int32> { _ = try server.open(slot) }
    server.create(0, 1, "/a")
    for slot in 1..<10 as Range<Int32> { server.create(slot, 1, "/a\(slot)") }
    #expect(server.waiting.count { $0.ticket != nil } == 1)
    while server.waiting.first?.ticket == nil { server.stepDisk() }
    server.stepDisk()
    #expect(server.waiting.count { $0.ticket != nil } == 1, "nine writes and one sync")
    #expect(try server.take(0).count == 1)
    for slot in 1..<10 as Range<Int32> {
      #expect(try server.take(slot).isEmpty, "the sync that is done is not theirs")
    }
    server.finishDisk()
    for slot in 1..<10 as Range<Int32> { #expect(try server.take(slot).map(\.error) == [.ok]) }
  }

  @Test("An event comes before the reply that shows the change, to whoever may read")
  func eventsFirst() throws {
    var server = TestServer()
    _ = try server.open(0)
    _ = try server.open(1, address: "10.0.0.1")
    server.create(0, 1, "/a")
    server.finishDisk()
    server.get(0, 2, "/a", watch: true)
    server.get(1, 1, "/a", watch: true)
    _ = try server.take(0)
    _ = try server.take(1)
    let mine = [ACL(.all, Identity(scheme: "ip", id: "127.0.0.1"))]
    server.send(0, 3, .setACL) {
      $0.setACLRequest(path: "/a", acl: ACL.bytes(mine), version: -1)
    }
    server.set(0, 4, "/a", "x")
    server.finishDisk()
    let messages = try server.take(0)
    #expect(messages.map(\.xid) == [3, SpecialXid.notification, 4])
    #expect(messages[1].zxid == messages[2].zxid, "the event tells its zxid")
    #expect(try server.take(1).isEmpty, "who may not read is told nothing")
  }

  @Test("A failed write takes a zxid, a read takes none")
  func zxids() throws {
    var server = TestServer()
    _ = try server.open(0)
    let start = server.replica.tree.lastZxid.rawValue
    server.set(0, 1, "/none", "x")
    server.get(0, 2, "/none")
    server.send(0, 3, .sync) { $0.string("/none") }
    server.finishDisk()
    let replies = try server.take(0)
    #expect(replies.map(\.error) == [.noNode, .noNode, .ok])
    #expect(replies.map(\.zxid.rawValue) == [start + 1, start + 1, start + 1])
  }

  @Test("The reply to a write is not sent to whoever has the slot by then")
  func reusedSlot() throws {
    var server = TestServer()
    _ = try server.open(0)
    server.create(0, 1, "/a")
    server.turn { replica, effects in replica.disconnected(0, into: &effects) }
    server.connect(0)
    server.finishDisk()
    #expect(try server.takeConnectResponse(0).session != 0)
    #expect(server.replica.outstandingRequests == 0)
    #expect(Array("/a".utf8).withBorrowedBytes { server.replica.tree.contains($0) })
  }

  @Test("What is no request of clients is answered -6, and the connection closed")
  func unknown() throws {
    var server = TestServer()
    _ = try server.open(0)
    server.create(0, 1, "/a")
    server.send(0, 2, .check) { $0.pathNumberRequest(path: "/a", number: 0) }
    server.get(0, 3, "/a")
    server.finishDisk()
    #expect(try server.take(0).map(\.error) == [.ok, .unimplemented])
    #expect(server.isClosing(0))
  }

  @Test("Whoever has much under way is not read while all have too much")
  func throttling() throws {
    var options = ReplicaOptions()
    options.globalOutstandingLimit = 2
    var server = TestServer(options)
    for slot in [0, 1] as [Int32] { _ = try server.open(slot) }
    for xid in 1...3 as ClosedRange<Int32> { server.create(0, xid, "/a\(xid)") }
    #expect(server.replica.isThrottled(0))
    #expect(!server.replica.isThrottled(1), "nobody is locked out by others")
    server.finishDisk()
    #expect(!server.replica.isThrottled(0))
  }

  @Test("After a sync that failed nothing is acknowledged, and the replica says why it stops")
  func failedSync() throws {
    var server = TestServer()
    for slot in [0, 1] as [Int32] { _ = try server.open(slot) }
    server.create(0, 1, "/a")
    while server.waiting.first?.ticket == nil { server.stepDisk() }
    server.create(1, 1, "/b")
    server.stepDisk(failing: 5)
    server.finishDisk()
    #expect(try server.take(0).isEmpty)
    #expect(try server.take(1).isEmpty)
    #expect(server.replica.failure?.contains("promised") == true)
    #expect(server.isClosing(0) && server.isClosing(1))
    #expect(server.effects.log.contains { $0.level == .error })
  }
}
