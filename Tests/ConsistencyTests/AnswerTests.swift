import Linearizability
import OperationHistory
import Testing

@testable import Consistency

/// What each kind of answer says of a path: hand-made histories, each kept or broken by one line.
@Suite("What answers say of a znode")
struct AnswerTests {
  /// Operations one after another: what is kept, and what breaks.
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    /// Requests as (f, fields of the call, type, fields of the reply).
    var requests: [(String, String, String, String)]
    var verdict: Verdict

    init(
      _ description: String, _ verdict: Verdict, _ requests: [(String, String, String, String)]
    ) {
      self.description = description
      self.requests = requests
      self.verdict = verdict
    }
  }

  private static let a = ",\"path\":\"/a\""
  private static let ab = ",\"path\":\"/a/b\""
  private static func create(_ path: String = a, _ more: String = "")
    -> (String, String, String, String)
  { ("create", path + ",\"value\":\"x\"" + more, "ok", "") }
  private static func error(_ name: String) -> String { ",\"error\":\"\(name)\"" }
  private static let deleted = ("delete", a + ",\"version\":-1", "ok", "")
  private static func refused(_ f: String, _ call: String, _ name: String)
    -> (String, String, String, String)
  { (f, call, "ok", error(name)) }
  private static let set = ("setData", a + ",\"value\":\"y\",\"version\":-1", "ok", "")
  private static func multi(_ ops: String, _ reply: String, _ type: String = "ok")
    -> (String, String, String, String)
  { ("multi", ",\"ops\":[\(ops)]", type, reply) }

  static let cases = [
    Case("NoNode before there is one", .holds, [refused("getData", a, "NoNode"), create()]),
    Case("NoNode after there is one", .violated, [create(), refused("exists", a, "NoNode")]),
    Case("NodeExists where nothing is", .violated, [refused("create", a, "NodeExists")]),
    Case("NodeExists where one is", .holds, [create(), refused("create", a, "NodeExists")]),
    Case("created twice", .violated, [create(), create()]),
    Case("created anew", .holds, [create(), deleted, create()]),
    Case("deleted twice", .violated, [create(), deleted, deleted]),
    Case(
      "BadVersion of the version that is", .violated,
      [create(), refused("setData", a + ",\"version\":0", "BadVersion")]),
    Case(
      "BadVersion of another", .holds,
      [create(), refused("delete", a + ",\"version\":7", "BadVersion")]),
    Case(
      "a condition that fails goes through", .violated,
      [create(), ("setData", a + ",\"value\":\"y\",\"version\":3", "ok", "")]),
    Case(
      "versions count", .holds,
      [create(), set, ("delete", a + ",\"version\":1", "ok", "")]),
    Case(
      "versions begin anew", .violated,
      [create(), set, deleted, create(), ("delete", a + ",\"version\":1", "ok", "")]),
    Case("NotEmpty where nothing is", .violated, [refused("delete", a, "NotEmpty")]),
    Case(
      "NoNode of a create is of the parent", .violated,
      [create(), refused("create", ab, "NoNode")]),
    Case(
      "NoNode of a create and the parent comes", .holds,
      [refused("create", ab, "NoNode"), create(), create(ab)]),
    Case("a child without its parent", .violated, [create(), deleted, create(ab)]),
    Case(
      "NoChildrenForEphemerals where nothing is", .violated,
      [create(), deleted, refused("create", ab, "NoChildrenForEphemerals")]),
    Case(
      "an error that says nothing", .holds, [refused("create", a, "NoAuth"), create()]),
    Case(
      "a lost create that is seen", .holds,
      [
        ("create", a + ",\"value\":\"x\"", "info", error("ConnectionLoss")),
        ("getData", a, "ok", ",\"value\":\"x\""),
      ]),
    Case(
      "a lost create that is never seen", .holds,
      [
        ("create", a + ",\"value\":\"x\"", "info", ""), refused("exists", a, "NoNode"),
      ]),
    Case(
      "a write that surely failed is seen", .violated,
      [
        ("create", a + ",\"value\":\"x\"", "fail", ""), ("exists", a, "ok", ",\"stat\":{}"),
      ]),
    Case(
      "data that nobody wrote", .violated, [create(), ("getData", a, "ok", ",\"value\":\"z\"")]),
    Case(
      "a Stat of another transaction", .violated,
      [
        ("create", a + ",\"value\":\"x\"", "ok", ",\"zxid\":\"0x5\""),
        ("exists", a, "ok", ",\"stat\":{\"czxid\":\"0x6\"}"),
      ]),
    Case(
      "a length that is another", .violated,
      [create(), ("exists", a, "ok", ",\"stat\":{\"dataLength\":2}")]),
    Case(
      "several steps at once", .holds,
      [
        create(),
        multi(
          "{\"f\":\"delete\"\(a)},{\"f\":\"create\"\(a),\"value\":\"n\"},{\"f\":\"check\"\(a),\"version\":0}",
          ",\"results\":[{},{},{}]"),
        ("getData", a, "ok", ",\"value\":\"n\""),
      ]),
    Case(
      "a multi whose check could not hold", .violated,
      [create(), multi("{\"f\":\"check\"\(a),\"version\":1}", ",\"results\":[{}]")]),
    Case(
      "the part of a multi that failed is an observation", .violated,
      [
        create(),
        multi(
          "{\"f\":\"check\"\(ab),\"version\":-1},{\"f\":\"delete\"\(a)}",
          error("NoNode") + ",\"results\":[{},{\"error\":\"NoNode\"}]"),
      ]),
    Case(
      "what a multi found after its own change says nothing", .holds,
      [
        create(),
        multi(
          "{\"f\":\"delete\"\(a)},{\"f\":\"delete\"\(a)}",
          error("NoNode") + ",\"results\":[{},{\"error\":\"NoNode\"}]"),
        ("exists", a, "ok", ",\"stat\":{\"version\":0}"),
      ]),
    Case(
      "the other parts of a refused multi did not happen", .violated,
      [
        create(),
        multi(
          "{\"f\":\"delete\"\(a)},{\"f\":\"check\"\(ab),\"version\":0}",
          error("NoNode") + ",\"results\":[{},{\"error\":\"NoNode\"}]"),
        refused("exists", a, "NoNode"),
      ]),
    Case(
      "a sequential create names what it made", .violated,
      [
        ("create", a + ",\"sequential\":true", "ok", ",\"created\":\"/a0000000000\""),
        ("exists", ",\"path\":\"/a0000000000\"", "ok", error("NoNode")),
      ]),
    Case(
      "a lost sequential create may have made a znode of its form", .holds,
      [
        ("create", a + ",\"value\":\"x\",\"sequential\":true", "info", ""),
        ("getData", ",\"path\":\"/a0000000003\"", "ok", ",\"value\":\"x\""),
      ]),
    Case(
      "but none of another form", .violated,
      [
        ("create", a + ",\"value\":\"x\",\"sequential\":true", "info", ""),
        ("getData", ",\"path\":\"/a3\"", "ok", ",\"value\":\"x\""),
      ]),
    Case(
      "an ephemeral may go with its session", .holds,
      [create(a, ",\"mode\":\"ephemeral\""), refused("exists", a, "NoNode")]),
    Case(
      "not while its session writes", .violated,
      [
        create(a, ",\"mode\":\"ephemeral\""), refused("exists", a, "NoNode"),
        create(",\"path\":\"/c\""),
      ]),
    Case(
      "it goes when its session closes", .violated,
      [
        create(a, ",\"mode\":\"ephemeral\""), ("closeSession", "", "ok", ""),
        ("exists", a, "ok", ",\"stat\":{}"),
      ]),
    Case(
      "a persistent znode stays", .violated,
      [create(), ("closeSession", "", "ok", ""), refused("exists", a, "NoNode")]),
    Case(
      "a container may go by itself", .holds,
      [create(a, ",\"mode\":\"container\""), refused("exists", a, "NoNode")]),
  ]

  @Test("Hand-made", arguments: cases)
  func handMade(_ example: Case) throws {
    let lines = example.requests.enumerated().flatMap { index, request in
      operation(index, request.0, request.1, request.2, request.3)
    }
    #expect(try verdict(lines) == example.verdict)
  }

  @Test(
    "Malformed fields are named with their line",
    arguments: [
      ("getData", ",\"path\":7", "", 2, "`path`"),
      ("setData", a + ",\"version\":\"1\"", "", 2, "`version`"),
      ("create", a + ",\"mode\":\"odd\"", "", 2, "`mode`"),
      ("getData", a, ",\"error\":3", 3, "`error`"),
      ("getData", a, ",\"zxid\":\"12\"", 3, "`zxid`"),
      ("exists", a, ",\"stat\":[]", 3, "`stat`"),
      ("exists", a, ",\"stat\":{\"mzxid\":5}", 3, "`mzxid`"),
      ("multi", "", "", 2, "`ops`"),
      ("multi", ",\"ops\":[{\"path\":\"/a\"}]", "", 2, "`f`"),
      ("multi", ",\"ops\":[]", ",\"results\":[{}]", 3, "`results`"),
    ])
  func malformed(f: String, call: String, reply: String, line: Int, field: String) throws {
    let history = try history(operation(0, f, call, "ok", reply))
    let error = #expect(throws: HistoryError.self) { try ZnodeProjection(history, reads: .all) }
    #expect(error?.line == line)
    #expect(error?.message.contains(field) == true, "\(error?.message ?? "")")
  }
}
