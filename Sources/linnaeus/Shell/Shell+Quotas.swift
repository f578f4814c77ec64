import ClientSession
import Jute

/// The limits of a subtree, as their znode holds them.
struct ShellQuota {
  var count: Int64 = -1
  var bytes: Int64 = -1
  var countHardLimit: Int64 = -1
  var byteHardLimit: Int64 = -1

  init() {}

  /// Reads `count=1,bytes=2=;byteHardLimit=3;countHardLimit=4`; what is missing is no limit.
  init(_ data: [UInt8]) {
    let text = String(decoding: data, as: UTF8.self)
    for part in text.split(whereSeparator: { $0 == "," || $0 == ";" }) {
      let pair = part.split(separator: "=")
      guard pair.count == 2, let number = Int64(pair[1]) else { continue }
      switch pair[0] {
      case "count": count = number
      case "bytes": bytes = number
      case "countHardLimit": countHardLimit = number
      case "byteHardLimit": byteHardLimit = number
      default: break
      }
    }
  }

  var text: String {
    let soft = "count=\(count),bytes=\(bytes)"
    guard countHardLimit >= 0 || byteHardLimit >= 0 else { return soft }
    return soft + "=;byteHardLimit=\(byteHardLimit);countHardLimit=\(countHardLimit)"
  }

  /// The flags of `setquota` and `delquota`, one a limit.
  static let flags = ["n", "b", "N", "B"]

  /// The limit that a flag names.
  subscript(flag: String) -> Int64 {
    get {
      switch flag {
      case "n": count
      case "b": bytes
      case "N": countHardLimit
      default: byteHardLimit
      }
    }
    set {
      switch flag {
      case "n": count = newValue
      case "b": bytes = newValue
      case "N": countHardLimit = newValue
      default: byteHardLimit = newValue
      }
    }
  }
}

/// The commands about quotas.
extension Shell {
  static let quotaCommands: [ShellCommand] = [
    ShellCommand(
      name: "listquota", usage: "listquota path"
    ) { shell, line throws(ShellFailure) in try shell.listQuota(line) },
    ShellCommand(
      name: "setquota", usage: "setquota -n|-b|-N|-B value path", valuedFlags: ["n", "b", "N", "B"]
    ) { shell, line throws(ShellFailure) in try shell.setQuota(line) },
    ShellCommand(
      name: "delquota", usage: "delquota [-n|-b|-N|-B] path", flags: ["n", "b", "N", "B"]
    ) { shell, line throws(ShellFailure) in try shell.deleteQuota(line) },
  ]

  private static let quotaRoot = "/zookeeper/quota"

  /// The znode that holds the limits or the present state of a subtree.
  private func quotaPath(_ path: ShellPath, _ name: String) throws(ShellFailure) -> ShellPath {
    try ShellPath(Self.quotaRoot + (path.text == "/" ? "" : path.text) + "/" + name)
  }

  /// The data of a znode; nil if there is none.
  private func data(at path: ShellPath) throws(ShellFailure) -> [UInt8]? {
    switch try connected.outcome(of: .getData(path: path.bytes)) {
    case .done(.data(let data, _), _): data ?? []
    case .refused(.noNode, _): nil
    case .refused(let error, _): throw ShellFailure(error, path: path.text)
    default: nil
    }
  }

  private func listQuota(_ line: ShellLine) throws(ShellFailure) {
    let path = try line.path()
    let limits = try quotaPath(path, "zookeeper_limits")
    print("absolute path is \(limits.text)")
    guard let quota = try data(at: limits) else {
      throw ShellFailure("quota for \(path.text) does not exist.")
    }
    print("Output quota for \(path.text) \(String(decoding: quota, as: UTF8.self))")
    let stats = try data(at: quotaPath(path, "zookeeper_stats")) ?? []
    print("Output stat for \(path.text) \(String(decoding: stats, as: UTF8.self))")
  }

  private func setQuota(_ line: ShellLine) throws(ShellFailure) {
    let path = try line.path()
    let given = ShellQuota.flags.filter { line.value($0) != nil }
    guard !given.isEmpty else { throw ShellFailure("usage: setquota -n|-b|-N|-B value path") }
    guard !path.text.hasPrefix("/zookeeper") else {
      throw ShellFailure("cannot set a quota under the path: /zookeeper")
    }
    try connected.ask(.exists(path: path.bytes), path: path.text)
    let limits = try quotaPath(path, "zookeeper_limits")
    let old = try data(at: limits)
    var quota = old.map(ShellQuota.init) ?? ShellQuota()
    for flag in given {
      guard let number: Int64 = try line.number(flag), number >= -1 else {
        throw ShellFailure("-\(flag) takes a number that is not negative")
      }
      quota[flag] = number
    }
    let text = Array(quota.text.utf8)
    if old != nil {
      return try _ = connected.ask(.setData(path: limits.bytes, data: text), path: limits.text)
    }
    try refuseNested(path)
    try make(limits, text)
    try make(quotaPath(path, "zookeeper_stats"), Array("count=0,bytes=0".utf8))
  }

  /// Quotas do not nest.
  private func refuseNested(_ path: ShellPath) throws(ShellFailure) {
    var above = path.parent
    while let parent = above {
      if try data(at: quotaPath(parent, "zookeeper_limits")) != nil {
        throw ShellFailure("\(path.text) has a parent \(parent.text) which has a quota")
      }
      above = parent.parent
    }
    var nested: ShellPath?
    let root = try ShellPath(Self.quotaRoot + path.text)
    guard try data(at: root) != nil else { return }
    try walk(root) { if $0.text.hasSuffix("/zookeeper_limits") { nested = $0 } }
    if let nested { throw ShellFailure("\(path.text) has a child with a quota: \(nested.text)") }
  }

  /// Creates a znode and what is missing above it.
  private func make(_ path: ShellPath, _ data: [UInt8]) throws(ShellFailure) {
    if let parent = path.parent, parent.text != "/", try self.data(at: parent) == nil {
      try make(parent, [])
    }
    try connected.ask(
      .create(path: path.bytes, data: data, mode: .persistent, stat: false), path: path.text)
  }

  private func deleteQuota(_ line: ShellLine) throws(ShellFailure) {
    let path = try line.path()
    let limits = try quotaPath(path, "zookeeper_limits")
    guard let old = try data(at: limits) else {
      throw ShellFailure("quota does not exist for \(path.text)")
    }
    let given = ShellQuota.flags.filter(line.has)
    if !given.isEmpty {
      var quota = ShellQuota(old)
      for flag in given { quota[flag] = -1 }
      return try _ = connected.ask(
        .setData(path: limits.bytes, data: Array(quota.text.utf8)), path: limits.text)
    }
    for name in ["zookeeper_limits", "zookeeper_stats"] {
      let node = try quotaPath(path, name)
      try connected.ask(.delete(path: node.bytes), path: node.text)
    }
    // The folders above go as far as they are empty, as zkCli has it.
    var above = limits.parent
    while let folder = above, folder.text != Self.quotaRoot {
      guard case .done = try connected.outcome(of: .delete(path: folder.bytes)) else { return }
      above = folder.parent
    }
  }
}
