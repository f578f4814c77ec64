/// A directed graph of what comes before what, in compressed rows.
///
/// Its first vertices are operations. The others are *barriers*: moments that stand between
/// operations, so that n operations that all precede n others need 2n edges, not n². A barrier
/// weighs nothing: the length of a path or cycle is the number of its operations.
public struct DependencyGraph: Sendable {
  /// How many vertices are operations: those with the smallest numbers.
  public let operationCount: Int
  /// Where the edges of each vertex begin; one more than there are vertices.
  let offsets: [Int32]
  /// Where each edge leads.
  let targets: [Int32]
  /// The kind of each edge, an ``EdgeKind``'s raw value.
  let kinds: [UInt8]
  /// What the maker of the graph remembers with each edge.
  let labels: [Int32]

  /// How many vertices there are.
  public var vertexCount: Int { offsets.count - 1 }
  /// How many edges there are.
  public var edgeCount: Int { targets.count }

  /// The numbers of the edges from a vertex.
  func edges(from vertex: Int32) -> Range<Int> {
    Int(offsets[Int(vertex)])..<Int(offsets[Int(vertex) + 1])
  }

  /// Whether a vertex is a barrier.
  func isBarrier(_ vertex: Int32) -> Bool { Int(vertex) >= operationCount }
}

/// Gathers the edges of a ``DependencyGraph``.
public struct DependencyGraphBuilder {
  private let operationCount: Int
  private var vertexCount: Int
  private var sources: [Int32] = []
  private var targets: [Int32] = []
  private var kinds: [UInt8] = []
  private var labels: [Int32] = []

  /// A graph of so many operations and no edge.
  public init(operationCount: Int) {
    self.operationCount = operationCount
    vertexCount = operationCount
  }

  /// Adds an edge; one from a vertex to itself says nothing and is left out.
  ///
  /// - Parameters:
  ///   - source: what comes first: an operation or a barrier.
  ///   - target: what comes after it.
  ///   - kind: why. Of a way over barriers the last edge tells.
  ///   - label: a number that a step of a cycle will have, such as that of an object.
  public mutating func addEdge(
    from source: Int32, to target: Int32, _ kind: EdgeKind, label: Int32 = -1
  ) {
    precondition(Int(source) < vertexCount && Int(target) < vertexCount && source >= 0)
    precondition(target >= 0)
    guard source != target else { return }
    sources.append(source)
    targets.append(target)
    kinds.append(kind.rawValue)
    labels.append(label)
  }

  /// Adds a vertex that is no operation.
  public mutating func addBarrier() -> Int32 {
    defer { vertexCount += 1 }
    return Int32(vertexCount)
  }

  /// Adds that whatever was answered comes before whatever was called later, with at most one
  /// barrier for each answer.
  ///
  /// - Parameters:
  ///   - moments: calls and answers in the order of real time; each operation at most once as a call
  ///     and once as an answer.
  ///   - kind: the kind of the edges to an operation; nil if it may come before what was answered.
  /// - Complexity: O(n) in the number of moments.
  public mutating func addRealTime(
    _ moments: some Sequence<(operation: Int32, isAnswer: Bool)>,
    kind: (_ operation: Int32) -> EdgeKind?
  ) {
    var barrier: Int32 = -1
    var isUsed = false
    for moment in moments {
      if moment.isAnswer {
        if isUsed || barrier < 0 {
          let next = addBarrier()
          if barrier >= 0 { addEdge(from: barrier, to: next, .realTime) }
          barrier = next
          isUsed = false
        }
        addEdge(from: moment.operation, to: barrier, .realTime)
      } else if barrier >= 0, let kind = kind(moment.operation) {
        addEdge(from: barrier, to: moment.operation, kind)
        isUsed = true
      }
    }
  }

  /// The graph; edges from one vertex keep the order in which they were added.
  ///
  /// - Complexity: O(n) in the number of vertices and edges.
  public func build() -> DependencyGraph {
    var offsets = [Int32](repeating: 0, count: vertexCount + 1)
    for source in sources { offsets[Int(source) + 1] += 1 }
    for vertex in 0..<vertexCount { offsets[vertex + 1] += offsets[vertex] }
    var next = offsets
    var order = [Int32](repeating: 0, count: sources.count)
    for (edge, source) in sources.enumerated() {
      order[Int(next[Int(source)])] = Int32(edge)
      next[Int(source)] += 1
    }
    return DependencyGraph(
      operationCount: operationCount, offsets: offsets, targets: order.map { targets[Int($0)] },
      kinds: order.map { kinds[Int($0)] }, labels: order.map { labels[Int($0)] })
  }
}
