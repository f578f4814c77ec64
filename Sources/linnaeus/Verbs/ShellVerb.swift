import ClientSession
import LinnaeusBase

/// `linnaeus shell`: the commands of zkCli, typed or from a script.
struct ShellVerb: Verb {
  static let help = VerbHelp(
    name: "shell",
    overview: "Speak to a ZooKeeper server with the commands of zkCli.",
    discussion: [
      "With a command, that one is done. Without one, commands are read from standard input, one a"
        + " line, with a prompt if it is a terminal; a line that starts with # is none, and - in"
        + " the command's place never prompts. 'help' lists the commands.",
      "The exit code is 0 if every command did what it should, 1 if one did not, 66 if there is no"
        + " connection.",
    ],
    usage: "[<options>] <host:port> [<command> ...]",
    arguments: [
      ("<host:port>", "The server; port 2181 if it is left out."),
      ("<command> ...", "A command with its flags and operands, or - for standard input."),
    ],
    options: [
      Option(
        "--timeout", value: "<milliseconds>", "How long the session may be silent. (default: 30000)"
      )
    ])

  private let server: ShellServer
  private let words: [String]
  private var options = ZooKeeperSession.Options()

  init(_ arguments: ParsedArguments) throws(UsageError) {
    guard let place = arguments.operands.first else {
      throw UsageError(message: "shell takes a server: linnaeus shell 127.0.0.1:2181")
    }
    guard let server = ShellServer(place) else {
      throw UsageError(message: "'\(place)' is not of the form host:port")
    }
    self.server = server
    words = Array(arguments.operands.dropFirst())
    if let text = arguments["--timeout"] {
      guard let milliseconds = Int32(text), milliseconds > 0 else {
        throw UsageError(message: "--timeout takes milliseconds, not '\(text)'")
      }
      options.timeoutMilliseconds = milliseconds
    }
  }

  /// The arguments with `--` after the server, since what follows it has flags of its own.
  static func separated(_ arguments: ArraySlice<String>) -> ArraySlice<String> {
    var index = arguments.startIndex
    while index < arguments.endIndex {
      let argument = arguments[index]
      if argument == "--" { return arguments }
      guard argument.hasPrefix("-") else {
        return arguments[...index] + ["--"] + arguments[(index + 1)...]
      }
      index += argument == "--timeout" ? 2 : 1
    }
    return arguments
  }

  func run() -> ExitCode {
    let shell = Shell(server: server, options: options)
    do throws(ShellFailure) {
      try shell.connect()
      defer { shell.close() }
      if words.isEmpty || words == ["-"] {
        return try read(shell, prompts: words.isEmpty && System.isTerminal(0))
      }
      return shell.execute(words, line: words.joined(separator: " ")) ? .success : .violated
    } catch {
      System.complain("linnaeus: \(error.message)\n")
      return .unreadable
    }
  }

  /// Does what the lines of standard input say; a session that is gone ends a script.
  private func read(_ shell: Shell, prompts: Bool) throws(ShellFailure) -> ExitCode {
    var input: [UInt8] = []
    var isAtEnd = false
    while !shell.isOver {
      if let end = input.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: input[..<end], as: UTF8.self)
        input.removeFirst(end + 1)
        shell.execute(line)
        if !prompts, shell.session?.isConnected == false { return .unreadable }
        continue
      }
      if isAtEnd {
        if !input.isEmpty { shell.execute(String(decoding: input, as: UTF8.self)) }
        break
      }
      if prompts { _ = Output.print(shell.prompt) }
      let more = try nextInput(shell)
      isAtEnd = more.isEmpty
      input += more
    }
    return shell.hasFailed ? .violated : .success
  }

  private func nextInput(_ shell: Shell) throws(ShellFailure) -> [UInt8] {
    do throws(SystemError) {
      do throws(ShellFailure) {
        try shell.session?.waitForInput()
      } catch {
        System.complain("\(error.message)\n")
      }
      return try ShellWorld.readInput()
    } catch {
      throw ShellFailure("\(error)", isConnection: true)
    }
  }
}
