import Consistency
import LinnaeusBase
import Linearizability
import Report

/// `linnaeus check`: decides whether histories are linearizable.
struct CheckVerb: Verb {
  /// The words of `--format`.
  enum Format: String, CaseIterable {
    case text, json, junit
  }

  static let help = VerbHelp(
    name: "check",
    overview: "Decide whether histories are linearizable.",
    discussion: [
      "Of a history of ZooKeeper's (--model zookeeper, or named by the file itself) it says which of"
        + " ZooKeeper's guarantees are kept, from the zxids of the replies: the strongest level and"
        + " the weakest that is broken, and of each violation which operations contradict each"
        + " other.",
      "Of a history of transactions (operations txn that append to lists, or write registers) it"
        + " says which levels of isolation are kept, and of each anomaly, a cycle of dependencies or"
        + " an impossible read, which transactions show it.",
      "Every file is decided and printed. A folder stands for every history in it, recursively, by"
        + " name. A folder that holds an expected.json is a corpus: its histories are compared with"
        + " that list, and the exit code is 1 if anything differs.",
      "Exit codes: 0 what is required holds; 1 it does not, or a difference; 2 unknown, a limit was"
        + " reached; 64 wrong usage; 65 malformed input; 66 a file cannot be read or written;"
        + " 70 an error of ours. Of several, the first of 70, 66, 65, 64, 1, 2, 0.",
    ],
    usage: "[<options>] <file> ...",
    arguments: [("<file>", "A history, a folder of histories, or - for standard input.")],
    options: [
      ReadingOptions.model, ReadingOptions.from,
      Option(
        "--require", value: "<guarantee>",
        "What must hold: linearizable; for the model zookeeper levels and properties, by name or"
          + " number, such as zookeeper,P16; for transactions levels of isolation, such as"
          + " snapshot-isolation. (default: linearizable, for zookeeper zookeeper, for transactions"
          + " strict-serializable)"),
      Option(
        "--max-staleness", value: "<bound>",
        "How old a read may be: 2s, or 3versions of its path; requires P11 of the model"
          + " zookeeper."),
      Option(
        "--no-pinning",
        "Do not place writes without an answer where a later Stat names their transaction."),
      Option(
        "--linearizable-keys",
        "Take the versions of each register of the model rw-register to be in the order of real"
          + " time, so as to find more; what is found rests on that."),
      Option("--no-partition", "Search all keys of a history together."),
      ReadingOptions.failedCas, ReadingOptions.reads,
      Option(
        "--timeout", value: "<time>",
        "Give up on a file after so long: 500ms, 10s, 2m. (default: never)"),
      Option(
        "--memory", value: "<size>",
        "Give up on a file when the process needs more: 512MB, 2GiB. Files are then checked one"
          + " after another. (default: no limit)"),
      Option("--threads", value: "<n>", "How many threads work. (default: all processors)"),
      Option(
        "--format", value: "<format>",
        "text, json (an object a line) or junit. (default: text)"),
      Option(
        "--certificate", value: "<path>",
        "Write the proof of each verdict: a file for one history, a folder for several."),
      Option(
        "--graph", value: "<path>",
        "Write the cycles that prove violations of the model zookeeper, or of transactions, for"
          + " Graphviz: a file for one history, a folder for several."),
      Option("--shrink", "Reduce what is not linearizable to a minimal sub-history."),
      Option("--no-expected", "Do not compare with an expected.json."),
      Option(
        "--output", short: "-o", value: "<file>", "Where to print. (default: standard output)"),
    ])

  let reading: ReadingOptions
  /// What is asked for; empty for the default of the model.
  let requirements: [Requirement]
  /// What is asked for of transactions; empty for the default.
  let isolation: [IsolationLevel]
  let staleness: StalenessBound?
  let pinning: Bool
  let areKeysLinearizable: Bool
  let partitioned: Bool
  let timeout: Duration?
  let memoryLimit: Int?
  let threads: Int
  let format: Format
  let certificate: String?
  let graph: String?
  let shrinks: Bool
  let comparesWithExpected: Bool
  let output: String
  let operands: [String]

  init(_ arguments: ParsedArguments) throws(UsageError) {
    reading = try ReadingOptions(arguments)
    staleness = try arguments.stalenessBound()
    requirements = try arguments.requirements(isStalenessBounded: staleness != nil)
    isolation = try arguments.isolationLevels()
    pinning = !arguments.has("--no-pinning")
    areKeysLinearizable = arguments.has("--linearizable-keys")
    partitioned = !arguments.has("--no-partition")
    guard partitioned || reading.model != .znode else {
      throw UsageError(message: "--no-partition is not for the model znode, which is of one path")
    }
    if let text = arguments["--timeout"] {
      timeout = try parseDuration(text)
    } else {
      timeout = nil
    }
    if let text = arguments["--memory"] {
      memoryLimit = try parseSize(text)
    } else {
      memoryLimit = nil
    }
    threads = try arguments.threads()
    format = try arguments.choice("--format", of: Format.self) ?? .text
    certificate = arguments["--certificate"]
    graph = arguments["--graph"]
    shrinks = arguments.has("--shrink")
    comparesWithExpected = !arguments.has("--no-expected")
    output = arguments["--output"] ?? "-"
    operands = arguments.operands
    guard !operands.isEmpty else {
      throw UsageError(message: "check needs a history, a folder, or - for standard input")
    }
    guard operands.count(where: { $0 == "-" }) <= 1 else {
      throw UsageError(message: "standard input can be read only once")
    }
  }

  func run() -> ExitCode {
    let inputs = InputList(operands, comparesWithExpected: comparesWithExpected)
    let printer: ReportPrinter
    do {
      printer = try ReportPrinter(format: format, output: output, fileCount: inputs.files.count)
    } catch {
      return FileFailure(error).complain()
    }
    printer.begin(inputs)
    let proofs: Proofs
    do {
      proofs = Proofs(
        certificates: try certificate.map { path throws(SystemError) in
          try ProofFolder(path, inputs: inputs.files, suffix: ".certificate")
        },
        graphs: try graph.map { path throws(SystemError) in
          try ProofFolder(path, inputs: inputs.files, suffix: ".dot")
        })
    } catch {
      return FileFailure(error).complain()
    }
    CheckRun(self, inputs: inputs.files, printer: printer, proofs: proofs).run()
    return printer.finish()
  }
}

extension ParsedArguments {
  /// The value of `--threads`.
  func threads() throws(UsageError) -> Int {
    guard let text = self["--threads"] else { return System.processorCount }
    guard let count = Int(text), (1...1024).contains(count) else {
      throw UsageError(message: "--threads takes a number from 1 to 1024, not '\(text)'")
    }
    return count
  }
}
