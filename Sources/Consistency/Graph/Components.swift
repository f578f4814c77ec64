/// The strongly connected components of a graph, by some kinds of its edges: each cycle lies in one.
///
/// Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), without recursion.
public struct Components: Sendable {
  /// The component of each vertex.
  private(set) var of: [Int32]
  /// How many operations each component has.
  private(set) var operationCounts: [Int32] = []
  /// Whether each component has more than one vertex, and so a cycle.
  private(set) var isCyclic: [Bool] = []

  /// Whether no cycle is made of the edges.
  public var isAcyclic: Bool { !isCyclic.contains(true) }

  /// Whether a vertex lies on a cycle.
  public func isOnCycle(_ vertex: Int32) -> Bool { isCyclic[Int(of[Int(vertex)])] }

  /// Finds the components.
  ///
  /// - Parameters:
  ///   - graph: the graph.
  ///   - kinds: the kinds of the edges that count.
  /// - Complexity: O(n) in the number of vertices and edges.
  public init(_ graph: DependencyGraph, kinds: EdgeKinds) {
    of = Array(repeating: -1, count: graph.vertexCount)
    var walk = Walk(graph.vertexCount)
    for root in 0..<Int32(graph.vertexCount) where walk.numbers[Int(root)] < 0 {
      walk.enter(root, graph)
      while let vertex = walk.path.last {
        if let target = walk.nextTarget(graph, kinds) {
          if walk.numbers[Int(target)] < 0 {
            walk.enter(target, graph)
          } else if of[Int(target)] < 0 {
            walk.lower(vertex, to: walk.numbers[Int(target)])
          }
        } else {
          if walk.leave() { close(vertex, &walk, graph) }
        }
      }
    }
  }

  private mutating func close(_ root: Int32, _ walk: inout Walk, _ graph: DependencyGraph) {
    let number = Int32(operationCounts.count)
    var (operations, vertices): (Int32, Int32) = (0, 0)
    while let vertex = walk.open.popLast() {
      of[Int(vertex)] = number
      vertices += 1
      if !graph.isBarrier(vertex) { operations += 1 }
      if vertex == root { break }
    }
    operationCounts.append(operations)
    isCyclic.append(vertices > 1)
  }

  /// The depth-first walk, with its own stack.
  private struct Walk {
    /// The order in which vertices were met; -1 for those that were not.
    private(set) var numbers: [Int32]
    private var lowest: [Int32]
    private var met: Int32 = 0
    /// The vertices from the root to where the walk stands, and of each the next edge to look at.
    private(set) var path: [Int32] = []
    private var nextEdges: [Int32] = []
    /// The vertices that were met and have no component yet.
    var open: [Int32] = []

    init(_ count: Int) {
      numbers = Array(repeating: -1, count: count)
      lowest = numbers
    }

    mutating func enter(_ vertex: Int32, _ graph: DependencyGraph) {
      numbers[Int(vertex)] = met
      lowest[Int(vertex)] = met
      met += 1
      path.append(vertex)
      nextEdges.append(graph.offsets[Int(vertex)])
      open.append(vertex)
    }

    mutating func nextTarget(_ graph: DependencyGraph, _ kinds: EdgeKinds) -> Int32? {
      let top = path.count - 1
      let end = graph.offsets[Int(path[top]) + 1]
      var edge = nextEdges[top]
      defer { nextEdges[top] = edge }
      while edge < end {
        defer { edge += 1 }
        if kinds.has(graph.kinds[Int(edge)]) { return graph.targets[Int(edge)] }
      }
      return nil
    }

    mutating func lower(_ vertex: Int32, to number: Int32) {
      lowest[Int(vertex)] = min(lowest[Int(vertex)], number)
    }

    /// Goes back from the last vertex of the path; whether it is the root of a component.
    mutating func leave() -> Bool {
      guard let vertex = path.popLast() else { return false }
      nextEdges.removeLast()
      if let parent = path.last { lower(parent, to: lowest[Int(vertex)]) }
      return lowest[Int(vertex)] == numbers[Int(vertex)]
    }
  }
}
