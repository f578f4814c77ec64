import LinnaeusBase

/// A text that is no configuration.
public struct QuorumConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Counted from 1.
  public var line: Int
  /// What was expected there.
  public var message: String

  /// `line 3: a server needs a number`.
  public var description: String { "line \(line): \(message)" }
}

/// The text that servers exchange, and that `/zookeeper/config` holds.
extension QuorumConfiguration {
  /// Lines `server.N=…`, then `group.N=…` and `weight.N=…` if there are groups or weights, then
  /// `version=` in hexadecimal.
  public var text: [UInt8] {
    var text: [UInt8] = []
    for member in members {
      text += Array("server.\(member.id)=".utf8) + member.address
      text += Array(member.role == .participant ? ":participant".utf8 : ":observer".utf8)
      if let client = member.clientAddress { text += Array(";".utf8) + client }
      text.append(UInt8(ascii: "\n"))
    }
    for (place, group) in groups.enumerated() {
      let servers = group.map(\.description).joined(separator: ":")
      text += Array("group.\(place + 1)=\(servers)\n".utf8)
    }
    for member in members {
      guard let weight = weights[member.id] else { continue }
      text += Array("weight.\(member.id)=\(weight)\n".utf8)
    }
    text += Array("version=\(String(UInt64(bitPattern: version), radix: 16))".utf8)
    return text
  }

  /// Reads the text; lines with other keys are left out.
  public init(text: BorrowedBytes) throws(QuorumConfigurationError) {
    self.init(members: [])
    var groupsByNumber: [(number: Int64, servers: [ServerID])] = []
    let lines = text.buffer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (place, bytes) in lines.enumerated() {
      let line = place + 1
      guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: bytes[..<equals], as: UTF8.self)
      let value = Array(bytes[bytes.index(after: equals)...])
      if key == "version" {
        version = try Self.number(value, radix: 16, line: line)
      } else if key.hasPrefix("server.") {
        let id = ServerID(rawValue: try Self.number(Array(key.utf8.dropFirst(7)), line: line))
        guard member(id) == nil else {
          throw QuorumConfigurationError(line: line, message: "server \(id) stands there twice")
        }
        members.append(try Self.member(id, value, line: line))
      } else if key.hasPrefix("group.") {
        let number = try Self.number(Array(key.utf8.dropFirst(6)), line: line)
        var servers: [ServerID] = []
        for part in value.split(separator: UInt8(ascii: ":")) {
          servers.append(ServerID(rawValue: try Self.number(Array(part), line: line)))
        }
        groupsByNumber.append((number, servers))
      } else if key.hasPrefix("weight.") {
        let id = ServerID(rawValue: try Self.number(Array(key.utf8.dropFirst(7)), line: line))
        let weight = try Self.number(value, line: line)
        guard (0...Int64(Int32.max)).contains(weight) else {
          throw QuorumConfigurationError(line: line, message: "a weight is 0 to 2147483647")
        }
        weights[id] = weight
      }
    }
    members.sort { $0.id < $1.id }
    groups = groupsByNumber.sorted { $0.number < $1.number }.map(\.servers)
  }

  private static func number(
    _ text: [UInt8], radix: Int = 10, line: Int
  ) throws(QuorumConfigurationError) -> Int64 {
    let text = String(decoding: text, as: UTF8.self)
    guard let value = Int64(text, radix: radix) else {
      throw QuorumConfigurationError(line: line, message: "'\(text)' is no number")
    }
    return value
  }

  /// `host:quorumPort:electionPort[:role][;clientHost:clientPort]`; the host may be an IPv6 address
  /// in brackets.
  private static func member(
    _ id: ServerID, _ value: [UInt8], line: Int
  ) throws(QuorumConfigurationError) -> Member {
    var rest = value[...]
    var client: [UInt8]?
    if let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) {
      client = Array(rest[(semicolon + 1)...])
      rest = rest[..<semicolon]
    }
    var role = Role.participant
    for (name, named) in [(":participant", Role.participant), (":observer", .observer)]
    where rest.suffix(name.utf8.count).elementsEqual(name.utf8) {
      role = named
      rest = rest.dropLast(name.utf8.count)
    }
    guard rest.filter({ $0 == UInt8(ascii: ":") }).count >= 2 else {
      throw QuorumConfigurationError(
        line: line, message: "a server is host:quorumPort:electionPort")
    }
    return Member(id: id, address: Array(rest), role: role, clientAddress: client)
  }
}
