import Consistency
import LinnaeusBase
import Linearizability
import OperationHistory
import Report

/// The check of one file, from its bytes to its report.
struct FileCheck {
  let verb: CheckVerb
  let input: InputFile
  let index: Int
  let proofs: Proofs
  /// Where budgets are put so that they can be cancelled from outside.
  let work: Work
  /// How many threads may work on this file.
  let threads: Int
  /// Whether of a violation only a sentence is told.
  let isBrief: Bool

  private let start = ContinuousClock.now

  init(
    _ verb: CheckVerb, _ input: InputFile, _ index: Int, proofs: Proofs, work: Work,
    threads: Int, isBrief: Bool
  ) {
    self.verb = verb
    self.input = input
    self.index = index
    self.proofs = proofs
    self.work = work
    self.threads = threads
    self.isBrief = isBrief
  }

  func run() -> FileOutcome {
    if input.expectation == .missing {
      return outcome(FileReport(file: input.path, verdict: .malformed))
    }
    do {
      let bytes = try InputBytes(path: input.path)
      let history = try bytes.withBytes(verb.reading.history)
      let listed = input.isTransactional ? "rw-register" : input.model?.rawValue
      if !input.isZooKeeper,
        let found = verb.reading.transactionModel(history, listed: listed)
      {
        return judge(history, bytes, found.model, isInferred: found.isInferred)
      }
      guard verb.isolation.isEmpty else {
        return refused("of transactions only can a level of isolation be required")
      }
      if isZooKeepers(history) { return judge(history, bytes) }
      guard verb.requirements.allSatisfy({ $0 == .level(.linearizable) }) else {
        return refused(
          "of ZooKeeper's histories only can anything but linearizable be required (--model"
            + " zookeeper)")
      }
      let compiled = try CompiledInput(
        history, verb.reading, model: verb.reading.model ?? input.model,
        partitioned: verb.partitioned)
      return decide(bytes, compiled)
    } catch let error as SystemError {
      return failed(FileFailure(error))
    } catch let error as HistoryError {
      return outcome(FileReport(file: input.path, verdict: .malformed, reason: "\(error)"))
    } catch let error as ModelError {
      if case .ambiguous = error { return failed(FileFailure(error, file: input.path)) }
      return outcome(FileReport(file: input.path, verdict: .malformed, reason: "\(error)"))
    } catch {
      return failed(FileFailure(unexpected: error, file: input.path))
    }
  }

  private func isZooKeepers(_ history: History) -> Bool {
    if verb.reading.model != nil { return false }
    if input.model != nil { return verb.reading.isZooKeeper }
    return input.isZooKeeper || verb.reading.judgesAsZooKeeper(history)
  }

  /// Decides ZooKeeper's guarantees.
  private func judge(_ history: History, _ bytes: InputBytes) -> FileOutcome {
    do {
      let judged = try ConsistencyReport(
        history, pinning: verb.pinning, staleness: verb.staleness)
      var requirements = verb.requirements
      if requirements.isEmpty { requirements = [.level(.zookeeper)] }
      if let requirement = input.requirement { requirements = [requirement] }
      let staleness = isBrief || verb.format == .json ? nil : try judged.staleness().summary()
      let tellsCycles = !isBrief || proofs.graphs != nil
      var report = FileReport(
        file: input.path, report: judged, requirements: requirements, staleness: staleness,
        cycles: tellsCycles ? judged.cycles() : [])
      let certificate = certificate(judged, requirements, bytes)
      if proofs.certificates != nil, certificate == nil {
        report.furtherNotes.append("there is no certificate: \(reason(judged, requirements))")
      }
      if verb.shrinks {
        report.furtherNotes.append("there is no shrinking for the model zookeeper yet")
      }
      return outcome(report, certificate: certificate?.write())
    } catch {
      return outcome(FileReport(file: input.path, verdict: .malformed, reason: "\(error)"))
    }
  }

  /// The proof for the first level among what is asked for that is broken, or else is kept.
  private func certificate(
    _ report: ConsistencyReport, _ requirements: [Requirement], _ bytes: InputBytes
  ) -> ConsistencyCertificate? {
    guard proofs.certificates != nil, let level = level(report, requirements) else { return nil }
    let digest = bytes.withBytes(SHA256.hex)
    guard let certificate = report.certificate(of: level, digest: digest) else { return nil }
    // What cannot be verified is no proof.
    if case .invalid = verify(certificate, history: report.columns.history, digest: digest) {
      return nil
    }
    return certificate
  }

  private func level(_ report: ConsistencyReport, _ requirements: [Requirement]) -> Level? {
    let levels = requirements.compactMap { requirement in
      if case .level(let level) = requirement { level } else { nil }
    }
    return levels.first { report.keeps($0) == false } ?? levels.first
  }

  private func reason(_ report: ConsistencyReport, _ requirements: [Requirement]) -> String {
    guard let level = level(report, requirements) else { return "none is for single properties" }
    switch report.keeps(level) {
    case nil: return "it is not known whether \(level.rawValue) holds"
    case true?: return "the order would need what no request of the file did"
    case false?: return "what breaks \(level.rawValue) is no cycle, but an answer by itself"
    }
  }

  private func decide(
    _ bytes: InputBytes, _ input: CompiledInput
  ) -> FileOutcome {
    let (history, compiled) = (input.history, input.compiled)
    var options = CheckOptions()
    options.parallelism = threads
    options.budget = budget()
    options.progress = { [work] decided, count in work.note(decided: decided, of: count) }
    let result = checkLinearizability(compiled, options: options)
    let violated = result.smallestViolation(in: compiled)
    var explanation: Explanation?
    var shrunk: ShrunkPartition?
    if let violated {
      let partition = compiled.partitions[violated]
      let found = result.partitions[violated]
      if verb.shrinks || proofs.certificates != nil {
        shrunk = shrink(
          partition, model: compiled.model, violatedBy: found.violatedBy,
          holdsBefore: found.holdsBefore, budget: budget())
      }
      // A corpus that is as expected tells no stories.
      if self.input.expectation != .verdict(.violated) {
        explanation = explain(
          partition, found, compiled: compiled, history: history, shrunk: shrunk,
          isBrief: isBrief, budget: budget(atMost: 5))
      }
    }
    var report = FileReport(
      file: self.input.path, history: history, compiled: compiled, result: result,
      explained: violated,
      explanation: explanation, shrunk: verb.shrinks ? shrunk : nil)
    report.operations = input.recordedOperations
    report.furtherNotes = input.notes
    var outcome = outcome(report)
    guard let certificates = proofs.certificates,
      let certificate = Certificate(
        result: result, compiled: compiled, history: history,
        digest: bytes.withBytes(SHA256.hex), shrunk: shrunk)
    else { return outcome }
    write(certificate.write(), to: certificates, &outcome)
    return outcome
  }

  /// What is reported, with its certificate and its drawing written where they are wanted.
  func outcome(_ report: FileReport, certificate: [UInt8]?) -> FileOutcome {
    var outcome = outcome(report)
    if let certificates = proofs.certificates, let certificate {
      write(certificate, to: certificates, &outcome)
    }
    if let graphs = proofs.graphs {
      write(Array(GraphvizReport().render(report).utf8), to: graphs, &outcome)
    }
    return outcome
  }

  func write(_ proof: [UInt8], to folder: ProofFolder, _ outcome: inout FileOutcome) {
    do {
      try folder.write(proof, for: index)
    } catch {
      outcome.failure = "\(error)"
      outcome.status.combine(.unreadable)
    }
  }

  /// What is left of the file's time and of the process's memory.
  private func budget(atMost seconds: Int? = nil) -> SearchBudget {
    var rest = verb.timeout.map { $0 - (ContinuousClock.now - start) }
    if let seconds { rest = min(rest ?? .seconds(seconds), .seconds(seconds)) }
    let memory = verb.memoryLimit.map { max(0, $0 - (anonymousMemory(process: "self") ?? 0)) }
    let budget = SearchBudget(timeout: rest, memoryLimit: memory ?? .max)
    work.enter(budget, index: index)
    return budget
  }

  func outcome(_ report: FileReport) -> FileOutcome {
    FileOutcome(report, input, start: start)
  }

  func failed(_ failure: FileFailure) -> FileOutcome {
    var outcome = outcome(
      FileReport(file: input.path, verdict: .malformed, reason: failure.message))
    outcome.status = failure.status
    outcome.failure = failure.message
    outcome.hasVerdict = false
    return outcome
  }
}

extension FileOutcome {
  /// The outcome that follows from a report, compared with what a corpus expects.
  init(_ report: FileReport, _ input: InputFile, start: ContinuousClock.Instant) {
    var report = report
    report.seconds = secondsPassed(since: start)
    report.expectation = input.expectation
    if case .undecidable(let guarantee) = input.expectation { report.guarantee = guarantee }
    self.report = report
    if input.expectation != .none {
      status = report.isDifference ? .violated : .success
    } else {
      switch report.verdict {
      case .holds: status = .success
      case .violated: status = .violated
      case .unknown: status = .unknown
      case .malformed: status = .malformed
      }
    }
  }
}
