import Experiments
import LinnaeusBase
import Report
import Simulator

/// A run that breaks a promise: made smaller, written down, and told with the command that repeats it.
struct FailingRun {
  private let plan: RunPlan
  private let outcome: RunOutcome
  private let verb: SimulateVerb

  init(_ plan: RunPlan, _ outcome: RunOutcome, _ verb: SimulateVerb) {
    self.plan = plan
    self.outcome = outcome
    self.verb = verb
  }

  /// Tells it.
  ///
  /// - Parameters:
  ///   - isMinimised: Whether it was made smaller before.
  ///   - isInterrupted: Whether somebody wants to have it as small as it is by now.
  /// - Returns: The command that repeats it.
  /// - Throws: If its files cannot be written.
  func tell(
    isMinimised: Bool = false, isInterrupted: @escaping () -> Bool = { false }
  ) throws(FileFailure) -> String {
    var smaller = plan
    var text = ""
    if let budget = verb.minimising, !isMinimised, let promise = outcome.findings.first?.promise {
      var minimiser = Minimiser(
        plan, breaking: promise, within: budget, isInterrupted: isInterrupted)
      smaller = minimiser.minimise()
      text += "minimised in \(wording(minimiser.tries, "run"))"
      if minimiser.isCutShort {
        text += isInterrupted() ? ", until it was interrupted" : ", until time was up"
      }
    } else {
      text += "not minimised"
    }
    let schedule = smaller.schedule ?? RunSchedule(smaller.options)
    text += ": \(wording(schedule.servers, "server")), \(wording(schedule.clients, "client"))"
    text += ", \(wording(schedule.operations, "operation"))"
    text += ", \(wording(schedule.faults.count, "fault"))\n"
    for fault in schedule.faults { text += "  \(schedule.line(of: fault))\n" }
    var command = "linnaeus simulate --seed \(plan.seed)"
    for word in verb.fixed { command += " \(word)" }
    if let path = verb.schedulePath {
      command += " --schedule \(path)"
    } else {
      command += " --schedule \(try write(schedule.text.utf8, as: "schedule"))"
    }
    if verb.historyPath == nil, !isMinimised {
      smaller.schedule = schedule
      var history: [UInt8] = []
      _ = smaller.run { history = $0 }
      text += "history: \(try write(history, as: "jsonl"))\n"
    }
    text += "again: \(command)\n"
    switch verb.format {
    case .text: _ = Output.print("\n" + text)
    case .json: break
    }
    return command
  }

  private func write(
    _ bytes: some Sequence<UInt8>, as suffix: String
  ) throws(FileFailure) -> String {
    let name = "seed-\(plan.seed).\(suffix)"
    let path = verb.folder == "." ? name : "\(verb.folder)/\(name)"
    do {
      try System.makeFolder(verb.folder)
      try System.write(Array(bytes), toFile: path)
    } catch {
      throw FileFailure(error)
    }
    return path
  }
}
