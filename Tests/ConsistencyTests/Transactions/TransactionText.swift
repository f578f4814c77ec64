import OperationHistory

@testable import Consistency

/// Histories of transactions as text.
enum TransactionText {
  /// A native history of these lines.
  static func native(_ lines: [String], model: String? = nil) -> String {
    let field = model.map { ",\"model\":\"\($0)\"" } ?? ""
    return "{\"linnaeus\":1\(field)}\n" + lines.joined(separator: "\n") + "\n"
  }

  /// A transaction of two lines: what it was asked, and what came of it.
  static func lines(
    _ process: Int, _ asked: String, _ type: String = "ok", _ answer: String? = nil
  ) -> [String] {
    [
      "{\"type\":\"invoke\",\"process\":\(process),\"f\":\"txn\",\"value\":[\(asked)]}",
      "{\"type\":\"\(type)\",\"process\":\(process),\"f\":\"txn\",\"value\":[\(answer ?? asked)]}",
    ]
  }

  /// Reads a text of any format.
  static func read(_ text: String) throws -> History {
    try Array(text.utf8).withUnsafeBytes { try HistoryReader.read($0) }
  }

  /// Judges a text of any format by the model that it tells.
  static func report(_ text: String) throws -> TransactionReport {
    let history = try read(text)
    guard let found = TransactionModel.find(nil, in: history) else {
      throw HistoryError(line: 0, "no history of transactions")
    }
    return try TransactionReport(history, model: found.model, isModelInferred: found.isInferred)
  }

  /// The names of the anomalies of transactions that come one after another, each of a process of
  /// its own.
  static func anomalies(
    _ transactions: [(asked: String, type: String)], model: String? = nil
  ) throws -> [String] {
    let text = transactions.enumerated().flatMap { number, transaction in
      lines(number, transaction.asked, transaction.type)
    }
    return try report(native(text, model: model)).anomalies.map(\.name)
  }
}
