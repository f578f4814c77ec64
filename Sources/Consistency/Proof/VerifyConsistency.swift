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
  verification(of: certificate.history, digest: digest) { () throws(Doubt) in
    switch certificate.proof {
    case .order(let order):
      try OrderVerification(history, level: certificate.level).verify(order)
    case .cycle(let cycle):
      try CycleVerification(history, level: certificate.level).verify(cycle)
    }
  }
}

/// What the check of a proof comes to: invalid at once where the bytes that the proof is about,
/// told by their digest, are others.
func verification(
  of bytes: String, digest: String, _ check: () throws(Doubt) -> String
) -> Verification {
  guard bytes == digest else {
    return .invalid(
      "it is about other bytes: their SHA-256 begins \(bytes.prefix(12)), that of the"
        + " history \(digest.prefix(12))")
  }
  do {
    return .valid(try check())
  } catch {
    switch error {
    case .invalid(let why): return .invalid(why)
    case .notChecked(let why): return .notChecked(why)
    }
  }
}
