import Linearizability
import OperationHistory
import Testing

@testable import Consistency

/// What must have happened though no reply says so, and where there is room for it.
@Suite("Lost writes and unseen ends")
struct PlacementTests {
  private func create(
    _ id: Int, process: Int, _ path: String, zxid: Int, mode: String = "persistent"
  ) -> [String] {
    operation(
      id, process: process, "create", ",\"path\":\"\(path)\",\"value\":\"\",\"mode\":\"\(mode)\"",
      "ok",
      ",\"created\":\"\(path)\",\"zxid\":\"0x\(zxid)\"")
  }

  private func setData(
    _ id: Int, process: Int, _ path: String, zxid: Int?, version: Int = 0
  ) -> [String] {
    let call = invocation(
      id, process: process, "setData", ",\"path\":\"\(path)\",\"value\":\"v\(id)\"")
    guard let zxid else { return [call, completion(id, process: process, "setData", "info")] }
    let stat = ",\"zxid\":\"0x\(zxid)\",\"stat\":{\"mzxid\":\"0x\(zxid)\",\"version\":\(version)}"
    return [call, completion(id, process: process, "setData", "ok", stat)]
  }

  @Test("Two sessions that end between two transactions need a zxid each")
  func unseenEnds() throws {
    func report(lastZxid: Int) throws -> ConsistencyReport {
      let lines =
        create(1, process: 0, "/a", zxid: 1)
        + create(2, process: 1, "/a/1", zxid: 2, mode: "ephemeral")
        + create(3, process: 2, "/a/2", zxid: 3, mode: "ephemeral")
        + operation(
          4, process: 0, "getChildren", ",\"path\":\"/a\"", "ok",
          ",\"children\":[],\"zxid\":\"0x\(lastZxid)\"")
      return try ConsistencyReport(history(lines))
    }
    let room = try report(lastZxid: 5)
    #expect(room.keeps(.linearizable) == true)
    #expect(room.explanations.count == 2)
    #expect(try report(lastZxid: 4).keeps(.sequential) != true)
  }

  @Test("Ends that are needed by different answers do not take one another's place")
  func sharedRoom() throws {
    let lines =
      create(1, process: 0, "/a", zxid: 1)
      + create(2, process: 1, "/a/1", zxid: 2, mode: "ephemeral")
      + create(3, process: 2, "/a/2", zxid: 3, mode: "ephemeral")
      + setData(4, process: 0, "/a", zxid: 5, version: 1)
      + create(5, process: 0, "/a/1", zxid: 7) + create(6, process: 0, "/a/2", zxid: 8)
    let report = try ConsistencyReport(history(lines))
    #expect(report.findings.isEmpty, "\(report.findings.map(report.sentence))")
    #expect(report.keeps(.zookeeper) != false)
  }

  @Test("Of lost writes that explain an answer the one is taken that its session has not overtaken")
  func notOvertaken() throws {
    let lines =
      create(1, process: 0, "/a", zxid: 1) + setData(2, process: 1, "/a", zxid: nil)
      + setData(3, process: 1, "/a", zxid: 3, version: 1) + setData(4, process: 2, "/a", zxid: nil)
      + setData(5, process: 0, "/a", zxid: 6, version: 3)
    let report = try ConsistencyReport(history(lines))
    #expect(report.keeps(.linearizable) == true, "\(report.undecided.map(report.sentence))")
    #expect(report.explanations.map(\.event) == [.write(3)])
    #expect(report.unknownWrites == 2)
  }

  @Test("A session that must have come back is doubted, since nothing shows when")
  func overtaken() throws {
    let lines =
      create(1, process: 0, "/a", zxid: 1) + setData(2, process: 1, "/a", zxid: nil)
      + setData(3, process: 1, "/a", zxid: 2, version: 1)
      + setData(4, process: 0, "/a", zxid: 4, version: 3)
    let report = try ConsistencyReport(history(lines))
    #expect(report.findings.isEmpty)
    #expect(report.verdict(of: .property(.orderedWrites)) == .unknown)
    let sentence = try report.sentence(#require(report.undecided.first))
    #expect(sentence.contains("setData /a (op 2") && sentence.contains("setData /a (op 3"))
  }

  @Test("Without pinning, a lost write is looked for and not taken from a Stat")
  func pinning() throws {
    let lines =
      create(1, process: 0, "/a", zxid: 1) + setData(2, process: 1, "/a", zxid: nil)
      + operation(
        3, process: 0, "getData", ",\"path\":\"/a\"", "ok",
        ",\"value\":\"v2\",\"zxid\":\"0x3\",\"stat\":{\"mzxid\":\"0x2\",\"version\":1}")
    let pinned = try ConsistencyReport(history(lines))
    #expect(pinned.pins.map(\.zxid) == [2] && pinned.explanations.isEmpty)
    let sentence = try pinned.sentence(#require(pinned.pins.first))
    #expect(sentence.contains("setData /a (op 2") && sentence.contains("getData /a (op 3"))
    let without = try ConsistencyReport(history(lines), pinning: false)
    #expect(without.pins.isEmpty && without.explanations.map(\.event) == [.write(1)])
    #expect(pinned.keeps(.linearizable) == true && without.keeps(.linearizable) == true)
  }

  @Test("A watch that is taken away before it fires is owed nothing, and may fire meanwhile")
  func removedWatch() throws {
    let arm = operation(
      2, process: 1, "exists", ",\"path\":\"/a\",\"watch\":true", "ok", ",\"zxid\":\"0x1\"")
    let removal = operation(
      3, process: 1, "removeWatches", ",\"path\":\"/a\"", "ok", ",\"zxid\":\"0x1\"")
    let change = setData(4, process: 0, "/a", zxid: 2, version: 1)
    let read = operation(5, process: 1, "sync", ",\"path\":\"/a\"", "ok", ",\"zxid\":\"0x2\"")
    let start = create(1, process: 0, "/a", zxid: 1)
    let pipelined = start + [arm[0], removal[0], arm[1], removal[1]] + change + read
    #expect(try ConsistencyReport(history(pipelined)).keeps(.zookeeper) == true)
    let event =
      "{\"type\":\"watch\",\"process\":1,\"session\":\"0x2\",\"event\":\"dataChanged\",\"path\":\"/a\""
      + ",\"zxid\":\"0x2\"}"
    let crossing = start + arm + change + [removal[0], event, removal[1]] + read
    #expect(try ConsistencyReport(history(crossing)).keeps(.zookeeper) == true)
    #expect(try ConsistencyReport(history(start + arm + change + read)).keeps(.zookeeper) == false)
  }
}
