import Glibc
import Linearizability
import LinnaeusBase
import OperationHistory
import Testing

@testable import Consistency

private let effort = getenv("LINNAEUS_EFFORT").flatMap { Double(String(cString: $0)) } ?? 1

/// Certificates of small random histories: what the checker writes is verified, what is changed is
/// not, and nothing proves what brute force refutes.
@Suite("Certificates of levels")
struct ConsistencyCertificateTests {
  private static let digest = String(repeating: "0123456789abcdef", count: 4)

  /// A seed's history, as in ``GraphLevelTests``.
  static func ensemble(_ seed: UInt64) -> RandomEnsembleHistory {
    var ensemble = RandomEnsembleHistory(
      seed: seed, count: 5 + Int(seed % 5), syncs: seed % 3 == 1 ? 8 : 1)
    if seed.isMultiple(of: 4) { ensemble.spoil() }
    var random = SeededRandom(seed: seed)
    if seed % 4 == 1 { ensemble.swapWrites(&random) }
    return ensemble
  }

  private func isValid(_ certificate: ConsistencyCertificate, _ history: History) -> Bool {
    if case .valid = verify(certificate, history: history, digest: Self.digest) { return true }
    return false
  }

  private func reread(_ certificate: ConsistencyCertificate) throws -> ConsistencyCertificate {
    try certificate.write().withUnsafeBytes { try ConsistencyCertificate.parse($0) }
  }

  @Test("Each level that is kept or broken by a cycle has one that is valid")
  func valid() throws {
    var (orders, cycles, withoutOrder, notChecked, guesses) = (0, 0, 0, 0, 0)
    for seed in 1...1200 as ClosedRange<UInt64> {
      let ensemble = Self.ensemble(seed)
      let history = try history(ensemble.text)
      let report = try ConsistencyReport(history)
      for level in LevelTests.levels {
        guard let certificate = report.certificate(of: level, digest: Self.digest) else {
          if report.keeps(level) == true { withoutOrder += 1 }
          continue
        }
        let isSame = try reread(certificate) == certificate
        #expect(isSame, "seed \(seed)")
        switch verify(certificate, history: history, digest: Self.digest) {
        case .valid:
          if case .order = certificate.proof { orders += 1 } else { cycles += 1 }
        case .notChecked: notChecked += 1
        case .invalid(let why):
          // Where something must have happened that nobody was told of, the place is a guess; the
          // writes may be right without what reads saw of lost ones.
          let isGuess = !report.explanations.isEmpty || level == .linearizableWrites
          if isGuess, !ensemble.lostWrites.isEmpty {
            guesses += 1
            continue
          }
          Issue.record(
            """
            seed \(seed), \(level.rawValue): \(why)
            \(String(decoding: certificate.write(), as: UTF8.self))
            \(ensemble.text.joined(separator: "\n"))
            """)
          return
        }
      }
    }
    #expect(orders > 4000 && cycles > 300, "\(orders) orders, \(cycles) cycles")
    #expect(withoutOrder < 300 && notChecked < 50, "\(withoutOrder), \(notChecked)")
    #expect(guesses < 50, "\(guesses)")
  }

  @Test("No order proves a level that is broken")
  func stronger() throws {
    var refused = 0
    for seed in 1...600 as ClosedRange<UInt64> {
      let ensemble = Self.ensemble(seed)
      let history = try history(ensemble.text)
      let report = try ConsistencyReport(history)
      for level in LevelTests.levels where report.keeps(level) == true {
        guard var certificate = report.certificate(of: level, digest: Self.digest) else { continue }
        for other in LevelTests.levels where report.keeps(other) == false {
          certificate.level = other
          let isAccepted = isValid(certificate, history)
          #expect(!isAccepted, "seed \(seed): \(other.rawValue)")
          refused += 1
        }
      }
    }
    #expect(refused > 300, "\(refused)")
  }

  /// Every step that would be accepted.
  private func steps(_ history: History, _ level: Level) -> [(Int32, Int32, EdgeKind)] {
    let verification = CycleVerification(history, level: level)
    let ids = history.operations.map(\.id)
    var steps: [(Int32, Int32, EdgeKind)] = []
    for (from, first) in ids.enumerated() {
      for (to, second) in ids.enumerated() where from != to {
        for kind in EdgeKind.allCases where kind != .zxidOfReads && kind != .realTimeOfReads {
          for because in kind == .sync ? ids : [first] {
            let edge = ConsistencyCertificate.Edge(
              from: first, to: second, kind: kind.name, because: because, field: "")
            let reasons = (try? verification.reasons(edge)) ?? []
            if !reasons.isEmpty { steps.append((Int32(from), Int32(to), kind)) }
          }
        }
      }
    }
    return steps
  }

  @Test("Of a level that is kept no steps that would be accepted make a cycle that it forbids")
  func sound() throws {
    var count = 0
    let seeds = UInt64(500 * max(effort, 0.1))
    for seed in 1...seeds {
      let ensemble = Self.ensemble(seed)
      let history = try history(ensemble.text)
      let report = try ConsistencyReport(history)
      let columns = report.columns
      let steps = steps(history, .linearizable)
      count += steps.count
      var builder = DependencyGraphBuilder(operationCount: history.operations.count)
      for (from, to, kind) in steps {
        let ofReads = !columns.kinds[Int(to)].isWrite || !columns.kinds[Int(from)].isWrite
        switch kind {
        case .zxid: builder.addEdge(from: from, to: to, ofReads ? .zxidOfReads : .zxid)
        case .realTime:
          let toWrite = columns.kinds[Int(to)].isWrite
          builder.addEdge(from: from, to: to, toWrite ? .realTime : .realTimeOfReads)
        default: builder.addEdge(from: from, to: to, kind)
        }
      }
      let graph = builder.build()
      for level in LevelTests.levels {
        if level == .session, !ensemble.lostWrites.isEmpty { continue }
        guard ensemble.keeps(level) else { continue }
        for kinds in level.acyclicKinds {
          let isAcyclic = Components(graph, kinds: kinds).isAcyclic
          #expect(
            isAcyclic,
            """
            seed \(seed): \(level.rawValue), \(CycleSearch(graph).debug(kinds))
            \(ensemble.text.joined(separator: "\n"))
            """)
          if !isAcyclic { return }
        }
      }
    }
    #expect(count > 30 * seeds, "\(count)")
  }

  @Test("Each field of a certificate matters")
  func mutated() throws {
    var (refused, cycles) = (0, 0)
    for seed in 1...1000 as ClosedRange<UInt64> {
      let history = try history(Self.ensemble(seed).text)
      let report = try ConsistencyReport(history)
      let ids = history.operations.map(\.id)
      for level in LevelTests.levels {
        guard let good = report.certificate(of: level, digest: Self.digest),
          isValid(good, history)
        else { continue }
        var mutants: [ConsistencyCertificate] = []
        func add(_ change: (inout ConsistencyCertificate) -> Void) {
          var mutant = good
          change(&mutant)
          mutants.append(mutant)
        }
        add { $0.history = "f" + Self.digest.dropFirst() }
        switch good.proof {
        case .order(let order):
          if let first = order.first { add { $0.proof = .order(order + [first]) } }
          add { $0.proof = .order(order + [99]) }
          for place in order.indices
          where history.operations.first(where: { $0.id == order[place] })?.outcome == .ok {
            var rest = order
            rest.remove(at: place)
            add { $0.proof = .order(rest) }
          }
        case .cycle(let edges):
          cycles += 1
          for place in edges.indices {
            func edit(_ change: (inout ConsistencyCertificate.Edge) -> Void) {
              var edges = edges
              change(&edges[place])
              add { $0.proof = .cycle(edges) }
            }
            for id in ids + [99] {
              if id != edges[place].from { edit { $0.from = id } }
              if id != edges[place].to { edit { $0.to = id } }
              let isAnswered = history.operations.contains { $0.id == id && $0.outcome == .ok }
              // Of a lost write every Stat that names it, and of a sync every one before, is as good.
              let edge = edges[place]
              let isOther = !ids.contains(id) || !isAnswered || edge.because == edge.to
              if id != edge.because, isOther, edge.kind != "sync" { edit { $0.because = id } }
            }
            for field in ["version", "children", "acl", ""] { edit { $0.field = field } }
            for kind in ["handshake", "expiry", "watch", "sync", "rww"]
            where kind != edges[place].kind {
              edit { $0.kind = kind }
            }
          }
          add { $0.proof = .cycle(Array(edges.dropLast())) }
        }
        for mutant in mutants {
          let isAccepted = isValid(mutant, history)
          #expect(
            !isAccepted, "seed \(seed): \(String(decoding: mutant.write(), as: UTF8.self))")
          refused += 1
        }
      }
    }
    #expect(refused > 20_000 && cycles > 300, "\(refused) mutants of \(cycles) cycles")
  }

  @Test("What is no certificate is refused with its line")
  func malformed() {
    let head =
      "{\"certificate\":1,\"history\":\"\(Self.digest)\",\"model\":\"zookeeper\""
      + ",\"guarantee\":\"session\",\"verdict\":"
    let cases: [(text: String, line: Int)] = [
      (head + "\"violated\"}\n", 2), (head + "\"violated\"}\n{\"cycle\":[]}\n{}\n", 4),
      (head + "\"violated\"}\n{\"order\":[]}\n", 2), (head + "\"holds\"}\n{\"order\":[\"1\"]}", 2),
      (head + "\"holds\"}\n{\"order\":[1],\"order\":[2]}", 2), (head + "\"holds\",}\n{}", 1),
      (head.replacing("session", with: "none") + "\"holds\"}\n{\"order\":[]}\n", 1),
      (head + "\"violated\"}\n{\"cycle\":[{\"from\":1,\"to\":2,\"kind\":\"ww\"}]}\n", 2),
      ("", 1), ("\n\n", 1),
    ]
    for (text, line) in cases {
      let error = #expect(throws: HistoryError.self, "\(text)") {
        _ = try Array(text.utf8).withUnsafeBytes { try ConsistencyCertificate.parse($0) }
      }
      #expect(error?.line == line, "\(text): \(error.map { "\($0)" } ?? "")")
    }
  }
}

extension CycleSearch {
  /// A cycle of some kinds, for a message.
  fileprivate func debug(_ kinds: EdgeKinds) -> String {
    var search = self
    return search.shortestCycle(Pattern(first: kinds, rest: kinds)).map { "\($0)" } ?? "none"
  }
}
