import LinnaeusBase
import Testing

@testable import Consistency

@Suite("Cycles with few read-write edges against brute force")
struct ForwardSearchTests {
  private static let seeds: UInt64 = 6_000
  private static let all: EdgeKinds = EdgeKinds.dependencies.union([.process, .realTime])

  @Test("The shortest cycle with one read-write edge, where no other edges make one")
  func single() {
    var (found, none) = (0, 0)
    for seed in 1...Self.seeds {
      let random = RandomGraph(seed: seed)
      for kinds in [Self.all, .dependencies, EdgeKinds.dependencies.union(.process)] {
        let rest = kinds.subtracting(.readWrite)
        let reach = random.reach(rest)
        var search = ForwardSearch(random.graph, forward: rest)
        let isAcyclic = !reach.indices.contains { reach[$0][$0] }
        #expect((search != nil) == isAcyclic, "seed \(seed)")
        guard isAcyclic else { continue }
        let pattern = CycleSearch.Pattern(first: .readWrite, rest: rest)
        let cycle = search?.shortestCycle(withOne: .readWrite)
        #expect(cycle?.length == random.shortest(pattern), "seed \(seed)")
        if let cycle {
          found += 1
          #expect(random.has(cycle, pattern), "seed \(seed): \(cycle)")
        } else {
          none += 1
        }
      }
    }
    #expect(found > 1_000 && none > 1_000, "\(found) found, \(none) without one")
  }

  @Test("Cycles without two read-write edges in a row are kept, and no others")
  func nonadjacent() {
    var (found, none) = (0, 0)
    for seed in 1...Self.seeds {
      let random = RandomGraph(seed: seed)
      let graph = random.graph.withoutAdjacentReadWrites()
      for kinds in [Self.all, EdgeKinds.dependencies] {
        let expected = hasCycle(random, kinds)
        let components = Components(graph, kinds: kinds)
        #expect(components.isAcyclic == !expected, "seed \(seed)")
        if expected { found += 1 } else { none += 1 }
        var search = CycleSearch(graph)
        guard let cycle = search.shortestCycle(.init(first: .readWrite, rest: kinds)) else {
          continue
        }
        let steps = cycle.steps
        for (step, next) in zip(steps, steps.dropFirst() + steps.prefix(1)) {
          #expect(step.kind != .readWrite || next.kind != .readWrite, "seed \(seed): \(cycle)")
        }
      }
    }
    #expect(found > 1_000 && none > 1_000, "\(found) found, \(none) without one")
  }

  /// Whether a closed way has no two read-write edges in a row: by what can be reached from each
  /// operation with, and without, having come to it by one.
  private func hasCycle(_ random: RandomGraph, _ kinds: EdgeKinds) -> Bool {
    let edges = random.collapsed(kinds)
    let count = random.operationCount * 2
    var reach = Array(repeating: [Bool](repeating: false, count: count), count: count)
    for edge in edges {
      let isMiss = edge.kind == .readWrite
      let to = Int(edge.to) * 2 + (isMiss ? 1 : 0)
      reach[Int(edge.from) * 2][to] = true
      if !isMiss { reach[Int(edge.from) * 2 + 1][to] = true }
    }
    for middle in 0..<count {
      for from in 0..<count where reach[from][middle] {
        for to in 0..<count where reach[middle][to] { reach[from][to] = true }
      }
    }
    return (0..<count).contains { reach[$0][$0] }
  }

  @Test("The part that has the cycles has all of them")
  func cyclicPart() {
    for seed in 1...Self.seeds / 4 {
      let random = RandomGraph(seed: seed)
      let components = Components(random.graph, kinds: Self.all)
      let part = random.graph.cyclicPart(components)
      let pattern = CycleSearch.Pattern(first: Self.all, rest: Self.all)
      var search = CycleSearch(part.graph)
      #expect(search.shortestCycle(pattern)?.length == random.shortest(pattern), "seed \(seed)")
      #expect(part.operations.allSatisfy { components.isOnCycle($0) })
    }
  }
}
