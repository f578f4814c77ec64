import LinnaeusBase
import Linearizability
import OperationHistory

/// How a history is read: the options that several verbs share.
struct ReadingOptions: Sendable {
  /// The words of `--failed-cas`.
  enum FailedCas: String, CaseIterable {
    case observed, dropped
  }

  var format: HistoryFormat?
  var model: ModelName?
  var failedCas: FailedCas?

  static let from = Option(
    "--from", value: "<format>",
    "The format of the files: native, edn, jsonl or log. (default: recognised by content)")
  static let model = Option(
    "--model", value: "<model>",
    "The model: \(ModelName.allCases.map(\.rawValue).joined(separator: ", "))."
      + " (default: the file's own, else inferred from the operations)")
  static let failedCas = Option(
    "--failed-cas", value: "<rule>",
    "Whether a failed cas tells that the value was another one: observed or dropped."
      + " (default: observed; in Jepsen's EDN and JSON dropped where it has an :error)")

  init(_ arguments: ParsedArguments) throws(UsageError) {
    format = try arguments.choice("--from", of: HistoryFormat.self)
    model = try arguments.choice("--model", of: ModelName.self)
    failedCas = try arguments.choice("--failed-cas", of: FailedCas.self)
  }

  /// Reads a history from bytes.
  func history(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> History {
    var history = try HistoryReader.read(bytes, format: format)
    switch failedCas {
    case .observed: history.failedCas = .observed
    case .dropped: history.failedCas = .dropped
    case nil: break
    }
    return history
  }
}

/// Why a file gives no answer, in words, and what that means for the exit code.
struct FileFailure: Error {
  var message: String
  var status: ExitCode

  /// What is wrong, and the exit code that it makes.
  init(message: String, status: ExitCode) {
    self.message = message
    self.status = status
  }

  /// An error that nothing else explains: one of ours.
  init(unexpected error: any Error, file: String) {
    message = "\(file): \(error)"
    status = .software
  }

  /// A file that cannot be read or written.
  init(_ error: SystemError) {
    message = "\(error)"
    status = .unreadable
  }

  /// A file that is no history.
  init(_ error: HistoryError, file: String) {
    message = "\(file):\(error.line == 0 ? " " : "")\(error)"
    status = .malformed
  }

  /// A history that does not fit its model.
  init(_ error: ModelError, file: String) {
    switch error {
    case .misfit:
      message = "\(file):\(error)"
      status = .malformed
    case .unknownModel:
      message = "\(file): \(error)"
      status = .malformed
    case .ambiguous:
      message = "\(file): \(error)"
      status = .usage
    }
  }

  /// Says it on standard error.
  func complain() -> ExitCode {
    System.complain("linnaeus: \(message)\n")
    return status
  }
}
