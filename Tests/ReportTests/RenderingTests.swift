import Linearizability
import OperationHistory
import Testing

@testable import Report

@Suite("Renderings")
struct RenderingTests {
  static func operation(
    _ id: Int64, _ text: String, _ invocation: Int32, _ completion: Int32
  ) -> ReportedOperation {
    ReportedOperation(
      id: id, process: id % 3, line: Int32(id) * 2 + 2, text: text, invocation: invocation,
      completion: completion)
  }

  static var violated: FileReport {
    var report = FileReport(file: "a<b>.jsonl", verdict: .violated, reason: "it read \"1\" & not 2")
    report.model = "register"
    report.operations = 1234
    report.seconds = 0.00042
    report.isModelInferred = true
    report.failedCasDropped = 2
    var violation = Violation()
    violation.summary = "it read \"1\" & not 2"
    violation.operation = operation(2, "read → 1", 4, 5)
    violation.states = ["2"]
    violation.candidates = [
      .init(operation: operation(0, "write 1", 0, 1), reason: "would have to come later")
    ]
    violation.subhistory = Subhistory(
      operations: [
        operation(0, "write 1", 0, 1), operation(1, "write 2", 2, .max),
        operation(2, "read → 1", 4, 5),
      ], isMinimal: true)
    report.violation = violation
    return report
  }

  static var unknown: FileReport {
    var answer = PartialAnswer(limit: .timeout)
    answer.completedOperations = 9
    answer.verifiedOperations = 7
    answer.verifiedUpToLine = 15
    answer.hardestWindow = 12...19
    answer.obstacles = [operation(3, "write 3", 6, 9)]
    var report = FileReport(file: "b", verdict: .unknown, reason: answer.sentence)
    report.partialAnswer = answer
    return report
  }

  @Test("Text tells the verdict first, then why, then the sub-history on a time line")
  func text() {
    #expect(
      TextReport().render(Self.violated) == """
        a<b>.jsonl: not linearizable (register, 1,234 operations, 0.4 ms)
          note: the model was inferred from the operations (--model)
          note: 2 failed cas were dropped: nobody knows whether they found another value (--failed-cas)
          it read "1" & not 2
          states possible there: 2
          what might have explained it:
            write 1 (line 2, process 0) would have to come later
          minimal sub-history (3 operations; relax any one, and it is linearizable):
            line 2  process 0  write 1   ├─┤
            line 4  process 1  write 2       ├┄┄┄┄┄
            line 6  process 2  read → 1        ├─┤

        """)
    #expect(
      TextReport().render(Self.unknown) == """
        b: unknown (0 operations, 0.0 ms)
          the time limit was reached; the first 7 of 9 completed operations are linearizable
          verified up to line 15
          in the way there:
            write 3 (line 8, process 0)
          hardest window: lines 12 to 19

        """)
  }

  @Test("A malformed file's place stands where editors look for it")
  func malformed() {
    let placed = FileReport(file: "f", verdict: .malformed, reason: "12:7: expected a value")
    #expect(TextReport().render(placed) == "f:12:7: malformed: expected a value\n")
    let whole = FileReport(file: "f", verdict: .malformed, reason: "it is empty")
    #expect(TextReport().render(whole) == "f: malformed: it is empty\n")
  }

  @Test("Colour is only there where it is asked for")
  func colour() {
    let report = FileReport(file: "f", verdict: .holds)
    #expect(!TextReport().render(report).contains("\u{1B}"))
    #expect(TextReport(inColour: true).render(report).contains("\u{1B}[32mlinearizable\u{1B}[0m"))
  }

  @Test("What a corpus expected is told in a line; only differences tell their story")
  func corpus() {
    var report = Self.violated
    report.expectation = .verdict(.violated)
    #expect(!report.isDifference)
    #expect(TextReport().render(report).split(separator: "\n").count == 1)
    report.expectation = .verdict(.holds)
    #expect(report.isDifference)
    #expect(TextReport().render(report).contains("differs: expected holds\n"))
    var totals = Totals()
    totals.add(report)
    var missing = FileReport(file: "gone", verdict: .malformed)
    missing.expectation = .missing
    #expect(TextReport().render(missing).hasPrefix("gone: missing\n"))
    totals.add(missing)
    #expect(TextReport().summary(totals) == "1 history: 1 not; 2 differences (0.0 ms)\n")
  }

  @Test("JSON is one line with the witness")
  func json() throws {
    let bytes = JSONReport().render(Self.violated)
    #expect(bytes.last == UInt8(ascii: "\n") && bytes.count { $0 == UInt8(ascii: "\n") } == 1)
    let value = try bytes.withUnsafeBytes { try parseJSON($0) }
    guard case .map(let fields) = value else {
      Issue.record("not an object")
      return
    }
    func field(_ name: String, of fields: [Value.Field]) -> Value? {
      fields.first { $0.name == .string(name) }?.value
    }
    #expect(field("file", of: fields) == .string("a<b>.jsonl"))
    #expect(field("operations", of: fields) == .integer(1234))
    #expect(field("verdict", of: fields) == .string("violated"))
    #expect(field("seconds", of: fields) == .decimal(0.00042))
    guard case .map(let witness)? = field("witness", of: fields) else {
      Issue.record("no witness")
      return
    }
    #expect(field("history", of: witness) == .list([.integer(0), .integer(1), .integer(2)]))
    #expect(field("minimal", of: witness) == .boolean(true))
    let holds = JSONReport().render(FileReport(file: "f", verdict: .holds))
    #expect(String(decoding: holds, as: UTF8.self).contains("\"reason\":null,\"witness\":null"))
  }

  @Test("JUnit counts failures and errors, and nothing in it is markup by accident")
  func junit() {
    var junit = JUnitReport()
    junit.add(Self.violated)
    junit.add(Self.unknown)
    junit.add(FileReport(file: "c\u{1}", verdict: .holds))
    let text = junit.render(seconds: 1.5)
    #expect(text.contains("<testsuites tests=\"3\" failures=\"1\" errors=\"1\" time=\"1.500000\">"))
    #expect(text.contains("name=\"a&lt;b&gt;.jsonl\""))
    #expect(text.contains("message=\"it read &quot;1&quot; &amp; not 2\""))
    #expect(text.contains("name=\"c\u{FFFD}\""))
    #expect(text.contains("<error type=\"unknown\""))
    for line in text.split(separator: "\n") where line.contains("testcase name") {
      #expect(line.filter { $0 == "<" }.count == 1)
    }
  }

  @Test("Durations and counts read well")
  func wordings() {
    #expect(wording(seconds: 0) == "0.0 ms")
    #expect(wording(seconds: 0.00042) == "0.4 ms")
    #expect(wording(seconds: 0.0371) == "37 ms")
    #expect(wording(seconds: 0.9999) == "1.00 s")
    #expect(wording(seconds: 1.525) == "1.53 s")
    #expect(wording(seconds: 59.96) == "0 min 59 s")
    #expect(wording(seconds: 125) == "2 min 5 s")
    #expect(wording(1, "operation") == "1 operation")
    #expect(wording(1_000_000, "key") == "1,000,000 keys")
    #expect(grouped(-1234) == "-1,234")
    #expect(fixed(-0.05, decimals: 2) == "-0.05")
    #expect(fixed(.infinity, decimals: 2) == "0.00")
  }

  @Test("Long sentences are broken at words, within 100 columns")
  func wrapping() {
    let words = (0..<60).map { "word\($0)" }.joined(separator: " ")
    let text = wrapped(words, indent: 4, hanging: 2)
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines[0].hasPrefix("    word0") && lines[1].hasPrefix("      word"))
    #expect(text.split { " \n".contains($0) }.joined(separator: " ") == words)
  }
}
