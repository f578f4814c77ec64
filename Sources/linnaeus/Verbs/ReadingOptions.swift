import Consistency
import LinnaeusBase
import Linearizability
import OperationHistory
import Report

/// How a history is read: the options that several verbs share.
struct ReadingOptions: Sendable {
  /// The words of `--failed-cas`.
  enum FailedCas: String, CaseIterable {
    case observed, dropped
  }

  var format: HistoryFormat?
  var model: ModelName?
  /// Whether the model is `zookeeper`: the whole tree, and ZooKeeper's own guarantees.
  var isZooKeeper = false
  /// Whether the model is `rw-register`, which is only for transactions.
  var isTransactional = false
  var failedCas: FailedCas?
  var reads: ReadSelection?

  static let from = Option(
    "--from", value: "<format>",
    "The format of the files: native, edn, jsonl or log. (default: recognised by content)")
  static let model = Option(
    "--model", value: "<model>",
    "The model: \(ModelName.allCases.map(\.rawValue).joined(separator: ", ")), or znode for"
      + " ZooKeeper's histories, each path for itself, or zookeeper for its own guarantees, and,"
      + " only for check, rw-register, or list-append, for transactions."
      + " (default: the file's own, else inferred from the operations)")
  static let failedCas = Option(
    "--failed-cas", value: "<rule>",
    "Whether a failed cas tells that the value was another one: observed or dropped."
      + " (default: observed; in Jepsen's EDN and JSON dropped where it has an :error)")

  static let reads = Option(
    "--reads", value: "<which>",
    "Which reads of the model znode count: leader, those that the leader of the time answered;"
      + " synced, those after a sync; or all. (default: the file's own, else leader)")

  init(_ arguments: ParsedArguments) throws(UsageError) {
    format = try arguments.choice("--from", of: HistoryFormat.self)
    isZooKeeper = arguments["--model"] == "zookeeper"
    isTransactional = arguments["--model"] == TransactionModel.register.rawValue
    model =
      isZooKeeper || isTransactional ? nil : try arguments.choice("--model", of: ModelName.self)
    failedCas = try arguments.choice("--failed-cas", of: FailedCas.self)
    reads = try arguments.choice("--reads", of: ReadSelection.self)
  }

  /// Refuses the models that only `check` knows.
  func refuseTransactions(_ verb: String) throws(UsageError) {
    if isTransactional {
      throw UsageError(message: "\(verb) does not take transactions, only check does")
    }
  }

  /// Whether a history is to be judged by ZooKeeper's own guarantees: asked for, or named by its
  /// header and nothing else asked for.
  func judgesAsZooKeeper(_ history: History) -> Bool {
    isZooKeeper || (model == nil && history.headerField("model") == .string("zookeeper"))
  }

  /// The model of a history of transactions, by what was asked for or what its list says; nil if it
  /// is none.
  func transactionModel(
    _ history: History, listed: String? = nil
  ) -> (model: TransactionModel, isInferred: Bool)? {
    if isZooKeeper { return nil }
    let asked = isTransactional ? TransactionModel.register.rawValue : model?.rawValue
    return TransactionModel.find(asked ?? listed, in: history)
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

/// A history and what its model sees of it.
struct CompiledInput {
  /// The history, with what a model may have added to it.
  var history: History
  var compiled: CompiledHistory
  /// How many operations were in the file; those behind them are the model's.
  let recordedOperations: Int
  /// What the user should know of how it was compiled.
  var notes: [String] = []

  /// Compiles a history for its model.
  ///
  /// - Parameters:
  ///   - history: the history.
  ///   - reading: which reads count.
  ///   - model: the model; nil is the one that the header names or the operations fit.
  ///   - partitioned: whether each key is decided for itself.
  /// - Throws: `ModelError` if the history does not fit the model.
  init(
    _ history: History, _ reading: ReadingOptions, model: ModelName?, partitioned: Bool = true
  ) throws(ModelError) {
    guard reading.transactionModel(history) == nil else {
      throw .unknownModel("the history is one of transactions, which only check takes")
    }
    recordedOperations = history.operations.count
    let isZnode = model.map { $0 == .znode } ?? (history.headerField("model") == .string("znode"))
    guard isZnode else {
      var history = history
      do { try history.separateDrains() } catch {
        throw .misfit(line: error.line, message: error.message)
      }
      self.history = history
      compiled = try CompiledHistory(history, model: model, partitioned: partitioned)
      return
    }
    do {
      let projection = try ZnodeProjection(history, reads: reading.reads)
      self.history = projection.history
      compiled = projection.compiled
      let reads = projection.reads
      if reads.leftOut > 0 {
        notes = [
          "\(grouped(reads.counted)) of \(wording(reads.counted + reads.leftOut, "read")) count (--reads)"
        ]
      }
    } catch {
      throw .misfit(line: error.line, message: error.message)
    }
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
