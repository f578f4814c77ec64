import OperationHistory
import Testing

@testable import Consistency

/// Many readers of one version before many writers of the next: they share edges.
@Suite("Many readers and writers of one version")
struct GapTests {
  /// Transactions that all overlap.
  private func report(_ transactions: [String], _ model: TransactionModel) throws
    -> TransactionReport
  {
    let lines = ["invoke", "ok"].flatMap { type in
      transactions.enumerated().map { number, steps in
        let asked = type == "ok" ? steps : steps.replacing("[]]", with: "null]")
        return "{\"type\":\"\(type)\",\"process\":\(number),\"f\":\"txn\",\"value\":[\(asked)]}"
      }
    }
    return try TransactionText.report(TransactionText.native(lines, model: model.rawValue))
  }

  private func cycles(_ transactions: [String], _ model: TransactionModel) throws -> [String] {
    let report = try report(transactions, model)
    for cycle in report.cycles {
      for step in cycle.cycle.steps {
        #expect(!report.sentence(step).contains("comes before"), "\(report.sentence(step))")
      }
    }
    return report.cycles.map { "\($0.anomaly.name) \($0.cycle.length)" }
  }

  private let crowd = (0..<40).flatMap { number in
    ["[\"r\",\"x\",null]", "[\"r\",\"y\",null]"]
      + ["x", "y"].map { "[\"w\",\"\($0)\",\(100 + number)]" }
  }

  @Test("None of them is a cycle")
  func none() throws {
    #expect(try cycles(crowd, .register) == [])
    let lists = crowd.map { $0.replacing("\"w\"", with: "\"append\"") }
    #expect(try cycles(lists, .listAppend) == [])
  }

  @Test(
    "A cycle with one of the shared edges, with two, and with two that do not follow each other")
  func shared() throws {
    for model in TransactionModel.allCases {
      let write = model == .listAppend ? "append" : "w"
      func value(_ number: Int) -> String { model == .listAppend ? "[\(number)]" : "\(number)" }
      let crowd =
        model == .register
        ? self.crowd
        : self.crowd.filter { !$0.contains("\"w\"") }
          + (0..<40).map { "[\"append\",\"x\",\(100 + $0)]" }
          + (0..<40).map { "[\"append\",\"y\",\(100 + $0)]" }
      let single = [
        "[\"\(write)\",\"x\",1],[\"\(write)\",\"z\",1]",
        "[\"r\",\"x\",null],[\"r\",\"z\",\(value(1))]",
      ]
      #expect(try cycles(crowd + single, model) == ["G-single 2"], "\(model)")
      let skew = [
        "[\"r\",\"x\",null],[\"\(write)\",\"y\",1]", "[\"r\",\"y\",null],[\"\(write)\",\"x\",1]",
      ]
      #expect(try cycles(crowd + skew, model) == ["G2-item 2"], "\(model)")
      let fork = [
        "[\"\(write)\",\"x\",1],[\"\(write)\",\"u\",1]",
        "[\"\(write)\",\"y\",1],[\"\(write)\",\"v\",1]",
        "[\"r\",\"u\",\(value(1))],[\"r\",\"y\",null]",
        "[\"r\",\"v\",\(value(1))],[\"r\",\"x\",null]",
      ]
      #expect(try cycles(crowd + fork, model) == ["G-nonadjacent 4"], "\(model)")
      // A shorter cycle of another class hides none.
      let other = skew.map { $0.replacing(",1]", with: ",2]") }
      #expect(
        try cycles(crowd + fork + other, model) == ["G-nonadjacent 4", "G2-item 2"], "\(model)")
    }
  }
}
