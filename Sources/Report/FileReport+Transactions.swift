import Consistency
import OperationHistory

extension FileReport {
  /// Tells which levels of isolation a history's transactions keep.
  ///
  /// - Parameters:
  ///   - file: the file's name.
  ///   - report: what was found.
  ///   - levels: what was asked for.
  ///   - exampleLimit: how many cases of an anomaly are told in sentences.
  public init(
    file: String, report: TransactionReport, levels: [IsolationLevel], exampleLimit: Int = 3
  ) {
    let anomalies = report.anomalies.map { anomaly in
      (anomaly, ConsistencySummary.BrokenProperty(anomaly, report, exampleLimit))
    }
    let guarantees = levels.map { level in
      let broken = anomalies.filter { level.forbids($0.0) }.map(\.1)
      return ConsistencySummary.Guarantee(
        name: level.rawValue, verdict: broken.isEmpty ? .holds : .violated, broken: broken)
    }
    let broken = guarantees.first { $0.verdict == .violated }
    self.init(file: file, verdict: broken == nil ? .holds : .violated)
    model = report.transactions.model.rawValue
    operations = report.transactions.history.operations.count
    isModelInferred = report.isModelInferred
    guarantee = levels.map(\.rawValue).joined(separator: ",")
    let cycles = report.cycles.map { ReportedCycle($0, report) }
    reason = broken?.broken.first.map { first in
      let edges = cycles.first { $0.anomaly == first.name }?.edges.map(\.sentence)
      let told = first.examples.first ?? edges?.joined(separator: " ") ?? first.sentence
      return "\(first.name): \(told)"
    }
    func names(_ levels: [IsolationLevel]) -> String? {
      levels.isEmpty ? nil : levels.map(\.rawValue).joined(separator: " and ")
    }
    consistency = ConsistencySummary(
      strongest: names(report.strongest), weakestBroken: names(report.weakestBroken),
      guarantees: guarantees, broken: anomalies.map(\.1), cycles: cycles, pinned: [],
      explanations: [], unknownWrites: 0)
  }
}

extension ConsistencySummary.BrokenProperty {
  /// An anomaly has no number among ZooKeeper's properties.
  fileprivate init(
    _ anomaly: TransactionAnomaly, _ report: TransactionReport, _ exampleLimit: Int
  ) {
    // A cycle is told elsewhere, edge by edge.
    var told: (sentences: [String], operations: [Int64]) = ([], [])
    switch anomaly {
    case .direct(let direct): told = report.examples(of: direct, limit: exampleLimit)
    case .cycle:
      let cycle = report.cycles.first { $0.anomaly == anomaly }
      told.operations = cycle.map { report.operations(of: $0) } ?? []
    }
    self.init(
      number: "", name: anomaly.name, sentence: anomaly.sentence,
      source: "Adya, Generalized Isolation Level Definitions (2000); Elle (2020)",
      count: report.count(of: anomaly), isUncertain: false, examples: told.sentences,
      operations: told.operations, classes: [])
  }
}

extension ReportedCycle {
  /// What of a cycle of transactions a report tells.
  fileprivate init(_ cycle: TransactionCycle, _ report: TransactionReport) {
    let ids = report.operations(of: cycle)
    levels = IsolationLevel.weakestBroken(by: cycle.anomaly).map(\.rawValue)
    anomaly = cycle.anomaly.name
    shortest = cycle.shortness.rawValue
    vertices = zip(ids, cycle.cycle.steps).map { id, step in
      Vertex(id: id, text: report.words(for: step.from))
    }
    edges = cycle.cycle.steps.indices.map { index in
      let step = cycle.cycle.steps[index]
      let (from, to) = (ids[index], ids[(index + 1) % ids.count])
      let because = report.evidence(step)
      return Edge(
        from: from, to: to, kind: step.kind.name, because: because.operation,
        field: because.field,
        sentence: report.sentence(step))
    }
  }
}
