import ClientSession
import Jute

/// The commands that read and change znodes.
extension Shell {
  static let nodeCommands: [ShellCommand] = [
    ShellCommand(
      name: "create", usage: "create [-s] [-e] [-c] [-t ttl] path [data] [acl]",
      flags: ["s", "e", "c"], valuedFlags: ["t"], operands: 1...3
    ) { shell, line throws(ShellFailure) in try shell.create(line) },
    ShellCommand(
      name: "get", usage: "get [-s] [-w] path", flags: ["s", "w"]
    ) { shell, line throws(ShellFailure) in try shell.get(line) },
    ShellCommand(
      name: "set", usage: "set [-s] [-v version] path data", flags: ["s"], valuedFlags: ["v"],
      operands: 2...2
    ) { shell, line throws(ShellFailure) in try shell.set(line) },
    ShellCommand(
      name: "delete", usage: "delete [-v version] path", valuedFlags: ["v"]
    ) { shell, line throws(ShellFailure) in
      let path = try line.path()
      try shell.connected.ask(
        .delete(path: path.bytes, version: line.number("v") ?? -1), path: path.text)
    },
    ShellCommand(
      name: "deleteall", usage: "deleteall path [-b batch size]", valuedFlags: ["b"]
    ) { shell, line throws(ShellFailure) in try shell.deleteAll(line) },
    ShellCommand(
      name: "ls", usage: "ls [-s] [-w] [-R] path", flags: ["s", "w", "R"]
    ) { shell, line throws(ShellFailure) in try shell.list(line) },
    ShellCommand(
      name: "stat", usage: "stat [-w] path", flags: ["w"]
    ) { shell, line throws(ShellFailure) in
      let path = try line.path()
      let result = try shell.connected.ask(
        .exists(path: path.bytes, watch: line.has("w")), path: path.text)
      if case .stat(let stat) = result { shell.print(ShellFormat.stat(stat)) }
    },
    ShellCommand(
      name: "sync", usage: "sync path"
    ) { shell, line throws(ShellFailure) in
      let path = try line.path()
      try shell.connected.ask(.sync(path: path.bytes), path: path.text)
      shell.print("Sync is OK")
    },
    ShellCommand(
      name: "getEphemerals", usage: "getEphemerals path", operands: 0...1
    ) { shell, line throws(ShellFailure) in
      let path = line.operands.isEmpty ? try ShellPath("/") : try line.path()
      let result = try shell.connected.ask(.getEphemerals(prefix: path.bytes), path: path.text)
      if case .paths(let paths) = result {
        shell.print(ShellFormat.list(ShellFormat.sorted(paths)))
      }
    },
    ShellCommand(
      name: "getAllChildrenNumber", usage: "getAllChildrenNumber path"
    ) { shell, line throws(ShellFailure) in
      let path = try line.path()
      let result = try shell.connected.ask(.getAllChildrenNumber(path: path.bytes), path: path.text)
      if case .number(let number) = result { shell.print("\(number)") }
    },
  ]

  private func create(_ line: ShellLine) throws(ShellFailure) {
    let path = try line.path()
    let ttl: Int64? = try line.number("t")
    let mode: CreateMode
    switch (line.has("c"), line.has("e"), line.has("s"), ttl) {
    case (true, false, false, nil): mode = .container
    case (true, _, _, _):
      throw ShellFailure("-c cannot be combined with -s or -e. Containers cannot be ephemeral.")
    case (_, true, _, .some): throw ShellFailure("TTLs cannot be used with Ephemeral znodes")
    case (_, true, let sequential, nil): mode = sequential ? .ephemeralSequential : .ephemeral
    case (_, false, let sequential, let ttl?):
      mode = sequential ? .sequentialTimeToLive(milliseconds: ttl) : .timeToLive(milliseconds: ttl)
    case (_, false, let sequential, nil): mode = sequential ? .persistentSequential : .persistent
    }
    let data = line.operands.count > 1 ? Array(line.operands[1].utf8) : nil
    let acl =
      line.operands.count > 2 ? try ShellFormat.acl(parsing: line.operands[2]) : ACL.open
    let result = try connected.ask(
      .create(path: path.bytes, data: data, acl: acl, mode: mode, stat: false), path: path.text)
    if case .created(let created, _) = result {
      print("Created \(String(decoding: created, as: UTF8.self))")
    }
  }

  private func get(_ line: ShellLine) throws(ShellFailure) {
    let path = try line.path()
    let result = try connected.ask(
      .getData(path: path.bytes, watch: line.has("w")), path: path.text)
    guard case .data(let data, let stat) = result else { return }
    print(data.map { String(decoding: $0, as: UTF8.self) } ?? "null")
    if line.has("s") { print(ShellFormat.stat(stat)) }
  }

  private func set(_ line: ShellLine) throws(ShellFailure) {
    let path = try line.path()
    let result = try connected.ask(
      .setData(
        path: path.bytes, data: Array(line.operands[1].utf8), version: line.number("v") ?? -1),
      path: path.text)
    if case .stat(let stat) = result, line.has("s") { print(ShellFormat.stat(stat)) }
  }

  private func list(_ line: ShellLine) throws(ShellFailure) {
    let path = try line.path()
    if line.has("R") {
      try walk(path) { print($0.text) }
      return
    }
    let result = try connected.ask(
      .getChildren(path: path.bytes, watch: line.has("w"), stat: line.has("s")), path: path.text)
    guard case .children(let names, let stat) = result else { return }
    print(ShellFormat.list(ShellFormat.sorted(names)))
    if let stat { print(ShellFormat.stat(stat)) }
  }

  /// Visits a znode and all below it, level by level as zkCli does; those that vanish meanwhile are
  /// passed over.
  func walk(_ top: ShellPath, visit: (ShellPath) -> Void) throws(ShellFailure) {
    var level = [top]
    while !level.isEmpty {
      var next: [ShellPath] = []
      for path in level {
        switch try connected.outcome(of: .getChildren(path: path.bytes, stat: false)) {
        case .done(.children(let names, _), _):
          visit(path)
          next += names.sorted { $0.lexicographicallyPrecedes($1) }.map(path.child)
        case .refused(.noNode, _) where path.text != top.text: break
        case .refused(let error, _): throw ShellFailure(error, path: path.text)
        default: break
        }
      }
      level = next
    }
  }

  private func deleteAll(_ line: ShellLine) throws(ShellFailure) {
    let batch: Int = try line.number("b") ?? 1000
    guard batch > 0 else { throw ShellFailure("-b takes a positive number") }
    let top = try line.path()
    var paths: [ShellPath] = []
    try walk(top) { paths.append($0) }
    var rest = Array(paths.reversed())[...]
    while !rest.isEmpty {
      let operations = rest.prefix(batch).map { MultiOperation.delete(path: $0.bytes) }
      guard case .results(let results) = try connected.ask(.multi(operations), path: top.text)
      else { return }
      for (result, path) in zip(results, rest) {
        if case .failed(let error) = result, error != .ok, error != .runtimeInconsistency {
          throw ShellFailure(error, path: path.text)
        }
      }
      rest = rest.dropFirst(batch)
    }
  }
}
