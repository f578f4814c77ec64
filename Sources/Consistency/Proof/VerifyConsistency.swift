import Linearizability
import OperationHistory

/// Checks a certificate of a level against the history that it is about.
///
/// It uses nothing of what found the proof: each step of a cycle is looked for in the lines of the
/// operations that it names, and an order is done over again on a tree of its own.
///
/// - Parameters:
///   - certificate: what is to be checked.
///   - history: what was read from the bytes.
///   - digest: the SHA-256 of those bytes, in hexadecimal.
/// - Returns: whether it proves its verdict, with a sentence.
/// - Complexity: for an order O(n log n) in the size of the history, for a cycle O(n) a step.
public func verify(
  _ certificate: ConsistencyCertificate, history: History, digest: String
) -> Verification {
  guard certificate.history == digest else {
    return .invalid(
      "it is about other bytes: their SHA-256 begins \(certificate.history.prefix(12)), that of the"
        + " history \(digest.prefix(12))")
  }
  do {
    switch certificate.proof {
    case .order(let order):
      return .valid(try OrderVerification(history, level: certificate.level).verify(order))
    case .cycle(let cycle):
      return .valid(try CycleVerification(history, level: certificate.level).verify(cycle))
    }
  } catch {
    switch error {
    case .invalid(let why): return .invalid(why)
    case .notChecked(let why): return .notChecked(why)
    }
  }
}
