import Experiments
import LinnaeusBase
import OperationHistory
import Report
import Simulator

/// `linnaeus simulate --mutants`: shows of each bug that somebody sees it.
struct MutantRun {
  private let verb: SimulateVerb

  init(_ verb: SimulateVerb) { self.verb = verb }

  func run() -> ExitCode {
    let watch = CampaignWatch(total: UInt64(Mutant.all.count))
    var status = ExitCode.success
    if verb.format == .text { status.combine(Output.print(Self.headline)) }
    for (index, mutant) in Mutant.all.enumerated() where !watch.isInterrupted {
      watch.show("\(mutant.name), \(index + 1) of \(Mutant.all.count)")
      let seeds = verb.seeds
      let trial = MutantTrial(mutant, within: verb.frame, seeds: seeds, jobs: verb.jobs)
      watch.finish()
      status.combine(Self.status(trial))
      let line = verb.format == .text ? Self.text(trial) : Self.json(trial)
      status.combine(Output.print(line))
    }
    if watch.isInterrupted { status.combine(.unknown) }
    return status
  }

  private static func status(_ trial: MutantTrial) -> ExitCode {
    guard let caught = trial.caught else {
      return trial.mutant.property == nil ? .violated : .success
    }
    return caught.isCleanWithout ? .success : .violated
  }

  // MARK: Text

  private static let headline =
    row("mutant", "seed", "operations", "time", "caught by")

  private static func row(
    _ name: String, _ seeds: String, _ operations: String, _ time: String, _ what: String
  ) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let name = name + String(repeating: " ", count: max(0, 26 - name.count))
    return "\(name)\(right(seeds, 7))\(right(operations, 12))\(right(time, 9))  \(what)\n"
  }

  private static func text(_ trial: MutantTrial) -> String {
    let what: String
    if let caught = trial.caught {
      what = caught.finding.promise + (caught.isCleanWithout ? "" : " (but also without it)")
    } else if let property = trial.mutant.property {
      what = "only a history shows it (\(property))"
    } else {
      what = "NOT CAUGHT"
    }
    return row(
      trial.mutant.name, grouped(trial.seeds), grouped(trial.operations),
      wording(seconds: Self.seconds(trial)), what) + "  \(trial.mutant.summary)\n"
  }

  private static func seconds(_ trial: MutantTrial) -> Double {
    let parts = trial.duration.components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }

  // MARK: JSON

  private static func json(_ trial: MutantTrial) -> String {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    add("mutant", .string(trial.mutant.name))
    add("summary", .string(trial.mutant.summary))
    add("promise", trial.caught.map { .string($0.finding.promise) } ?? .null)
    add("property", trial.mutant.property.map { .string($0) } ?? .null)
    add("seed", trial.caught.map { .integer(Int64(clamping: $0.seed)) } ?? .null)
    add("seeds", .integer(Int64(trial.seeds)))
    add("operations", .integer(Int64(trial.operations)))
    if let caught = trial.caught {
      add("clean_without", .boolean(caught.isCleanWithout))
    }
    add("seconds", .decimal((seconds(trial) * 1e6).rounded() / 1e6))
    return SimulationText.line(fields)
  }
}
