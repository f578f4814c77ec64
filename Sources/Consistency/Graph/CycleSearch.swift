/// Looks for short cycles in a dependency graph.
///
/// Lengths are counted in operations. Since entering a barrier costs nothing and entering an
/// operation one, a breadth-first search by levels meets each vertex first on a shortest way.
public struct CycleSearch {
  /// What a cycle is made of.
  public struct Pattern: Hashable, Sendable {
    /// It has an edge of one of these kinds: the search starts from each.
    public var first: EdgeKinds
    /// All its other edges are of these kinds.
    public var rest: EdgeKinds
    /// If not empty, one of its edges is of these kinds.
    public var needed: EdgeKinds

    /// A pattern.
    public init(first: EdgeKinds, rest: EdgeKinds, needed: EdgeKinds = []) {
      self.first = first
      self.rest = rest
      self.needed = needed
    }

    /// The cycles of a class, as Elle looks for them: G-single has exactly one `rw`, G2 at least one.
    public init(_ anomaly: Anomaly) {
      var rest: EdgeKinds =
        switch anomaly.phenomenon {
        case .g0: .writeWrite
        case .g1c, .gSingle: [.writeWrite, .writeRead]
        case .g2: .dependencies
        }
      switch anomaly.suffix {
      case .none: needed = []
      case .process:
        needed = .process
        rest.insert(.process)
      case .realTime:
        needed = .realTime
        rest.formUnion([.process, .realTime])
      }
      first =
        switch anomaly.phenomenon {
        case .g0: anomaly.suffix == .none ? .writeWrite : needed
        case .g1c: .writeRead
        case .gSingle, .g2: .readWrite
        }
      self.rest = rest
    }
  }

  /// How many operations a component may have for its shortest cycle to be looked for.
  public static let limit = 5000

  /// How many edges may be looked at before components that are larger are given up.
  public var visitLimit = 200_000_000

  private let graph: DependencyGraph
  private var visits = 0
  /// Of each state (a vertex, and whether a needed edge was met) in which search it was met last.
  private var searchOf: [Int32]
  private var search: Int32 = 0
  /// The edge and the state from which each state was met.
  private var edgeInto: [Int32]
  private var stateBefore: [Int32]

  /// A search in a graph.
  public init(_ graph: DependencyGraph) {
    self.graph = graph
    searchOf = Array(repeating: 0, count: graph.vertexCount * 2)
    edgeInto = Array(repeating: -1, count: graph.vertexCount * 2)
    stateBefore = edgeInto
  }

  // MARK: Cycles

  /// The shortest cycle through an edge.
  ///
  /// - Parameters:
  ///   - edge: the edge, by its number; it may be of any kind.
  ///   - source: the vertex that it comes from.
  ///   - pattern: the kinds of the others, and what is needed.
  ///   - components: the components by at least the kinds of the pattern.
  ///   - bound: longer cycles are not looked for.
  /// - Returns: nil if there is none, or none that meets each operation once.
  /// - Complexity: O(n) in the number of edges of the component.
  public mutating func cycle(
    through edge: Int, from source: Int32, _ pattern: Pattern, in components: Components,
    atMost bound: Int = .max
  ) -> Cycle? {
    let target = graph.targets[edge]
    guard components.of[Int(source)] == components.of[Int(target)] else { return nil }
    let isMet = pattern.needed.isEmpty || pattern.needed.has(graph.kinds[edge])
    let cost = graph.isBarrier(target) ? 0 : 1
    guard
      let way = way(
        from: target, isMet: isMet, to: source, pattern, components, atMost: bound - cost)
    else { return nil }
    return cycle(edges: [Int32(edge)] + way, start: source)
  }

  /// The shortest cycle through a vertex.
  ///
  /// - Returns: nil if there is none.
  /// - Complexity: O(n) in the number of edges of the component.
  public mutating func cycle(
    throughVertex vertex: Int32, kinds: EdgeKinds, in components: Components,
    atMost bound: Int = .max
  ) -> Cycle? {
    let pattern = Pattern(first: kinds, rest: kinds)
    guard
      let way = way(from: vertex, isMet: true, to: vertex, pattern, components, atMost: bound)
    else { return nil }
    return cycle(edges: way, start: vertex)
  }

  /// The shortest of all cycles of a component.
  ///
  /// - Returns: nil if it has none, or more than ``limit`` operations.
  /// - Complexity: O(v·e) in the number of its operations and edges.
  public mutating func shortestCycle(
    ofComponent component: Int32, kinds: EdgeKinds, in components: Components
  ) -> Cycle? {
    guard components.isCyclic[Int(component)],
      components.operationCounts[Int(component)] <= Self.limit
    else { return nil }
    var best: Cycle?
    for vertex in 0..<Int32(graph.operationCount) where components.of[Int(vertex)] == component {
      let bound = best.map { $0.length - 1 } ?? .max
      if bound < 2 { break }
      best = cycle(throughVertex: vertex, kinds: kinds, in: components, atMost: bound) ?? best
    }
    return best
  }

  /// The shortest cycle of a pattern; of the first edge of the pattern in each component that is
  /// larger than ``limit``.
  ///
  /// - Complexity: O(e²) in the number of edges of a component within the limit, O(e) in a larger.
  public mutating func shortestCycle(_ pattern: Pattern) -> Cycle? {
    let components = Components(graph, kinds: pattern.first.union(pattern.rest))
    var isDone = [Bool](repeating: false, count: components.isCyclic.count)
    var best: Cycle?
    for source in 0..<Int32(graph.vertexCount) where components.isOnCycle(source) {
      let component = Int(components.of[Int(source)])
      if isDone[component] { continue }
      for edge in graph.edges(from: source) where pattern.first.has(graph.kinds[edge]) {
        let bound = best.map { $0.length - 1 } ?? .max
        let isLarge = components.operationCounts[component] > Self.limit
        if isLarge, visits > visitLimit { break }
        guard
          let found = cycle(
            through: edge, from: source, pattern, in: components, atMost: bound)
        else { continue }
        best = found
        if isLarge {
          isDone[component] = true
          break
        }
      }
    }
    return best
  }

  // MARK: Ways

  /// The steps of a shortest way between two operations of a component.
  mutating func steps(
    from source: Int32, to target: Int32, kinds: EdgeKinds, in components: Components
  ) -> [Cycle.Step]? {
    let pattern = Pattern(first: kinds, rest: kinds)
    return way(
      from: source, isMet: true, to: target, pattern, components, atMost: .max
    ).map { steps($0, from: source) }
  }

  /// The steps between operations that edges make.
  private func steps(_ edges: some Sequence<Int32>, from source: Int32) -> [Cycle.Step] {
    var steps: [Cycle.Step] = []
    var from = source
    for edge in edges {
      let edge = Int(edge)
      let to = graph.targets[edge]
      guard !graph.isBarrier(to), let kind = EdgeKind(rawValue: graph.kinds[edge]) else {
        continue
      }
      steps.append(Cycle.Step(from: from, to: to, kind: kind, label: graph.labels[edge]))
      from = to
    }
    return steps
  }

  /// The edges of a shortest way, within a component.
  private mutating func way(
    from source: Int32, isMet: Bool, to target: Int32, _ pattern: Pattern,
    _ components: Components, atMost bound: Int
  ) -> [Int32]? {
    guard bound >= 0 else { return nil }
    let component = components.of[Int(source)]
    let goal = target * 2 + 1
    search += 1
    let start = source * 2 + (isMet ? 1 : 0)
    var level = [start]
    // A way from a vertex to itself has an edge: there the start is not marked as met.
    if source != target { searchOf[Int(start)] = search }
    var length = 0
    while !level.isEmpty, length <= bound {
      var next: [Int32] = []
      var index = 0
      while index < level.count {
        let state = level[index]
        index += 1
        let edges = graph.edges(from: state >> 1)
        visits += edges.count
        for edge in edges {
          let kind = graph.kinds[edge]
          let vertex = graph.targets[edge]
          guard pattern.rest.has(kind), components.of[Int(vertex)] == component else { continue }
          let isBarrier = graph.isBarrier(vertex)
          guard isBarrier || length < bound else { continue }
          let isMet = state & 1 == 1 || pattern.needed.has(kind)
          let after = vertex * 2 + (isMet ? 1 : 0)
          guard searchOf[Int(after)] != search else { continue }
          searchOf[Int(after)] = search
          edgeInto[Int(after)] = Int32(edge)
          stateBefore[Int(after)] = state
          if after == goal { return self.edges(to: goal, from: start) }
          if isBarrier { level.append(after) } else { next.append(after) }
        }
      }
      level = next
      length += 1
    }
    return nil
  }

  private func edges(to goal: Int32, from start: Int32) -> [Int32] {
    var edges: [Int32] = []
    var state = goal
    repeat {
      edges.append(edgeInto[Int(state)])
      state = stateBefore[Int(state)]
    } while state != start
    edges.reverse()
    return edges
  }

  /// The cycle that edges make; nil if they meet an operation twice.
  private func cycle(edges: [Int32], start: Int32) -> Cycle? {
    let first = edges.firstIndex { !graph.isBarrier(graph.targets[Int($0)]) }
    guard let first else { return nil }
    let turned = edges[(first + 1)...] + edges[...first]
    let steps = steps(turned, from: graph.targets[Int(edges[first])])
    guard Set(steps.map(\.to)).count == steps.count else { return nil }
    // As it was asked for: from the operation at which it starts.
    let place = steps.firstIndex { $0.from == start } ?? 0
    return Cycle(steps).starting(at: place)
  }
}
