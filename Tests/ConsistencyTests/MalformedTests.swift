import Linearizability
import LinnaeusBase
import OperationHistory
import Testing

@testable import Consistency

/// A file that contradicts itself, or does not tell all, is no proof against a server.
@Suite("Damaged histories")
struct MalformedTests {
  private static let create = operation(
    1, process: 0, "create", ",\"path\":\"/a\",\"value\":\"x\",\"xid\":1", "ok",
    ",\"created\":\"/a\",\"zxid\":\"0x2\"")

  static let examples: [(name: String, lines: [String], line: Int, words: String)] = [
    (
      "a Stat that was changed before it was made",
      create
        + operation(
          2, process: 1, "exists", ",\"path\":\"/a\"", "ok",
          ",\"zxid\":\"0x5\",\"stat\":{\"czxid\":\"0x3\",\"mzxid\":\"0x2\"}"), 5,
      "`mzxid` is less than its `czxid`"
    ),
    (
      "a Stat with a negative length",
      create
        + operation(
          2, process: 1, "exists", ",\"path\":\"/a\"", "ok",
          ",\"zxid\":\"0x2\",\"stat\":{\"dataLength\":-4}"), 5, "negative `dataLength` -4"
    ),
    (
      "a write whose Stat names another transaction",
      create
        + operation(
          2, process: 1, "setData", ",\"path\":\"/a\",\"value\":\"y\"", "ok",
          ",\"zxid\":\"0x3\",\"stat\":{\"mzxid\":\"0x4\"}"), 5, "contradicts itself"
    ),
    (
      "a write at zxid 0",
      create
        + operation(
          2, process: 1, "setData", ",\"path\":\"/a\",\"value\":\"y\"", "ok",
          ",\"zxid\":\"0x0\""), 5, "no transaction has the zxid 0x0"
    ),
    (
      "a negative zxid",
      create
        + operation(
          2, process: 1, "getData", ",\"path\":\"/a\"", "ok",
          ",\"value\":\"x\",\"zxid\":\"0xffffffffffffffff\""), 5, "0xffffffffffffffff"
    ),
    (
      "an xid that falls",
      create
        + operation(2, process: 0, "sync", ",\"path\":\"/a\",\"xid\":1", "ok", ",\"zxid\":\"0x2\""),
      4, "`xid` 1 comes after 1"
    ),
    (
      "replies out of order",
      [
        invocation(1, "sync", ",\"path\":\"/a\",\"xid\":1"),
        invocation(2, "sync", ",\"path\":\"/a\",\"xid\":2"),
        completion(2, "sync", "ok", ",\"zxid\":\"0x2\""),
        completion(1, "sync", "ok", ",\"zxid\":\"0x2\""),
      ], 4, "a server answers in order"
    ),
  ]

  @Test("Contradictions name their line", arguments: examples.indices)
  func contradictions(_ index: Int) throws {
    let (_, lines, line, words) = Self.examples[index]
    let history = try history(lines)
    let error = try #require(throws: HistoryError.self) { try ConsistencyReport(history) }
    #expect(error.line == line)
    #expect(error.message.contains(words), "\(error)")
  }

  @Test("A reply without a zxid leaves everything unknown that it may break")
  func missingZxid() throws {
    let lines =
      Self.create
      + operation(2, process: 1, "getData", ",\"path\":\"/a\"", "ok", ",\"value\":\"q\"")
    let report = try ConsistencyReport(history(lines))
    #expect(report.findings.isEmpty)
    for level in Level.allCases { #expect(report.keeps(level) == nil) }
    #expect(report.verdict(of: .property(.snapshotReads)) == .unknown)
    let sentence = try report.sentence(#require(report.undecided.first))
    #expect(sentence.contains("getData /a (op 2,") && sentence.contains("without a zxid"))
  }

  @Test("Requests that the xids leave out may have done what nobody is known to have done")
  func gap() throws {
    let lines =
      Self.create
      + operation(
        2, process: 0, "getData", ",\"path\":\"/a\",\"xid\":3", "ok",
        ",\"value\":\"q\",\"zxid\":\"0x3\"")
    let report = try ConsistencyReport(history(lines))
    #expect(report.findings.isEmpty)
    #expect(report.keeps(.sequential) == nil && report.keeps(.session) == true)
    let whole = lines.map { $0.replacing("\"xid\":3", with: "\"xid\":2") }
    #expect(try ConsistencyReport(history(whole)).keeps(.sequential) == false)
  }

  @Test("A history that is cut off, or has a hole, is never a violation")
  func cut() throws {
    var random = SeededRandom(seed: 5)
    var (malformed, unknown, kept) = (0, 0, 0)
    for seed in 1...400 as ClosedRange<UInt64> {
      let ensemble = RandomEnsembleHistory(seed: seed, count: 10)
      let lines = ensemble.textWithXids
      let whole = try ConsistencyReport(history(lines))
      guard whole.keeps(.zookeeper) == true else { continue }
      let first = Int.random(in: 0..<lines.count, using: &random)
      let last =
        seed.isMultiple(of: 2) ? lines.count : Int.random(in: first...lines.count, using: &random)
      do {
        let report = try ConsistencyReport(history(Array(lines[..<first] + lines[last...])))
        #expect(
          report.keeps(.zookeeper) != false,
          "seed \(seed), lines \(first)..<\(last) cut: \(report.findings.map(report.sentence))")
        if report.keeps(.zookeeper) == nil { unknown += 1 } else { kept += 1 }
      } catch is HistoryError {
        malformed += 1
      }
    }
    #expect(malformed > 20 && kept > 20, "\(malformed) malformed, \(unknown) unknown, \(kept) kept")
  }
}
