import ClientSession
import Jute

/// The commands about who may do what, and about the ensemble.
extension Shell {
  static let accessCommands: [ShellCommand] = [
    ShellCommand(
      name: "getAcl", usage: "getAcl [-s] path", flags: ["s"]
    ) { shell, line throws(ShellFailure) in
      let path = try line.path()
      let result = try shell.connected.ask(.getACL(path: path.bytes), path: path.text)
      guard case .acl(let list, let stat) = result else { return }
      shell.print(ShellFormat.acl(list))
      if line.has("s") { shell.print(ShellFormat.stat(stat)) }
    },
    ShellCommand(
      name: "setAcl", usage: "setAcl [-s] [-v version] [-R] path acl", flags: ["s", "R"],
      valuedFlags: ["v"], operands: 2...2
    ) { shell, line throws(ShellFailure) in try shell.setACL(line) },
    ShellCommand(
      name: "addauth", usage: "addauth scheme auth", operands: 1...2
    ) { shell, line throws(ShellFailure) in
      let credentials = line.operands.count > 1 ? Array(line.operands[1].utf8) : []
      try shell.connected.ask(
        .auth(scheme: Array(line.operands[0].utf8), credentials: credentials))
    },
    ShellCommand(
      name: "whoami", usage: "whoami", operands: 0...0
    ) { shell, _ throws(ShellFailure) in
      guard case .identities(let identities) = try shell.connected.ask(.whoAmI) else { return }
      shell.print("Auth scheme: User")
      for identity in identities {
        let scheme = String(decoding: identity.scheme, as: UTF8.self)
        shell.print("\(scheme): \(String(decoding: identity.id, as: UTF8.self))")
      }
    },
    ShellCommand(
      name: "config", usage: "config [-c] [-w] [-s]", flags: ["c", "w", "s"], operands: 0...0
    ) { shell, line throws(ShellFailure) in
      let path = "/zookeeper/config"
      let result = try shell.connected.ask(
        .getData(path: Array(path.utf8), watch: line.has("w")), path: path)
      guard case .data(let data, let stat) = result else { return }
      shell.print(String(decoding: data ?? [], as: UTF8.self))
      if line.has("s") { shell.print(ShellFormat.stat(stat)) }
    },
    ShellCommand(
      name: "reconfig",
      usage: "reconfig [-s] [-v version] [-members list] [-add list] [-remove list]",
      flags: ["s"], valuedFlags: ["v", "members", "add", "remove"], operands: 0...0
    ) { shell, line throws(ShellFailure) in try shell.reconfigure(line) },
  ]

  private func setACL(_ line: ShellLine) throws(ShellFailure) {
    let acl = try ShellFormat.acl(parsing: line.operands[1])
    let version: Int32 = try line.number("v") ?? -1
    var paths = [try line.path()]
    if line.has("R") {
      paths = []
      try walk(line.path()) { paths.append($0) }
    }
    for path in paths {
      let result = try connected.ask(
        .setACL(path: path.bytes, acl: acl, version: version), path: path.text)
      if case .stat(let stat) = result, line.has("s") { print(ShellFormat.stat(stat)) }
    }
  }

  private func reconfigure(_ line: ShellLine) throws(ShellFailure) {
    func joined(_ flag: String) -> [UInt8]? {
      let values = line.values(flag)
      return values.isEmpty ? nil : Array(values.joined(separator: ",").utf8)
    }
    var configuration: Int64 = -1
    if let text = line.value("v") {
      guard let number = Int64(text, radix: 16) else {
        throw ShellFailure("-v takes a hexadecimal number, not '\(text)'")
      }
      configuration = number
    }
    let request = SessionRequest.reconfig(
      joining: joined("add"), leaving: joined("remove"), members: joined("members"),
      configuration: configuration)
    guard case .data(let data, let stat) = try connected.ask(request) else { return }
    print("Committed new configuration:\n\(String(decoding: data ?? [], as: UTF8.self))")
    if line.has("s") { print(ShellFormat.stat(stat)) }
  }
}
