import Consistency
import LinnaeusBase
import Linearizability
import OperationHistory
import Report

/// `linnaeus shrink`: reduces a violated history to what is needed to violate.
struct ShrinkVerb: Verb {
  static let help = VerbHelp(
    name: "shrink",
    overview: "Reduce a history that is not linearizable to a minimal one.",
    discussion: [
      "Only what cannot break a linearizable history is taken away: operations without effect,"
        + " results (an operation that surely happened becomes one that perhaps did), whole keys."
        + " So the small history's violation proves the large one's. The exit code is 65 if there"
        + " is nothing to shrink."
    ],
    usage: "[-o <file>] [<options>] <history>",
    arguments: [("<history>", "A history, or - for standard input.")],
    options: [
      Option(
        "--output", short: "-o", value: "<file>",
        "Where to write the native history. (default: standard output)"),
      ReadingOptions.model, ReadingOptions.from, ReadingOptions.failedCas,
      ReadingOptions.reads,
      Option(
        "--require", value: "<level>",
        "Of the model zookeeper the level that is broken. (default: zookeeper)"),
      Option("--timeout", value: "<time>", "Stop after so long: 500ms, 10s, 2m. (default: never)"),
      Option("--threads", value: "<n>", "How many threads search. (default: all processors)"),
    ])

  private let reading: ReadingOptions
  private let output: String
  private let input: String
  private let level: Level
  private let timeout: Duration?
  private let threads: Int

  init(_ arguments: ParsedArguments) throws(UsageError) {
    reading = try ReadingOptions(arguments)
    try reading.refuseTransactions("shrink")
    level = try arguments.choice("--require", of: Level.self) ?? .zookeeper
    output = arguments["--output"] ?? "-"
    guard arguments.operands.count == 1 else {
      throw UsageError(message: "shrink takes one history")
    }
    input = arguments.operands[0]
    if let text = arguments["--timeout"] {
      timeout = try parseDuration(text)
    } else {
      timeout = nil
    }
    threads = try arguments.threads()
  }

  func run() -> ExitCode {
    do {
      let bytes = try InputBytes(path: input)
      let history = try bytes.withBytes(reading.history)
      if reading.judgesAsZooKeeper(history) { return try shrink(history) }
      let compiled = try CompiledInput(history, reading, model: reading.model)
      return try shrink(compiled)
    } catch let error as SystemError {
      return error.call == "write" ? Output.lost(error) : FileFailure(error).complain()
    } catch let error as HistoryError {
      return FileFailure(error, file: input).complain()
    } catch let error as ModelError {
      return FileFailure(error, file: input).complain()
    } catch {
      return FileFailure(unexpected: error, file: input).complain()
    }
  }

  /// Shrinks a history that breaks one of ZooKeeper's levels.
  private func shrink(_ history: History) throws -> ExitCode {
    let start = ContinuousClock.now
    let shrunk = try Consistency.shrink(history, breaking: level) {
      timeout.map { ContinuousClock.now - start > $0 } ?? false
    }
    guard let shrunk else {
      System.complain(
        "linnaeus: \(input): \(level.rawValue) is not surely broken, so there is nothing to"
          + " shrink\n")
      return .malformed
    }
    let small = shrunk.history
    let counts = "\(wording(small.operations.count, "operation")) of"
    let comment =
      "\(counts) \(grouped(history.operations.count)), not \(level.rawValue);"
      + (shrunk.isMinimal ? " without any read or answer of a write" : " perhaps not minimal")
      + (shrunk.isMinimal ? " it is not sure" : "")
    let told = small.named(
      model: "zookeeper", source: "linnaeus shrink \(input)", comment: comment)
    try System.write(HistoryWriter.write(told, as: .native), toFile: output)
    if !shrunk.isMinimal {
      System.complain("linnaeus: \(input): the result is perhaps not minimal\n")
    }
    return .success
  }

  private func shrink(
    _ input: CompiledInput
  ) throws(SystemError) -> ExitCode {
    let (history, compiled) = (input.history, input.compiled)
    var options = CheckOptions()
    options.parallelism = threads
    options.budget = SearchBudget(timeout: timeout)
    let result = checkLinearizability(compiled, options: options)
    guard let index = result.smallestViolation(in: compiled) else {
      let isUnknown = result.verdict == .unknown
      System.complain(
        "linnaeus: \(self.input): " + (isUnknown ? "not decided in time" : "linearizable")
          + ", so there is nothing to shrink\n")
      return isUnknown ? .unknown : .malformed
    }
    let shrunk = Linearizability.shrink(
      compiled.partitions[index], model: compiled.model,
      violatedBy: result.partitions[index].violatedBy,
      holdsBefore: result.partitions[index].holdsBefore, budget: options.budget)
    var small = history.subhistory(
      shrunk.entries.filter { Int($0.source) < input.recordedOperations },
      model: compiled.model.name,
      source: "linnaeus shrink \(self.input)",
      comment: comment(shrunk, of: history))
    // Elsewhere on the tree what was left out is missing, and of the reads all that count are left.
    if compiled.model.name == .znode {
      small.header.append(
        .init(
          .string("parameters"),
          .map([
            .init(.string("paths"), .list([history.values[shrunk.key]])),
            .init(.string("reads"), .string("all")),
          ])))
    }
    try System.write(HistoryWriter.write(small, as: .native), toFile: output)
    if !shrunk.isMinimal {
      System.complain("linnaeus: \(self.input): time is up, the result is perhaps not minimal\n")
    }
    return .success
  }

  private func comment(_ shrunk: ShrunkPartition, of history: History) -> String {
    let counts =
      "\(wording(shrunk.entries.count, "operation")) of \(grouped(history.operations.count))"
    return shrunk.isMinimal
      ? "\(counts), not linearizable; any further relaxation makes it so"
      : "\(counts), not linearizable; perhaps not minimal"
  }
}

extension CheckResult {
  /// The violated partition with the fewest operations, the easiest to explain and to shrink.
  func smallestViolation(in compiled: CompiledHistory) -> Int? {
    partitions.indices.filter { partitions[$0].verdict == .violated }
      .min { compiled.partitions[$0].entries.count < compiled.partitions[$1].entries.count }
  }
}

extension History {
  /// The operations of these entries; those that became indeterminate lose their completion.
  func subhistory(
    _ entries: [Entry], model: ModelName, source: String, comment: String
  ) -> History {
    var small = self
    small.format = .native
    small.annotations = []
    small.operations = entries.map { entry in
      var operation = operations[Int(entry.source)]
      if entry.isIndeterminate { operation.loseAnswer() }
      return operation
    }
    return small.named(model: model.rawValue, source: source, comment: comment)
  }

  /// The same with a header that tells what it is and where it comes from.
  func named(model: String, source: String, comment: String) -> History {
    var small = self
    var fields: [Value.Field] = [
      .init(.string("linnaeus"), .integer(1)),
      .init(.string("model"), .string(model)),
    ]
    let replaced: [Value] = ["linnaeus", "model", "source", "comment"].map { .string($0) }
    fields += header.filter { !replaced.contains($0.name) }
    fields.append(.init(.string("source"), .string(source)))
    fields.append(.init(.string("comment"), .string(comment)))
    small.header = fields
    return small
  }
}
