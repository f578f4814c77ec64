import LinnaeusBase
import Testing

@testable import Consistency

@Suite("Cycles of small graphs against brute force")
struct CycleSearchTests {
  private static let seeds: UInt64 = 4000
  private static let all = EdgeKinds.dependencies.union([.process, .realTime])

  private static let anomalies: [Anomaly] = Anomaly.Phenomenon.allCases.flatMap { phenomenon in
    Anomaly.Suffix.allCases.map { Anomaly(phenomenon, $0) }
  }

  @Test("Components are what reaches one another")
  func components() {
    for seed in 1...Self.seeds {
      let random = RandomGraph(seed: seed)
      for kinds in [Self.all, .dependencies, [.writeWrite, .realTime]] {
        let components = Components(random.graph, kinds: kinds)
        let reach = random.reach(kinds)
        for from in 0..<random.vertexCount {
          #expect(components.isOnCycle(Int32(from)) == reach[from][from], "seed \(seed)")
          for to in 0..<random.vertexCount where to != from {
            let isTogether = components.of[from] == components.of[to]
            #expect(isTogether == (reach[from][to] && reach[to][from]), "seed \(seed)")
          }
        }
      }
    }
  }

  @Test("Each class: a shortest cycle, or none")
  func patterns() {
    var counts: [String: Int] = [:]
    var missed = 0
    for seed in 1...Self.seeds {
      let random = RandomGraph(seed: seed)
      var search = CycleSearch(random.graph)
      for anomaly in Self.anomalies {
        let pattern = CycleSearch.Pattern(anomaly)
        let expected = random.shortest(pattern)
        let found = search.shortestCycle(pattern)
        if let found {
          #expect(random.has(found, pattern), "seed \(seed), \(anomaly): \(found)")
          counts["\(found.anomaly)", default: 0] += 1
        }
        if found?.length == expected { continue }
        // The shortest way met an operation twice, so that another class has a shorter cycle.
        missed += 1
        #expect(!pattern.needed.isEmpty, "seed \(seed), \(anomaly)")
        #expect((found?.length ?? .max) > expected ?? .max, "seed \(seed), \(anomaly)")
        let loose = CycleSearch.Pattern(first: pattern.rest, rest: pattern.rest)
        #expect((random.shortest(loose) ?? .max) < expected ?? .max, "seed \(seed), \(anomaly)")
      }
    }
    for anomaly in Self.anomalies {
      #expect(counts["\(anomaly)", default: 0] > 10, "\(anomaly) is hardly ever met: \(counts)")
    }
    #expect(missed < Int(Self.seeds) / 20, "\(missed) missed")
  }

  @Test("The shortest cycle of a component and through a vertex")
  func shortest() {
    var cycles = 0
    for seed in 1...Self.seeds {
      let random = RandomGraph(seed: seed)
      let graph = random.graph
      let pattern = CycleSearch.Pattern(first: Self.all, rest: Self.all)
      let components = Components(graph, kinds: Self.all)
      var search = CycleSearch(graph)
      var best: Int?
      for component in components.isCyclic.indices {
        guard
          let cycle = search.shortestCycle(
            ofComponent: Int32(component), kinds: Self.all, in: components)
        else { continue }
        #expect(random.has(cycle, pattern), "seed \(seed): \(cycle)")
        best = min(best ?? .max, cycle.length)
      }
      let expected = random.shortest(pattern)
      #expect(best == expected, "seed \(seed)")
      if expected != nil { cycles += 1 }
      for vertex in 0..<Int32(random.operationCount) {
        let cycle = search.cycle(throughVertex: vertex, kinds: Self.all, in: components)
        #expect(cycle.map { random.has($0, pattern) } ?? true, "seed \(seed)")
        #expect(cycle.map { $0.steps[0].from == vertex } ?? true, "seed \(seed)")
        #expect(
          cycle?.length == random.shortest(pattern, through: vertex), "seed \(seed), \(vertex)")
      }
    }
    #expect(cycles > Int(Self.seeds) / 4, "\(cycles) cycles")
  }

  @Test("Real time by barriers is what comes before what, and no more")
  func realTime() {
    for seed in 1...Self.seeds {
      var random = SeededRandom(seed: seed)
      var moments: [(operation: Int32, isAnswer: Bool)] = []
      var open: [Int32] = []
      var called: Int32 = 0
      for _ in 0..<12 {
        if Bool.random(using: &random) {
          moments.append((called, false))
          open.append(called)
          called += 1
        } else if let index = open.indices.randomElement(using: &random) {
          moments.append((open.remove(at: index), true))
        }
      }
      var builder = DependencyGraphBuilder(operationCount: Int(called))
      let kindsOf: [EdgeKind?] = [nil, .realTime, .realTimeOfReads]
      builder.addRealTime(moments) { kindsOf[Int($0 % 3)] }
      let graph = builder.build()
      #expect(graph.vertexCount <= Int(called) * 2, "seed \(seed)")
      let kinds: EdgeKinds = [.realTime]
      for from in 0..<called {
        for to in 0..<called where to != from {
          let answer = moments.firstIndex { $0.operation == from && $0.isAnswer }
          let call = moments.firstIndex { $0.operation == to && !$0.isAnswer } ?? 0
          let precedes = answer.map { $0 < call } ?? false
          let way = Self.reaches(graph, from, to, kinds)
          #expect(way == (precedes && to % 3 != 0), "seed \(seed): \(from) to \(to)")
        }
      }
    }
  }

  /// Whether there is a way that meets no operation between.
  private static func reaches(
    _ graph: DependencyGraph, _ from: Int32, _ to: Int32, _ kinds: EdgeKinds
  ) -> Bool {
    var open = [from]
    var seen: Set<Int32> = []
    while let vertex = open.popLast() {
      for edge in graph.edges(from: vertex) where kinds.has(graph.kinds[edge]) {
        let target = graph.targets[edge]
        if target == to { return true }
        if graph.isBarrier(target), seen.insert(target).inserted { open.append(target) }
      }
    }
    return false
  }
}
