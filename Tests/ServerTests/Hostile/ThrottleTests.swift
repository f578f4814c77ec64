import Jute
import LinnaeusBase
import Replica
import Storage
import Testing
import Tree

/// What a client sends takes memory until the disk has done its part: there is a limit.
@Suite("Throttling")
struct ThrottleTests {
  /// A replica whose disk does nothing but what the test says.
  private func replica(limit: Int) throws -> ZooKeeperReplica {
    var sink = RecoveringTree(options: TreeOptions())
    let state = try DurableStorage.recover(
      [], read: { (_, _, _) throws(SystemError) in [] }, into: &sink)
    var options = ReplicaOptions()
    options.globalOutstandingLimit = limit
    return ZooKeeperReplica(
      options: options, recovered: sink,
      storage: DurableStorage(options: StorageOptions(), recovered: state),
      now: Instant(nanoseconds: 0), wall: 1)
  }

  private func send(
    _ packet: [UInt8], _ slot: Int32, _ replica: inout ZooKeeperReplica, _ effects: inout Effects
  ) {
    packet[4...].withBorrowedBytes { replica.receive($0, on: slot, into: &effects) }
  }

  private let greeting = framed {
    ConnectRequest(
      timeoutMilliseconds: 10_000, session: 0, password: [UInt8](repeating: 0, count: 16)
    ).write(to: &$0)
  }

  @Test("Not much is taken of a connection whose session is not there yet")
  func early() throws {
    var replica = try replica(limit: 1000)
    var effects = Effects()
    replica.connected(0, address: [], into: &effects)
    send(greeting, 0, &replica, &effects)
    var taken = 0
    while taken < 1000, !replica.isThrottled(0) {
      send(create(1, "/a", data: []), 0, &replica, &effects)
      taken += 1
    }
    #expect((1..<100).contains(taken))
    replica.connected(1, address: [], into: &effects)
    #expect(!replica.isThrottled(1))
  }

  @Test("Transactions whose connections have gone still count")
  func abandoned() throws {
    var replica = try replica(limit: 50)
    var effects = Effects()
    finishDisk(&replica, &effects)
    for slot: Int32 in 0..<61 {
      replica.connected(slot, address: [], into: &effects)
      send(greeting, slot, &replica, &effects)
    }
    finishDisk(&replica, &effects)
    // From here on the disk does nothing.
    for slot: Int32 in 0..<60 {
      send(create(1, "/a", data: []), slot, &replica, &effects)
      replica.disconnected(slot, into: &effects)
    }
    #expect(replica.outstandingRequests == 0)
    #expect(!replica.isThrottled(60))
    send(create(1, "/a", data: []), 60, &replica, &effects)
    #expect(replica.isThrottled(60))
    finishDisk(&replica, &effects)
    #expect(!replica.isThrottled(60))
  }

  @Test("Long replies that wait for a write are counted before they are there")
  func longReplies() throws {
    var replica = try replica(limit: 1000)
    var effects = Effects()
    finishDisk(&replica, &effects)
    replica.connected(0, address: [], into: &effects)
    send(greeting, 0, &replica, &effects)
    finishDisk(&replica, &effects)
    send(create(1, "/a", data: [1]), 0, &replica, &effects)
    for xid: Int32 in 2..<500 { send(getData(xid, "/a"), 0, &replica, &effects) }
    #expect(!replica.isThrottled(0))
    finishDisk(&replica, &effects)
    // The data is long only once the first of these is done.
    send(
      request(500, .setData) {
        $0.setDataRequest(
          path: Array("/a".utf8), data: [UInt8](repeating: 1, count: 1_000_000), version: -1)
      }, 0, &replica, &effects)
    var taken: Int32 = 0
    while taken < 400, !replica.isThrottled(0) {
      taken += 1
      send(getData(500 + taken, "/a"), 0, &replica, &effects)
    }
    #expect((1..<20).contains(taken))
    finishDisk(&replica, &effects)
    #expect(!replica.isThrottled(0))
  }

  private func finishDisk(_ replica: inout ZooKeeperReplica, _ effects: inout Effects) {
    replica.endOfBatch(into: &effects)
    while !effects.disk.isEmpty {
      let operations = effects.disk
      effects.disk = []
      for ticket in operations.compactMap(\.ticket) { replica.completed(ticket, into: &effects) }
      replica.endOfBatch(into: &effects)
    }
  }
}
