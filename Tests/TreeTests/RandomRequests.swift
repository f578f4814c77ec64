import Jute
import LinnaeusBase

@testable import Tree

/// A request for a tree, as plain values.
enum PlainRequest: Hashable {
  case create(path: String, data: String?, flags: Int32, opcode: Opcode, ttl: Int64?)
  case delete(path: String, version: Int32)
  case set(path: String, data: String?, version: Int32)
  case setACL(path: String, acl: [ACL], version: Int32)
  case check(path: String, version: Int32)
  case multi([PlainRequest])

  var opcode: Opcode {
    switch self {
    case .create(_, _, _, let opcode, _): opcode
    case .delete: .delete
    case .set: .setData
    case .setACL: .setACL
    case .check: .check
    case .multi: .multi
    }
  }

  func write(to writer: inout ByteWriter) {
    switch self {
    case .create(let path, let data, let flags, _, let ttl):
      writer.createRequest(
        path: path, data: data, acl: ACL.bytes(ACL.open), flags: flags, ttl: ttl)
    case .delete(let path, let version), .check(let path, let version):
      writer.pathNumberRequest(path: path, number: version)
    case .set(let path, let data, let version):
      writer.setDataRequest(path: path, data: data, version: version)
    case .setACL(let path, let acl, let version):
      writer.setACLRequest(path: path, acl: ACL.bytes(acl), version: version)
    case .multi(let parts):
      for part in parts {
        MultiHeader(opcode: part.opcode, error: -1).write(to: &writer)
        part.write(to: &writer)
      }
      MultiHeader.end.write(to: &writer)
    }
  }
}

/// Requests on few paths, so that they meet each other.
struct RandomRequests {
  var random: SeededRandom
  private static let lists = [ACL.open, ACL.readOnly, [ACL([.write, .admin], .anyone)]]

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  mutating func next(allowsMulti: Bool = true) -> PlainRequest {
    switch random.below(allowsMulti ? 22 : 18) {
    case 0..<7: return create()
    case 7..<11: return .delete(path: path(), version: version())
    case 11..<16: return .set(path: path(), data: data(), version: version())
    case 16..<18:
      guard allowsMulti else { return .check(path: path(), version: version()) }
      let path = path()
      // Whoever closes the root closes everything.
      return .setACL(
        path: path, acl: path == "/" ? ACL.open : pick(Self.lists), version: version())
    default:
      return .multi((0..<random.below(5)).map { _ in next(allowsMulti: false) })
    }
  }

  private mutating func create() -> PlainRequest {
    let ttl = random.chance(1, in: 10)
    if ttl {
      return .create(
        path: path(), data: data(), flags: pick([5, 6]), opcode: .createTTL,
        ttl: Int64(random.below(3)) * 500)
    }
    if random.chance(1, in: 8) {
      return .create(path: path(), data: data(), flags: 4, opcode: .createContainer, ttl: nil)
    }
    return .create(
      path: path(), data: data(), flags: pick([0, 0, 0, 1, 2, 3, 9]),
      opcode: pick([.create, .create2]), ttl: nil)
  }

  mutating func path() -> String {
    let odd = ["/", "", "/a//b", "/a/", "a", "/zookeeper", "/a/.", "/zookeeper/quota"]
    if random.chance(1, in: 20) { return pick(odd) }
    var path = ""
    for _ in 0...random.below(3) { path += "/" + pick(["a", "b", "c"]) }
    return path
  }

  private mutating func data() -> String? {
    random.chance(1, in: 6) ? nil : String(repeating: "x", count: random.below(30))
  }

  private mutating func version() -> Int32 { pick([-1, -1, -1, 0, 1, 2]) }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[random.below(choices.count)]
  }
}
