import Jute
import LinnaeusBase
import Testing

@testable import Tree

/// Who may do what (zookeeper-protocol.md, section 9).
@Suite("Access")
struct AccessTests {
  private func digest(_ credentials: String) -> Identity {
    Identity(
      scheme: Scheme.digest, id: Authentication.digestID(Array(credentials.utf8)))
  }

  private func authenticate(
    _ scheme: String, _ credentials: String?, super superDigest: String? = nil
  ) -> [Identity]? {
    let authentication = Authentication(superDigest: superDigest.map { Array($0.utf8) })
    return Array(scheme.utf8).withBorrowedBytes { scheme in
      guard let credentials else {
        return authentication.authenticate(scheme: scheme, credentials: nil, address: [])
      }
      return Array(credentials.utf8).withBorrowedBytes {
        authentication.authenticate(
          scheme: scheme, credentials: $0, address: Array("10.0.0.1".utf8))
      }
    }
  }

  @Test("A digest is the user and a hash of user and password, as Apache's")
  func digests() {
    // From Apache's documentation of DigestAuthenticationProvider.
    let expected = Identity(scheme: "digest", id: "super:xQJmxLMiHGwaqBvst5y6rkB6HQs=")
    #expect(authenticate("digest", "super:admin") == [expected])
    #expect(
      authenticate("digest", "super:admin", super: "super:xQJmxLMiHGwaqBvst5y6rkB6HQs=")
        == [.superUser, expected])
    #expect(authenticate("digest", "nocolon")?.first?.id.starts(with: "nocolon:".utf8) == true)
    #expect(authenticate("digest", nil) == nil)
    #expect(authenticate("ip", "") == [Identity(scheme: "ip", id: "10.0.0.1")])
    for scheme in ["world", "auth", "super", "foo", "sasl"] {
      #expect(authenticate(scheme, "x") == nil, "\(scheme)")
    }
  }

  @Test(
    "Lists that are none",
    arguments: [
      [], [ACL(.all, Identity(scheme: "world", id: "you"))],
      [ACL(.all, Identity(scheme: "auth", id: ""))],
      [ACL(.all, Identity(scheme: "super", id: ""))],
      [ACL(.all, Identity(scheme: "digest", id: "nocolon"))],
      [ACL(.all, Identity(scheme: "digest", id: "a:"))],
      [ACL(.all, Identity(scheme: "digest", id: "a:b:c"))],
      [ACL(.all, Identity(scheme: "ip", id: "1.2.3"))],
      [ACL(.all, Identity(scheme: "ip", id: "1.2.3.256"))],
      [ACL(.all, Identity(scheme: "ip", id: "1.2.3.4/33"))],
      [ACL(.all, Identity(scheme: "ip", id: "1.2.3.4/"))],
      [ACL(.all, Identity(scheme: "sasl", id: "joe"))],
      [ACL(.all, .anyone), ACL(.all, Identity(scheme: "foo", id: "x"))],
    ])
  func invalidLists(_ list: [ACL]) throws {
    var server = TestServer()
    #expect(try server.create("/a", acl: list) == .invalidACL)
  }

  @Test("A list is kept without duplicates, and with whoever `auth` is")
  func fixUp() throws {
    var server = TestServer()
    #expect(try server.create("/a", acl: ACL.open + ACL.open) == .ok)
    #expect(server.tree.plain["/a"]?.acl == ACL.bytes(ACL.open))
    // The same bytes from somebody else mean something else.
    for credentials in ["u:p", "w:q"] {
      server.identities = [Identity(scheme: "ip", id: "127.0.0.1"), digest(credentials)]
      #expect(try server.create("/\(credentials)", acl: ACL.creator) == .ok)
      let kept = [ACL(.all, digest(credentials))]
      #expect(server.tree.plain["/\(credentials)"]?.acl == ACL.bytes(kept))
    }
    #expect(server.agrees)
  }

  @Test(
    "Addresses match by their leading bits",
    arguments: [
      ("127.0.0.1", true), ("127.0.0.2", false), ("127.0.0.0/8", true), ("126.0.0.0/7", true),
      ("127.1.0.0/16", false), ("1.2.3.4/0", true), ("127.0.0.1/32", true), ("127.0.0.0/31", true),
    ])
  func addresses(_ range: String, _ matches: Bool) throws {
    var server = TestServer()
    try server.create("/a", acl: [ACL(.all, Identity(scheme: "ip", id: range))])
    #expect(try server.get("/a").0 == (matches ? .ok : .noAuth))
    server.identities = [.superUser]
    #expect(try server.get("/a").0 == .ok)
    server.identities = []
    #expect(try server.get("/a").0 == .noAuth)
  }

  @Test("Who may not change a list sees no hashes in it, and who may not even read it nothing")
  func masking() throws {
    var server = TestServer()
    let owner = digest("u:p")
    try server.create("/a", acl: [ACL(.all, owner), ACL(.read, .anyone)])
    try server.create("/b", acl: [ACL(.all, owner)])
    func list(_ path: String) throws -> (ErrorCode, [ACL]) {
      let (error, response) = try server.read(.getACL) { $0.string(path) }
      guard error == .ok else { return (error, []) }
      return try response.withBorrowedBytes { bytes in
        var reader = ByteReader(bytes)
        return (error, try ACL.list(from: &reader))
      }
    }
    #expect(try list("/a").1.first?.identity.id == Array("u:x".utf8))
    #expect(try list("/b").0 == .noAuth)
    server.identities.append(owner)
    #expect(try list("/a").1.first?.identity == owner)
    #expect(try list("/b").0 == .ok)
    #expect(try list("/none").0 == .noNode)
  }

  @Test("A list that is outstanding counts already")
  func outstanding() throws {
    var server = TestServer()
    try server.create("/a")
    let closing = server.prepare(
      .setACL,
      bytes { $0.setACLRequest(path: "/a", acl: ACL.bytes(ACL.readOnly), version: -1) })
    let set = server.prepare(
      .setData, bytes { $0.setDataRequest(path: "/a", data: "x", version: -1) })
    #expect(closing.error == .ok && set.error == .noAuth)
  }

  @Test("Lists that nobody uses are dropped, and their ids are not used again")
  func table() throws {
    var server = TestServer()
    #expect(server.tree.acls.count == 1 && server.tree.acls.lastID == 1)
    try server.create("/a", acl: [ACL(.all, digest("u:p"))])
    try server.create("/b")
    try server.create("/c")
    #expect(server.tree.acls.count == 3)
    server.identities = [.superUser]
    try server.delete("/a")
    try server.setACL("/b", ACL.readOnly)
    try server.delete("/c")
    try server.set("/b", "")
    #expect(server.tree.acls.count == 1 && server.tree.acls.lastID == 3)
    try server.create("/d")
    #expect(
      server.tree.acls.id(of: server.tree.nodes[server.tree.nodes.slot(of: Array("/d".utf8))].acl)
        == 4)
  }
}
