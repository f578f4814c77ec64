import Linearizability
import OperationHistory

/// What proves that a history of transactions keeps or breaks a level of isolation.
///
/// It has the form of a ``ConsistencyCertificate``: an order of the transactions in which each
/// reads what those before it wrote, or transactions each of which comes before the next.
public struct TransactionCertificate: Hashable, Sendable {
  /// The SHA-256 of the history's bytes, as 64 hexadecimal digits.
  public var history: String
  /// What the objects are.
  public var model: TransactionModel
  /// The level that is kept or broken.
  public var level: IsolationLevel
  /// Why.
  public var proof: ConsistencyCertificate.Proof

  /// The JSON lines.
  public func write() -> [UInt8] {
    ConsistencyCertificate.write(
      history: history, model: model.rawValue, guarantee: level.rawValue, proof)
  }

  /// Whether bytes begin like a certificate of a level of isolation.
  public static func isOne(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    do {
      let head = try ConsistencyCertificate.fields(
        UnsafeRawBufferPointer(rebasing: bytes[..<end]), line: 1)
      guard case .string(let guarantee)? = head["guarantee"] else { return false }
      return IsolationLevel(rawValue: guarantee) != nil
    } catch {
      return false
    }
  }

  /// Reads what ``write()`` wrote.
  ///
  /// It is strict: a field that is unknown, missing or there twice is an error.
  ///
  /// - Throws: `HistoryError` with the line.
  /// - Complexity: O(n) in the number of bytes.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer
  ) throws(HistoryError) -> TransactionCertificate {
    let (history, model, guarantee, proof) = try ConsistencyCertificate.read(bytes)
    guard let model = TransactionModel(rawValue: model),
      let level = IsolationLevel(rawValue: guarantee)
    else {
      throw HistoryError(
        line: 1, "expected list-append or rw-register as `model`, and a level of isolation")
    }
    return Self(history: history, model: model, level: level, proof: proof)
  }
}

extension TransactionReport {
  /// A proof that the history keeps a level, or breaks it.
  ///
  /// - Parameters:
  ///   - level: the level.
  ///   - digest: the SHA-256 of the history's bytes, in hexadecimal.
  /// - Returns: nil where a read shows by itself that the level is broken, and where the reads do
  ///   not tell enough of the order of versions for an order of the transactions.
  /// - Complexity: O(n log n) in the number of steps.
  public func certificate(of level: IsolationLevel, digest: String) -> TransactionCertificate? {
    guard let proof = proof(of: level) else { return nil }
    let certificate = TransactionCertificate(
      history: digest, model: transactions.model, level: level, proof: proof)
    // What reads do not tell was guessed, and what they contradict left out: only what verifies is
    // a proof.
    guard case .valid = verify(certificate, history: transactions.history, digest: digest) else {
      return nil
    }
    return certificate
  }

  private func proof(of level: IsolationLevel) -> ConsistencyCertificate.Proof? {
    let ids = transactions.history.operations
    if keeps(level) {
      return order(respecting: level.order).map { .order($0.map { ids[Int($0)].id }) }
    }
    guard let cycle = cycles.first(where: { level.forbids($0.anomaly) }) else { return nil }
    return .cycle(
      cycle.cycle.steps.map { step in
        let because = evidence(step)
        return ConsistencyCertificate.Edge(
          from: ids[Int(step.from)].id, to: ids[Int(step.to)].id, kind: step.kind.name,
          because: because.operation, field: because.field)
      })
  }

  /// The `op` of the transaction whose lines show a step, and what of them.
  public func evidence(_ step: Cycle.Step) -> (operation: Int64, field: String) {
    // A read tells what it saw, and what it missed; of two writes the later one was read after.
    let shows = step.kind == .readWrite ? step.from : step.to
    let id = transactions.history.operations[Int(shows)].id
    return (id, step.kind.shownBy)
  }

  /// The transactions that happened in an order that all dependencies allow; nil if there is none.
  private func order(respecting order: TransactionAnomaly.Order) -> [Int32]? {
    let dependencies =
      switch versions {
      case .lists(let lists): TransactionDependencies(transactions, lists)
      case .registers(let registers): TransactionDependencies(transactions, registers)
      }
    let graph = dependencies.graph(transactions.history, hasHappened: versions.hasHappened)
    guard let search = ForwardSearch(graph, forward: TransactionCycles.kinds(order)) else {
      return nil
    }
    return search.operations.filter { versions.hasHappened[Int($0)] }
  }
}

extension IsolationLevel {
  /// What an order of the transactions has to respect to show that this level is kept.
  var order: TransactionAnomaly.Order {
    switch self {
    case .readUncommitted, .readCommitted, .repeatableRead, .snapshotIsolation, .serializable:
      .none
    case .strongSessionSnapshotIsolation, .strongSessionSerializable: .process
    case .strongSnapshotIsolation, .strictSerializable: .realTime
    }
  }
}

extension EdgeKind {
  /// The field of a transaction's lines that shows a step of this kind.
  var shownBy: String {
    switch self {
    case .process: "process"
    case .realTime: "type"
    default: "value"
    }
  }
}
