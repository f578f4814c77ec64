import OperationHistory
import Simulator
import Testing

@testable import Experiments

/// Each scenario shows what its story says.
@Suite("Scenarios")
struct ScenarioTests {
  /// The lines of a scenario's history.
  private struct Lines {
    var all: [Line] = []

    init(_ name: String) throws {
      let scenario = try #require(Scenario(named: name))
      let result = scenario.run()
      // Those without a bug break no promise.
      let isBroken = name.hasSuffix("-apache") || name.hasSuffix("-twice")
      if !isBroken { #expect(result.violations.isEmpty, "\(result.violations)") }
      for line in result.history.split(separator: 0x0A) {
        let value = try Array(line).withUnsafeBytes { bytes throws(HistoryError) in
          try parseJSON(bytes)
        }
        guard case .map(let fields) = value else { continue }
        all.append(Line(fields: fields))
      }
      #expect(all[0]["comment"]?.count ?? 0 > 100)
    }

    /// The completions of a function by a process, in order.
    func ended(_ process: Int, _ function: String) -> [Line] {
      all.filter {
        $0["process"] == "\(process)" && $0["f"] == function && $0["type"] != "invoke"
      }
    }

    func begun(_ process: Int, _ function: String) -> [Line] {
      all.filter {
        $0["process"] == "\(process)" && $0["f"] == function && $0["type"] == "invoke"
      }
    }
  }

  private struct Line {
    var fields: [Value.Field]

    /// A field as text.
    subscript(_ name: String) -> String? {
      switch fields.first(where: { $0.name == .string(name) })?.value {
      case .string(let text)?: text
      case .integer(let number)?: "\(number)"
      case .boolean(let isTrue)?: "\(isTrue)"
      default: nil
      }
    }

    var time: Int { self["time"].flatMap { Int($0) } ?? -1 }
  }

  @Test("Names are unique, and a pair differs in one thing")
  func names() {
    let names = Scenario.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Scenario(named: "nothing") == nil)
    #expect(Scenario(named: names[0])?.name == names[0])
  }

  @Test("A deposed leader answers a sync and reads what is old; asked for a quorum it cannot")
  func deposedLeader() throws {
    let plain = try Lines("deposed-leader")
    let write = try #require(plain.ended(1, "setData").first)
    let sync = try #require(plain.begun(0, "sync").first)
    #expect(write["type"] == "ok" && write.time < sync.time)
    #expect(plain.ended(0, "sync").map { $0["type"] } == ["ok", "ok"])
    #expect(plain.ended(0, "getData").map { $0["value"] } == ["old", "old", "new"])

    let asked = try Lines("deposed-leader-quorum-sync")
    #expect(try #require(asked.ended(1, "setData").first).time < asked.begun(0, "sync")[0].time)
    #expect(asked.ended(0, "sync").map { $0["type"] } == ["info", "ok"])
    #expect(asked.ended(0, "getData").map { $0["value"] } == ["old", "new", "new"])
  }

  @Test("A leader that applies late answers with what is old, ours does not")
  func liveLeader() throws {
    for (name, value) in [("live-leader-apache", "old"), ("live-leader", "new")] {
      let lines = try Lines(name)
      let write = try #require(lines.ended(1, "setData").first)
      #expect(write["type"] == "ok" && write.time < lines.begun(0, "sync")[0].time, "\(name)")
      #expect(lines.ended(0, "getData").map { $0["value"] } == [value, "new"], "\(name)")
      #expect(lines.all.count { $0["f"] == "fault" } == 0)
    }
  }

  @Test(
    "A session's earlier write overtakes its later one only where connections are not told apart")
  func returningSession() throws {
    for (name, last) in [("session-returns-apache", "left behind"), ("session-returns", "later")] {
      let lines = try Lines(name)
      #expect(lines.begun(0, "setData").map { $0["value"] } == ["left behind", "later"])
      #expect(lines.ended(0, "setData").map { $0["type"] } == ["info", "ok"], "\(name)")
      #expect(lines.ended(0, "getData").map { $0["value"] } == ["later"], "\(name)")
      #expect(lines.ended(1, "getData").map { $0["value"] } == [last], "\(name)")
    }
  }

  @Test(
    "Two clients believe that they hold a lock; the older token is refused where there is a fence")
  func outlivedLock() throws {
    for (name, isAccepted) in [("outlived-lock", "true"), ("outlived-lock-fenced", "false")] {
      let lines = try Lines(name)
      let (first, second) = (lines.ended(0, "acquired")[0], lines.ended(1, "acquired")[0])
      let released = (lines.ended(0, "released")[0], lines.ended(1, "released")[0])
      #expect(first.time < second.time && second.time < released.0.time, "\(name)")
      let (late, good) = (lines.ended(0, "effect")[0], lines.ended(1, "effect")[0])
      #expect(good.time < late.time && good["accepted"] == "true", "\(name)")
      #expect(late["accepted"] == isAccepted, "\(name)")
      #expect(try zxid(late) < zxid(good), "\(name)")
      #expect(lines.all.contains { $0["type"] == "expired" && $0["process"] == "0" }, "\(name)")
    }
  }

  private func zxid(_ line: Line) throws -> UInt64 {
    try #require(line["token"].flatMap { UInt64($0.dropFirst(2), radix: 16) })
  }

  @Test("A write that is sent again is done once, or twice where nobody remembers it")
  func resentWrite() throws {
    for (name, zxid) in [("resent-write", "0x100000003"), ("resent-write-twice", "0x100000004")] {
      let lines = try Lines(name)
      #expect(lines.begun(0, "setData").count == 1)
      let write = try #require(lines.ended(0, "setData").first)
      #expect(write["type"] == "ok" && write["zxid"] == zxid, "\(name)")
      // Between its call and its answer the session went on on another connection.
      let calls = lines.begun(0, "setData")[0].time..<write.time
      #expect(
        lines.all.contains {
          $0["type"] == "connect" && $0["retransmission"] == "true" && calls.contains($0.time)
        })
    }
  }
}
