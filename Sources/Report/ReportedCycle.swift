import Consistency
import OperationHistory

/// Operations of which each must come before the next, and the last before the first, in words.
public struct ReportedCycle: Sendable {
  /// One of the operations.
  public struct Vertex: Hashable, Sendable {
    /// Its `op`.
    public var id: Int64
    /// What it is: call, session, zxid.
    public var text: String
  }

  /// Why one of them comes before the next.
  public struct Edge: Hashable, Sendable {
    /// The `op` of what comes first.
    public var from: Int64
    /// The `op` of what comes after it.
    public var to: Int64
    /// `ww`, `wr`, `rw`, `process`, `realtime`, `zxid`, `sync`, `expiry` or `handshake`.
    public var kind: String
    /// The `op` of the operation whose line shows it.
    public var because: Int64
    /// What of that line.
    public var field: String
    /// The reason in words.
    public var sentence: String
  }

  /// The levels that forbid it.
  public var levels: [String]
  /// Its class: `G-single-realtime`.
  public var anomaly: String
  /// `globally`, or `through-first-step`.
  public var shortest: String
  /// Its operations in their order.
  public var vertices: [Vertex]
  /// From each of them to the next.
  public var edges: [Edge]

  /// What of a cycle a report tells.
  init(_ witness: CycleWitness, _ report: ConsistencyReport) {
    let operations = report.columns.history.operations
    func id(_ request: Int32) -> Int64 { operations[Int(request)].id }
    levels = witness.levels.map(\.rawValue)
    anomaly = "\(witness.anomaly)"
    shortest = witness.shortness.rawValue
    vertices = witness.cycle.steps.map { step in
      Vertex(id: id(step.from), text: report.words(for: step.from))
    }
    edges = report.explain(witness.cycle).map { explanation in
      Edge(
        from: id(explanation.step.from), to: id(explanation.step.to),
        kind: explanation.step.kind.name, because: id(explanation.operation),
        field: explanation.field, sentence: explanation.sentence)
    }
  }
}
