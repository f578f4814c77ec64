import Linearizability
import OperationHistory
import Testing

@testable import Consistency

/// Which reads count, and how stale they are.
@Suite("Reads at the leader, after sync, and all")
struct ReadSelectionTests {
  private static let a = ",\"path\":\"/a\""

  private func leads(_ server: Int, _ epoch: Int, _ time: Int, _ f: String = "leads") -> String {
    "{\"type\":\"info\",\"process\":\"nemesis\",\"f\":\"\(f)\""
      + ",\"value\":{\"server\":\(server),\"epoch\":\(epoch)},\"time\":\(time)}"
  }

  private func timed(
    _ id: Int, _ process: Int, server: Int, _ f: String, _ call: String, _ reply: String,
    _ from: Int, _ to: Int
  ) -> [String] {
    [
      invocation(id, process: process, f, call + ",\"server\":\(server),\"time\":\(from)"),
      completion(id, process: process, f, "ok", reply + ",\"time\":\(to)"),
    ]
  }

  /// The znode changes from x to y; then somebody reads x at a server, between two moments.
  private func staleRead(at server: Int, _ from: Int, _ to: Int) -> [String] {
    [leads(1, 1, 5)]
      + timed(0, 0, server: 1, "create", Self.a + ",\"value\":\"x\"", ",\"zxid\":\"0x1\"", 10, 20)
      + timed(
        1, 0, server: 1, "setData", Self.a + ",\"value\":\"y\",\"version\":-1",
        ",\"zxid\":\"0x2\"", 30, 40)
      + timed(
        2, 1, server: server, "getData", Self.a, ",\"value\":\"x\",\"zxid\":\"0x1\"", from, to)
      + [leads(2, 2, 100), leads(2, 2, 200, "stopsLeading")]
  }

  @Test(
    "A read counts if its server led all the while",
    arguments: [
      (1, 50, 60, true), (2, 50, 60, false), (1, 90, 110, false), (1, 120, 130, false),
      (2, 120, 130, true), (2, 190, 210, false), (2, 100, 130, false), (1, 50, 100, false),
    ])
  func leader(server: Int, from: Int, to: Int, counts: Bool) throws {
    let lines = staleRead(at: server, from, to)
    let projection = try ZnodeProjection(history(lines), reads: .leader)
    #expect(projection.reads.counted == (counts ? 1 : 0))
    #expect(try verdict(lines, reads: .leader) == (counts ? .violated : .holds))
    #expect(try verdict(lines, reads: .all) == .violated)
  }

  @Test("The clock's error makes borders wider", arguments: [(9, 1), (11, 0)])
  func skew(skew: Int, counted: Int) throws {
    let lines = staleRead(at: 1, 60, 78)
    let projection = try ZnodeProjection(
      history(lines, header: ",\"skew_ns\":\(skew)"), reads: .leader)
    #expect(projection.reads.counted == counted)
  }

  @Test("A read after sync may take effect from the call of the sync on")
  func synced() throws {
    let create = timed(
      0, 0, server: 1, "create", Self.a + ",\"value\":\"x\"", ",\"zxid\":\"0x1\"", 10, 20)
    func lines(sync: Int, server: Int) -> [String] {
      create + timed(1, 1, server: server, "sync", Self.a, ",\"zxid\":\"0x0\"", sync, sync + 1)
        + timed(2, 1, server: 2, "exists", Self.a, ",\"error\":\"NoNode\",\"zxid\":\"0x0\"", 50, 60)
    }
    #expect(try verdict(lines(sync: 15, server: 2), reads: .synced) == .holds)
    #expect(try verdict(lines(sync: 30, server: 2), reads: .synced) == .violated)
    // A sync elsewhere promises nothing here.
    #expect(try verdict(lines(sync: 30, server: 1), reads: .synced) == .holds)
  }

  @Test("The header may name the reads and the paths that are checked")
  func parameters() throws {
    let lines = staleRead(at: 2, 50, 60)
    func check(_ parameters: String) throws -> Int {
      let projection = try ZnodeProjection(
        history(lines, header: ",\"parameters\":{\(parameters)}"))
      return projection.compiled.partitions.count * 10 + projection.reads.counted
    }
    #expect(try check("\"reads\":\"all\"") == 11)
    #expect(try check("\"paths\":[\"/b\"],\"reads\":\"all\"") == 1)
    #expect(try check("\"paths\":[\"/a\"]") == 10)
  }

  @Test("A stale read's age is told in versions of its path and in time")
  func staleness() throws {
    var lines = staleRead(at: 2, 70, 80)
    // A read of another path lags, and is not stale.
    lines += timed(
      3, 2, server: 2, "exists", ",\"path\":\"/b\"", ",\"error\":\"NoNode\",\"zxid\":\"0x1\"", 90,
      95)
    let report = try StalenessReport(history(lines))
    #expect(report.reads.map(\.isLagging) == [true, true])
    #expect(report.reads.map(\.versions) == [1, 0])
    #expect(report.reads.map(\.nanoseconds) == [30, 0])
    #expect(report.summary().staleReads == 1)
    #expect(report.summary().versions == .init([0, 1]))
    let groups = report.groups()
    #expect(groups.map(\.server) == [2] && groups.map(\.mode) == [.plain])
  }

  @Test("Percentiles are numbers that so many parts do not exceed")
  func percentiles() {
    let distribution = StalenessSummary.Distribution(Array(1...200))
    #expect(distribution.p50 == 100 && distribution.p99 == 198 && distribution.max == 200)
    #expect(StalenessSummary.Distribution([]).max == 0)
  }
}
