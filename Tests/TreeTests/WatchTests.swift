import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Which events come, in which order (zookeeper-protocol.md, section 4).
@Suite("Watches")
struct WatchTests {
  @Test("A watch is told of once, and a deletion once though it is watched twice")
  func oneShot() throws {
    var server = TestServer()
    try server.exists("/a", watch: true)
    try server.exists("/a", watch: true)
    try server.children("/", watch: true)
    #expect(server.tree.watchCount == 2)
    try server.create("/a")
    #expect(server.takeEvents() == ["0 created /a", "0 childrenChanged /"])
    try server.set("/a", "x")
    #expect(server.takeEvents().isEmpty && server.tree.watchCount == 0)
    try server.get("/a", watch: true)
    try server.children("/a", watch: true)
    try server.children("/", watch: true)
    try server.delete("/a")
    #expect(server.takeEvents() == ["0 deleted /a", "0 childrenChanged /"])
    #expect(server.tree.watchCount == 0)
  }

  @Test("Who watches only the children hears of the deletion")
  func deletedChildren() throws {
    var server = TestServer()
    try server.create("/a")
    try server.get("/a", watch: true)
    server.watcher = 1
    try server.children("/a", watch: true)
    try server.delete("/a")
    #expect(server.takeEvents() == ["0 deleted /a", "1 deleted /a"])
  }

  @Test("A failing read sets no watch, save exists of a znode that is missing")
  func failing() throws {
    var server = TestServer()
    try server.create("/closed", acl: [ACL(.write, .anyone)])
    #expect(try server.get("/none", watch: true).0 == .noNode)
    #expect(try server.get("/closed", watch: true).0 == .noAuth)
    #expect(try server.exists("/closed", watch: true).0 == .noAuth)
    #expect(try server.exists("/\u{0}", watch: true).0 == .badArguments)
    #expect(server.tree.watchCount == 0)
    #expect(try server.exists("/none", watch: true).0 == .noNode)
    #expect(server.tree.watchCount == 1)
  }

  @Test("Persistent watches stay; recursive ones hear of all below but never of children")
  func persistent() throws {
    var server = TestServer()
    try server.create("/p")
    #expect(try server.read(.addWatch) { $0.pathNumberRequest(path: "/p", number: 0) }.error == .ok)
    server.watcher = 1
    let added = try server.read(.addWatch) { $0.pathNumberRequest(path: "/p", number: 1) }
    #expect(added.error == .ok && added.response == [0, 0, 0, 0])
    for _ in 0..<2 {
      try server.create("/p/q")
      #expect(server.takeEvents() == ["1 created /p/q", "0 childrenChanged /p"])
      try server.set("/p", "x")
      #expect(server.takeEvents() == ["0 dataChanged /p", "1 dataChanged /p"])
      try server.delete("/p/q")
      #expect(server.takeEvents() == ["1 deleted /p/q", "0 childrenChanged /p"])
    }
    #expect(server.tree.watchCount == 4, "each stands in both tables")
    let wrong = try server.read(.addWatch) { $0.pathNumberRequest(path: "/p", number: 2) }
    #expect(wrong.error == .marshallingError)
  }

  @Test("A connection that watches in several ways hears of each change once")
  func suppressed() throws {
    var server = TestServer()
    try server.create("/p")
    for (path, mode) in [("/", 1), ("/p", 1), ("/p", 0)] as [(String, Int32)] {
      _ = try server.read(.addWatch) { $0.pathNumberRequest(path: path, number: mode) }
    }
    try server.get("/p", watch: true)
    try server.set("/p", "x")
    #expect(server.takeEvents() == ["0 dataChanged /p"])
    try server.delete("/p")
    #expect(server.takeEvents() == ["0 deleted /p"])
    // The one-shot watch is gone, the others on the same path are not.
    try server.create("/p")
    #expect(server.takeEvents() == ["0 created /p"])
  }

  @Test("Watches can be asked for and removed by kind")
  func removal() throws {
    var server = TestServer()
    try server.create("/a")
    func ask(_ server: inout TestServer, _ opcode: Opcode, _ kind: Int32) throws -> ErrorCode {
      try server.read(opcode) { $0.pathNumberRequest(path: "/a", number: kind) }.error
    }
    for kind in [1, 2, 3] as [Int32] {
      #expect(try ask(&server, .checkWatches, kind) == .noWatcher)
      #expect(try ask(&server, .removeWatches, kind) == .noWatcher)
    }
    // 4 and 5 are numbers of 3.9.
    for kind in [0, 4, 5, 6] as [Int32] {
      #expect(try ask(&server, .checkWatches, kind) == .marshallingError)
      #expect(try ask(&server, .removeWatches, kind) == .marshallingError)
    }
    try server.get("/a", watch: true)
    #expect(try ask(&server, .checkWatches, 1) == .noWatcher)
    #expect(try ask(&server, .checkWatches, 2) == .ok)
    server.watcher = 1
    #expect(try ask(&server, .checkWatches, 3) == .noWatcher, "another connection's")
    server.watcher = 0
    _ = try server.read(.addWatch) { $0.pathNumberRequest(path: "/a", number: 0) }
    #expect(try ask(&server, .removeWatches, 2) == .ok)
    #expect(try ask(&server, .checkWatches, 2) == .noWatcher)
    #expect(try ask(&server, .checkWatches, 1) == .ok, "the other table has it still")
    #expect(try ask(&server, .removeWatches, 3) == .ok)
    #expect(server.tree.watchCount == 0 && server.tree.watchesByPath.isEmpty)
  }

  @Test("A client that comes back is told of what it missed")
  func setWatches() throws {
    var server = TestServer()
    for path in ["/old", "/new", "/parent"] { try server.create(path) }
    let seen = Zxid(rawValue: server.zxid)
    try server.set("/new", "x")
    try server.create("/parent/child")
    let lists: [[UInt8]] = ["/old", "/new", "/none"].map { Array($0.utf8) }
    let children = ["/old", "/parent", "/none"].map { Array($0.utf8) }
    _ = try server.read(.setWatches) {
      $0.setWatchesRequest(relativeZxid: seen, data: lists, exist: lists, children: children)
    }
    #expect(server.events.allSatisfy { $0.zxid.rawValue == -1 })
    #expect(
      server.takeEvents() == [
        "0 dataChanged /new", "0 deleted /none", "0 created /old", "0 created /new",
        "0 childrenChanged /parent", "0 deleted /none",
      ])
    // Set: data of /old, existence of /none, children of /old.
    #expect(server.tree.watchCount == 3)
    let roots = [Array("/".utf8)]
    _ = try server.read(.setWatches2) {
      $0.setWatchesRequest(
        relativeZxid: seen, data: [], exist: [], children: [], persistent: (roots, roots))
    }
    try server.create("/none")
    #expect(server.takeEvents() == ["0 created /none", "0 childrenChanged /"])
  }

  @Test("An event names the list that guards it, as it was")
  func guarded() throws {
    var server = TestServer()
    let secret = [ACL([.create, .delete, .write], .anyone)]
    _ = try server.read(.addWatch) { $0.pathNumberRequest(path: "/", number: 1) }
    try server.create("/secret", acl: secret)
    try server.delete("/secret")
    #expect(server.events.map(\.kind) == [.created, .deleted])
    let deletion = try #require(server.events.last?.acl)
    #expect(!server.tree.allows(.read, acl: deletion, identities: server.identities))
    #expect(server.tree.allows(.read, acl: deletion, identities: [.superUser]))
  }

  @Test("A connection that goes leaves nothing, however many there are")
  func disconnect() throws {
    var server = TestServer()
    for watcher in 0..<20 as Range<Int32> {
      server.watcher = watcher
      for path in ["/a", "/b", "/a/b"] {
        try server.exists(path, watch: true)
        _ = try server.read(.addWatch) { $0.pathNumberRequest(path: path, number: 1) }
      }
    }
    #expect(server.tree.watchSummary == (20, 3, 60))
    for watcher in 1..<20 as Range<Int32> { server.tree.removeWatches(of: watcher) }
    #expect(server.tree.watchSummary == (1, 3, 3))
    #expect(server.tree.watchesByWatcher.map(\.watcher) == [0])
    try server.create("/a")
    #expect(server.takeEvents() == ["0 created /a"])
    server.tree.removeWatches(of: 0)
    server.tree.removeWatches(of: 77)
    #expect(server.tree.watchCount == 0 && server.tree.watches.data.recursiveCount == 0)
  }
}
