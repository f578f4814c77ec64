import Linearizability
import OperationHistory

extension FileReport {
  /// Tells what a check found.
  ///
  /// `explanation` and `shrunk` are of the violated partition of that number, `explained`.
  public init(
    file: String, history: History, compiled: CompiledHistory, result: CheckResult,
    explained: Int? = nil, explanation: Explanation? = nil, shrunk: ShrunkPartition? = nil
  ) {
    let verdict: ReportedVerdict =
      switch result.verdict {
      case .holds: .holds
      case .violated: .violated
      case .unknown: .unknown
      }
    self.init(file: file, verdict: verdict)
    model = compiled.model.name.rawValue
    operations = history.operations.count
    isModelInferred = compiled.isInferred && !history.operations.isEmpty
    failedCasDropped = compiled.failedCasDropped
    if history.failedCas != History(format: history.format).failedCas {
      failedCas = history.failedCas
    }
    let lookUp = OperationLookup(history: history, model: compiled.model)
    switch result.verdict {
    case .holds: break
    case .violated:
      let index = explained ?? result.partitions.firstIndex { $0.verdict == .violated }
      guard let index else { break }
      var violation = Violation(
        lookUp, compiled.partitions[index], result.partitions[index], explanation, shrunk)
      violation.partitions = compiled.partitions.count
      violation.violatedPartitions = result.partitions.count { $0.verdict == .violated }
      reason = violation.summary
      self.violation = violation
    case .unknown:
      let answer = PartialAnswer(lookUp, compiled, result)
      reason = answer.sentence
      partialAnswer = answer
    }
  }
}

/// Finds what a report says of the operations of one history.
struct OperationLookup {
  let history: History
  let model: BuiltInModel

  func callAsFunction(_ entry: Entry) -> ReportedOperation {
    let operation = history.operations[Int(entry.source)]
    return ReportedOperation(
      id: operation.id, process: operation.process, line: operation.invocationLine,
      text: describe(entry.operation, model: model), invocation: entry.invocation,
      completion: entry.completion)
  }

  /// The operation of that index in the history, as the partition sees it.
  func callAsFunction(source: Int32, in partition: Partition) -> ReportedOperation? {
    partition.entries.first { $0.source == source }.map { self($0) }
  }

  func keyText(_ key: ValueID) -> String? {
    guard key != .absent else { return nil }
    var bytes: [UInt8] = []
    appendJSON(history.values[key], to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Violation {
  init(
    _ lookUp: OperationLookup, _ partition: Partition, _ result: PartitionResult,
    _ explanation: Explanation?, _ shrunk: ShrunkPartition?
  ) {
    self.init()
    key = lookUp.keyText(partition.key)
    if let explanation {
      operation = lookUp(source: explanation.operation, in: partition)
      summary = explanation.summary
      states = explanation.states
      candidates = explanation.candidates.compactMap { candidate in
        lookUp(source: candidate.operation, in: partition).map {
          Candidate(operation: $0, reason: candidate.reason)
        }
      }
    } else {
      summary = "no order of the operations explains all results"
    }
    if let shrunk, !shrunk.entries.isEmpty {
      subhistory = Subhistory(
        operations: shrunk.entries.map { lookUp($0) }, isMinimal: shrunk.isMinimal)
    }
  }
}

extension PartialAnswer {
  init(_ lookUp: OperationLookup, _ compiled: CompiledHistory, _ result: CheckResult) {
    let undecided = result.partitions.indices.filter { result.partitions[$0].verdict == .unknown }
    // Of several, the one with something to tell.
    let told = undecided.first { result.partitions[$0].progress != nil } ?? undecided.first
    guard let told else {
      self.init(limit: .cancelled)
      return
    }
    let partition = compiled.partitions[told]
    self.init(limit: result.partitions[told].limit ?? .timeout)
    key = lookUp.keyText(partition.key)
    undecidedPartitions = undecided.count
    partitions = compiled.partitions.count
    completedOperations = partition.entries.count { !$0.isIndeterminate }
    guard let progress = result.partitions[told].progress else { return }
    var window: ClosedRange<Int32>?
    func widen(_ place: Int32, line: Int32) {
      guard progress.hardestWindow.contains(place), line > 0 else { return }
      window = window.map { min($0.lowerBound, line)...max($0.upperBound, line) } ?? line...line
    }
    for entry in partition.entries {
      let operation = lookUp.history.operations[Int(entry.source)]
      widen(entry.invocation, line: operation.invocationLine)
      guard !entry.isIndeterminate else { continue }
      widen(entry.completion, line: operation.completionLine)
      if entry.completion < progress.verifiedUpTo {
        verifiedOperations += 1
        verifiedUpToLine = max(verifiedUpToLine, operation.completionLine)
      }
    }
    hardestWindow = window
    obstacles = progress.obstacles.compactMap { index in
      partition.entries.indices.contains(Int(index)) ? lookUp(partition.entries[Int(index)]) : nil
    }
  }

  /// The limit in words, with what was verified before it.
  public var sentence: String {
    let why =
      switch limit {
      case .timeout: "the time limit was reached"
      case .memory: "the memory limit was reached"
      case .cancelled: "the check was interrupted"
      }
    var text = why
    if partitions > 1 {
      text += " with \(undecidedPartitions) of \(partitions) keys undecided"
    }
    if completedOperations > 0 {
      text += "; the first \(verifiedOperations) of \(completedOperations) completed operations"
      if let key { text += " of key \(key)" }
      text += " are linearizable"
    }
    return text
  }
}
