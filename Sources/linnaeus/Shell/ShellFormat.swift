import Jute

/// How zkCli shows things.
enum ShellFormat {
  /// The lines of a Stat.
  static func stat(_ stat: Stat) -> String {
    """
    cZxid = \(stat.czxid)
    ctime = \(ShellWorld.date(stat.ctime))
    mZxid = \(stat.mzxid)
    mtime = \(ShellWorld.date(stat.mtime))
    pZxid = \(stat.pzxid)
    cversion = \(stat.cversion)
    dataVersion = \(stat.version)
    aclVersion = \(stat.aversion)
    ephemeralOwner = 0x\(String(UInt64(bitPattern: stat.ephemeralOwner), radix: 16))
    dataLength = \(stat.dataLength)
    numChildren = \(stat.numChildren)
    """
  }

  /// A list in brackets.
  static func list(_ items: [String]) -> String {
    "[\(items.joined(separator: ", "))]"
  }

  /// Names or paths as texts, in the order of their bytes.
  static func sorted(_ names: [[UInt8]]) -> [String] {
    names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// An access-control list, two lines an entry.
  static func acl(_ list: [ACL]) -> String {
    list.map { entry in
      let scheme = String(decoding: entry.identity.scheme, as: UTF8.self)
      let id = String(decoding: entry.identity.id, as: UTF8.self)
      return "'\(scheme),'\(id)\n: \(permissions(entry.permissions))"
    }.joined(separator: "\n")
  }

  private static let letters: [(letter: Character, permission: Permissions)] = [
    ("c", .create), ("d", .delete), ("r", .read), ("w", .write), ("a", .admin),
  ]

  private static func permissions(_ permissions: Permissions) -> String {
    String(letters.filter { permissions.contains($0.permission) }.map(\.letter))
  }

  /// An access-control list from `scheme:id:perms,…`.
  static func acl(parsing text: String) throws(ShellFailure) -> [ACL] {
    var list: [ACL] = []
    for part in text.split(separator: ",") {
      guard let first = part.firstIndex(of: ":"), let last = part.lastIndex(of: ":"), first < last
      else { throw ShellFailure("\(part) does not have the form scheme:id:perm") }
      var permissions: Permissions = []
      for letter in part[part.index(after: last)...] {
        guard let known = letters.first(where: { $0.letter == letter }) else {
          throw ShellFailure("Unknown perm type: \(letter)")
        }
        permissions.insert(known.permission)
      }
      let id = part[part.index(after: first)..<last]
      list.append(ACL(permissions, Identity(scheme: String(part[..<first]), id: String(id))))
    }
    return list
  }

  /// What a watch event looks like.
  static func event(_ event: WatcherEvent) -> String {
    let kind =
      switch WatchEventKind(rawValue: event.kind) {
      case .created: "NodeCreated"
      case .deleted: "NodeDeleted"
      case .dataChanged: "NodeDataChanged"
      case .childrenChanged: "NodeChildrenChanged"
      case nil: "\(event.kind)"
      }
    let path = String(decoding: event.path, as: UTF8.self)
    return "\nWATCHER::\n\nWatchedEvent state:SyncConnected type:\(kind) path:\(path)"
  }
}
