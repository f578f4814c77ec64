import OperationHistory
import Testing

@testable import Consistency

@Suite("Anomalies of single transactions")
struct DirectAnomalyTests {
  typealias Case = (name: String, transactions: [(asked: String, type: String)])

  private static let lists: [Case] = [
    ("garbage-read", [("[\"append\",\"x\",1]", "ok"), ("[\"r\",\"x\",[1,9]]", "ok")]),
    ("duplicate-elements", [("[\"append\",\"x\",1]", "ok"), ("[\"r\",\"x\",[1,1]]", "ok")]),
    (
      "incompatible-order",
      [
        ("[\"append\",\"x\",1]", "ok"), ("[\"append\",\"x\",2]", "ok"),
        ("[\"r\",\"x\",[1]]", "ok"), ("[\"r\",\"x\",[2,1]]", "ok"),
      ]
    ),
    ("G1a", [("[\"append\",\"x\",1]", "fail"), ("[\"r\",\"x\",[1]]", "ok")]),
    (
      "G1b",
      [("[\"append\",\"x\",1],[\"append\",\"x\",2]", "ok"), ("[\"r\",\"x\",[1]]", "ok")]
    ),
    (
      "dirty-update",
      [
        ("[\"append\",\"x\",1]", "fail"), ("[\"append\",\"x\",2]", "ok"),
        ("[\"r\",\"x\",[1,2]]", "ok"),
      ]
    ),
    (
      "lost-update",
      [
        ("[\"r\",\"x\",[]],[\"append\",\"x\",1]", "ok"),
        ("[\"r\",\"x\",null],[\"append\",\"x\",2]", "ok"),
      ]
    ),
    ("internal", [("[\"append\",\"x\",1],[\"r\",\"x\",[]]", "ok")]),
    (
      "internal",
      [
        ("[\"r\",\"x\",[]],[\"append\",\"x\",1],[\"r\",\"x\",[2,1]]", "ok"),
        ("[\"append\",\"x\",2]", "ok"),
      ]
    ),
    ("internal", [("[\"append\",\"x\",1]", "ok"), ("[\"r\",\"x\",[]],[\"r\",\"x\",[1]]", "ok")]),
    ("internal", [("[\"r\",\"x\",[1]],[\"append\",\"x\",1]", "ok")]),
  ]

  private static let registers: [Case] = [
    ("garbage-read", [("[\"w\",\"x\",1]", "ok"), ("[\"r\",\"x\",9]", "ok")]),
    ("G1a", [("[\"w\",\"x\",1]", "fail"), ("[\"r\",\"x\",1]", "ok")]),
    ("G1b", [("[\"w\",\"x\",1],[\"w\",\"x\",2]", "ok"), ("[\"r\",\"x\",1]", "ok")]),
    (
      "lost-update",
      [
        ("[\"r\",\"x\",null],[\"w\",\"x\",1]", "ok"), ("[\"r\",\"x\",null],[\"w\",\"x\",2]", "ok"),
      ]
    ),
    ("internal", [("[\"w\",\"x\",1],[\"r\",\"x\",null]", "ok")]),
    ("internal", [("[\"w\",\"x\",1],[\"w\",\"x\",2],[\"r\",\"x\",1]", "ok")]),
    ("internal", [("[\"r\",\"x\",1],[\"w\",\"x\",1]", "ok")]),
    (
      "cyclic-versions",
      [
        ("[\"r\",\"x\",1],[\"w\",\"x\",2]", "ok"), ("[\"r\",\"x\",2],[\"w\",\"x\",1]", "ok"),
      ]
    ),
  ]

  @Test("Each is named", arguments: lists.indices)
  func ofLists(_ index: Int) throws {
    let found = try TransactionText.anomalies(Self.lists[index].transactions)
    #expect(found.contains(Self.lists[index].name), "\(found)")
  }

  @Test("Each is named", arguments: registers.indices)
  func ofRegisters(_ index: Int) throws {
    let found = try TransactionText.anomalies(
      Self.registers[index].transactions, model: "rw-register")
    #expect(found.contains(Self.registers[index].name), "\(found)")
  }

  @Test("A finding says which operations show it")
  func sentences() throws {
    let lines =
      TransactionText.lines(0, "[\"append\",\"x\",1]", "fail")
      + TransactionText.lines(1, "[\"r\",\"x\",null]", "ok", "[\"r\",\"x\",[1]]")
    let report = try TransactionText.report(TransactionText.native(lines))
    let told = report.examples(of: .abortedRead, limit: 3)
    #expect(
      told.sentences == [
        "op 1 (line 4, process 1) read \"x\" as [1], but op 0 (line 2, process 0, failed), which"
          + " appended 1 to \"x\", did not happen."
      ])
    #expect(told.operations == [1, 0])
  }

  @Test("An indeterminate transaction happened if a read shows one of its writes")
  func indeterminate() throws {
    let text = TransactionText.native(
      TransactionText.lines(0, "[\"append\",\"x\",1],[\"append\",\"y\",1]", "info")
        + TransactionText.lines(1, "[\"append\",\"x\",2]", "info")
        + TransactionText.lines(2, "[\"r\",\"y\",[1]]"))
    let report = try TransactionText.report(text)
    #expect(report.versions.hasHappened == [true, false, true])
  }

  @Test("Levels: each implies the weaker ones, and an anomaly of one breaks the stronger")
  func levels() {
    for level in IsolationLevel.allCases {
      #expect(IsolationLevel.strictSerializable.implies(level))
      #expect(level.implies(.readUncommitted))
      for other in IsolationLevel.allCases where level.implies(other) {
        #expect(level == other || !other.implies(level))
        for anomaly in TransactionAnomaly.allCases where other.forbids(anomaly) {
          #expect(level.forbids(anomaly), "\(level) and \(anomaly.name)")
        }
      }
    }
    #expect(!IsolationLevel.snapshotIsolation.forbids(.cycle(.g2Item, .none)))
    #expect(IsolationLevel.repeatableRead.forbids(.cycle(.g2Item, .none)))
    #expect(!IsolationLevel.serializable.forbids(.cycle(.g0, .realTime)))
  }
}
