import Glibc
import LinnaeusBase
import Report
import Synchronization

/// What became of one file.
struct FileOutcome: Sendable {
  /// What is to be said of it.
  var report: FileReport
  /// The file's part in the exit code.
  var status: ExitCode
  /// What went wrong besides, or instead if `hasVerdict` is false.
  var failure: String?
  /// Whether the file was read and fits its model.
  var hasVerdict = true
}

/// Prints the files' reports in the order of the files, whatever the order in which they come.
final class ReportPrinter: Sendable {
  private struct State {
    var waiting: [Int: FileOutcome] = [:]
    var next = 0
    var totals = Totals()
    var junit = JUnitReport()
    var status = ExitCode.success
    var isOutputLost = false
    var progressWidth = 0
  }

  private let format: CheckVerb.Format
  private let text: TextReport
  private let descriptor: Int32
  private let path: String
  private let state: Mutex<State>
  private let start = ContinuousClock.now
  /// Whether progress is shown: only on a terminal.
  let showsProgress: Bool

  /// Opens the output.
  init(format: CheckVerb.Format, output: String, fileCount: Int) throws(SystemError) {
    self.format = format
    path = output
    descriptor = output == "-" ? STDOUT_FILENO : try System.create(output)
    let inColour = System.isTerminal(descriptor) && !System.isSet("NO_COLOR")
    var text = TextReport(inColour: inColour)
    text.isBrief = fileCount > 1
    self.text = text
    showsProgress = System.isTerminal(STDERR_FILENO)
    state = Mutex(State())
  }

  /// Says what the operands stand for.
  func begin(_ inputs: InputList) {
    state.withLock { state in
      for corpus in inputs.corpora {
        let line = text.corpusLine(list: corpus.list, files: corpus.count)
        if format == .text {
          write(line, &state)
        } else {
          System.complain("linnaeus: \(line)")
        }
      }
      for note in inputs.notes { System.complain("linnaeus: \(note)\n") }
      for failure in inputs.failures { state.status.combine(failure.complain()) }
    }
  }

  /// Takes a file's outcome and prints all that are next in order.
  func deliver(_ outcome: FileOutcome, at index: Int) {
    state.withLock { state in
      state.waiting[index] = outcome
      while let next = state.waiting.removeValue(forKey: state.next) {
        print(next, &state)
        state.next += 1
      }
    }
  }

  private func print(_ outcome: FileOutcome, _ state: inout State) {
    clearProgress(&state)
    state.status.combine(outcome.status)
    if let failure = outcome.failure { System.complain("linnaeus: \(failure)\n") }
    if outcome.hasVerdict {
      state.totals.add(outcome.report)
    } else {
      state.totals.addUnreadable()
    }
    switch format {
    case .text:
      if outcome.hasVerdict { write(text.render(outcome.report), &state) }
    case .json: write(JSONReport().render(outcome.report), &state)
    case .junit:
      if outcome.hasVerdict {
        state.junit.add(outcome.report)
      } else {
        state.junit.addUnreadable(
          file: outcome.report.file, reason: outcome.report.reason ?? "unreadable")
      }
    }
  }

  /// Prints what is said of all files together, and tells the exit code.
  func finish() -> ExitCode {
    state.withLock { state in
      clearProgress(&state)
      state.totals.seconds = secondsPassed(since: start)
      switch format {
      case .text: write(text.summary(state.totals), &state)
      case .json: break
      case .junit: write(state.junit.render(seconds: state.totals.seconds), &state)
      }
      return state.status
    }
  }

  /// Rewrites the line of progress.
  func showProgress(_ line: String) {
    state.withLock { state in
      clearProgress(&state)
      System.complain(line)
      state.progressWidth = line.count
    }
  }

  private func clearProgress(_ state: inout State) {
    guard state.progressWidth > 0 else { return }
    System.complain("\r" + String(repeating: " ", count: state.progressWidth) + "\r")
    state.progressWidth = 0
  }

  private func write(_ text: String, _ state: inout State) {
    write(Array(text.utf8), &state)
  }

  private func write(_ bytes: [UInt8], _ state: inout State) {
    // Once the output is gone, files are still decided: the exit code stays true.
    guard !state.isOutputLost, !bytes.isEmpty else { return }
    guard let failure = bytes.withUnsafeBytes({ System.write($0, to: descriptor) }) else { return }
    state.isOutputLost = true
    state.status.combine(Output.lost(SystemError(errno: failure, call: "write", path: path)))
  }
}

/// Wall-clock time since an instant.
func secondsPassed(since start: ContinuousClock.Instant) -> Double {
  let passed = (ContinuousClock.now - start).components
  return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
}
