/// Why a history does not have a level: operations of which each must come before the next.
public struct CycleWitness: Hashable, Sendable {
  /// How far it is known to be short.
  public enum Shortness: String, Sendable {
    /// No cycle that breaks the level, among operations that cycles tie to these, is shorter.
    case globally
    /// No shorter one has its first step.
    case throughFirstStep = "through-first-step"
  }

  /// The levels that it breaks.
  public var levels: [Level]
  /// The cycle: through what the first finding in zxid order is about, unless a shorter one was
  /// found.
  public var cycle: Cycle
  /// How far it is known to be short.
  public var shortness: Shortness
  /// Its class.
  public var anomaly: Anomaly
}

extension ConsistencyReport {
  /// For each level that is broken a cycle that the level forbids, where what breaks it makes one.
  ///
  /// The graph is made only if there is one.
  public func cycles() -> [CycleWitness] {
    guard findings.contains(where: { offendingStep($0) != nil }) else { return [] }
    return cycles(in: ConsistencyGraph(self))
  }

  /// For each level that is broken a cycle that the level forbids, where what breaks it makes one.
  ///
  /// - Parameter graph: the history's graph.
  /// - Returns: the cycles in the order of the levels, each with all levels that it was found for.
  /// - Complexity: O(n) in the size of the graph for each level, and O(v·e) for a component of at
  ///   most ``CycleSearch/limit`` operations.
  public func cycles(in graph: ConsistencyGraph) -> [CycleWitness] {
    var search = CycleSearch(graph.graph)
    var components: [EdgeKinds: Components] = [:]
    var witnesses: [CycleWitness] = []
    for level in Level.allCases where keeps(level) == false {
      // A stronger level forbids what a weaker one does; none is shorter than two operations.
      if let index = witnesses.firstIndex(where: {
        $0.cycle.length == 2 && level.forbids($0.cycle)
      }) {
        witnesses[index].levels.append(level)
        continue
      }
      guard let witness = cycle(of: level, in: graph, &search, &components) else { continue }
      if let index = witnesses.firstIndex(where: { $0.cycle == witness.cycle }) {
        witnesses[index].levels.append(level)
      } else {
        witnesses.append(witness)
      }
    }
    return witnesses
  }

  private func cycle(
    of level: Level, in graph: ConsistencyGraph, _ search: inout CycleSearch,
    _ components: inout [EdgeKinds: Components]
  ) -> CycleWitness? {
    let offending = findings.lazy.filter(level.isBroken).sorted {
      ($0.zxid, $0.operation, $0.property) < ($1.zxid, $1.operation, $1.property)
    }
    for finding in offending {
      guard let step = offendingStep(finding) else { continue }
      // Values say more than zxids alone.
      for kinds in level.acyclicKinds.reversed() where kinds.contains(EdgeKinds(step.kind)) {
        let own = components[kinds] ?? Components(graph.graph, kinds: kinds)
        components[kinds] = own
        guard let cycle = search.cycle(closing: step, kinds: kinds, in: own) else { continue }
        let component = own.of[Int(step.from)]
        let isSmall = own.operationCounts[Int(component)] <= CycleSearch.limit
        let shortest =
          isSmall && cycle.length > 2
          ? search.shortestCycle(ofComponent: component, kinds: kinds, in: own) : nil
        let best = shortest.map { $0.length < cycle.length ? $0 : cycle } ?? cycle
        let isShortest = isSmall || best.length == 2
        let anomaly = Anomaly(of: best) { columns.kinds[Int($0)].isWrite }
        return CycleWitness(
          levels: [level], cycle: best,
          shortness: isShortest ? .globally : .throughFirstStep, anomaly: anomaly)
      }
    }
    return nil
  }

  /// What a finding says of two operations, as a step that no order can take; nil where it does not
  /// speak of two.
  func offendingStep(_ finding: Finding) -> Cycle.Step? {
    func step(_ from: Int32, _ to: Int32, _ kind: EdgeKind) -> Cycle.Step? {
      guard from >= 0, to >= 0, from != to else { return nil }
      return Cycle.Step(from: from, to: to, kind: kind, label: finding.path)
    }
    let (own, other) = (finding.operation, finding.other)
    switch finding.kind {
    case .zxidAgainstRealTime: return step(other, own, .realTime)
    case .zxidAgainstSession, .sessionCameBack, .zxidFell, .zxidNotRaised:
      return step(other, own, .process)
    case .staleRead: return step(other, own, .realTimeOfReads)
    case .readOfTheFuture: return step(own, other, .realTime)
    case .staleAfterSync:
      let bound = other >= 0 ? columns.zxids[Int(other)] : RecordedStat.unknown
      var sync = step(lastWrite(upTo: bound), own, .sync)
      sync?.label = finding.third
      return sync
    case .lost, .torn, .outlivedSession:
      // A write whose answer only reads contradict says nothing of writes alone.
      let isOfWrites = finding.general == .legalReplay || finding.general == .rightRefusals
      return step(own, other, isOfWrites ? .writeWrite : .readWrite)
    case .fromTheFuture:
      let isLater = other >= 0 && zxids[Int(other)] > finding.zxid
      return isLater ? step(other, own, .writeRead) : nil
    case .watchLate, .watchLost:
      var watch = step(own, finding.third, .watch)
      watch?.label = other
      return watch
    case .doneAfterEnd: return step(own, other, .expiry)
    case .behindHandshake:
      let seen = lastWrite(upTo: finding.expected)
      return seen >= 0 && zxids[Int(seen)] > finding.zxid ? step(seen, own, .handshake) : nil
    case .missingZxid, .foreignTransaction, .sharedZxid, .resumedAfterEnd, .disagreement,
      .neverWritten, .wrongOwner, .tooStale, .notConverged, .notRead, .watchWithoutCause,
      .watchBackwards:
      return nil
    }
  }

  /// The operations whose answers are not what the state at their zxids is.
  var wrongAnswers: Set<Int32> {
    Set(findings.lazy.filter { Self.stateProperties.contains($0.general) }.map(\.operation))
  }

  private static let stateProperties: Set<Property> = [
    .legalReplay, .rightRefusals, .snapshotReads,
  ]

  /// The last write up to a zxid; -1 for none.
  private func lastWrite(upTo zxid: Int64) -> Int32 {
    let end = order.partitioningIndex { zxids[Int($0)] > zxid }
    return order[..<end].last { columns.kinds[Int($0)].isWrite } ?? -1
  }
}

extension CycleSearch {
  /// The shortest cycle that has a step, which need not be an edge of the graph.
  ///
  /// - Complexity: O(n) in the number of edges of the component.
  mutating func cycle(
    closing step: Cycle.Step, kinds: EdgeKinds, in components: Components
  ) -> Cycle? {
    guard components.of[Int(step.from)] == components.of[Int(step.to)],
      let rest = steps(from: step.to, to: step.from, kinds: kinds, in: components)
    else { return nil }
    return Cycle([step] + rest)
  }
}
