import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Quotas, as znodes under `/zookeeper/quota` set them.
@Suite("Quotas")
struct QuotaTests {
  private static let root = "/zookeeper/quota"

  private func setQuota(_ server: inout TestServer, _ path: String, _ limits: String) throws {
    var place = Self.root
    for name in path.split(separator: "/") {
      place += "/" + name
      try server.create(place)
    }
    #expect(try server.create(place + "/zookeeper_limits", limits) == .ok)
    #expect(try server.create(place + "/zookeeper_stats", "count=0,bytes=0") == .ok)
  }

  private func used(_ server: inout TestServer, _ path: String) throws -> String {
    String(
      decoding: try server.get(Self.root + path + "/zookeeper_stats").1 ?? [], as: UTF8.self)
  }

  @Test("What is under a path is counted when the quota begins, and from then on")
  func counting() throws {
    var server = TestServer()
    try server.create("/a", "12345")
    try server.create("/a/b", "123")
    try setQuota(&server, "/a", "count=5,bytes=100")
    #expect(try used(&server, "/a") == "count=2,bytes=8")
    try server.create("/a/c", "1")
    try server.set("/a/b", "")
    try server.create("/ab", "not below")
    #expect(try used(&server, "/a") == "count=3,bytes=6")
    try server.delete("/a/c")
    try server.delete("/a/b")
    #expect(try used(&server, "/a") == "count=1,bytes=5")
    #expect(try server.exists(Self.root + "/a/zookeeper_stats").1?.version == 0)
    // The closest quota counts.
    try server.create("/a/b")
    try setQuota(&server, "/a/b", "count=1,bytes=-1")
    try server.create("/a/b/c", "12")
    #expect(try used(&server, "/a/b") == "count=2,bytes=2")
    #expect(try used(&server, "/a") == "count=2,bytes=5")
    try server.delete(Self.root + "/a/b/zookeeper_limits")
    try server.set("/a/b/c", "")
    #expect(try used(&server, "/a") == "count=2,bytes=3")
    #expect(server.agrees && server.tree.brokenInvariant() == nil)
  }

  @Test("Hard limits refuse what goes beyond them, soft ones nothing", arguments: [true, false])
  func enforcement(_ isEnforced: Bool) throws {
    var server = TestServer(TreeOptions(enforcesQuota: isEnforced))
    let refused: ErrorCode = isEnforced ? .quotaExceeded : .ok
    try server.create("/hard")
    try server.create("/soft")
    try setQuota(&server, "/hard", "count=-1,bytes=-1=;byteHardLimit=5;countHardLimit=2")
    try setQuota(&server, "/soft", "count=1,bytes=1")
    #expect(try server.create("/hard/a", "12345") == .ok)
    #expect(try server.create("/hard/b", "") == refused)
    #expect(try server.set("/hard/a", "123456") == refused)
    #expect(try server.set("/hard/a", "1234", version: 9) == .badVersion)
    #expect(try server.create("/soft/a", "12345") == .ok)
  }

  @Test("Figures keep unknown names and Apache's order")
  func figures() {
    let text = Array("byteHardLimit=7;count=4,bytes=5=;z=1".utf8)
    var figures = QuotaFigures(text)
    #expect(figures?[QuotaFigures.bytes] == 5)
    figures?[QuotaFigures.count] = 9
    #expect(figures?.text == Array("count=9,bytes=5=;byteHardLimit=7;z=1".utf8))
    #expect(QuotaFigures([])?.text == Array("count=-1,bytes=-1".utf8))
    for wrong in ["count", "count=x", "count=4,=="] where wrong != "count=4,==" {
      #expect(QuotaFigures(Array(wrong.utf8)) == nil, "\(wrong)")
    }
  }

  @Test("Statistics that are nonsense, or in odd places, do no harm")
  func nonsense() throws {
    var server = TestServer(TreeOptions(enforcesQuota: true))
    try server.create("/a")
    try server.create(Self.root + "/zookeeper_limits", "x")
    try server.create(Self.root + "/zookeeper_stats", "x")
    try setQuota(&server, "/a", "nonsense")
    try server.set(Self.root + "/a/zookeeper_stats", "nonsense")
    #expect(try server.create("/a/b", "1") == .ok)
    #expect(try server.create("/zookeeper/quotas") == .ok)
    #expect(try used(&server, "/a") == "nonsense")
  }

  @Test("A restored tree counts on")
  func restored() throws {
    var server = TestServer()
    try server.create("/a", "12345")
    try setQuota(&server, "/a", "count=5,bytes=100")
    var snapshot = ByteWriter()
    _ = server.tree.beginSnapshot()
    _ = server.tree.continueSnapshot(atMost: .max / 2, into: &snapshot)
    var restoration = TreeRestoration()
    _ = try snapshot.bytes.withBorrowedBytes { try restoration.feed($0) }
    server.tree = try #require(restoration.finish(lastZxid: server.tree.lastZxid))
    try server.create("/a/b", "12")
    #expect(try used(&server, "/a") == "count=2,bytes=7")
  }
}
