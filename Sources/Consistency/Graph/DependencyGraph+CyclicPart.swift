extension DependencyGraph {
  /// The part of a graph in which all its cycles lie.
  ///
  /// - Parameter components: its components by the kinds of the edges that count.
  /// - Returns: the vertices of the components that have cycles and the edges within these, in
  ///   their order; and of each operation of the part which one of this graph it is.
  /// - Complexity: O(n) in the number of vertices and edges.
  func cyclicPart(_ components: Components) -> (graph: DependencyGraph, operations: [Int32]) {
    var numbers = [Int32](repeating: -1, count: vertexCount)
    var operations: [Int32] = []
    for vertex in 0..<Int32(operationCount) where components.isOnCycle(vertex) {
      numbers[Int(vertex)] = Int32(truncatingIfNeeded: operations.count)
      operations.append(vertex)
    }
    var builder = DependencyGraphBuilder(operationCount: operations.count)
    for vertex in Int32(operationCount)..<Int32(vertexCount) where components.isOnCycle(vertex) {
      numbers[Int(vertex)] = builder.addBarrier()
    }
    for source in 0..<Int32(vertexCount) where numbers[Int(source)] >= 0 {
      for edge in edges(from: source)
      where components.of[Int(source)]
        == components.of[Int(targets[edge])]
      {
        guard let kind = EdgeKind(rawValue: kinds[edge]) else { continue }
        builder.addEdge(
          from: numbers[Int(source)], to: numbers[Int(targets[edge])], kind, label: labels[edge])
      }
    }
    return (builder.build(), operations)
  }

  /// The graph whose cycles are those of this one that have no two read-write edges in a row.
  ///
  /// Each operation stands in it twice: with its own number, and, for whoever came to it by a
  /// read-write edge and must not go on by another, with a number that is larger by
  /// ``operationCount``. Snapshot isolation forbids just these cycles (Cerone and Gotsman,
  /// "Analysing Snapshot Isolation", 2016).
  ///
  /// - Complexity: O(n) in the number of vertices and edges.
  func withoutAdjacentReadWrites() -> DependencyGraph {
    let count = Int32(operationCount)
    var builder = DependencyGraphBuilder(operationCount: operationCount * 2)
    for _ in operationCount..<vertexCount { _ = builder.addBarrier() }
    for source in 0..<Int32(vertexCount) {
      for edge in edges(from: source) {
        let target = targets[edge]
        guard let kind = EdgeKind(rawValue: kinds[edge]) else { continue }
        // Barriers come after both copies of all operations. That before a read-write edge passes
        // one on, so that nobody may enter it who came by another.
        let from = isBarrier(source) ? source + count : source
        let to =
          isBarrier(target) || kind == .readWrite ? target + count : target
        builder.addEdge(from: from, to: to, kind, label: labels[edge])
        guard !isBarrier(source), kind != .readWrite, !leadsToReadWrite(target) else { continue }
        builder.addEdge(from: source + count, to: to, kind, label: labels[edge])
      }
    }
    return builder.build()
  }

  private func leadsToReadWrite(_ vertex: Int32) -> Bool {
    guard isBarrier(vertex), let first = edges(from: vertex).first else { return false }
    return kinds[first] == EdgeKind.readWrite.rawValue
  }
}
