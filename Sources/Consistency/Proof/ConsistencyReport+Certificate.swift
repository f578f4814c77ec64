import OperationHistory

extension ConsistencyReport {
  /// The proof that a level is kept or broken.
  ///
  /// - Parameters:
  ///   - level: the level.
  ///   - digest: the SHA-256 of the history's bytes, in hexadecimal.
  /// - Returns: nil if it is not known whether the level is kept, if what breaks it is no cycle, or if
  ///   the order would need what no request of the file did.
  /// - Complexity: O(n log n) in the size of the history, and what ``cycles()`` needs.
  public func certificate(of level: Level, digest: String) -> ConsistencyCertificate? {
    let operations = columns.history.operations
    switch keeps(level) {
    case nil: return nil
    case true?:
      guard let order = order(of: level) else { return nil }
      return ConsistencyCertificate(
        history: digest, level: level, proof: .order(order.map { operations[Int($0)].id }))
    case false?:
      guard let witness = cycles().first(where: { $0.levels.contains(level) }) else { return nil }
      let edges = explain(witness.cycle).map { explanation in
        ConsistencyCertificate.Edge(
          from: operations[Int(explanation.step.from)].id,
          to: operations[Int(explanation.step.to)].id, kind: explanation.step.kind.name,
          because: operations[Int(explanation.operation)].id, field: explanation.field)
      }
      return ConsistencyCertificate(history: digest, level: level, proof: .cycle(edges))
    }
  }

  /// An order of the operations as a level wants it: of those that may be next, always the one that
  /// comes first by zxid.
  private func order(of level: Level) -> [Int32]? {
    var lostBefore: [Int32: [Int32]] = [:]
    for explanation in explanations {
      guard case .write(let request) = explanation.event else { return nil }
      lostBefore[explanation.before, default: []].append(request)
    }
    let graph = ConsistencyGraph(self).graph
    guard let order = graph.order(by: level.orderingKinds, keys: positions) else { return nil }
    var result: [Int32] = []
    for request in order {
      result += lostBefore[request] ?? []
      if isOrdered(request, level) { result.append(request) }
    }
    return result
  }

  private func isOrdered(_ request: Int32, _ level: Level) -> Bool {
    let kind = columns.kinds[Int(request)]
    let isAnswered = columns.history.operations[Int(request)].outcome == .ok
    if kind.isWrite { return zxids[Int(request)] != RecordedStat.unknown }
    return isAnswered && level != .linearizableWrites && (kind.isRead || kind == .sync)
      && columns.errors[Int(request)] != .other
  }

  /// Where the zxids of the replies place each operation; the last of all where nobody knows.
  private var positions: [DependencyGraph.Key] {
    columns.kinds.indices.map { request in
      let isPlaced = zxids[request] != RecordedStat.unknown
      let own = isPlaced ? zxids[request] : columns.zxids[request]
      let isWrite = columns.kinds[request].isWrite && isPlaced
      return DependencyGraph.Key(
        zxid: own == RecordedStat.unknown ? .max : own, rank: isWrite ? 0 : 1)
    }
  }
}

extension Level {
  /// The kinds of edges that an order which proves the level has to respect.
  fileprivate var orderingKinds: EdgeKinds {
    let kinds = acyclicKinds[acyclicKinds.count - 1]
    return switch self {
    case .session, .sequential, .linearizableWrites, .zookeeper: kinds
    case .zookeeperSync, .linearizable:
      acyclicKinds.reduce(kinds) { $0.union($1) }.subtracting(.zxidOfReads)
    }
  }
}

extension DependencyGraph {
  /// The operations in an order that respects edges of some kinds; nil if there is none.
  ///
  /// Of those that may be next it takes the one with the smallest key, and then number.
  ///
  /// - Complexity: O(n log n) in the number of vertices and edges.
  func order(by kinds: EdgeKinds, keys: [Key]) -> [Int32]? {
    var waiting = [Int32](repeating: 0, count: vertexCount)
    for edge in 0..<edgeCount where kinds.has(self.kinds[edge]) {
      waiting[Int(targets[edge])] += 1
    }
    func key(_ vertex: Int32) -> Key {
      isBarrier(vertex) ? Key(zxid: .min, rank: 0) : keys[Int(vertex)]
    }
    var ready = Heap<(key: Key, vertex: Int32)> {
      ($0.key.zxid, $0.key.rank, $0.vertex) < ($1.key.zxid, $1.key.rank, $1.vertex)
    }
    for vertex in 0..<Int32(vertexCount) where waiting[Int(vertex)] == 0 {
      ready.insert((key(vertex), vertex))
    }
    var order: [Int32] = []
    var done = 0
    while let next = ready.popFirst() {
      done += 1
      if !isBarrier(next.vertex) { order.append(next.vertex) }
      for edge in edges(from: next.vertex) where kinds.has(self.kinds[edge]) {
        let target = targets[edge]
        waiting[Int(target)] -= 1
        if waiting[Int(target)] == 0 { ready.insert((key(target), target)) }
      }
    }
    return done == vertexCount ? order : nil
  }

  /// By what operations are ordered where no edge tells.
  struct Key {
    var zxid: Int64
    var rank: UInt8
  }
}
