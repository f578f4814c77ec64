import Linearizability
import OperationHistory
import Testing

@testable import Consistency

/// The cycle of each way in which a property is broken alone, and its certificate.
@Suite("Cycles of each property")
struct PropertyCycleTests {
  private static let digest = String(repeating: "0123456789abcdef", count: 4)

  @Test("A history that keeps a property has no cycle, and a broken one has that of its operations")
  func cycles() throws {
    var proved: Set<Property> = []
    for own in PropertyTests.cases {
      let kept = try ConsistencyReport(history(own.lines, header: own.header))
      let graph = ConsistencyGraph(kept)
      for level in Level.allCases where kept.keeps(level) == true {
        #expect(graph.isAcyclic(level), "\(own.testDescription), \(level)")
      }
      let changed = try history(own.changed, header: own.header)
      let report = try ConsistencyReport(changed)
      let witnesses = report.cycles()
      for level in Level.allCases where report.keeps(level) == false {
        let broken = report.findings.filter(level.isBroken)
        let hasWitness = witnesses.contains { $0.levels.contains(level) }
        #expect(hasWitness == report.hasCycle(of: broken), "\(own.testDescription), \(level)")
        guard hasWitness,
          let certificate = report.certificate(of: level, digest: Self.digest)
        else { continue }
        let verification = verify(certificate, history: changed, digest: Self.digest)
        guard case .valid = verification else {
          Issue.record("\(own.testDescription), \(level): \(verification), \(certificate)")
          continue
        }
        // The history that keeps the property does not bear it.
        let other = verify(
          certificate, history: try history(own.lines, header: own.header), digest: Self.digest)
        guard case .invalid = other else {
          Issue.record("\(own.testDescription), \(level): \(other) of the history that keeps it")
          continue
        }
        proved.insert(own.property)
      }
    }
    let expected: [Property] = [
      .linearizableWrites, .orderedWrites, .orderedSessions, .freshReads, .freshAfterSync,
      .watches, .sessionEnds, .durability, .atomicMulti,
    ]
    #expect(expected.allSatisfy(proved.contains), "\(proved.sorted())")
  }

  @Test("A handshake tells of a transaction that the server does not have yet")
  func handshake() throws {
    func create(_ id: Int, _ path: String, _ zxid: Int) -> [String] {
      operation(
        id, "create", ",\"path\":\"\(path)\",\"value\":\"x\"", "ok",
        ",\"created\":\"\(path)\",\"zxid\":\"0x\(zxid)\"")
    }
    let text =
      create(1, "/a", 2) + create(2, "/b", 3) + [
        "{\"type\":\"connect\",\"process\":1,\"session\":\"0x2\",\"lastZxidSeen\":\"0x3\"}"
      ]
      + operation(
        3, process: 1, "getData", ",\"path\":\"/a\"", "ok", ",\"value\":\"x\",\"zxid\":\"0x2\"")
    let report = try ConsistencyReport(history(text))
    let witness = try #require(report.cycles().first)
    #expect(witness.levels.first == .session)
    #expect(report.explain(witness.cycle).map(\.field) == ["lastZxidSeen", "zxid"])
    let certificate = try #require(report.certificate(of: .session, digest: Self.digest))
    let right = verify(certificate, history: try history(text), digest: Self.digest)
    guard case .valid = right else {
      Issue.record("\(right)")
      return
    }
    // Had it seen less, it would prove nothing.
    let less = text.map { $0.replacing("Seen\":\"0x3", with: "Seen\":\"0x2") }
    let wrong = verify(certificate, history: try history(less), digest: Self.digest)
    guard case .invalid = wrong else {
      Issue.record("\(wrong)")
      return
    }
  }
}
