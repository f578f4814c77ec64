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
      let judged = try TransactionReport(
        history, model: model, isModelInferred: isInferred,
        areKeysLinearizable: verb.areKeysLinearizable)
      var levels = verb.isolation.isEmpty ? [IsolationLevel.standard] : verb.isolation
      if let level = input.isolation { levels = [level] }
      var report = FileReport(file: input.path, report: judged, levels: levels)
      if verb.areKeysLinearizable, model == .register {
        report.furtherNotes.append(
          "each register was taken to be linearizable, as asked for (--linearizable-keys)")
      }
      let certificate = certificate(judged, levels, bytes)
      if proofs.certificates != nil, certificate == nil {
        report.furtherNotes.append(
          report.verdict == .violated
            ? "there is no certificate: what is broken is no cycle, but a read by itself"
            : "there is no certificate: the reads do not tell one order of all versions")
      }
      if verb.shrinks { report.furtherNotes.append("there is no shrinking of transactions yet") }
      return outcome(report, certificate: certificate?.write())
    } catch {
      return outcome(FileReport(file: input.path, verdict: .malformed, reason: "\(error)"))
    }
  }

  /// The proof for the first level among what is asked for that is broken, or else is kept.
  private func certificate(
    _ report: TransactionReport, _ levels: [IsolationLevel], _ bytes: InputBytes
  ) -> TransactionCertificate? {
    guard proofs.certificates != nil,
      let level = levels.first(where: { !report.keeps($0) }) ?? levels.first
    else { return nil }
    return report.certificate(of: level, digest: bytes.withBytes(SHA256.hex))
  }

  func refused(_ message: String) -> FileOutcome {
    failed(FileFailure(message: "\(input.path): \(message)", status: .usage))
  }
}
