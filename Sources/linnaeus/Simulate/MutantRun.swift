import Dispatch
import Experiments
import LinnaeusBase
import OperationHistory
import Report
import Simulator
import Synchronization

/// `linnaeus simulate --mutants`: shows of each bug that somebody sees it.
struct MutantRun {
  /// What is done, and told in the order of the catalogue.
  private struct State {
    var next = 0
    var trials: [MutantTrial?] = Array(repeating: nil, count: Mutant.all.count)
    var told = 0
    var status = ExitCode.success
  }

  private let verb: SimulateVerb
  private let watch = CampaignWatch(total: UInt64(Mutant.all.count))

  init(_ verb: SimulateVerb) { self.verb = verb }

  func run() -> ExitCode {
    let start = ContinuousClock.now
    System.silenceTraps()
    let state = Mutex(State())
    if verb.format == .text {
      state.withLock { $0.status.combine(Output.print(Self.headline)) }
    }
    DispatchQueue.concurrentPerform(iterations: min(verb.jobs, Mutant.all.count)) { _ in
      while let index = begin(state) { finish(index, state) }
    }
    watch.finish()
    let (trials, told, end) = state.withLock { ($0.trials, $0.told, $0.status) }
    var status = end
    // Behind one that was interrupted.
    for trial in trials.dropFirst(told) { if let trial { status.combine(tell(trial)) } }
    if watch.isInterrupted { status.combine(.unknown) }
    if verb.format == .text {
      status.combine(
        Output.print(Self.summary(trials.compactMap { $0 }, secondsPassed(since: start))))
    }
    return status
  }

  private func begin(_ state: borrowing Mutex<State>) -> Int? {
    state.withLock { state in
      guard !watch.isInterrupted, state.next < Mutant.all.count else { return nil }
      defer { state.next += 1 }
      watch.show("\(Mutant.all[state.next].name), \(state.next + 1) of \(Mutant.all.count)")
      return state.next
    }
  }

  private func finish(_ index: Int, _ state: borrowing Mutex<State>) {
    do throws(SystemError) {
      let trial = try MutantTrial(Mutant.all[index], verb) { watch.isInterrupted }
      guard !trial.isInterrupted else { return }
      state.withLock { state in
        state.trials[index] = trial
        state.status.combine(status(trial))
        while state.told < state.trials.count, let due = state.trials[state.told] {
          state.told += 1
          watch.finish()
          state.status.combine(tell(due))
        }
      }
    } catch {
      System.complain("linnaeus: \(error)\n")
      state.withLock { $0.status.combine(.unreadable) }
    }
  }

  private func tell(_ trial: MutantTrial) -> ExitCode {
    Output.print(verb.format == .text ? text(trial) : Self.json(trial))
  }

  /// What only insiders see, no history shows.
  private func status(_ trial: MutantTrial) -> ExitCode {
    guard let caught = trial.caught else {
      return trial.mutant.property != nil || verb.looksAtHistoryAlone ? .success : .violated
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
    return "\(name)\(right(seeds, 7))\(right(operations, 12))\(right(time, 11))  \(what)\n"
  }

  private func text(_ trial: MutantTrial) -> String {
    let what: String
    if let caught = trial.caught {
      what = caught.promise + (caught.isCleanWithout ? "" : " (BUT ALSO WITHOUT IT)")
    } else if let property = trial.mutant.property {
      what = "only a bound of the user's shows it (\(property))"
    } else {
      what = verb.looksAtHistoryAlone ? "no client saw it" : "NOT CAUGHT"
    }
    let seed = trial.caught.map { String($0.seed) } ?? "none"
    return Self.row(
      trial.mutant.name, seed, grouped(trial.operations), wording(seconds: trial.seconds), what)
      + "  \(trial.mutant.summary)\n"
  }

  private static func summary(_ trials: [MutantTrial], _ seconds: Double) -> String {
    let caught = trials.count { $0.caught != nil }
    let listed = trials.count { $0.caught == nil && $0.mutant.property != nil }
    return "\(wording(trials.count, "mutant")): \(caught) caught, \(listed) left to a bound, "
      + "\(trials.count - caught - listed) not caught (\(wording(seconds: seconds)))\n"
  }

  // MARK: JSON

  private static func json(_ trial: MutantTrial) -> String {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    add("mutant", .string(trial.mutant.name))
    add("summary", .string(trial.mutant.summary))
    add("promise", trial.caught.map { .string($0.promise) } ?? .null)
    add("property", trial.mutant.property.map { .string($0) } ?? .null)
    add("seed", trial.caught.map { .integer(Int64(clamping: $0.seed)) } ?? .null)
    add("seeds", .integer(Int64(trial.seeds)))
    add("operations", .integer(Int64(trial.operations)))
    if let caught = trial.caught {
      add("clean_without", .boolean(caught.isCleanWithout))
    }
    add("seconds", .decimal((trial.seconds * 1e6).rounded() / 1e6))
    return SimulationText.line(fields)
  }
}
