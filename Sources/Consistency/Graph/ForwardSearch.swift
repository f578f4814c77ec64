/// Looks for cycles with one edge that leads back, in a graph whose other edges all lead forward.
///
/// Where most kinds of edges make no cycle, their graph has an order, and a cycle with one edge of
/// another kind has to be a way from where that edge leads to where it comes from. Such a way lies
/// between the two in the order, so that an edge that leads forward is on no such cycle, and one
/// that leads back a little costs little. In a history operations depend on what was done shortly
/// before, and the order follows their numbers as far as it can.
struct ForwardSearch {
  private let graph: DependencyGraph
  private let forward: EdgeKinds
  /// Of each vertex its place in the order.
  private var places: [Int32]
  private var searchOf: [Int32]
  private var search: Int32 = 0
  private var edgeInto: [Int32]
  private var vertexBefore: [Int32]

  /// Orders a graph by some kinds of its edges; nil if these have a cycle.
  ///
  /// - Complexity: O(n log n) in the number of vertices and edges.
  init?(_ graph: DependencyGraph, forward: EdgeKinds) {
    self.graph = graph
    self.forward = forward
    places = Array(repeating: -1, count: graph.vertexCount)
    searchOf = Array(repeating: 0, count: graph.vertexCount)
    edgeInto = places
    vertexBefore = places
    guard placeAll() else { return nil }
  }

  /// Places the vertices one by one, each after all that lead to it; false if that cannot be.
  private mutating func placeAll() -> Bool {
    var open = [Int32](repeating: 0, count: graph.vertexCount)
    for (edge, target) in graph.targets.enumerated() where forward.has(graph.kinds[edge]) {
      open[Int(target)] += 1
    }
    // Barriers come at once; they stand for the operations before them.
    var barriers: [Int32] = []
    var operations = Heap<Int32>(isBefore: <)
    func add(_ vertex: Int32) {
      if graph.isBarrier(vertex) { barriers.append(vertex) } else { operations.insert(vertex) }
    }
    for vertex in 0..<Int32(graph.vertexCount) where open[Int(vertex)] == 0 { add(vertex) }
    var count: Int32 = 0
    while let vertex = barriers.popLast() ?? operations.popFirst() {
      places[Int(vertex)] = count
      count += 1
      for edge in graph.edges(from: vertex) where forward.has(graph.kinds[edge]) {
        let target = graph.targets[edge]
        open[Int(target)] -= 1
        if open[Int(target)] == 0 { add(target) }
      }
    }
    return Int(count) == graph.vertexCount
  }

  /// The operations in their order.
  ///
  /// - Complexity: O(n) in the number of vertices.
  var operations: [Int32] {
    var order = [Int32](repeating: -1, count: places.count)
    for vertex in 0..<graph.operationCount {
      order[Int(places[vertex])] = Int32(truncatingIfNeeded: vertex)
    }
    return order.filter { $0 >= 0 }
  }

  /// The shortest cycle that has just one edge of those kinds, and else such that lead forward.
  ///
  /// - Returns: nil if there is none.
  /// - Complexity: O(e·w) in the number of edges that lead back and of edges between the ends of
  /// one.
  mutating func shortestCycle(withOne back: EdgeKinds) -> Cycle? {
    var best: Cycle?
    for source in 0..<Int32(graph.vertexCount) {
      for edge in graph.edges(from: source) where back.has(graph.kinds[edge]) {
        let bound = best.map { $0.length - 1 } ?? .max
        guard bound >= 2 else { return best }
        // The start of the way is an operation of the cycle too.
        guard let way = way(from: graph.targets[edge], to: source, atMost: bound - 1) else {
          continue
        }
        best = graph.cycle([Int32(edge)] + way)
      }
    }
    return best
  }

  /// The edges of a shortest way, which has so many operations after the first vertex.
  private mutating func way(
    from start: Int32, to goal: Int32, atMost bound: Int
  ) -> [Int32]? {
    let end = places[Int(goal)]
    guard places[Int(start)] < end else { return nil }
    search += 1
    searchOf[Int(start)] = search
    var level = [start]
    var length = 0
    while !level.isEmpty, length <= bound {
      var next: [Int32] = []
      var index = 0
      while index < level.count {
        let vertex = level[index]
        index += 1
        for edge in graph.edges(from: vertex) where forward.has(graph.kinds[edge]) {
          let target = graph.targets[edge]
          guard places[Int(target)] <= end, searchOf[Int(target)] != search,
            graph.isBarrier(target) || length < bound
          else { continue }
          searchOf[Int(target)] = search
          edgeInto[Int(target)] = Int32(truncatingIfNeeded: edge)
          vertexBefore[Int(target)] = vertex
          if target == goal { return edges(from: start, to: goal) }
          if graph.isBarrier(target) { level.append(target) } else { next.append(target) }
        }
      }
      level = next
      length += 1
    }
    return nil
  }

  private func edges(from start: Int32, to goal: Int32) -> [Int32] {
    var edges: [Int32] = []
    var vertex = goal
    while vertex != start {
      edges.append(edgeInto[Int(vertex)])
      vertex = vertexBefore[Int(vertex)]
    }
    edges.reverse()
    return edges
  }
}

extension DependencyGraph {
  /// The cycle that edges make, one after the other; barriers are left out.
  func cycle(_ edges: [Int32]) -> Cycle? {
    guard let first = edges.firstIndex(where: { !isBarrier(targets[Int($0)]) }) else { return nil }
    var steps: [Cycle.Step] = []
    var from = targets[Int(edges[first])]
    for offset in 1...edges.count {
      let edge = Int(edges[(first + offset) % edges.count])
      guard !isBarrier(targets[edge]), let kind = EdgeKind(rawValue: kinds[edge]) else { continue }
      steps.append(.init(from: from, to: targets[edge], kind: kind, label: labels[edge]))
      from = targets[edge]
    }
    return Cycle(steps)
  }
}
