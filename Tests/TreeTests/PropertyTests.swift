import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Random requests against a reference, against themselves later, and against snapshots.
@Suite("Random transactions")
struct PropertyTests {
  private static let options = TreeOptions(hasExtendedTypes: true)

  /// Compares everything but the digest, which the tree does itself.
  private func difference(_ tree: ZnodeTree, _ reference: ReferenceTree) -> String? {
    let plain = tree.plain
    if plain.count != reference.nodes.count {
      return "\(plain.keys.sorted()) in place of \(reference.nodes.keys.sorted())"
    }
    for path in reference.nodes.keys.sorted() {
      guard let node = plain[path == "/" ? "" : path] else { return "\(path) is missing" }
      let expected = reference.nodes[path]
      let isSame =
        node.data == expected?.data.map { Array($0.utf8) } && node.stat == expected?.stat
        && node.acl == ACL.bytes(expected?.acl ?? [])
        && Int(node.childCount) == reference.children(path).count
      if !isSame { return "\(path) is \(node) in place of \(String(describing: expected))" }
    }
    return nil
  }

  @Test(
    "The tree does what the reference does, and its digest is the nodes'",
    arguments: 0..<6 as Range<UInt64>)
  func reference(seed: UInt64) throws {
    var requests = RandomRequests(seed: seed)
    var server = TestServer(Self.options)
    var reference = ReferenceTree()
    var met: [ErrorCode: Int] = [:]
    for step in 0..<1_500 {
      server.session = 0x1000 + Int64(requests.random.below(3))
      if requests.random.chance(1, in: 40) {
        try server.closeSession(server.session)
        reference.close(server.session, zxid: Zxid(rawValue: server.zxid))
        continue
      }
      let request = requests.next()
      let error = try server.write(request.opcode) { request.write(to: &$0) }.error
      let expected = reference.perform(
        request, session: server.session, zxid: Zxid(rawValue: server.zxid), time: server.time)
      met[expected, default: 0] += 1
      #expect(error == expected, "seed \(seed), step \(step): \(request)")
      #expect(server.tree.digest == server.tree.recomputedDigest(), "seed \(seed), step \(step)")
      if step % 25 == 0 {
        let problem = difference(server.tree, reference) ?? server.tree.brokenInvariant()
        #expect(problem == nil, "seed \(seed), step \(step)")
        if problem != nil { return }
      }
    }
    #expect(server.agrees, "seed \(seed): a transaction carried another digest")
    let expected: [ErrorCode] = [
      .ok, .noNode, .nodeExists, .badVersion, .notEmpty, .badArguments, .noAuth,
    ]
    for error in expected { #expect(met[error] != nil, "seed \(seed) never met \(error)") }
  }

  @Test(
    "Requests prepared together become the same transactions", arguments: 0..<6 as Range<UInt64>)
  func pipelined(seed: UInt64) throws {
    var requests = RandomRequests(seed: seed &+ 100)
    var one = TestServer(Self.options)
    var many = TestServer(Self.options)
    var waiting: [[UInt8]] = []
    for step in 0..<1_500 {
      one.session = 0x1000 + Int64(requests.random.below(3))
      many.session = one.session
      let (first, second): ([UInt8], [UInt8])
      if requests.random.chance(1, in: 40) {
        (first, second) = (one.prepareClose(one.session), many.prepareClose(one.session))
      } else {
        let request = requests.next()
        let body = bytes { request.write(to: &$0) }
        first = one.prepare(request.opcode, body).payload
        second = many.prepare(request.opcode, body).payload
      }
      #expect(first == second, "seed \(seed), step \(step)")
      guard first == second else { return }
      _ = try one.apply(first)
      waiting.append(second)
      let applied = requests.random.chance(1, in: 6) ? waiting.count : requests.random.below(2)
      for payload in waiting.prefix(applied) { _ = try many.apply(payload) }
      waiting.removeFirst(min(applied, waiting.count))
    }
    for payload in waiting { _ = try many.apply(payload) }
    #expect(one.agrees && many.agrees, "seed \(seed)")
    #expect(many.preparation.isEmpty)
    #expect(one.tree.plain == many.tree.plain, "seed \(seed)")
    #expect(many.tree.brokenInvariant() == nil, "seed \(seed)")
  }

  @Test(
    "A snapshot tells the state at its beginning, whatever happens meanwhile",
    arguments: 0..<6 as Range<UInt64>)
  func snapshots(seed: UInt64) throws {
    var requests = RandomRequests(seed: seed &+ 200)
    var server = TestServer(Self.options)
    for session in 0x1000..<0x1003 as Range<Int64> { try server.startSession(session) }
    for round in 0..<8 {
      let before = server.tree
      let (zxid, digest) = server.tree.beginSnapshot()
      #expect(zxid == before.lastZxid && digest == before.digest)
      var snapshot = ByteWriter()
      repeat {
        // Now and then so much that whole branches go before they were written.
        let count = requests.random.chance(1, in: 4) ? 60 : requests.random.below(6)
        for _ in 0..<count {
          server.session = 0x1000 + Int64(requests.random.below(3))
          let request = requests.next()
          try server.write(request.opcode) { request.write(to: &$0) }
          if requests.random.chance(1, in: 30) { try server.closeSession(server.session) }
        }
      } while !server.tree.continueSnapshot(
        atMost: 1 + requests.random.below(300), into: &snapshot)
      let restored = try restore(snapshot.bytes, zxid, in: 1 + requests.random.below(100))
      #expect(restored.plain == before.plain, "seed \(seed), round \(round)")
      #expect(restored.digest == digest, "seed \(seed), round \(round)")
      #expect(restored.brokenInvariant() == nil, "seed \(seed), round \(round)")
      #expect(restored.sessions.map(\.session) == before.sessions.map(\.session))
      #expect(restored.lastZxid == zxid)
      #expect(restored.acls.count == before.acls.count, "seed \(seed), round \(round)")
      #expect(!server.tree.isWritingSnapshot)
    }
    #expect(server.agrees && server.tree.brokenInvariant() == nil, "seed \(seed)")
  }

  private func restore(_ snapshot: [UInt8], _ zxid: Zxid, in size: Int) throws -> ZnodeTree {
    var restoration = TreeRestoration(options: Self.options)
    for start in stride(from: 0, to: snapshot.count, by: size) {
      let part = snapshot[start..<min(start + size, snapshot.count)]
      let used = try part.withBorrowedBytes { bytes in
        try restoration.feed(bytes)
      }
      #expect(used == part.count)
    }
    return try #require(restoration.finish(lastZxid: zxid))
  }

  @Test(
    "Replaying a log over any later state leads to the end of the log",
    arguments: 0..<6 as Range<UInt64>)
  func replay(seed: UInt64) throws {
    var requests = RandomRequests(seed: seed &+ 300)
    var server = TestServer(Self.options)
    var log: [[UInt8]] = []
    var states = [server.tree]
    for _ in 0..<150 {
      server.session = 0x1000 + Int64(requests.random.below(3))
      let request = requests.next()
      let payload = server.prepare(request.opcode, bytes { request.write(to: &$0) }).payload
      _ = try server.apply(payload)
      log.append(payload)
      if requests.random.chance(1, in: 30) {
        log.append(server.prepareClose(server.session))
        _ = try server.apply(log[log.count - 1])
      }
      states.append(server.tree)
    }
    // A snapshot that saw everything up to some point is replayed from any earlier one.
    for _ in 0..<40 {
      var tree = states[requests.random.below(states.count)]
      var events: [WatchNotification] = []
      let end = log.firstIndex { $0[12..<20].elementsEqual(zxidBytes(tree.lastZxid)) } ?? -1
      for payload in log[requests.random.below(end + 2)...] {
        _ = try payload.withBorrowedBytes { bytes in
          try tree.apply(bytes, events: &events)
        }
      }
      #expect(tree.brokenInvariant() == nil, "seed \(seed)")
      #expect(tree.plain == server.tree.plain, "seed \(seed)")
      #expect(tree.lastZxid == server.tree.lastZxid)
    }
  }

  private func zxidBytes(_ zxid: Zxid) -> [UInt8] { bytes { $0.zxid(zxid) } }
}
