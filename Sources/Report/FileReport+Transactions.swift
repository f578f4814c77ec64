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
    reason = broken?.broken.first.map { "\($0.name): " + ($0.examples.first ?? $0.sentence) }
    func names(_ levels: [IsolationLevel]) -> String? {
      levels.isEmpty ? nil : levels.map(\.rawValue).joined(separator: " and ")
    }
    consistency = ConsistencySummary(
      strongest: names(report.strongest), weakestBroken: names(report.weakestBroken),
      guarantees: guarantees, broken: anomalies.map(\.1), pinned: [], explanations: [],
      unknownWrites: 0)
  }
}

extension ConsistencySummary.BrokenProperty {
  /// An anomaly has no number among ZooKeeper's properties.
  fileprivate init(
    _ anomaly: TransactionAnomaly, _ report: TransactionReport, _ exampleLimit: Int
  ) {
    let told = report.examples(of: anomaly, limit: exampleLimit)
    self.init(
      number: "", name: anomaly.name, sentence: anomaly.sentence,
      source: "Adya, Generalized Isolation Level Definitions (2000); Elle (2020)",
      count: report.count(of: anomaly), isUncertain: false, examples: told.sentences,
      operations: told.operations, classes: [])
  }
}
