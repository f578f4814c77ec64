import LinnaeusBase
import OperationHistory

/// `linnaeus convert`: writes a history in another format.
struct ConvertVerb: Verb {
  /// The words of `--to`.
  enum Target: String, CaseIterable {
    case native, edn, jsonl

    var format: HistoryFormat {
      switch self {
      case .native: .native
      case .edn: .edn
      case .jsonl: .jsonl
      }
    }
  }

  static let help = VerbHelp(
    name: "convert",
    overview: "Write a history in another format.",
    usage: "--to <format> [-o <file>] [<options>] <history>",
    arguments: [("<history>", "A history, or - for standard input.")],
    options: [
      Option("--to", value: "<format>", "The format to write: native, edn or jsonl."),
      ReadingOptions.from,
      Option(
        "--output", short: "-o", value: "<file>", "Where to write. (default: standard output)"),
    ])

  private let reading: ReadingOptions
  private let target: Target
  private let output: String
  private let input: String

  init(_ arguments: ParsedArguments) throws(UsageError) {
    reading = try ReadingOptions(arguments)
    guard let target = try arguments.choice("--to", of: Target.self) else {
      throw UsageError(message: "convert needs --to native, --to edn or --to jsonl")
    }
    self.target = target
    output = arguments["--output"] ?? "-"
    guard arguments.operands.count == 1 else {
      throw UsageError(message: "convert takes one history")
    }
    input = arguments.operands[0]
  }

  func run() -> ExitCode {
    let history: History
    do {
      let bytes = try InputBytes(path: input)
      history = try bytes.withBytes(reading.history)
    } catch let error as SystemError {
      return FileFailure(error).complain()
    } catch let error as HistoryError {
      return FileFailure(error, file: input).complain()
    } catch {
      return FileFailure(unexpected: error, file: input).complain()
    }
    do {
      try System.write(HistoryWriter.write(history, as: target.format), toFile: output)
      return .success
    } catch {
      return Output.lost(error)
    }
  }
}
