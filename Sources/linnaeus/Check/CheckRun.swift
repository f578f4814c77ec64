import Linearizability
import LinnaeusBase
import Report

/// The check of all files: some threads that take one after another, and one that watches.
///
/// The watching thread waits for signals, shows progress, and gives up a file whose limits have
/// passed even if the thread at work on it does not notice (a slow disk, a pipe that says nothing,
/// a huge file that is still being read).
final class CheckRun: Sendable {
  private let verb: CheckVerb
  private let inputs: [InputFile]
  private let printer: ReportPrinter
  private let proofs: Proofs
  private let work = Work()
  private let fileDone = Semaphore()
  private let start = ContinuousClock.now

  /// How long a search may take to notice that it should stop.
  private static let grace = Duration.milliseconds(750)

  init(_ verb: CheckVerb, inputs: [InputFile], printer: ReportPrinter, proofs: Proofs) {
    self.verb = verb
    self.inputs = inputs
    self.printer = printer
    self.proofs = proofs
  }

  /// Checks everything; returns when the last file is delivered to the printer.
  func run() {
    System.holdBackSignals()
    let watches = System.startThread { self.watch() }
    // What one file needs is known only if no other is being checked.
    let workers = verb.memoryLimit == nil ? min(verb.threads, inputs.count) : 1
    var started = 0
    for _ in 0..<workers where watches && System.startThread({ self.checkFiles() }) { started += 1 }
    // Where the system has no thread left this one does the work.
    if started == 0 { checkFiles() }
    for _ in inputs { fileDone.wait() }
  }

  private func checkFiles() {
    while true {
      // The next file shall not pay for the last one.
      if verb.memoryLimit != nil { Disposal.finish() }
      guard let index = work.begin(of: inputs.count) else { return }
      let outcome =
        work.isCancelled
        ? gaveUp(index, .cancelled, start: .now)
        : FileCheck(
          verb, inputs[index], index, proofs: proofs, work: work,
          threads: threads(for: index), isBrief: inputs.count > 1 && verb.format == .text
        ).run()
      guard deliver(outcome, index) else { return }
    }
  }

  /// Small files share the threads one file each; a large one may have them all.
  private func threads(for index: Int) -> Int {
    let isSmall = inputs.count > 1 && System.size(of: inputs[index].path) < 65_536
    return isSmall ? 1 : verb.threads
  }

  /// Hands over the outcome; false if the file was given up before, by the watching thread.
  private func deliver(_ outcome: FileOutcome, _ index: Int) -> Bool {
    guard work.end(index) else { return false }
    printer.deliver(outcome, at: index)
    fileDone.signal()
    return true
  }

  // MARK: Watching

  private func watch() {
    let hasLimits = verb.timeout != nil || verb.memoryLimit != nil
    var tick: Int? = printer.showsProgress ? 100 : hasLimits ? 50 : nil
    if verb.memoryLimit != nil { tick = 10 }
    var interrupted: ContinuousClock.Instant?
    var lastProgress = ContinuousClock.now
    while true {
      if let signal = System.nextSignal(withinMilliseconds: tick) {
        if interrupted != nil { System.die(of: signal) }
        interrupted = .now
        work.cancel()
        tick = min(tick ?? 50, 50)
      }
      if let interrupted, .now - interrupted > Self.grace { giveUp(olderThan: .zero, .cancelled) }
      if let timeout = verb.timeout { giveUp(olderThan: timeout + Self.grace, .timeout) }
      if let limit = verb.memoryLimit { watchMemory(limit) }
      if printer.showsProgress, .now - lastProgress >= .milliseconds(100) {
        lastProgress = .now
        showProgress()
      }
    }
  }

  /// Delivers what is known of files that do not end, and puts a new thread to work for each.
  private func giveUp(olderThan age: Duration, _ limit: LimitReached) {
    for item in work.items(olderThan: age) {
      guard deliver(gaveUp(item.index, limit, start: item.start), item.index) else { continue }
      _ = System.startThread { self.checkFiles() }
    }
  }

  private func gaveUp(
    _ index: Int, _ limit: LimitReached, start: ContinuousClock.Instant
  ) -> FileOutcome {
    let answer = PartialAnswer(limit: limit)
    var report = FileReport(
      file: inputs[index].path, verdict: .unknown, reason: answer.sentence)
    report.partialAnswer = answer
    return FileOutcome(report, inputs[index], start: start)
  }

  /// Stops the search shortly before the limit, and the whole program where that does not help.
  private func watchMemory(_ limit: Int) {
    let items = work.items(olderThan: .zero)
    guard !items.isEmpty, let used = anonymousMemory(process: "self"), used > limit - limit / 10
    else { return }
    work.exhaustMemory()
    // A file that is being read takes memory that only the end of the process gives back.
    guard used > limit + limit / 16 else { return }
    let rest = work.close(of: inputs.count)
    for item in items {
      _ = deliver(gaveUp(item.index, .memory, start: item.start), item.index)
    }
    for index in rest {
      printer.deliver(gaveUp(index, .memory, start: .now), at: index)
    }
    System.end(printer.finish())
  }

  private func showProgress() {
    let (files, decided, partitions) = work.progress
    var line = ""
    if inputs.count > 1 { line += "\(grouped(files)) of \(wording(inputs.count, "file")), " }
    if partitions > 1 { line += "\(grouped(decided)) of \(wording(partitions, "key")), " }
    printer.showProgress(line + wording(seconds: secondsPassed(since: start)))
  }
}
