import Consistency
import LinnaeusBase
import OperationHistory
import Report

extension FileCheck {
  /// Decides which levels of isolation transactions keep.
  func judge(
    _ history: History, _ bytes: InputBytes, _ model: TransactionModel, isInferred: Bool
  ) -> FileOutcome {
    guard verb.requirements.isEmpty else {
      let levels = IsolationLevel.allCases.map(\.rawValue).joined(separator: ", ")
      return refused("of transactions only levels of isolation can be required: \(levels)")
    }
    do {
      let judged = try TransactionReport(history, model: model, isModelInferred: isInferred)
      var levels = verb.isolation.isEmpty ? [IsolationLevel.standard] : verb.isolation
      if let level = input.isolation { levels = [level] }
      var report = FileReport(file: input.path, report: judged, levels: levels)
      if proofs.certificates != nil || verb.shrinks {
        report.furtherNotes.append("there are no certificates for transactions yet")
      }
      var outcome = outcome(report)
      if let graphs = proofs.graphs {
        write(Array(GraphvizReport().render(report).utf8), to: graphs, &outcome)
      }
      return outcome
    } catch {
      return outcome(FileReport(file: input.path, verdict: .malformed, reason: "\(error)"))
    }
  }

  func refused(_ message: String) -> FileOutcome {
    failed(FileFailure(message: "\(input.path): \(message)", status: .usage))
  }
}
