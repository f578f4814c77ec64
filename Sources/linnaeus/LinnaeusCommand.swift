import LinnaeusBase

/// The program: finds the verb and hands it the rest.
@main
struct LinnaeusCommand {
  static let version = "0.1.0"

  static func main() {
    System.ignoreBrokenPipes()
    System.end(run(Array(CommandLine.arguments.dropFirst())))
  }

  static let verbs: [(name: String, overview: String)] = [
    ("check", CheckVerb.help.overview),
    ("verify", VerifyVerb.help.overview),
    ("shrink", ShrinkVerb.help.overview),
    ("convert", ConvertVerb.help.overview),
    ("explore", ExploreVerb.help.overview),
    ("simulate", SimulateVerb.help.overview),
    ("serve", ServeVerb.help.overview),
    ("txnlog", TxnlogVerb.help.overview),
    ("shell", ShellVerb.help.overview),
    ("help", "Show help information of a verb."),
  ]

  static func run(_ arguments: [String]) -> ExitCode {
    guard let verb = arguments.first else {
      System.complain(helpText)
      return .usage
    }
    let rest = arguments.dropFirst()
    do throws(UsageError) {
      switch verb {
      case "check": return try start(CheckVerb.self, rest)
      case "verify": return try start(VerifyVerb.self, rest)
      case "shrink": return try start(ShrinkVerb.self, rest)
      case "convert": return try start(ConvertVerb.self, rest)
      case "explore": return try start(ExploreVerb.self, rest)
      case "simulate": return try start(SimulateVerb.self, rest)
      case "serve": return try start(ServeVerb.self, rest)
      case "txnlog": return try start(TxnlogVerb.self, rest)
      case "shell": return try start(ShellVerb.self, ShellVerb.separated(rest))
      case "help", "--help", "-h": return try help(rest)
      case "--version": return Output.print("linnaeus \(version)\n")
      default:
        throw UsageError(
          message: "there is no verb '\(verb)'" + suggestion(for: verb, among: verbs.map(\.name)))
      }
    } catch {
      let isVerb = verbs.contains { $0.name == verb }
      let help = isVerb && verb != "help" ? "linnaeus help \(verb)" : "linnaeus help"
      System.complain("linnaeus: \(error.message)\n  '\(help)' tells how it is used\n")
      return .usage
    }
  }

  private static func start<V: Verb>(
    _: V.Type, _ arguments: ArraySlice<String>
  ) throws(UsageError) -> ExitCode {
    // Help is given even where the rest of the line makes no sense.
    if arguments.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      return Output.print(V.help.text)
    }
    return try V(V.help.parser.parse(arguments)).run()
  }

  private static func help(_ arguments: ArraySlice<String>) throws(UsageError) -> ExitCode {
    switch arguments.first {
    case nil: return Output.print(helpText)
    case "check": return Output.print(CheckVerb.help.text)
    case "verify": return Output.print(VerifyVerb.help.text)
    case "shrink": return Output.print(ShrinkVerb.help.text)
    case "convert": return Output.print(ConvertVerb.help.text)
    case "explore": return Output.print(ExploreVerb.help.text)
    case "simulate": return Output.print(SimulateVerb.help.text)
    case "serve": return Output.print(ServeVerb.help.text)
    case "txnlog": return Output.print(TxnlogVerb.help.text)
    case "shell": return Output.print(ShellVerb.help.text)
    case let name?:
      throw UsageError(
        message: "there is no verb '\(name)'" + suggestion(for: name, among: verbs.map(\.name)))
    }
  }

  private static var helpText: String {
    var text = """
      OVERVIEW: Decide which guarantees recorded histories keep, and prove it.

      USAGE: linnaeus <subcommand> [<options>] <file> ...

      OPTIONS:
      \(row("--version", "Show the version."))\(row("-h, --help", "Show help information."))
      SUBCOMMANDS:

      """
    for verb in verbs { text += row(verb.name, verb.overview) }
    return text + "\n  See 'linnaeus help <subcommand>' for detailed help.\n"
  }
}

/// A subcommand: its options as properties, checked before it runs.
protocol Verb {
  static var help: VerbHelp { get }
  init(_ arguments: ParsedArguments) throws(UsageError)
  func run() -> ExitCode
}

/// Standard output, for what is printed in one piece.
enum Output {
  /// Prints; a reader that went away is no failure, a full disk is.
  static func print(_ text: String) -> ExitCode {
    do {
      try System.write(Array(text.utf8), toFile: "-")
      return .success
    } catch {
      return lost(error)
    }
  }

  /// What an error of writing means for the exit code; says so unless the reader just went away.
  static func lost(_ error: SystemError) -> ExitCode {
    if error.isBrokenPipe { return .success }
    System.complain("linnaeus: \(error)\n")
    return .unreadable
  }
}
