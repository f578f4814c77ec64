import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Single writes: which error comes first, and what changes (zookeeper-protocol.md, sections 2.7 and
/// 2.8).
@Suite("Single writes")
struct WriteTests {
  @Test("A fresh tree is Apache's, to the byte and to the digest")
  func freshTree() throws {
    var tree = ZnodeTree()
    var snapshot = ByteWriter()
    _ = tree.beginSnapshot()
    #expect(tree.continueSnapshot(atMost: 1 << 20, into: &snapshot))
    // Apache's snapshot.0 has 457 bytes: 16 of header, 62 of seals and digest.
    #expect(snapshot.count == 457 - 16 - 46)
    #expect(tree.digest == 1_371_985_504)
    #expect(tree.nodeCount == 5)
    #expect(tree.approximateDataSize == 44)
  }

  @Test(
    "Paths that no znode may have",
    arguments: [
      "", "a", "//", "/a/", "/a//b", "/.", "/..", "/a/.", "/a/../b", "/a\u{0}", "/a\u{1F}",
      "/\u{7F}", "/\u{9F}", "/\u{E000}", "/\u{F8FF}", "/\u{FFF0}", "/\u{1F600}",
    ])
  func invalidPaths(_ path: String) {
    #expect(!Array(path.utf8).withBorrowedBytes(PathRules.isValid))
  }

  @Test(
    "Paths that look odd but are good",
    arguments: ["/", "/a", "/...", "/.a", "/a..", "/a/.b", "/ ", "/é", "/\u{D7FF}", "/\u{FFEF}"])
  func validPaths(_ path: String) {
    #expect(Array(path.utf8).withBorrowedBytes(PathRules.isValid))
  }

  @Test(
    "Bytes that are no UTF-8 are no path",
    arguments: [
      [0x80], [0xC2], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
    ]
      as [[UInt8]])
  func malformedPaths(_ bytes: [UInt8]) {
    #expect(!([UInt8(ascii: "/")] + bytes).withBorrowedBytes(PathRules.isValid))
  }

  @Test("The checks of a creation come in Apache's order")
  func createOrder() throws {
    var server = TestServer()
    let closed = [ACL(.read, .anyone)]
    let foreign = [ACL(.all, Identity(scheme: "foo", id: "x"))]
    #expect(try server.create("/closed", acl: closed) == .ok)
    #expect(try server.create("/ephemeral", flags: 1) == .ok)
    // Each is wrong in all that follows as well.
    #expect(try server.create("x", acl: foreign, flags: 9) == .badArguments)
    #expect(
      try server.create("x", acl: foreign, flags: 5, opcode: .createTTL, ttl: 0) == .unimplemented)
    #expect(
      try server.write(.create, sessionError: .sessionExpired) {
        $0.createRequest(path: "x", data: "", acl: ACL.bytes(foreign), flags: 0)
      }.error == .sessionExpired)
    #expect(try server.create("x", acl: foreign) == .badArguments)
    #expect(try server.create("/none/x/", acl: foreign) == .invalidACL)
    #expect(try server.create("/none/x/", acl: []) == .invalidACL)
    #expect(try server.create("/none/x/") == .noNode)
    #expect(try server.create("/closed/.") == .noAuth)
    #expect(try server.create("/ephemeral/.") == .badArguments)
    #expect(try server.create("/") == .nodeExists)
    #expect(try server.create("/closed") == .nodeExists)
    #expect(try server.create("/ephemeral/x") == .noChildrenForEphemerals)
    #expect(try server.create("/g//x") == .noNode)
    #expect(server.tree.lastZxid == Zxid(rawValue: server.zxid), "an error consumes a zxid")
  }

  @Test("The checks of a deletion come in Apache's order")
  func deleteOrder() throws {
    var server = TestServer()
    try server.create("/closed", acl: [ACL([.read, .create], .anyone)])
    try server.create("/closed/a")
    try server.create("/a")
    try server.create("/a/b")
    for path in ["", "a", "/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota", "/\u{0}"] {
      #expect(try server.delete(path) == .badArguments, "\(path)")
    }
    #expect(try server.delete("/none/x") == .noNode)
    #expect(try server.delete("/closed/none") == .noAuth)
    #expect(try server.delete("/a/none") == .noNode)
    #expect(try server.delete("/a", version: 7) == .badVersion)
    #expect(try server.delete("/a", version: 0) == .notEmpty)
    #expect(try server.delete("/a/b", version: 0) == .ok)
  }

  @Test("Setting data and lists checks path, list, existence, permission and version in turn")
  func setOrder() throws {
    var server = TestServer()
    try server.create("/closed", acl: ACL.readOnly)
    try server.create("/a")
    #expect(try server.set("/none/", "x") == .badArguments)
    #expect(try server.set("/none", "x") == .noNode)
    #expect(try server.set("/closed", "x", version: 9) == .noAuth)
    #expect(try server.set("/a", "x", version: 9) == .badVersion)
    #expect(try server.set("/a", "x", version: 0) == .ok)
    #expect(try server.setACL("/none/", []) == .badArguments)
    #expect(try server.setACL("/none", []) == .invalidACL)
    #expect(try server.setACL("/none", ACL.open) == .noNode)
    #expect(try server.setACL("/closed", ACL.open, version: 9) == .noAuth)
    #expect(try server.setACL("/a", ACL.readOnly, version: 1) == .badVersion)
    #expect(try server.setACL("/a", ACL.readOnly, version: 0) == .ok)
    #expect(try server.exists("/a").1?.aversion == 1)
  }

  @Test("A creation and a deletion change what section 2.8 says")
  func changes() throws {
    var server = TestServer()
    try server.create("/p")
    try server.create("/p/a", "hello", opcode: .create2)
    let created = server.zxid
    var parent = try #require(try server.exists("/p").1)
    #expect(parent.cversion == 1 && parent.numChildren == 1)
    #expect(parent.pzxid.rawValue == created && parent.mzxid < parent.pzxid)
    let child = try #require(try server.exists("/p/a").1)
    #expect(child.czxid.rawValue == created && child.pzxid == child.czxid)
    #expect(child.dataLength == 5 && child.version == 0 && child.ctime == server.time)
    try server.delete("/p/a")
    parent = try #require(try server.exists("/p").1)
    #expect(parent.cversion == 2 && parent.numChildren == 0)
    #expect(parent.pzxid.rawValue == server.zxid)
  }

  @Test("Null and empty data differ, and neither has a length")
  func nullData() throws {
    var server = TestServer()
    try server.create("/null", nil)
    try server.create("/empty", "")
    #expect(try server.get("/null").1 == nil)
    #expect(try server.get("/empty").1 == [])
    #expect(try server.exists("/null").1?.dataLength == 0)
  }

  @Test("Numbers of sequential znodes count creations, and go from the largest to the smallest")
  func sequences() throws {
    var server = TestServer()
    try server.create("/q")
    try server.create("/q/s-", flags: 2)
    try server.create("/q/plain")
    try server.delete("/q/s-0000000000")
    try server.create("/q/s-", flags: 2)
    #expect(try server.children("/q") == ["plain", "s-0000000002"])
    #expect(PathRules.sequenceSuffix(-1) == Array("-000000001".utf8))
    server.tree.change(server.tree.nodes.slot(of: Array("/q".utf8))) { $0.cversion = .max - 1 }
    for expected in ["2147483646", "2147483647", "-2147483648", "-2147483647"] {
      #expect(try server.create("/q/n", flags: 2) == .ok)
      #expect(try server.children("/q").last == "n" + expected)
    }
    #expect(server.agrees && server.tree.brokenInvariant() == nil)
  }

  @Test("Containers and times to live end when they may, in order")
  func expendables() throws {
    var server = TestServer(TreeOptions(hasExtendedTypes: true))
    try server.create("/new", flags: 4, opcode: .createContainer)
    try server.create("/used", flags: 4, opcode: .createContainer)
    try server.create("/used/x")
    try server.create("/t", flags: 5, opcode: .createTTL, ttl: 100)
    #expect(try server.exists("/t").1?.ephemeralOwner == 0)
    #expect(try server.exists("/used").1?.ephemeralOwner == 0)
    let created = server.time
    #expect(server.tree.expendableNodes(now: created + 100).isEmpty)
    try server.delete("/used/x")
    let paths = server.tree.expendableNodes(now: created + 101)
    #expect(paths == [Array("/used".utf8), Array("/t".utf8)])
    #expect(
      server.tree.expendableNodes(now: created + 101, maxNeverUsedMilliseconds: 50).first
        == Array("/new".utf8))
    for (path, expected) in [("/used", ErrorCode.ok), ("/used", .noNode), ("/", .badArguments)] {
      server.zxid += 1
      var payload = ByteWriter()
      let error = server.preparation.prepareDeleteContainer(
        Array(path.utf8), zxid: Zxid(rawValue: server.zxid), time: 1, tree: server.tree,
        into: &payload)
      #expect(error == expected)
      _ = try server.apply(payload.bytes)
    }
    #expect(try server.create("/bad", flags: 5, opcode: .createTTL, ttl: 1 << 40) == .badArguments)
    #expect(try server.create("/bad", flags: 0, opcode: .createTTL, ttl: 5) == .badArguments)
    #expect(server.agrees && server.tree.brokenInvariant() == nil)
  }

  @Test("Closing a session takes its ephemeral znodes, outstanding ones included")
  func closeSession() throws {
    var server = TestServer()
    try server.startSession(server.session)
    #expect(server.tree.sessionTimeout(server.session) == 10_000)
    try server.create("/a", flags: 1)
    try server.create("/b", flags: 1)
    let acl = ACL.bytes(ACL.open)
    let deletion = server.prepare(.delete, bytes { $0.pathNumberRequest(path: "/a", number: -1) })
    let creation = server.prepare(
      .create, bytes { $0.createRequest(path: "/c", data: "", acl: acl, flags: 1) })
    let closing = server.prepareClose(server.session)
    for payload in [deletion.payload, creation.payload, closing] { _ = try server.apply(payload) }
    #expect(try server.children("/") == ["zookeeper"])
    #expect(server.tree.sessions.isEmpty && server.tree.ephemeralCount == 0)
    #expect(server.agrees)
    try closing.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      _ = try TransactionHeader(from: &reader)
      guard case .closeSession(let paths) = try TransactionRecord(.closeSession, from: &reader)
      else { return }
      #expect(paths == [Array("/b".utf8), Array("/c".utf8)])
    }
  }

  @Test("Opcodes that are no writes of clients fail, and so do malformed bodies")
  func refused() throws {
    var server = TestServer()
    #expect(
      server.prepare(.check, bytes { $0.pathNumberRequest(path: "/", number: 0) }).error
        == .unimplemented)
    #expect(server.prepare(.deleteContainer, bytes { $0.string("/a") }).error == .badArguments)
    #expect(server.prepare(.create, [0, 0, 0, 9]).error == .marshallingError)
    let reconfiguration = bytes {
      $0.null()
      $0.null()
      $0.null()
      $0.int64(-1)
    }
    #expect(server.prepare(.reconfig, reconfiguration).error == .reconfigDisabled)
    let failed = server.prepare(.delete, bytes { $0.pathNumberRequest(path: "/x", number: 0) })
    #expect(failed.error == .noNode)
    // A header, the error, and no digest.
    #expect(failed.payload.count == TransactionHeader.size + 4)
  }
}
