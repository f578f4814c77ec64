import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Sessions (zookeeper-protocol.md, sections 2.1 and 3).
@Suite("Sessions")
struct SessionTests {
  private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

  @Test("A session's password is Apache's")
  func password() {
    // Recorded from Apache 3.8.0: ../shared/data/golden-3.8.0/wire.jsonl, line 1.
    let expected: [UInt8] = [
      0x9C, 0x2E, 0xEC, 0x1C, 0x82, 0x56, 0xF9, 0x24, 0x04, 0xBD, 0x9D, 0xA8, 0xCF, 0x43, 0x66,
      0x2C,
    ]
    #expect(SessionPassword.bytes(of: 0x0100_0024_65ED_0001) == expected)
    #expect(SessionPassword.bytes(of: 0x0100_0024_65ED_0001, secret: 1) != expected)
    #expect(SessionPassword.bytes(of: -1).count == 16)
  }

  @Test("Sessions expire at the tick after their timeout, and not while they are touched")
  func expiry() {
    var tracker = SessionTracker(tickMilliseconds: 2_000)
    tracker.add(1, timeoutMilliseconds: 4_000, now: at(100))
    tracker.add(2, timeoutMilliseconds: 5_950, now: at(100))
    tracker.add(3, timeoutMilliseconds: 4_000, now: at(200))
    #expect(tracker.nextExpiry == at(6_000))
    #expect(tracker.expire(now: at(5_999)).isEmpty)
    #expect(tracker.touch(3, now: at(2_100)) == true)
    #expect(tracker.touch(1, now: at(1_000)) == true)
    #expect(tracker.expire(now: at(6_000)) == [1])
    #expect(tracker.touch(1, now: at(6_001)) == false)
    #expect(tracker.isClosing(1))
    #expect(tracker.check(1) == .sessionExpired && tracker.check(2) == .ok)
    #expect(tracker.check(9) == .sessionExpired)
    #expect(tracker.touch(9, now: at(0)) == false)
    // A full timeout after the multiple of a tick is a whole tick more.
    #expect(tracker.expiries.map(\.time) == [8_000])
    #expect(tracker.expire(now: at(20_000)) == [2, 3])
    #expect(tracker.nextExpiry == nil && tracker.count == 3)
    for session in 1...3 as ClosedRange<Int64> { tracker.remove(session) }
    #expect(tracker.count == 0)
  }

  @Test("A session that is closing does not expire")
  func closing() {
    var tracker = SessionTracker(tickMilliseconds: 2_000)
    tracker.add(1, timeoutMilliseconds: 4_000, now: at(0))
    tracker.setClosing(1)
    tracker.setClosing(1)
    tracker.setClosing(7)
    #expect(tracker.isClosing(1) && !tracker.isClosing(7) && tracker.contains(1))
    #expect(tracker.expire(now: at(100_000)).isEmpty)
    tracker.remove(1)
    #expect(!tracker.contains(1))
  }

  @Test("Buckets do what a list of times does", arguments: 0..<8 as Range<UInt64>)
  func buckets(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var tracker = SessionTracker(tickMilliseconds: 10)
    var reference: [Int64: (timeout: Int64, expiry: Int64)] = [:]
    var now: Int64 = 0
    for step in 0..<2_000 {
      now += Int64(random.below(4))
      let session = Int64(random.below(20))
      switch random.below(6) {
      case 0:
        let timeout = Int64(random.below(100))
        // A closing session stays one until it is removed.
        let isClosing = tracker.isClosing(session)
        tracker.add(session, timeoutMilliseconds: Int32(timeout), now: at(now))
        if !isClosing { reference[session] = (timeout, ((now + timeout) / 10 + 1) * 10) }
      case 1:
        tracker.remove(session)
        reference[session] = nil
      case 2:
        let expired = tracker.expire(now: at(now))
        let expected = reference.filter { $0.value.expiry <= now }.map(\.key)
        #expect(expired.sorted() == expected.sorted(), "seed \(seed), step \(step)")
        for session in expired { reference[session] = nil }
      default:
        let isAlive = tracker.touch(session, now: at(now))
        #expect(isAlive == (reference[session] != nil), "seed \(seed), step \(step)")
        if let entry = reference[session] {
          reference[session]?.expiry = ((now + entry.timeout) / 10 + 1) * 10
        }
      }
    }
  }

  @Test("Sessions of a tree are ascending, and ephemerals are listed by prefix")
  func listing() throws {
    var server = TestServer()
    for session in [5, -3, 9, 5] as [Int64] { try server.startSession(session, timeout: 7) }
    #expect(server.tree.sessions.map(\.session) == [-3, 5, 9])
    server.session = 9
    for path in ["/b", "/ab", "/a"] { try server.create(path, flags: 1) }
    func list(_ prefix: String) throws -> [String] {
      let response = try server.read(.getEphemerals) { $0.string(prefix) }.response
      return try response.withBorrowedBytes { bytes in
        var reader = ByteReader(bytes)
        return try reader.strings().map { String(decoding: $0, as: UTF8.self) }
      }
    }
    #expect(try list("/") == ["/b", "/ab", "/a"])
    #expect(try list(" ") == ["/b", "/ab", "/a"])
    #expect(try list("/a") == ["/ab", "/a"])
    #expect(try list("/c").isEmpty)
    #expect(server.tree.ephemeralsBySession.map(\.session) == [9])
    let counted = try server.read(.getAllChildrenNumber) { $0.string("/") }
    #expect(counted.response == [0, 0, 0, 6])
    let below = try server.read(.getAllChildrenNumber) { $0.string("/zookeeper") }
    #expect(below.response == [0, 0, 0, 2])
  }
}
