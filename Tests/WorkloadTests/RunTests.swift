import ClientSession
import Jute
import LinnaeusBase
import OperationHistory
import Testing

@testable import Workload

@Suite("Clients at work")
struct RunTests {
  /// How many operations ended in each way.
  private func outcomes(_ history: History) -> [Outcome: Int] {
    history.operations.reduce(into: [:]) { $0[$1.outcome, default: 0] += 1 }
  }

  /// A number that a record has as `"0x…"`.
  private func number(_ name: String, in record: Value) -> Int64? {
    guard case .map(let fields) = record else { return nil }
    let value = fields.first { $0.name == .string(name) }?.value
    guard case .string(let text)? = value else { return nil }
    return Int64(text.dropFirst(2), radix: 16)
  }

  /// Whether zxids do not fall from one operation of a session to the next, and each connect request
  /// names the last one seen, below which nothing that follows goes.
  private func sessionsGoForward(_ history: History) -> [String] {
    var failures: [String] = []
    var connects: [(line: Int32, process: Int64, zxid: Int64)] = []
    for annotation in history.annotations {
      guard case .map(let fields) = annotation.value,
        case .integer(let process)? = fields.first(where: { $0.name == .string("process") })?.value,
        let zxid = number("lastZxidSeen", in: annotation.value)
      else { continue }
      connects.append((annotation.line, process, zxid))
    }
    var last: [Int64: Int64] = [:]
    for operation in history.operations where operation.completionLine > 0 {
      let fields = history.values[operation.completionFields]
      guard let zxid = number("zxid", in: fields) else { continue }
      let process = operation.process
      if zxid < last[process] ?? 0 { failures.append("operation \(operation.id) goes back") }
      last[process] = zxid
      for connect in connects where connect.process == process {
        let isBefore = operation.completionLine < connect.line && zxid > connect.zxid
        let isAfter = operation.invocationLine > connect.line && zxid < connect.zxid
        if isBefore || isAfter {
          failures.append("operation \(operation.id) and line \(connect.line)")
        }
      }
    }
    return failures
  }

  @Test("Without faults every operation ends, and the history reads back")
  func calm() throws {
    for seed in 1...6 as ClosedRange<UInt64> {
      var options = WorkloadOptions()
      options.clients = 4
      options.steps = 100
      options.depth = seed.isMultiple(of: 2) ? 1 : 5
      options.watchPercent = 30
      options.mix[.move] = 0
      var world = TinyWorld(options, seed: seed)
      #expect(try world.run(untilNanoseconds: 100_000_000_000), "seed \(seed)")
      let history = try world.history()
      #expect(history.operations.count >= 400, "seed \(seed)")
      #expect(outcomes(history)[.info] == nil, "seed \(seed)")
      #expect(outcomes(history)[.fail] == nil, "seed \(seed)")
      #expect(Int64(history.operations.count) == world.record.history.operationCount)
    }
  }

  @Test("Whatever breaks, clients come to their end, and nothing is answered twice")
  func faults() throws {
    for seed in 1...16 as ClosedRange<UInt64> {
      var options = WorkloadOptions()
      options.clients = 3
      options.steps = 150
      options.depth = seed.isMultiple(of: 3) ? 8 : 1
      options.watchPercent = 40
      options.session.timeoutMilliseconds = 2_000
      options.session.asksForRetransmission = seed.isMultiple(of: 4)
      var world = TinyWorld(
        options, seed: seed, faults: .init(breaks: 60, expires: 300, pauses: 400))
      world.server.grantsRetransmission = true
      #expect(try world.run(untilNanoseconds: 1_000_000_000_000), "seed \(seed)")
      // The reader refuses a second completion, and one of an operation that never began.
      let history = try world.history()
      #expect(sessionsGoForward(history).isEmpty, "seed \(seed)")
      #expect((outcomes(history)[.ok] ?? 0) > 200, "seed \(seed): \(outcomes(history))")
    }
  }

  @Test("The same seed writes the same history")
  func determinism() throws {
    func run() throws -> [UInt8] {
      var options = WorkloadOptions()
      options.steps = 100
      var world = TinyWorld(options, seed: 5, faults: .init(breaks: 50, expires: 200, pauses: 200))
      _ = try world.run(untilNanoseconds: 1_000_000_000_000)
      return world.record.history.bytes
    }
    #expect(try run() == run())
  }

  @Test(
    "With retransmission each write is one operation, done once, however often the connection breaks"
  )
  func exactlyOnce() throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      var options = WorkloadOptions()
      options.clients = 3
      options.steps = 150
      options.depth = 1 + Int(seed % 4)
      options.mix = [.set: 5, .get: 3, .sync: 1, .move: 1]
      options.session.asksForRetransmission = true
      var world = TinyWorld(options, seed: seed, faults: .init(breaks: 25))
      world.server.grantsRetransmission = true
      #expect(try world.run(untilNanoseconds: 1_000_000_000_000), "seed \(seed)")
      let history = try world.history()
      // Only the last request of a session, to close it, finds no session when it comes again.
      for operation in history.operations where operation.outcome == .info {
        let name = history.name(of: operation)
        #expect(["closeSession", "getData", "sync"].contains(name), "seed \(seed): \(name)")
        #expect(name == "closeSession" || options.depth > 1, "seed \(seed): \(name)")
      }
      #expect(sessionsGoForward(history).isEmpty, "seed \(seed)")
      let sets = history.operations.count {
        $0.error == .absent && history.name(of: $0) == "setData"
      }
      let versions = (0..<options.keys).reduce(0) {
        $0 + Int(world.server.nodes["/k\($1)"]?.stat.version ?? 0)
      }
      #expect(sets == versions, "seed \(seed)")
      #expect(sets > 100, "seed \(seed)")
    }
  }
}
