import ClientSession

/// The commands about watches.
extension Shell {
  static let watchCommands: [ShellCommand] = [
    ShellCommand(
      name: "addWatch", usage: "addWatch [-m PERSISTENT|PERSISTENT_RECURSIVE] path",
      valuedFlags: ["m"]
    ) { shell, line throws(ShellFailure) in
      let mode = line.value("m")?.uppercased() ?? "PERSISTENT_RECURSIVE"
      guard ["PERSISTENT", "PERSISTENT_RECURSIVE"].contains(mode) else {
        throw ShellFailure("there is no mode '\(mode)'")
      }
      let path = try line.path()
      try shell.connected.ask(
        .addWatch(path: path.bytes, recursive: mode == "PERSISTENT_RECURSIVE"), path: path.text)
    },
    ShellCommand(
      name: "removewatches", usage: "removewatches path [-c|-d|-a]", flags: ["c", "d", "a"]
    ) { shell, line throws(ShellFailure) in
      let kind: WatchKind = line.has("c") ? .children : line.has("d") ? .data : .any
      let path = try line.path()
      try shell.connected.ask(
        .removeWatches(path: path.bytes, kind: kind), path: path.text)
    },
    ShellCommand(
      name: "printwatches", usage: "printwatches on|off", operands: 0...1, isLocal: true
    ) { shell, line throws(ShellFailure) in
      switch line.operands.first {
      case nil: shell.print("printwatches is \(shell.showsWatches ? "on" : "off")")
      case "on": shell.showsWatches = true
      case "off": shell.showsWatches = false
      case let other?: throw ShellFailure("printwatches takes on or off, not '\(other)'")
      }
    },
  ]
}
