import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Bytes that are cut and flipped: an error or some result, never a trap, never a broken tree.
@Suite("Hostile bytes")
struct MutationTests {
  private func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<1 + random.below(3) where !bytes.isEmpty {
      // Small numbers and extremes are more telling than others.
      let values: [UInt8] = [0, 1, 2, 0x2F, 0x7F, 0x80, 0xFF, UInt8(random.below(256))]
      bytes[random.below(bytes.count)] = values[random.below(values.count)]
    }
    if random.chance(1, in: 4), !bytes.isEmpty { bytes.removeLast(random.below(bytes.count)) }
    return bytes
  }

  @Test("Transactions", arguments: 0..<4 as Range<UInt64>)
  func transactions(seed: UInt64) {
    var requests = RandomRequests(seed: seed &+ 400)
    var server = TestServer(TreeOptions(hasExtendedTypes: true))
    for step in 0..<2_500 {
      if requests.random.chance(1, in: 20) {
        _ = server.prepareClose(server.session)
        server.preparation.reset()
      }
      let request = requests.next()
      let payload = server.prepare(request.opcode, bytes { request.write(to: &$0) }).payload
      _ = try? server.apply(
        requests.random.chance(1, in: 2) ? payload : mutate(payload, &requests.random))
      server.preparation.reset()
      server.events.removeAll()
      if step % 50 == 0 {
        let problem = server.tree.brokenInvariant()
        #expect(problem == nil, "seed \(seed), step \(step)")
        if problem != nil { return }
      }
    }
  }

  @Test("Transactions of odd paths and kinds")
  func oddTransactions() {
    var server = TestServer()
    let opcodes: [Opcode] = [
      .create, .create2, .createContainer, .createTTL, .delete, .deleteContainer, .setData, .setACL,
      .closeSession, .createSession, .error, .multi, .check, .reconfig, .getData,
    ]
    for opcode in opcodes {
      for path in ["", "/", "//", "x", "/zookeeper", "///", "/a/", "/\u{0}"] {
        for _ in 0..<2 {
          server.zxid += 1
          let payload = bytes {
            TransactionHeader(
              session: 1, xid: 1, zxid: Zxid(rawValue: server.zxid), time: 1, opcode: opcode
            ).write(to: &$0)
            if opcode == .closeSession { $0.int32(1) }
            $0.string(path)
            $0.buffer([UInt8]())
            $0.int32(0)
            $0.int32(1)
            $0.int64(1)
          }
          _ = try? server.apply(payload)
        }
      }
    }
    #expect(server.tree.brokenInvariant() == nil)
    #expect(server.tree.contains(BorrowedBytes.empty))
  }

  @Test("Requests and reads", arguments: 0..<4 as Range<UInt64>)
  func requests(seed: UInt64) {
    var requests = RandomRequests(seed: seed &+ 500)
    var server = TestServer(TreeOptions(hasExtendedTypes: true))
    let reads: [Opcode] = [
      .getData, .exists, .getChildren, .getChildren2, .getACL, .getAllChildrenNumber,
      .getEphemerals, .multiRead, .checkWatches, .removeWatches, .addWatch, .setWatches,
      .setWatches2, .sync,
    ]
    for _ in 0..<2_500 {
      let request = requests.next()
      let body = mutate(bytes { request.write(to: &$0) }, &requests.random)
      _ = try? server.apply(server.prepare(request.opcode, body).payload)
      let opcode = requests.random.chance(1, in: 8) ? Opcode.multi : requests.pick(reads)
      let path = requests.path()
      let read = mutate(
        bytes {
          if opcode == .multiRead { MultiHeader(opcode: .getData, error: -1).write(to: &$0) }
          if opcode == .setWatches || opcode == .setWatches2 {
            let paths = [Array(path.utf8)]
            $0.setWatchesRequest(
              relativeZxid: .zero, data: paths, exist: paths, children: paths,
              persistent: (paths, paths))
          } else {
            $0.pathNumberRequest(path: path, number: 1)
          }
          MultiHeader.end.write(to: &$0)
        }, &requests.random)
      let before = server.tree.watchCount
      let answer = try? server.read(opcode, { $0.append(read) })
      if let answer, answer.error != .ok, opcode != .multiRead {
        #expect(answer.response.isEmpty)
      }
      if answer == nil { #expect(server.tree.watchCount == before) }
      server.events.removeAll()
    }
    #expect(server.agrees && server.tree.brokenInvariant() == nil, "seed \(seed)")
  }

  @Test("Snapshots", arguments: 0..<4 as Range<UInt64>)
  func snapshots(seed: UInt64) throws {
    var requests = RandomRequests(seed: seed &+ 600)
    var server = TestServer(TreeOptions(hasExtendedTypes: true))
    for session in 0..<3 as Range<Int64> { try server.startSession(session) }
    for _ in 0..<150 {
      let request = requests.next()
      try server.write(request.opcode) { request.write(to: &$0) }
    }
    var snapshot = ByteWriter()
    _ = server.tree.beginSnapshot()
    _ = server.tree.continueSnapshot(atMost: 1 << 20, into: &snapshot)
    for _ in 0..<1_000 {
      let mutated = mutate(snapshot.bytes, &requests.random)
      let size = 1 + requests.random.below(200)
      var restoration = TreeRestoration(options: server.tree.options)
      do {
        for start in stride(from: 0, to: mutated.count, by: size) where !restoration.isComplete {
          let part = mutated[start..<min(start + size, mutated.count)]
          _ = try part.withBorrowedBytes { try restoration.feed($0) }
        }
        let tree = restoration.finish(lastZxid: .zero)
        let problem = tree?.brokenInvariant()
        #expect(problem == nil, "seed \(seed)")
      } catch {
        let place = (error as? ByteReaderError)?.position ?? -1
        #expect((0...mutated.count).contains(place), "seed \(seed): \(error)")
      }
    }
  }
}
