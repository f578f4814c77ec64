/// The commands about the shell and its session.
extension Shell {
  static let sessionCommands: [ShellCommand] = [
    ShellCommand(
      name: "connect", usage: "connect host:port", operands: 0...1, isLocal: true
    ) { shell, line throws(ShellFailure) in
      guard let text = line.operands.first else { return try shell.connect() }
      guard let server = ShellServer(text) else {
        throw ShellFailure("'\(text)' is not of the form host:port")
      }
      try shell.connect(to: server)
    },
    ShellCommand(
      name: "close", usage: "close", operands: 0...0
    ) { shell, _ throws(ShellFailure) in shell.close() },
    ShellCommand(
      name: "quit", usage: "quit", operands: 0...0, isLocal: true
    ) { shell, _ throws(ShellFailure) in shell.isOver = true },
    ShellCommand(
      name: "version", usage: "version", operands: 0...0, isLocal: true
    ) { shell, _ throws(ShellFailure) in
      shell.print("ZooKeeper CLI version: linnaeus \(LinnaeusCommand.version)")
    },
    ShellCommand(
      name: "history", usage: "history", operands: 0...0, isLocal: true
    ) { shell, _ throws(ShellFailure) in
      // As zkCli: the last eleven, this one among them.
      for (number, line) in Array(shell.history.enumerated()).suffix(11) {
        shell.print("\(number) - \(line)")
      }
    },
    ShellCommand(
      name: "redo", usage: "redo cmdno", isLocal: true
    ) { shell, line throws(ShellFailure) in
      guard let number = Int(line.operands[0]), shell.history.indices.contains(number),
        number < shell.history.count - 1
      else { throw ShellFailure("Command index out of range") }
      let again = shell.history[number]
      // What is done again may not do itself again.
      guard !again.hasPrefix("redo") else { throw ShellFailure("Command redoing itself") }
      guard shell.execute(again) else { throw ShellFailure("\(again) failed again") }
    },
    ShellCommand(
      name: "help", usage: "help", operands: 0...0, isLocal: true
    ) { shell, _ throws(ShellFailure) in
      for command in Shell.commands { shell.print("\t\(command.usage)") }
    },
  ]
}
