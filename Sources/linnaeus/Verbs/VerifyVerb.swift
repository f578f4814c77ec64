import Consistency
import LinnaeusBase
import Linearizability
import OperationHistory

/// `linnaeus verify`: checks a certificate against the history of which it speaks.
struct VerifyVerb: Verb {
  static let help = VerbHelp(
    name: "verify",
    overview: "Check a certificate against its history, without searching.",
    discussion: [
      "An order is replayed step by step in linear time; a minimal sub-history is decided again by"
        + " brute force if it is small enough. The exit code is 0 if the certificate proves what it"
        + " says, 1 if it does not, 2 if it was not checked."
    ],
    usage: "[<options>] <certificate> <history>",
    arguments: [
      ("<certificate>", "What 'linnaeus check --certificate' wrote."),
      ("<history>", "The very file that was checked, or - for standard input."),
    ],
    options: [ReadingOptions.from, ReadingOptions.failedCas, ReadingOptions.reads])

  private let reading: ReadingOptions
  private let certificatePath: String
  private let historyPath: String

  init(_ arguments: ParsedArguments) throws(UsageError) {
    reading = try ReadingOptions(arguments)
    guard arguments.operands.count == 2 else {
      throw UsageError(message: "verify takes a certificate and a history")
    }
    certificatePath = arguments.operands[0]
    historyPath = arguments.operands[1]
  }

  func run() -> ExitCode {
    var path = certificatePath
    do {
      let proof = try InputBytes(path: certificatePath).withBytes(Proof.init)
      path = historyPath
      let input = try InputBytes(path: historyPath)
      let history = try input.withBytes(reading.history)
      let digest = input.withBytes(SHA256.hex)
      switch try verify(proof, history, digest: digest) {
      case .valid(let what): return say("valid", what, .success)
      case .invalid(let why): return say("invalid", why, .violated)
      case .notChecked(let why): return say("not checked", why, .unknown)
      }
    } catch let error as SystemError {
      return FileFailure(error).complain()
    } catch let error as HistoryError {
      return FileFailure(error, file: path).complain()
    } catch {
      return FileFailure(unexpected: error, file: path).complain()
    }
  }

  private enum Proof {
    case linearizability(Certificate)
    case level(ConsistencyCertificate)
    case isolation(TransactionCertificate)

    init(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) {
      if TransactionCertificate.isOne(bytes) {
        self = .isolation(try .parse(bytes))
      } else if ConsistencyCertificate.isOne(bytes) {
        self = .level(try .parse(bytes))
      } else {
        self = .linearizability(try .parse(bytes))
      }
    }
  }

  private func verify(
    _ proof: Proof, _ history: History, digest: String
  ) throws(HistoryError) -> Verification {
    switch proof {
    case .linearizability(let certificate):
      return try verify(certificate, history, digest: digest)
    case .level(let certificate):
      return Consistency.verify(certificate, history: history, digest: digest)
    case .isolation(let certificate):
      return Consistency.verify(certificate, history: history, digest: digest)
    }
  }

  private func verify(
    _ certificate: Certificate, _ history: History, digest: String
  ) throws(HistoryError) -> Verification {
    guard certificate.model == .znode else {
      var history = history
      try history.separateDrains()
      return Linearizability.verify(certificate, history: history, digest: digest)
    }
    let projection = try ZnodeProjection(history, reads: reading.reads)
    return Linearizability.verify(
      certificate, history: projection.history, compiled: projection.compiled, digest: digest)
  }

  private func say(_ word: String, _ sentence: String, _ status: ExitCode) -> ExitCode {
    var result = status
    result.combine(Output.print("\(certificatePath): \(word): \(sentence)\n"))
    return result
  }
}
