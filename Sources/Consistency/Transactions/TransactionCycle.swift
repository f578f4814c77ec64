import OperationHistory

/// Transactions each of which must come before the next, and the last before the first.
public struct TransactionCycle: Hashable, Sendable {
  /// The class of the cycle.
  public var anomaly: TransactionAnomaly
  /// The transactions, each by the index of its operation.
  public var cycle: Cycle
  /// Among which cycles of its class it is the shortest.
  public var shortness: CycleWitness.Shortness

  init(_ cycle: Cycle, _ shortness: CycleWitness.Shortness) {
    self.cycle = cycle
    self.shortness = shortness
    anomaly = Self.anomaly(of: cycle)
  }

  /// The class of a cycle.
  private static func anomaly(of cycle: Cycle) -> TransactionAnomaly {
    let kinds = cycle.steps.map(\.kind)
    let order: TransactionAnomaly.Order =
      kinds.contains(.realTime) ? .realTime : kinds.contains(.process) ? .process : .none
    switch kinds.count(where: { $0 == .readWrite }) {
    case 0: return .cycle(kinds.contains(.writeRead) ? .g1c : .g0, order)
    case 1: return .cycle(.gSingle, order)
    default:
      let isAdjacent = kinds.indices.contains { index in
        kinds[index] == .readWrite && kinds[(index + 1) % kinds.count] == .readWrite
      }
      return .cycle(isAdjacent ? .g2Item : .gNonadjacent, order)
    }
  }
}

/// Finds the cycles among transactions.
struct TransactionCycles {
  /// The shortest of each class that has one, the worst class first.
  ///
  /// A class that rests on the order of processes or on real time is left out where one that does
  /// not breaks as much.
  private(set) var found: [TransactionCycle] = []

  /// The transactions that lie on cycles, and of each which it is.
  private var part: (graph: DependencyGraph, operations: [Int32])

  /// Looks for cycles.
  ///
  /// - Complexity: O(n) in the number of dependencies where there are none, else see
  ///   ``CycleSearch/shortestCycle(_:)`` and ``ForwardSearch/shortestCycle(withOne:)``.
  init(
    _ dependencies: TransactionDependencies, _ transactions: TransactionHistory,
    hasHappened: [Bool]
  ) {
    let whole = dependencies.graph(transactions.history, hasHappened: hasHappened)
    let components = Components(whole, kinds: Self.kinds(.realTime))
    part = (whole, [])
    guard !components.isAcyclic else { return }
    part = whole.cyclicPart(components)
    for order in TransactionAnomaly.Order.allCases { find(order) }
  }

  /// The kinds of edges that an order allows.
  static func kinds(_ order: TransactionAnomaly.Order) -> EdgeKinds {
    switch order {
    case .none: .dependencies
    case .process: [.dependencies, .process]
    case .realTime: [.dependencies, .process, .realTime]
    }
  }

  private mutating func find(_ order: TransactionAnomaly.Order) {
    let kinds = Self.kinds(order)
    let components = Components(part.graph, kinds: kinds)
    guard !components.isAcyclic else { return }
    let own = part.graph.cyclicPart(components)
    let names = own.operations.map { part.operations[Int($0)] }
    for phenomenon in TransactionAnomaly.Cycle.allCases {
      // Where nothing less breaks as much, whatever is found needs this order.
      if isExceeded(.cycle(phenomenon, order)) { continue }
      if phenomenon == .gNonadjacent, breaksSnapshotIsolation(order) { continue }
      guard let cycle = cycle(phenomenon, own.graph, kinds) else { continue }
      // A search between the ends of each edge looks at all of them, in a graph of any size.
      let isExhaustive =
        phenomenon == .gSingle
        ? !found.contains { $0.anomaly.order == order }
        : own.graph.operationCount <= CycleSearch.limit
      take(cycle, names, isExhaustive ? .globally : .throughFirstStep)
    }
  }

  private func cycle(
    _ phenomenon: TransactionAnomaly.Cycle, _ graph: DependencyGraph, _ kinds: EdgeKinds
  ) -> Cycle? {
    let rest = kinds.subtracting(.readWrite)
    switch phenomenon {
    case .g0:
      let writes = rest.subtracting(.writeRead)
      var search = CycleSearch(graph)
      return search.shortestCycle(.init(first: writes, rest: writes))
    case .g1c:
      var search = CycleSearch(graph)
      return search.shortestCycle(.init(first: .writeRead, rest: rest))
    case .gSingle:
      if var search = ForwardSearch(graph, forward: rest) {
        return search.shortestCycle(withOne: .readWrite)
      }
      return cycleOfOneComponent(graph, rest)
    case .gNonadjacent:
      let unlike = graph.withoutAdjacentReadWrites()
      var search = CycleSearch(unlike)
      return search.shortestCycle(.init(first: .readWrite, rest: kinds))
    case .g2Item:
      var search = CycleSearch(graph)
      return search.shortestCycle(.init(first: .readWrite, rest: kinds))
    }
  }

  /// A cycle with one read-write edge between operations that lie on cycles without any.
  ///
  /// Others than these are not looked for: what those cycles break includes what others would.
  private func cycleOfOneComponent(_ graph: DependencyGraph, _ rest: EdgeKinds) -> Cycle? {
    let components = Components(graph, kinds: rest)
    var search = CycleSearch(graph)
    var best: Cycle?
    for source in 0..<Int32(graph.vertexCount) where components.isOnCycle(source) {
      for edge in graph.edges(from: source) where graph.kinds[edge] == EdgeKind.readWrite.rawValue {
        let bound = best.map { $0.length - 1 } ?? .max
        if bound < 2 { return best }
        let pattern = CycleSearch.Pattern(first: .readWrite, rest: rest)
        let cycle = search.cycle(
          through: edge, from: source, pattern, in: components, atMost: bound)
        best = cycle ?? best
        // In a large one the first has to do.
        if cycle != nil, graph.operationCount > CycleSearch.limit { return best }
      }
    }
    return best
  }

  /// Whether a cycle was found that needs less order, and breaks as much.
  private func isExceeded(_ anomaly: TransactionAnomaly) -> Bool {
    found.contains { $0.anomaly.isWorse(than: anomaly) }
  }

  /// Whether a cycle without adjacent read-write edges was found, in that order or without it.
  private func breaksSnapshotIsolation(_ order: TransactionAnomaly.Order) -> Bool {
    found.contains { cycle in
      guard case .cycle(let phenomenon, let other) = cycle.anomaly else { return false }
      return phenomenon < .g2Item && other <= order
    }
  }

  /// Adds a cycle unless one of its class, or one that breaks as much, is there.
  private mutating func take(
    _ cycle: Cycle, _ names: [Int32], _ shortness: CycleWitness.Shortness
  ) {
    var cycle = cycle
    for index in cycle.steps.indices {
      let step = cycle.steps[index]
      cycle.steps[index].from = names[Int(step.from) % names.count]
      cycle.steps[index].to = names[Int(step.to) % names.count]
    }
    let told = TransactionCycle(cycle, shortness)
    if found.contains(where: { $0.anomaly == told.anomaly }) || isExceeded(told.anomaly) { return }
    found.append(told)
  }
}

extension TransactionDependencies {
  /// The graph of all that puts transactions in order.
  func graph(_ history: History, hasHappened: [Bool]) -> DependencyGraph {
    var builder = DependencyGraphBuilder(operationCount: Int(count))
    for _ in 0..<gapCount { _ = builder.addBarrier() }
    for edge in kinds.indices {
      // Of a way over a gap the edge that leaves it tells.
      let kind: EdgeKind =
        switch kinds[edge] {
        case .writeWrite: .writeWrite
        case .writeRead: .writeRead
        case .readWrite: to[edge] >= count ? .writeRead : .readWrite
        }
      builder.addEdge(from: from[edge], to: to[edge], kind)
    }
    addProcesses(history, hasHappened, &builder)
    addRealTime(history, hasHappened, &builder)
    return builder.build()
  }

  /// A transaction comes after the last one that its process was answered before.
  private func addProcesses(
    _ history: History, _ hasHappened: [Bool], _ builder: inout DependencyGraphBuilder
  ) {
    var last: [Int64: Int32] = [:]
    for (index, operation) in history.operations.enumerated() where hasHappened[index] {
      let number = Int32(truncatingIfNeeded: index)
      if let before = last[operation.process],
        history.operations[Int(before)].completion < operation.invocation
      {
        builder.addEdge(from: before, to: number, .process)
      }
      // One that nobody saw end may have happened later.
      if operation.outcome == .ok { last[operation.process] = number }
    }
  }

  private func addRealTime(
    _ history: History, _ hasHappened: [Bool], _ builder: inout DependencyGraphBuilder
  ) {
    /// Of each place in the real-time order what it is: an operation's number doubled, and one more
    /// for its answer.
    var moments = [Int32](repeating: -1, count: Int(history.eventCount))
    for (index, operation) in history.operations.enumerated() where hasHappened[index] {
      let number = Int32(truncatingIfNeeded: index)
      moments[Int(operation.invocation)] = number * 2
      if operation.outcome == .ok { moments[Int(operation.completion)] = number * 2 + 1 }
    }
    builder.addRealTime(
      moments.lazy.filter { $0 >= 0 }.map { (operation: $0 >> 1, isAnswer: $0 & 1 == 1) },
      kind: { _ in .realTime })
  }
}

extension TransactionAnomaly {
  /// What a class of cycles rests on besides reads and writes; nothing for what is no cycle.
  var order: Order {
    if case .cycle(_, let order) = self { order } else { .none }
  }

  /// Whether it is a cycle that needs less order than another one, and breaks as much.
  func isWorse(than other: TransactionAnomaly) -> Bool {
    guard case .cycle(let left, let before) = self, case .cycle(let right, let after) = other
    else { return false }
    return before < after && left <= right
  }
}

extension TransactionAnomaly.Cycle: Comparable {
  /// By how bad they are.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension TransactionAnomaly.Order: Comparable {
  /// By how much they demand.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
