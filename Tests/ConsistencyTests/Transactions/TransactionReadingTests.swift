import OperationHistory
import Testing

@testable import Consistency

@Suite("Reading of transactions")
struct TransactionReadingTests {
  private static let edn = """
    {:type :invoke, :f :txn, :value [[:append :x 1] [:r :x nil]], :process 0, :time 10, :index 0}
    {:type :ok, :f :txn, :value [[:append :x 1] [:r :x [1]]], :process 0, :time 20, :index 1}
    {:type :invoke, :f :txn, :value [[:append 3 1] [:r :x nil]], :process 1, :time 30, :index 2}
    {:type :info, :f :txn, :value [[:append 3 1] [:r :x nil]], :process 1, :time 40, :index 3}

    """

  /// What a history's steps are, in words that do not depend on its format.
  private func steps(_ history: TransactionHistory) -> [String] {
    history.kinds.indices.map { step in
      let key = history.text(of: history.keys[Int(history.keyOf[step])])
      return "\(history.transactionOf[step]) \(history.kinds[step]) \(key)"
        + " \(history.text(of: history.valueOf[step]))"
    }
  }

  private static let expected = [
    "0 finalWrite \"x\" 1", "0 laterRead \"x\" [1]", "1 finalWrite 3 1",
    "1 externalRead \"x\" null",
  ]

  @Test("EDN a map a line, in a vector, and with tags")
  func edn() throws {
    let lines = Self.edn.split(separator: "\n")
    let tagged = lines.map { "#jepsen.history.Op\($0)" }.joined(separator: "\n")
    for text in [Self.edn, "[\(lines.joined(separator: " "))]", tagged] {
      let report = try TransactionText.report(text)
      #expect(report.transactions.model == .listAppend && report.isModelInferred)
      #expect(steps(report.transactions) == Self.expected)
    }
  }

  @Test("Converting keeps the transactions")
  func formats() throws {
    let history = try TransactionText.read(Self.edn)
    for format in [HistoryFormat.native, .jsonl, .edn] {
      let text = String(decoding: HistoryWriter.write(history, as: format), as: UTF8.self)
      #expect(try steps(TransactionText.report(text).transactions) == Self.expected, "\(format)")
    }
  }

  @Test("Two steps are no key and value")
  func twoSteps() throws {
    let lines = TransactionText.lines(0, "[\"append\",\"x\",1],[\"r\",\"y\",null]")
    let text = lines.joined(separator: "\n")
    #expect(try TransactionText.report(text).transactions.kinds.count == 2)
  }

  @Test("Registers are known by their writes, or by name")
  func registers() throws {
    let write = TransactionText.lines(0, "[\"w\",\"x\",1],[\"r\",\"x\",1]")
    let report = try TransactionText.report(TransactionText.native(write))
    #expect(report.transactions.model == .register && report.isModelInferred)
    let named = try TransactionText.report(TransactionText.native(write, model: "rw-register"))
    #expect(named.transactions.model == .register && !named.isModelInferred)
    let single = try TransactionText.read(
      TransactionText.native(
        [
          "{\"type\":\"invoke\",\"process\":0,\"f\":\"append\",\"key\":\"x\",\"value\":1}",
          "{\"type\":\"ok\",\"process\":0,\"f\":\"append\",\"key\":\"x\",\"value\":1}",
        ], model: "list-append"))
    #expect(TransactionModel.find(nil, in: single) == nil)
    #expect(TransactionModel.find("list-append", in: single) == nil)
  }

  @Test("A read and a write after it, and what is overwritten at once")
  func kinds() throws {
    let lines = TransactionText.lines(
      0, "[\"r\",\"x\",null],[\"append\",\"x\",1],[\"append\",\"x\",2],[\"r\",\"x\",[1,2]]")
    let report = try TransactionText.report(TransactionText.native(lines))
    #expect(
      report.transactions.kinds == [.externalRead, .earlierWrite, .finalWrite, .laterRead])
    #expect(report.anomalies.isEmpty)
  }

  @Test(
    "What is no transaction is refused with its line",
    arguments: [
      ("[\"append\",\"x\"]", nil, "3: expected as step 1 [\"r\", key, value] or [\"append\", key"),
      ("[\"inc\",\"x\",1]", nil, "3: expected as step 1"),
      ("7", nil, "3: expected as step 1"),
      ("[\"append\",\"x\",1],[\"w\",\"x\",1]", nil, "3: step 2 is `w`, but the model list-append"),
      ("[\"w\",\"x\",null]", nil, "3: step 1 writes null"),
      (
        "[\"append\",\"x\",1]", "[\"append\",\"x\",2]", "3: step 1 is [\"append\",\"x\",2], but was"
      ),
      (
        "[\"r\",\"x\",null]", "[\"r\",\"y\",[]]",
        "3: step 1 is [\"r\",\"y\",[]], but was invoked as"
      ),
      ("[\"append\",\"x\",1]", "", "3: the transaction has 0 steps, but was invoked with 1"),
      (
        "[\"r\",\"x\",null]", "[\"r\",\"x\",3]",
        "3: expected as the value of step 1, a read of a list"
      ),
      (
        "[\"append\",\"x\",1],[\"append\",\"x\",1]", nil,
        "2: 1 is appended to \"x\" here and at line 2"
      ),
    ] as [(String, String?, String)])
  func refused(_ asked: String, _ answer: String?, _ message: String) throws {
    let text = TransactionText.native(TransactionText.lines(0, asked, "ok", answer))
    let model = asked.contains("\"w\",\"x\",null") ? TransactionModel.register : .listAppend
    let history = try TransactionText.read(text)
    #expect {
      _ = try TransactionReport(history, model: model)
    } throws: { error in
      "\(error)".hasPrefix(message)
    }
  }

  @Test("Other operations among transactions are refused")
  func mixed() throws {
    let lines =
      TransactionText.lines(0, "[\"append\",\"x\",1]") + [
        "{\"type\":\"invoke\",\"process\":0,\"f\":\"read\",\"key\":\"x\"}"
      ]
    #expect(
      throws: HistoryError(
        line: 4, "expected `txn` as `f`, as of other operations of this file, found `read`")
    ) {
      _ = try TransactionText.report(TransactionText.native(lines))
    }
  }

  @Test("A value that failed may be written again")
  func retry() throws {
    #expect(
      try TransactionText.anomalies([
        ("[\"append\",\"x\",1]", "fail"), ("[\"append\",\"x\",1]", "ok"),
        ("[\"r\",\"x\",[1]]", "ok"),
      ]).isEmpty)
  }
}
