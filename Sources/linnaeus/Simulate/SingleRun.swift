import Experiments
import LinnaeusBase
import Simulator

/// One seed of `linnaeus simulate`.
struct SingleRun {
  private let verb: SimulateVerb
  private var plan: RunPlan

  init(_ verb: SimulateVerb) {
    self.verb = verb
    plan = verb.plan(verb.seeds.lowerBound, verb.mutant)
  }

  func run() -> ExitCode {
    do throws(FileFailure) {
      return try planned().runPlanned()
    } catch {
      return error.complain()
    }
  }

  /// With what the schedule's file says.
  private func planned() throws(FileFailure) -> SingleRun {
    guard let path = verb.schedulePath else { return self }
    var planned = self
    do {
      let bytes = try InputBytes(path: path)
      let text = bytes.withBytes { String(decoding: $0, as: UTF8.self) }
      planned.plan.schedule = try RunSchedule(text: text, elseAs: RunSchedule(plan.options))
    } catch let error as SystemError {
      throw FileFailure(error)
    } catch {
      throw FileFailure(message: "\(path):\(error)", status: .malformed)
    }
    return planned
  }

  private func runPlanned() throws(FileFailure) -> ExitCode {
    let options = plan.options
    if verb.printsOptions {
      return Output.print(
        options.lines.joined(separator: "\n") + "\n\n" + RunSchedule(options).text)
    }
    var history: [UInt8] = []
    var outcome = plan.run { history = $0 }
    if verb.runsTwice { outcome.isRepeatable = outcome == plan.run() }
    var status = Verdict(outcome).status
    if let path = verb.historyPath { try write(history, to: path) }
    if let path = verb.tracePath {
      try write(plan.log().map { "\($0)\n" }.joined().utf8, to: path)
    }
    if verb.format == .text {
      var text = SimulationText.line(outcome, options: options)
      text += SimulationText.findings(outcome)
      text += "trace \(SimulationText.trace(outcome.traceHash))\n\n"
      status.combine(
        Output.print(text + SimulationText.table(outcome.counters, outcome.judged)))
    }
    guard outcome.isRepeatable else { return Verdict.complain(unrepeatable: outcome) }
    var command: String?
    if !outcome.isClean {
      let failure = FailingRun(plan, outcome, verb)
      command = try failure.tell(isMinimised: plan.schedule != nil)
    }
    if verb.format == .json {
      status.combine(Output.print(SimulationText.json(outcome, command: command)))
    }
    return status
  }

  private func write(_ bytes: some Sequence<UInt8>, to path: String) throws(FileFailure) {
    do {
      try System.write(Array(bytes), toFile: path)
    } catch {
      throw FileFailure(error)
    }
  }
}

/// What outcomes mean for the exit code.
enum Verdict {
  case clean, void, violated, unrepeatable

  init(_ outcome: RunOutcome) {
    self =
      !outcome.isRepeatable
      ? .unrepeatable : !outcome.isClean ? .violated : outcome.isVoid ? .void : .clean
  }

  var status: ExitCode {
    switch self {
    case .clean: .success
    case .void: .unknown
    case .violated: .violated
    case .unrepeatable: .software
    }
  }

  /// Says that a seed did not repeat.
  static func complain(unrepeatable outcome: RunOutcome) -> ExitCode {
    System.complain("linnaeus: seed \(outcome.seed) was another run when it was run again\n")
    return .software
  }
}
