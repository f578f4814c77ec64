import LinnaeusBase

@testable import Consistency

/// A small random graph with barriers, and what brute force says of it.
struct RandomGraph {
  struct Edge: Hashable {
    var from: Int32
    var to: Int32
    var kind: EdgeKind
  }

  let operationCount: Int
  private(set) var vertexCount: Int
  private(set) var edges: [Edge] = []

  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    operationCount = Int.random(in: 2...6, using: &random)
    let barriers = Int.random(in: 0...3, using: &random)
    vertexCount = operationCount + barriers
    let kinds: [EdgeKind] = [.writeWrite, .writeRead, .readWrite, .process]
    // No operation is answered before it is called.
    let calls = (0..<operationCount).map { _ in
      Int32(operationCount + Int.random(in: 0...barriers, using: &random))
    }
    for _ in 0..<Int.random(in: 3...18, using: &random) {
      let from = Int32.random(in: 0..<Int32(vertexCount), using: &random)
      let to = Int32.random(in: 0..<Int32(vertexCount), using: &random)
      if Int(to) >= operationCount {
        // Barriers stand in a row.
        let isLater = Int(from) < operationCount ? calls[Int(from)] <= to : from < to
        if isLater { edges.append(Edge(from: from, to: to, kind: .realTime)) }
      } else if Int(from) >= operationCount {
        guard from < calls[Int(to)] else { continue }
        let kind: EdgeKind = Bool.random(using: &random) ? .realTime : .realTimeOfReads
        edges.append(Edge(from: from, to: to, kind: kind))
      } else if from != to {
        let kind = kinds.randomElement(using: &random) ?? .process
        edges.append(Edge(from: from, to: to, kind: kind))
      }
    }
  }

  var graph: DependencyGraph {
    var builder = DependencyGraphBuilder(operationCount: operationCount)
    for _ in operationCount..<vertexCount { _ = builder.addBarrier() }
    for (label, edge) in edges.enumerated() {
      builder.addEdge(from: edge.from, to: edge.to, edge.kind, label: Int32(label))
    }
    return builder.build()
  }

  /// The edges between operations, those over barriers included.
  func collapsed(_ kinds: EdgeKinds) -> [Edge] {
    let allowed = edges.filter { kinds.contains(EdgeKinds($0.kind)) }
    var result: Set<Edge> = []
    for start in allowed where Int(start.from) < operationCount {
      var ends = [start]
      while let end = ends.popLast() {
        if Int(end.to) < operationCount {
          if end.to != start.from {
            result.insert(Edge(from: start.from, to: end.to, kind: end.kind))
          }
        } else {
          ends += allowed.filter { $0.from == end.to }
        }
      }
    }
    return result.sorted { ($0.from, $0.to, $0.kind.rawValue) < ($1.from, $1.to, $1.kind.rawValue) }
  }

  /// The length of the shortest of all cycles of a pattern; nil if there is none.
  func shortest(_ pattern: CycleSearch.Pattern, through vertex: Int32? = nil) -> Int? {
    let edges = collapsed(pattern.first.union(pattern.rest))
    var best: Int?
    func extend(_ way: [Edge], _ hasFirst: Bool, _ hasNeeded: Bool) {
      guard let start = way.first?.from, let end = way.last?.to else { return }
      if end == start {
        let passes = vertex.map { vertex in way.contains { $0.from == vertex } } ?? true
        if hasFirst, hasNeeded, passes { best = min(best ?? .max, way.count) }
        return
      }
      for edge in edges where edge.from == end && edge.to >= start {
        if way.contains(where: { $0.from == edge.to && edge.to != start }) { continue }
        add(edge, to: way, hasFirst, hasNeeded)
      }
    }
    func add(_ edge: Edge, to way: [Edge], _ hasFirst: Bool, _ hasNeeded: Bool) {
      let kind = EdgeKinds(edge.kind)
      let isNeeded = hasNeeded || pattern.needed.contains(kind)
      if pattern.rest.contains(kind) { extend(way + [edge], hasFirst, isNeeded) }
      if !hasFirst, pattern.first.contains(kind) { extend(way + [edge], true, isNeeded) }
    }
    for edge in edges where edge.to > edge.from {
      add(edge, to: [], false, pattern.needed.isEmpty)
    }
    return best
  }

  /// Whether a cycle is one of the graph's and has that pattern.
  func has(_ cycle: Cycle, _ pattern: CycleSearch.Pattern) -> Bool {
    let edges = Set(collapsed(pattern.first.union(pattern.rest)))
    let follows = cycle.steps.indices.allSatisfy { index in
      let step = cycle.steps[index]
      return step.to == cycle.steps[(index + 1) % cycle.length].from
        && edges.contains(Edge(from: step.from, to: step.to, kind: step.kind))
    }
    let kinds = cycle.steps.map { EdgeKinds($0.kind) }
    let outside = kinds.count { !pattern.rest.contains($0) }
    return follows && Set(cycle.steps.map(\.from)).count == cycle.length && cycle.length > 1
      && kinds.contains(where: pattern.first.contains) && outside <= 1
      && (pattern.needed.isEmpty || kinds.contains(where: pattern.needed.contains))
  }

  /// Which vertices each vertex reaches.
  func reach(_ kinds: EdgeKinds) -> [[Bool]] {
    var reach = Array(
      repeating: [Bool](repeating: false, count: vertexCount), count: vertexCount)
    for edge in edges where kinds.contains(EdgeKinds(edge.kind)) {
      reach[Int(edge.from)][Int(edge.to)] = true
    }
    for middle in 0..<vertexCount {
      for from in 0..<vertexCount where reach[from][middle] {
        for to in 0..<vertexCount where reach[middle][to] { reach[from][to] = true }
      }
    }
    return reach
  }
}
