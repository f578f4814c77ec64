import Experiments
import LinnaeusBase
import Report
import Simulator

/// `linnaeus simulate`: runs ensembles under virtual time, and looks whether they keep their promises.
struct SimulateVerb: Verb {
  /// The words of `--format`.
  enum Format: String, CaseIterable {
    case text, json
  }

  static let help = VerbHelp(
    name: "simulate",
    overview: "Run servers and clients in a deterministic simulator, with faults.",
    discussion: [
      "Everything in a run follows from its seed: how it is set up, what goes wrong in it, and when."
        + " What is printed is the same on any number of processors.",
      "Exit codes: 0 every promise was kept; 1 one was broken: the run is made smaller, and told with"
        + " the command that repeats it; 2 a run did too little to say anything, or somebody"
        + " interrupted; 64 wrong usage; 65 a malformed schedule; 66 a file cannot be read or"
        + " written; 70 a seed did not repeat.",
    ],
    usage: "[<options>]",
    arguments: [],
    options: [
      Option("--seed", value: "<n>", "Run this seed. (default: 1)"),
      Option("--seeds", value: "<a>..<b>", "Run these seeds, both ends included."),
      Option("--servers", value: "<n>", "How many servers vote, 1 to 9. (default: drawn)"),
      Option("--observers", value: "<n>", "How many more only learn, 0 to 9. (default: drawn)"),
      Option("--clients", value: "<n>", "How many clients there are, 1 to 99. (default: drawn)"),
      Option("--operations", value: "<n>", "How many operations a run has. (default: 500)"),
      Option(
        "--faults", value: "<list>",
        "What may go wrong: all, none, or some of "
          + FaultKind.allCases.map(\.word).joined(separator: ", ")
          + ". (default: all; rot, which nobody survives, only if it is named)"),
      Option(
        "--schedule", value: "<file>",
        "Sizes and faults that replace what the seed draws, as a failing run prints them."),
      Option("--mutant", value: "<name>", "Switch on this bug; 'all' lists them."),
      Option(
        "--mutants",
        "For each bug, find the first seed that shows it. (default: of 1..10000)"),
      Option(
        "--from-history",
        "Judge runs by what their clients saw alone, and not by what the servers hold."),
      Option(
        "--scenario", value: "<name>",
        "Run a story instead: \(Scenario.all.map(\.name).joined(separator: ", ")); 'all' lists"
          + " them with what they show."),
      Option("--twice", "Run each seed twice, and see whether it repeats."),
      Option("--keep-going", "Do not end at the first broken promise."),
      Option("--require-coverage", "Fail if anything that should happen in some run did in none."),
      Option(
        "--minimise", value: "<time>",
        "How long a failing run is made smaller at most. (default: 30s)"),
      Option("--no-minimise", "Tell a failing run as it is."),
      Option("--jobs", value: "<n>", "How many runs go on at a time. (default: all processors)"),
      Option("--history", value: "<file>", "Write what the clients of the run did."),
      Option(
        "--trace", value: "<file>", "Write what the servers of the run logged, and its faults."),
      Option("--print-options", "Print how the run is set up, and do not run it."),
      Option(
        "--output", short: "-o", value: "<folder>",
        "Where a failing run's schedule and history are written. (default: .)"),
      Option("--format", value: "<format>", "text or json (an object a line). (default: text)"),
    ])

  let seeds: ClosedRange<UInt64>
  let isCampaign: Bool
  let frame: SimulationOptions.Frame
  /// What the user fixed, to be repeated in the command that repeats a run.
  let fixed: [String]
  let mutant: Mutant?
  let triesMutants: Bool
  let looksAtHistoryAlone: Bool
  let scenario: Scenario?
  let schedulePath: String?
  let runsTwice: Bool
  let keepsGoing: Bool
  let requiresCoverage: Bool
  let minimising: Duration?
  let jobs: Int
  let historyPath: String?
  let tracePath: String?
  let printsOptions: Bool
  let folder: String
  let format: Format
  private let listsMutants: Bool
  private let listsScenarios: Bool

  init(_ arguments: ParsedArguments) throws(UsageError) {
    guard arguments.operands.isEmpty else {
      throw UsageError(message: "simulate takes options only, not '\(arguments.operands[0])'")
    }
    triesMutants = arguments.has("--mutants")
    looksAtHistoryAlone = arguments.has("--from-history")
    isCampaign = arguments["--seeds"] != nil || triesMutants
    seeds = try Self.seeds(arguments, triesMutants: triesMutants)
    frame = try SimulationOptions.Frame(arguments)
    listsMutants = arguments["--mutant"] == "all"
    mutant = listsMutants ? nil : try Self.mutant(arguments["--mutant"])
    listsScenarios = arguments["--scenario"] == "all"
    scenario = listsScenarios ? nil : try Self.scenario(arguments)
    schedulePath = arguments["--schedule"]
    historyPath = arguments["--history"]
    tracePath = arguments["--trace"]
    printsOptions = arguments.has("--print-options")
    runsTwice = arguments.has("--twice")
    keepsGoing = arguments.has("--keep-going")
    requiresCoverage = arguments.has("--require-coverage")
    if arguments.has("--no-minimise") {
      minimising = nil
    } else {
      minimising = try parseDuration(arguments["--minimise"] ?? "30s")
    }
    jobs = try arguments.number("--jobs", in: 1...1024) ?? System.processorCount
    folder = arguments["--output"] ?? "."
    format = try arguments.choice("--format", of: Format.self) ?? .text
    var fixed: [String] = []
    for name in [
      "--servers", "--observers", "--clients", "--operations", "--faults", "--mutant",
    ] {
      if let value = arguments[name] { fixed += [name, value] }
    }
    if looksAtHistoryAlone { fixed.append("--from-history") }
    self.fixed = fixed
    if isCampaign {
      for name in ["--schedule", "--history", "--trace", "--print-options", "--seed"]
      where arguments.has(name) {
        throw UsageError(message: "\(name) is of one run, not of many seeds")
      }
    }
    if triesMutants, mutant != nil {
      throw UsageError(message: "--mutants tries every mutant; --mutant is of one")
    }
  }

  private static func seeds(
    _ arguments: ParsedArguments, triesMutants: Bool
  ) throws(UsageError) -> ClosedRange<UInt64> {
    if let text = arguments["--seeds"] {
      let dots = text.firstRange(of: "..")
      guard let dots, let low = UInt64(text[..<dots.lowerBound]),
        let high = UInt64(text[dots.upperBound...]), low <= high
      else {
        throw UsageError(message: "--seeds takes a range like 1..5000, not '\(text)'")
      }
      return low...high
    }
    guard let text = arguments["--seed"] else { return triesMutants ? 1...10_000 : 1...1 }
    guard let seed = UInt64(text) else {
      throw UsageError(message: "--seed takes a number from 0 to \(UInt64.max), not '\(text)'")
    }
    return seed...seed
  }

  private static func mutant(_ name: String?) throws(UsageError) -> Mutant? {
    guard let name else { return nil }
    if let mutant = Mutant(named: name) { return mutant }
    let names = Mutant.all.map(\.name)
    throw UsageError(
      message: "--mutant takes one of \(names.joined(separator: ", ")), not '\(name)'"
        + suggestion(for: name, among: names))
  }

  private static func scenario(_ arguments: ParsedArguments) throws(UsageError) -> Scenario? {
    guard let name = arguments["--scenario"] else { return nil }
    let other = help.options.first {
      !["--scenario", "--history"].contains($0.name) && arguments.has($0.name)
    }
    if let other {
      throw UsageError(message: "\(other.name) does not go with --scenario")
    }
    if let scenario = Scenario(named: name) { return scenario }
    let names = Scenario.all.map(\.name)
    throw UsageError(
      message: "--scenario takes one of \(names.joined(separator: ", ")), not '\(name)'"
        + suggestion(for: name, among: names))
  }

  /// How a seed is run and judged.
  func plan(_ seed: UInt64, _ mutant: Mutant?) -> RunPlan {
    var plan = RunPlan(seed: seed, frame: frame, mutant: mutant)
    plan.looksAtHistoryAlone = looksAtHistoryAlone
    return plan
  }

  func run() -> ExitCode {
    if listsScenarios {
      return Output.print(Scenario.all.map { row($0.name, $0.summary) }.joined())
    }
    if let scenario { return ScenarioRun(scenario: scenario, historyPath: historyPath).run() }
    if listsMutants {
      return Output.print(Mutant.all.map { row($0.name, "\($0.summary).") }.joined())
    }
    if triesMutants { return MutantRun(self).run() }
    if isCampaign { return CampaignRun(self).run() }
    return SingleRun(self).run()
  }
}

extension SimulationOptions.Frame {
  /// What the options fix of every run.
  init(_ arguments: ParsedArguments) throws(UsageError) {
    self = .campaigns
    if let servers = try arguments.number("--servers", in: 1...9) { voters = [servers] }
    if let count = try arguments.number("--observers", in: 0...9) { observers = [count] }
    if let count = try arguments.number("--clients", in: 1...99) { clients = [count] }
    if let count = try arguments.number("--operations", in: 1...1_000_000) { operations = count }
    if let list = arguments["--faults"] { faults = try Self.faults(list) }
  }

  private static func faults(_ list: String) throws(UsageError) -> [FaultKind] {
    if list == "none" { return [] }
    if list == "all" { return Self().faults }
    var named: Set<FaultKind> = []
    for name in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let kind = FaultKind(word: name) else {
        let words = ["all", "none"] + FaultKind.allCases.map(\.word)
        throw UsageError(
          message: "--faults takes \(words.joined(separator: ", ")), not '\(name)'"
            + suggestion(for: String(name), among: words))
      }
      named.insert(kind)
    }
    return FaultKind.allCases.filter { named.contains($0) }
  }
}

extension ParsedArguments {
  /// The value of an option that takes a number; nil if it is not there.
  func number(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        message: "\(name) takes a number from \(range.lowerBound) to \(range.upperBound),"
          + " not '\(text)'")
    }
    return number
  }
}
