import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Several operations as one (zookeeper-protocol.md, section 2.5).
@Suite("Multis")
struct MultiTests {
  private func multi(_ parts: [PlainRequest]) -> [UInt8] {
    bytes { PlainRequest.multi(parts).write(to: &$0) }
  }

  /// The kinds and errors of the results.
  private func results(_ response: [UInt8]) throws -> [String] {
    try response.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      var result: [String] = []
      while true {
        let header = try MultiHeader(from: &reader)
        if header.isDone { break }
        result.append("\(header.opcode) \(header.error)")
        switch header.opcode {
        case .create: _ = try reader.string()
        case .create2:
          _ = try reader.string()
          _ = try Stat(from: &reader)
        case .setData: _ = try Stat(from: &reader)
        case .error: _ = try reader.int32()
        default: break
        }
      }
      #expect(reader.isAtEnd)
      return result
    }
  }

  private func create(_ path: String, flags: Int32 = 0, opcode: Opcode = .create) -> PlainRequest {
    .create(path: path, data: "", flags: flags, opcode: opcode, ttl: nil)
  }

  @Test("Later operations see earlier ones, and the flags say what a creation is")
  func success() throws {
    var server = TestServer()
    let request = multi([
      create("/m"), create("/m/k-", flags: 2, opcode: .create2),
      create("/m/c", flags: 4, opcode: .create2), .set(path: "/m", data: "v", version: 0),
      .check(path: "/m", version: 1), .delete(path: "/m/k-0000000000", version: -1),
    ])
    let prepared = server.prepare(.multi, request)
    #expect(prepared.error == .ok)
    let answer = try server.apply(prepared.payload)
    #expect(
      try results(answer.response) == [
        "create 0", "create 0", "create2 0", "setData 0", "check 0", "delete 0",
      ])
    #expect(try server.children("/m") == ["c"])
    #expect(try server.exists("/m").1?.czxid.rawValue == server.zxid, "one zxid for all")
    #expect(server.agrees)
  }

  @Test("A failure undoes what came before it, for later requests too")
  func failure() throws {
    var server = TestServer()
    try server.create("/m")
    let before = server.tree.plain
    let failing = multi([
      create("/m/s-", flags: 2), .set(path: "/m", data: "v", version: -1),
      .check(path: "/m", version: 99), .delete(path: "/m", version: -1),
    ])
    let first = server.prepare(.multi, failing)
    #expect(first.error == .ok)
    // Prepared before the failed one is applied, as later ones are in a pipeline.
    let acl = ACL.bytes(ACL.open)
    let second = server.prepare(
      .create, bytes { $0.createRequest(path: "/m/s-", data: "", acl: acl, flags: 2) })
    let answer = try server.apply(first.payload)
    #expect(answer.error == .ok, "the errors are in the body alone")
    #expect(try results(answer.response) == ["error 0", "error 0", "error -103", "error -2"])
    #expect(server.tree.plain == before)
    _ = try server.apply(second.payload)
    #expect(try server.children("/m") == ["s-0000000000"])
    #expect(server.agrees)
  }

  @Test("An empty multi is a transaction that answers with its end")
  func empty() throws {
    var server = TestServer()
    let answer = try server.apply(server.prepare(.multi, multi([])).payload)
    #expect(answer.error == .ok && answer.response == bytes { MultiHeader.end.write(to: &$0) })
  }

  @Test("What is no operation of a multi makes the whole request malformed")
  func malformed() throws {
    var server = TestServer()
    try server.create("/a")
    let read = bytes {
      MultiHeader(opcode: .getData, error: -1).write(to: &$0)
      $0.pathWatchRequest(path: "/a", watch: false)
      MultiHeader.end.write(to: &$0)
    }
    #expect(server.prepare(.multi, read).error == .marshallingError)
    #expect(server.prepare(.multi, [0, 0, 0, 1]).error == .marshallingError)
    // A time to live has no room in a plain creation, which only matters once it is its turn.
    let late = multi([.delete(path: "/none", version: -1), create("/t", flags: 5)])
    #expect(server.prepare(.multi, late).error == .ok)
    let reached = multi([.set(path: "/a", data: "x", version: -1), create("/t", flags: 5)])
    #expect(server.prepare(.multi, reached).error == .marshallingError)
    let set = server.prepare(
      .setData, bytes { $0.setDataRequest(path: "/a", data: "y", version: 0) })
    #expect(set.error == .ok, "nothing is left of the multi")
  }

  @Test("A log's multi that failed is read as such in both of its forms")
  func logForms() throws {
    var server = TestServer()
    let header = TransactionHeader(
      session: 1, xid: 1, zxid: Zxid(rawValue: 1), time: 1, opcode: .multi)
    let payload = bytes {
      header.write(to: &$0)
      $0.int32(2)
      for error in [true, true] {
        $0.int32(Opcode.error.rawValue)
        // The record of the operation may still be there after the error.
        $0.buffer(bytes { $0.int32(error ? -110 : 0) } + [1, 2, 3])
      }
    }
    let answer = try server.apply(payload)
    #expect(try results(answer.response) == ["error -110", "error -110"])
  }

  @Test("A multiRead answers each read for itself and sets no watch")
  func multiRead() throws {
    var server = TestServer()
    try server.create("/a", "x")
    try server.create("/closed", acl: [ACL(.write, .anyone)])
    let (error, response) = try server.read(.multiRead) {
      for (opcode, path) in [(Opcode.getData, "/a"), (.getChildren, "/"), (.getData, "/closed")] {
        MultiHeader(opcode: opcode, error: -1).write(to: &$0)
        $0.pathWatchRequest(path: path, watch: true)
      }
      MultiHeader.end.write(to: &$0)
    }
    #expect(error == .ok && server.tree.watchCount == 0)
    let expected = bytes {
      MultiHeader(opcode: .getData, error: 0).write(to: &$0)
      $0.buffer("x")
      server.tree.stat(of: server.tree.nodes.slot(of: Array("/a".utf8))).write(to: &$0)
      MultiHeader(opcode: .getChildren, error: 0).write(to: &$0)
      $0.strings(["zookeeper", "a", "closed"])
      MultiHeader(opcode: .error, error: -102).write(to: &$0)
      $0.int32(-102)
      MultiHeader.end.write(to: &$0)
    }
    #expect(response == expected)
    // Nothing but writes: the one error that has a body, an empty one (seen on 3.8.0).
    let refused = try server.read(.multiRead) {
      MultiHeader(opcode: .delete, error: -1).write(to: &$0)
      $0.pathNumberRequest(path: "/a", number: -1)
      MultiHeader.end.write(to: &$0)
    }
    #expect(refused.error == .marshallingError)
    #expect(refused.response == bytes { MultiHeader.end.write(to: &$0) })
    #expect(throws: ByteReaderError.self) {
      try server.read(.multiRead) {
        MultiHeader(opcode: .sync, error: -1).write(to: &$0)
        MultiHeader.end.write(to: &$0)
      }
    }
  }
}
