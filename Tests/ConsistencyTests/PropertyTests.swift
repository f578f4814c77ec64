import Linearizability
import OperationHistory
import Testing

@testable import Consistency

/// A small history that keeps a property, and with one field changed does not.
struct PropertyCase: Sendable, CustomTestStringConvertible {
  var property: Property
  var name: String
  var lines: [String]
  /// The number of the line that is changed, from 0, and how.
  var line: Int
  var from: String
  var to: String
  /// What the sentence must name.
  var words: [String]
  var header = ""

  var testDescription: String { "\(property.number) \(name)" }

  var changed: [String] {
    var changed = lines
    changed[line] = changed[line].replacing(from, with: to)
    return changed
  }
}

@Suite("Each property is kept, or broken alone by one field")
struct PropertyTests {
  /// Process 0 creates `/a` with "x" at zxid 2.
  private static let start = operation(
    1, process: 0, "create", ",\"path\":\"/a\",\"value\":\"x\"", "ok",
    ",\"created\":\"/a\",\"zxid\":\"0x2\"")

  private static func setData(
    _ id: Int, process: Int, _ value: String, zxid: String, version: Int, path: String = "/a"
  ) -> [String] {
    operation(
      id, process: process, "setData", ",\"path\":\"\(path)\",\"value\":\"\(value)\"", "ok",
      ",\"zxid\":\"\(zxid)\",\"stat\":{\"mzxid\":\"\(zxid)\",\"version\":\(version)}")
  }

  private static func getData(
    _ id: Int, process: Int, _ value: String, zxid: String, path: String = "/a"
  ) -> [String] {
    operation(
      id, process: process, "getData", ",\"path\":\"\(path)\"", "ok",
      ",\"value\":\"\(value)\",\"zxid\":\"\(zxid)\"")
  }

  private static func create(_ id: Int, process: Int, _ path: String, zxid: String) -> [String] {
    operation(
      id, process: process, "create", ",\"path\":\"\(path)\",\"value\":\"\"", "ok",
      ",\"created\":\"\(path)\",\"zxid\":\"\(zxid)\"")
  }

  /// The lines of two operations, both called before either is answered.
  private static func overlapping(_ first: [String], _ second: [String]) -> [String] {
    [first[0], second[0], first[1], second[1]]
  }

  static let cases: [PropertyCase] = [
    PropertyCase(
      property: .uniqueWrites, name: "two writes with one zxid",
      lines: overlapping(
        create(1, process: 0, "/a", zxid: "0x2"), create(2, process: 1, "/b", zxid: "0x3")),
      line: 3, from: "0x3", to: "0x2", words: ["op 2", "op 1", "same zxid"]),
    PropertyCase(
      property: .linearizableWrites, name: "a later write with a smaller zxid",
      lines: start + create(2, process: 1, "/b", zxid: "0x3"),
      line: 3, from: "0x3", to: "0x1", words: ["create /b (op 2", "create /a (op 1", "smaller"]),
    PropertyCase(
      property: .orderedWrites, name: "a session that comes back",
      lines: start + create(2, process: 0, "/b", zxid: "0x3") + [
        invocation(3, process: 0, "setData", ",\"path\":\"/a\",\"value\":\"y\""),
        completion(3, process: 0, "setData", "info"),
      ] + setData(4, process: 0, "z", zxid: "0x5", version: 1, path: "/b")
        + operation(
          5, process: 1, "getData", ",\"path\":\"/a\"", "ok",
          ",\"value\":\"y\",\"zxid\":\"0x7\",\"stat\":{\"mzxid\":\"0x4\"}"),
      line: 9, from: "0x4", to: "0x6",
      words: ["session came back", "setData /a (op 3", "setData /b (op 4"]),
    PropertyCase(
      property: .legalReplay, name: "a version that does not follow",
      lines: start + setData(2, process: 1, "y", zxid: "0x3", version: 1),
      line: 3, from: "\"version\":1", to: "\"version\":2",
      words: ["setData /a (op 2", "version 2", "tell of 1", "create /a (op 1"]),
    PropertyCase(
      property: .rightRefusals, name: "a version that was refused though it was right",
      lines: start
        + operation(
          2, process: 1, "setData", ",\"path\":\"/a\",\"value\":\"y\",\"version\":5", "ok",
          ",\"error\":\"BadVersion\",\"zxid\":\"0x3\""),
      line: 2, from: "\"version\":5", to: "\"version\":0",
      words: ["setData /a (op 2", "refused", "version 0"]),
    PropertyCase(
      property: .snapshotReads, name: "a value that nobody wrote",
      lines: start + getData(2, process: 1, "x", zxid: "0x2"),
      line: 3, from: "\"x\"", to: "\"q\"", words: ["getData /a (op 2", "\"q\"", "no write"]),
    PropertyCase(
      property: .snapshotReads, name: "a Stat from after the reply's own zxid",
      lines: start
        + operation(
          2, process: 1, "exists", ",\"path\":\"/a\"", "ok",
          ",\"zxid\":\"0x2\",\"stat\":{\"mzxid\":\"0x2\"}"),
      line: 3, from: "{\"mzxid\":\"0x2\"", to: "{\"mzxid\":\"0x3\"",
      words: ["exists /a (op 2", "after the zxid of the reply"]),
    PropertyCase(
      property: .orderedSessions, name: "a session that goes back",
      lines: start + create(2, process: 0, "/b", zxid: "0x3")
        + getData(3, process: 1, "", zxid: "0x3", path: "/b")
        + getData(4, process: 1, "x", zxid: "0x3"),
      line: 7, from: "0x3", to: "0x2",
      words: ["getData /a (op 4", "getData /b (op 3", "monotonic-reads"]),
    PropertyCase(
      property: .handshake, name: "a server that is behind what the session has seen",
      lines: start + [
        "{\"type\":\"connect\",\"process\":1,\"session\":\"0x2\",\"lastZxidSeen\":\"0x2\"}"
      ] + getData(2, process: 1, "x", zxid: "0x2"),
      line: 2, from: "\"0x2\"}", to: "\"0x9\"}", words: ["getData /a (op 2", "0x9", "handshake"]),
    PropertyCase(
      property: .freshReads, name: "a read that misses what was answered before it",
      lines: timed([
        (start[0], 0), (start[1], 10),
        (setData(2, process: 0, "y", zxid: "0x3", version: 1)[0], 20),
        (getData(3, process: 1, "x", zxid: "0x2")[0], 25),
        (setData(2, process: 0, "y", zxid: "0x3", version: 1)[1], 30),
        (getData(3, process: 1, "x", zxid: "0x2")[1], 50),
      ]),
      line: 3, from: "\"time\":25", to: "\"time\":35",
      words: ["getData /a (op 3", "setData /a (op 2", "missed it"]),
    PropertyCase(
      property: .freshAfterSync, name: "a read after a sync that misses what was before the sync",
      lines: timed([
        (start[0], 0), (start[1], 10),
        (setData(2, process: 0, "y", zxid: "0x3", version: 1)[0], 20),
        (operation(3, process: 1, "sync", ",\"path\":\"/a\"", "ok", ",\"zxid\":\"0x2\"")[0], 25),
        (setData(2, process: 0, "y", zxid: "0x3", version: 1)[1], 30),
        (operation(3, process: 1, "sync", ",\"path\":\"/a\"", "ok", ",\"zxid\":\"0x2\"")[1], 40),
        (getData(4, process: 1, "x", zxid: "0x2")[0], 45),
        (getData(4, process: 1, "x", zxid: "0x2")[1], 50),
      ]),
      line: 3, from: "\"time\":25", to: "\"time\":35",
      words: ["getData /a (op 4", "sync (op 3", "setData /a (op 2", "class b"]),
    PropertyCase(
      property: .watches, name: "a reply that overtakes the event",
      lines: watched + missing(5, zxid: "0x2") + [fired], line: 9, from: "0x2", to: "0x3",
      words: ["exists /none (op 5", "setData /a (op 3", "getData /a (op 2", "before its session"]),
    PropertyCase(
      property: .watches, name: "an event that never comes",
      lines: watched + missing(5, zxid: "0x2"), line: 9, from: "0x2", to: "0x4",
      words: ["exists /none (op 5", "setData /a (op 3", "getData /a (op 2", "never told"]),
    PropertyCase(
      property: .watches, name: "an event for the transaction of another path",
      lines: watched + [fired], line: 8, from: "0x3", to: "0x4", words: ["Line 10", "/a"]),
    PropertyCase(
      property: .watches, name: "an event of a session that did not ask",
      lines: watched + [fired], line: 8, from: "\"session\":\"0x2\"", to: "\"session\":\"0x1\"",
      words: ["Line 10", "/a", "no watch"]),
    PropertyCase(
      property: .sessionEnds, name: "an ephemeral znode that outlives its session",
      lines: ephemeral
        + overlapping(
          operation(2, process: 0, "closeSession", "", "ok", ",\"zxid\":\"0x4\""),
          operation(
            3, process: 1, "exists", ",\"path\":\"/e\"", "ok",
            ",\"zxid\":\"0x3\",\"stat\":{\"ephemeralOwner\":\"0x1\"}")),
      line: 5, from: "\"zxid\":\"0x3\"", to: "\"zxid\":\"0x4\"",
      words: ["exists /e (op 3", "closeSession (op 2", "ephemeral"]),
    PropertyCase(
      property: .sessionEnds, name: "an ephemeral znode of another session",
      lines: ephemeral
        + operation(
          3, process: 1, "exists", ",\"path\":\"/e\"", "ok",
          ",\"zxid\":\"0x3\",\"stat\":{\"ephemeralOwner\":\"0x1\"}"),
      line: 3, from: "\"ephemeralOwner\":\"0x1\"", to: "\"ephemeralOwner\":\"0x2\"",
      words: ["exists /e (op 3", "ephemeralOwner 0x2", "tell of 0x1"]),
    PropertyCase(
      property: .sessionEnds, name: "a session that goes on after its end",
      lines: start + create(2, process: 1, "/b", zxid: "0x3")
        + operation(3, process: 0, "closeSession", "", "ok", ",\"zxid\":\"0x4\"") + [
          "{\"type\":\"connect\",\"process\":1,\"session\":\"0x2\",\"lastZxidSeen\":\"0x3\""
            + ",\"resumed\":true}"
        ],
      line: 6, from: "\"session\":\"0x2\"", to: "\"session\":\"0x1\"",
      words: ["closeSession (op 3", "resumed"]),
    PropertyCase(
      property: .durability, name: "an acknowledged write that a read does not show",
      lines: start
        + overlapping(
          setData(2, process: 0, "y", zxid: "0x3", version: 1),
          getData(3, process: 1, "x", zxid: "0x2")),
      line: 5, from: "0x2", to: "0x3",
      words: ["getData /a (op 3", "setData /a (op 2", "acknowledged"]),
    PropertyCase(
      property: .atomicMulti, name: "a part of a multi",
      lines: start + multi
        + operation(
          3, process: 1, "getChildren", ",\"path\":\"/a\"", "ok",
          ",\"children\":[\"1\",\"2\"],\"zxid\":\"0x3\""),
      line: 5, from: "[\"1\",\"2\"]", to: "[\"1\"]",
      words: ["getChildren /a (op 3", "multi /a/1, /a/2 (op 2", "part"]),
    PropertyCase(
      property: .atomicMulti, name: "parts with zxids of their own",
      lines: start + multi, line: 3, from: "\"czxid\":\"0x3\"", to: "\"czxid\":\"0x4\"",
      words: ["multi /a/1, /a/2 (op 2", "one transaction"]),
  ]

  /// Process 1 sets a watch on `/a`, process 0 changes it at zxid 3 and creates `/b` at 4.
  private static let watched =
    start
    + operation(
      2, process: 1, "getData", ",\"path\":\"/a\",\"watch\":true", "ok",
      ",\"value\":\"x\",\"zxid\":\"0x2\"")
    + setData(3, process: 0, "y", zxid: "0x3", version: 1)
    + create(4, process: 0, "/b", zxid: "0x4")

  private static let fired =
    "{\"type\":\"watch\",\"process\":1,\"session\":\"0x2\",\"event\":\"dataChanged\""
    + ",\"path\":\"/a\",\"zxid\":\"0x3\"}"

  private static func missing(_ id: Int, zxid: String) -> [String] {
    operation(
      id, process: 1, "exists", ",\"path\":\"/none\"", "ok",
      ",\"error\":\"NoNode\",\"zxid\":\"\(zxid)\"")
  }

  private static let ephemeral = operation(
    1, process: 0, "create", ",\"path\":\"/e\",\"value\":\"\",\"mode\":\"ephemeral\"", "ok",
    ",\"created\":\"/e\",\"zxid\":\"0x3\"")

  private static let multi = operation(
    2, process: 0, "multi",
    ",\"ops\":[{\"f\":\"create\",\"path\":\"/a/1\",\"value\":\"\"},"
      + "{\"f\":\"create\",\"path\":\"/a/2\",\"value\":\"\"}]", "ok",
    ",\"results\":[{\"created\":\"/a/1\"},{\"created\":\"/a/2\",\"stat\":{\"czxid\":\"0x3\"}}]"
      + ",\"zxid\":\"0x3\"")

  private static func timed(_ lines: [(String, Int)]) -> [String] {
    lines.map { $0.0.dropLast() + ",\"time\":\($0.1)}" }
  }

  @Test("One field", arguments: cases)
  func oneField(_ example: PropertyCase) throws {
    let before = try ConsistencyReport(history(example.lines, header: example.header))
    let after = try ConsistencyReport(history(example.changed, header: example.header))
    #expect(example.changed != example.lines)
    #expect(before.findings(against: example.property).isEmpty)
    #expect(before.verdict(of: .property(example.property)) == .holds)
    #expect(after.verdict(of: .property(example.property)) == .violated)
    let own = Set(after.findings.map(\.property)).subtracting(before.findings.map(\.property))
    #expect(own == [example.property], "\(after.findings.map(after.sentence))")
    #expect(after.undecided.allSatisfy { $0.property == .convergence })
    let sentence = try after.sentence(#require(after.findings(against: example.property).first))
    for word in example.words {
      #expect(sentence.contains(word), "no '\(word)' in: \(sentence)")
    }
  }

  @Test("A reconfiguration is a transaction, and what servers put into their own znode is theirs")
  func reconfiguration() throws {
    func lines(creating zxid: String) -> [String] {
      let config = ",\"path\":\"/zookeeper/config\""
      func read(_ id: Int, _ text: String, _ zxid: String) -> [String] {
        operation(
          id, process: 1, "getData", config, "ok",
          ",\"value\":\"\(text)\",\"stat\":{\"mzxid\":\"\(zxid)\",\"version\":-1},\"zxid\":\"\(zxid)\""
        )
      }
      return read(1, "server.1=a", "0x5")
        + operation(
          2, process: 1, "reconfig", ",\"joining\":\"server.2=b\"", "ok",
          ",\"value\":\"server.1=a\",\"zxid\":\"0x6\"")
        + read(3, "server.2=b", "0x6")
        + operation(
          4, process: 0, "create", ",\"path\":\"/a\",\"value\":\"\"", "ok",
          ",\"created\":\"/a\",\"zxid\":\"\(zxid)\"")
    }
    let sound = try ConsistencyReport(history(lines(creating: "0x7")))
    #expect(sound.keeps(.linearizable) == true, "\(sound.findings.map(sound.sentence))")
    let shared = try ConsistencyReport(history(lines(creating: "0x6")))
    #expect(!shared.findings(against: .uniqueWrites).isEmpty)
  }

  @Test("Every property has a name, a sentence and a source of its own")
  func descriptions() {
    for property in Property.allCases {
      #expect(!property.sentence.isEmpty && !property.source.isEmpty)
      #expect(Requirement(name: property.name) == .property(property))
      #expect(Requirement(name: property.number) == .property(property))
    }
    #expect(Set(Property.allCases.map(\.sentence)).count == Property.allCases.count)
    #expect(Set(Requirement.names).count == Requirement.names.count)
  }

  @Test("Promises to sessions are told apart by what the two operations are")
  func sessionGuarantees() throws {
    // Process 1 goes from zxid 3 back to 2, each time with another pair of operations.
    let read = Self.getData(8, process: 1, "x", zxid: "0x2")
    let earlier = Self.getData(7, process: 1, "", zxid: "0x3", path: "/b")
    let lines = Self.start + Self.create(2, process: 0, "/b", zxid: "0x3")
    let reads = try ConsistencyReport(history(lines + earlier + read))
    #expect(reads.verdict(of: .session(.monotonicReads)) == .violated)
    #expect(reads.verdict(of: .session(.readYourWrites)) == .holds)
    let own = Self.start + Self.create(7, process: 1, "/b", zxid: "0x3") + read
    let writes = try ConsistencyReport(history(own))
    #expect(writes.verdict(of: .session(.readYourWrites)) == .violated)
    #expect(writes.verdict(of: .session(.monotonicReads)) == .holds)
    #expect(writes.keeps(.session) == false)
  }

  @Test("Whether servers converge is told from the reads after the quiet line")
  func convergence() throws {
    let header = ",\"servers\":{\"1\":\"a:2181\",\"2\":\"b:2181\"}"
    func report(_ value: String, zxid: String, server: Int, mark: String) throws
      -> ConsistencyReport
    {
      let read = Self.getData(3, process: 1, value, zxid: zxid)
      let lines =
        Self.start + Self.setData(2, process: 0, "y", zxid: "0x3", version: 1)
        + ["{\"type\":\"info\",\"process\":\"nemesis\",\"f\":\"\(mark)\"}"]
        + [read[0].dropLast() + ",\"server\":1}", read[1]]
        + Self.getData(4, process: 2, "y", zxid: "0x3").map {
          $0.contains("invoke") ? $0.dropLast() + ",\"server\":\(server)}" : $0
        }
      return try ConsistencyReport(history(lines, header: header))
    }
    let same = try report("y", zxid: "0x3", server: 2, mark: "quiet")
    #expect(same.verdict(of: .property(.convergence)) == .holds)
    let lagging = try report("x", zxid: "0x2", server: 2, mark: "quiet")
    #expect(lagging.verdict(of: .property(.convergence)) == .violated)
    #expect(lagging.keeps(.zookeeper) == true)
    let sentence = try lagging.sentence(#require(lagging.findings(against: .convergence).first))
    #expect(sentence.contains("getData /a (op 3") && sentence.contains("missed setData /a (op 2"))
    let unread = try report("y", zxid: "0x3", server: 1, mark: "quiet")
    #expect(unread.verdict(of: .property(.convergence)) == .unknown)
    #expect(unread.undecided.map(unread.sentence) == ["Server 2 was not read when all was quiet."])
    let noise = try report("x", zxid: "0x2", server: 2, mark: "heal")
    #expect(noise.verdict(of: .property(.convergence)) == .unknown)
  }

  @Test("A bound on staleness is kept by reads that are no older")
  func staleness() throws {
    let lines =
      Self.start + Self.setData(2, process: 0, "y", zxid: "0x3", version: 1)
      + Self.getData(3, process: 1, "x", zxid: "0x2")
    let timed = Self.timed(zip(lines, [0, 10, 20, 30, 50, 60]).map { ($0, $1) })
    func verdict(_ bound: StalenessBound) throws -> Verdict {
      let report = try ConsistencyReport(history(timed), staleness: bound)
      return report.verdict(of: .property(.boundedStaleness))
    }
    #expect(try verdict(StalenessBound(versions: 1)) == .holds)
    #expect(try verdict(StalenessBound(versions: 0)) == .violated)
    #expect(try verdict(StalenessBound(nanoseconds: 20)) == .holds)
    #expect(try verdict(StalenessBound(nanoseconds: 19)) == .violated)
    let report = try ConsistencyReport(history(timed), staleness: StalenessBound(versions: 0))
    let sentence = try report.sentence(#require(report.findings(against: .boundedStaleness).first))
    #expect(sentence.contains("getData /a (op 3") && sentence.contains("1 version behind"))
  }
}
