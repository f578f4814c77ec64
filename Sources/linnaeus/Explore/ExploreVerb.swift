import Experiments
import LinnaeusBase
import OperationHistory
import Report

/// `linnaeus explore`: shows what reads return with and without `sync`.
struct ExploreVerb: Verb {
  /// The words of `--format`.
  enum Format: String, CaseIterable {
    case text, json
  }

  static let help = VerbHelp(
    name: "explore",
    overview: "Show how stale reads are, with and without sync.",
    discussion: [
      "Simulates an ensemble four times, with the same workload and the same weather (delays of"
        + " messages, servers that stand still): with plain reads; with a sync before each read;"
        + " with a sync for which the leader asks a quorum (quorumSync); and with reads at the"
        + " leader. All times are virtual, and follow from the seed.",
      "Exit codes: 0; 1 a server broke a promise, a mistake of ours; 64 wrong usage; 66 the picture"
        + " cannot be written.",
    ],
    usage: "[<options>]",
    arguments: [],
    options: [
      Option("--servers", value: "<n>", "How many servers vote: 3, 5 or 7. (default: 5)"),
      Option("--observers", value: "<n>", "How many more only learn, 0 to 4. (default: 0)"),
      Option(
        "--latency", value: "<distance>",
        "How far hosts are from one another: local (0.2 ms), region (0.5 to 3 ms) or world (40 to"
          + " 120 ms). (default: region)"),
      Option(
        "--pauses", value: "<n>",
        "How many times a server stands still long enough that it is given up, 0 to 1000."
          + " (default: 4)"),
      Option(
        "--splits", value: "<n>",
        "How many times the leader is cut off from the other servers, which elect another one"
          + " before it notices, 0 to 1000. (default: 4)"),
      Option("--duration", value: "<time>", "How long it is, in virtual time. (default: 10s)"),
      Option("--reads", value: "<n>", "How many reads a second there are. (default: 1600)"),
      Option("--writes", value: "<n>", "How many writes a second there are. (default: 100)"),
      Option("--seed", value: "<n>", "What the weather follows from. (default: 1)"),
      Option(
        "--scaling",
        "Measure instead how many reads and writes 1 to 7 servers answer in a second."),
      Option("--svg", value: "<file>", "Draw how staleness is distributed."),
      Option("--jobs", value: "<n>", "How many runs go on at a time. (default: all processors)"),
      Option("--format", value: "<format>", "text or json (an object a line). (default: text)"),
    ])

  private let options: ExploreOptions
  private let scales: Bool
  private let svgPath: String?
  private let jobs: Int
  private let format: Format

  init(_ arguments: ParsedArguments) throws(UsageError) {
    guard arguments.operands.isEmpty else {
      throw UsageError(message: "explore takes options only, not '\(arguments.operands[0])'")
    }
    var options = ExploreOptions()
    if let servers = arguments["--servers"] {
      guard let count = Int(servers), [3, 5, 7].contains(count) else {
        throw UsageError(message: "--servers takes 3, 5 or 7, not '\(servers)'")
      }
      options.voters = count
    }
    options.observers = try arguments.number("--observers", in: 0...4) ?? 0
    options.latency =
      try arguments.choice("--latency", of: ExploreOptions.Latency.self) ?? options.latency
    options.pauses = try arguments.number("--pauses", in: 0...1000) ?? options.pauses
    options.splits = try arguments.number("--splits", in: 0...1000) ?? options.splits
    options.reads = try arguments.number("--reads", in: 1...100_000) ?? options.reads
    options.writes = try arguments.number("--writes", in: 1...100_000) ?? options.writes
    if let text = arguments["--duration"] {
      let duration = try parseDuration(text).components
      options.milliseconds =
        Int(duration.seconds) * 1_000 + Int(duration.attoseconds / 1_000_000_000_000_000)
      guard (100...3_600_000).contains(options.milliseconds) else {
        throw UsageError(message: "--duration takes a time from 100ms to 1h, not '\(text)'")
      }
    }
    if let text = arguments["--seed"] {
      guard let seed = UInt64(text) else {
        throw UsageError(message: "--seed takes a number from 0 to \(UInt64.max), not '\(text)'")
      }
      options.seed = seed
    }
    self.options = options
    scales = arguments.has("--scaling")
    svgPath = arguments["--svg"]
    jobs = try arguments.number("--jobs", in: 1...1024) ?? System.processorCount
    format = try arguments.choice("--format", of: Format.self) ?? .text
    if scales {
      for name in [
        "--svg", "--servers", "--pauses", "--splits", "--reads", "--writes", "--observers",
      ]
      where arguments.has(name) {
        throw UsageError(message: "\(name) does not go with --scaling")
      }
    }
  }

  func run() -> ExitCode {
    do {
      if scales {
        let scaling = Scaling(options, jobs: jobs)
        return Output.print(format == .text ? scaling.text : scaling.json)
      }
      let exploration = try Exploration(options, jobs: jobs)
      var status = Output.print(format == .text ? exploration.text : exploration.json)
      if let svgPath {
        try System.write(Array(exploration.chart.svg().utf8), toFile: svgPath)
      }
      for report in exploration.reports {
        for finding in report.findings.prefix(1) {
          System.complain("linnaeus: \(report.way.rawValue): \(finding)\n")
          status.combine(.violated)
        }
      }
      return status
    } catch let error as SystemError {
      return Output.lost(error)
    } catch {
      System.complain("linnaeus: \(error)\n")
      return .software
    }
  }
}
