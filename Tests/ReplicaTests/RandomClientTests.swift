import Glibc
import Jute
import LinnaeusBase
import Storage
import Testing
import Tree

@testable import Replica

/// Clients that send whatever they like to a replica whose disk is slow, again and again.
@Suite("Random clients")
struct RandomClientTests {
  private static let effort = getenv("LINNAEUS_EFFORT").flatMap { Double(String(cString: $0)) } ?? 1

  @Test("Replies keep the order of requests, and the disk holds what was said")
  func random() throws {
    for seed in 0..<UInt64(max(4, 10 * Self.effort)) {
      var random = SeededRandom(seed: seed)
      var storage = StorageOptions()
      storage.snapshotEveryTransactions = 40 + random.below(100)
      storage.preallocationBytes = 0
      var run = Run(server: TestServer(storage: storage), random: random)
      try run.go(seed)
    }
  }

  /// One run, with what each client still waits for.
  private struct Run {
    var server: TestServer
    var random: SeededRandom
    var awaited: [[Int32]] = []
    var answered = 0

    init(server: TestServer, random: SeededRandom) {
      self.server = server
      self.random = random
    }

    mutating func go(_ seed: UInt64) throws {
      for slot in 0..<4 as Range<Int32> {
        _ = try server.open(slot, timeout: 40_000)
        awaited.append([])
      }
      var xid: Int32 = 0
      for _ in 0..<400 {
        xid += 1
        if random.chance(1, in: 3) { server.stepDisk() }
        let slot = random.below(4)
        server.send([(Int32(slot), packet(xid))])
        awaited[slot].append(xid)
        try collect(seed)
        if random.chance(1, in: 40) { try reconnect(slot, seed) }
      }
      server.finishDisk()
      try collect(seed)
      #expect(awaited.joined().isEmpty, "seed \(seed): \(awaited) are without a reply")
      #expect(server.replica.outstandingRequests == 0, "seed \(seed)")
      #expect(answered > 300, "seed \(seed)")
      let recovered = try TestServer(recovering: server.files)
      #expect(recovered.replica.tree.lastZxid == server.replica.tree.lastZxid, "seed \(seed)")
      #expect(recovered.replica.tree.digest == server.replica.tree.digest, "seed \(seed)")
      #expect(
        recovered.replica.tree.sessions.map(\.session)
          == server.replica.tree.sessions.map(\.session), "seed \(seed)")
    }

    /// Takes replies; each must be the one that its connection waits for next.
    private mutating func collect(_ seed: UInt64) throws {
      for slot in awaited.indices {
        var last = Zxid.zero
        for message in try server.take(Int32(slot)) {
          #expect(message.zxid >= last, "seed \(seed): zxids go back")
          last = message.zxid
          guard message.xid != SpecialXid.notification else { continue }
          #expect(awaited[slot].first == message.xid, "seed \(seed), slot \(slot)")
          if !awaited[slot].isEmpty { awaited[slot].removeFirst() }
          answered += 1
        }
      }
    }

    private mutating func reconnect(_ slot: Int, _ seed: UInt64) throws {
      server.turn { replica, effects in replica.disconnected(Int32(slot), into: &effects) }
      awaited[slot] = []
      server.connect(Int32(slot))
      server.finishDisk()
      let frames = try server.takeFrames(Int32(slot))
      #expect(frames.count == 1, "seed \(seed)")
    }

    private mutating func packet(_ xid: Int32) -> [UInt8] {
      let path = "/" + ["a", "b", "a/c", "a/d", "b/c"][random.below(5)]
      let text = "\(random.below(100))"
      let version = Int32(random.below(4)) - 1
      let flags = Int32(random.below(4))
      let watch = random.chance(1, in: 2)
      switch random.below(7) {
      case 0, 1:
        return TestServer.packet(xid, .create2) {
          $0.createRequest(path: path, data: text, acl: ACL.bytes(ACL.open), flags: flags)
        }
      case 2:
        return TestServer.packet(xid, .setData) {
          $0.setDataRequest(path: path, data: text, version: version)
        }
      case 3:
        return TestServer.packet(xid, .delete) {
          $0.pathNumberRequest(path: path, number: version)
        }
      case 4:
        return TestServer.packet(xid, .getChildren2) {
          $0.pathWatchRequest(path: path, watch: watch)
        }
      case 5: return TestServer.packet(xid, .sync) { $0.string(path) }
      default:
        return TestServer.packet(xid, .getData) { $0.pathWatchRequest(path: path, watch: watch) }
      }
    }
  }
}
