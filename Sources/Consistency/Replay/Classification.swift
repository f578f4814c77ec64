import OperationHistory

/// Tells what kind of contradiction it is when an answer differs from the state that it was
/// answered from: something that was lost, made up, seen too early, or that outlived its session.
///
/// It is asked while the replay stands where the answer was given.
struct Classification {
  private let columns: ZooKeeperHistory
  private let zxids: [Int64]
  /// The parts of writes that went through, by path and then by zxid.
  private var firstWrite: [Int32] = [0]
  private var writes: [(part: Int32, request: Int32)] = []

  /// Gathers who wrote what.
  ///
  /// - Complexity: O(n) in the number of requests.
  init(_ columns: ZooKeeperHistory, zxids: [Int64], order: [Int32]) {
    self.columns = columns
    self.zxids = zxids
    var counts = [Int32](repeating: 0, count: columns.paths.count + 1)
    func each(_ body: (_ part: Int, _ request: Int32, _ path: Int) -> Void) {
      for request in order where columns.changesSomething(Int(request)) {
        for part in columns.parts(of: Int(request)) where columns.pathOf[part] >= 0 {
          guard columns.partKinds[part] != .check else { continue }
          body(part, request, Int(columns.pathOf[part]))
        }
      }
    }
    each { counts[$2 + 1] += 1 }
    for path in 1..<counts.count { counts[path] += counts[path - 1] }
    firstWrite = counts
    writes = Array(repeating: (-1, -1), count: Int(counts[counts.count - 1]))
    each { part, request, path in
      writes[Int(counts[path])] = (Int32(part), request)
      counts[path] += 1
    }
  }

  private func writes(of path: Int32) -> ArraySlice<(part: Int32, request: Int32)> {
    guard path >= 0, Int(path) + 1 < firstWrite.count else { return [] }
    return writes[Int(firstWrite[Int(path)])..<Int(firstWrite[Int(path) + 1])]
  }

  /// The finding that a contradicted answer is.
  func finding(
    _ request: Int32, _ problem: ReplayTree.Disagreement, _ property: Property, _ tree: ReplayTree
  ) -> Finding {
    var finding = Finding(property, .disagreement, request, zxid: zxids[Int(request)])
    finding.path = problem.path
    finding.field = problem.field
    finding.recorded = problem.recorded
    finding.expected = problem.expected
    finding.recordedValue = problem.recordedValue
    finding.expectedValue = problem.expectedValue
    // What a refused write was told stays what it is: a wrong refusal.
    guard property != .rightRefusals, problem.path >= 0 else { return finding }
    classify(&finding, tree)
    return finding
  }

  private func classify(_ finding: inout Finding, _ tree: ReplayTree) {
    let znode = tree.znodes[Int(finding.path)]
    // A write stands in the tree already.
    let writer = znode.writer == finding.operation ? znode.formerWriter : znode.writer
    finding.other = writer
    if finding.general == .legalReplay, columns.kinds[Int(finding.operation)] == .multi,
      finding.field == .czxid || finding.field == .mzxid
    {
      finding.property = .atomicMulti
      finding.kind = .torn
      finding.other = -1
      return
    }
    switch finding.field {
    case .ephemeralOwner:
      finding.property = .sessionEnds
      finding.kind = .wrongOwner
    case .existence where finding.recorded == 1:
      if isEndOfSession(writer) {
        finding.property = .sessionEnds
        finding.kind = .outlivedSession
      } else if isAcknowledged(writer) {
        markLost(&finding)
      } else if writer < 0, finding.general == .snapshotReads {
        finding.kind = writes(of: finding.path).isEmpty ? .neverWritten : .fromTheFuture
        finding.other = writes(of: finding.path).first?.request ?? -1
      }
    case .existence: if isAcknowledged(writer) { markLost(&finding) }
    case .czxid, .mzxid, .pzxid: classifyZxid(&finding)
    case .version:
      if finding.recorded < finding.expected, isAcknowledged(writer) { markLost(&finding) }
    case .value: classifyValue(&finding)
    case .children: classifyChildren(&finding, tree)
    case .none, .parent, .parentOwner, .cversion, .aversion, .dataLength, .numChildren, .name: break
    }
  }

  private func classifyZxid(_ finding: inout Finding) {
    guard finding.general == .snapshotReads else { return }
    if finding.recorded > finding.zxid {
      finding.kind = .fromTheFuture
    } else if finding.field != .pzxid {
      let isKnown = writes(of: finding.path).contains {
        zxids[Int($0.request)] == finding.recorded
      }
      if !isKnown {
        finding.kind = .neverWritten
      } else if finding.recorded < finding.expected, isAcknowledged(finding.other) {
        markLost(&finding)
      }
    }
  }

  private func classifyValue(_ finding: inout Finding) {
    let same = writes(of: finding.path).filter {
      columns.values[Int($0.part)] == finding.recordedValue
        && columns.partKinds[Int($0.part)] != .delete
    }
    guard let first = same.first else {
      finding.kind = .neverWritten
      return
    }
    if zxids[Int(first.request)] > finding.zxid {
      finding.kind = .fromTheFuture
      finding.other = first.request
    } else if isAcknowledged(finding.other) {
      markLost(&finding)
    }
  }

  /// A list of children lacks one that is there, or has one that is not.
  private func classifyChildren(_ finding: inout Finding, _ tree: ReplayTree) {
    let list = columns.history.values.list(columns.listAnswered(finding.operation, finding.path))
    var listed: Set<NameHash> = []
    for name in list ?? [] { listed.insert(NameHash(columns.history.values.string(name) ?? [])) }
    for child in tree.children(of: finding.path) {
      let znode = tree.znodes[Int(child)]
      let isListed = listed.contains(tree.name(of: child))
      guard isListed != (znode.exists == true), Int(child) < columns.paths.count else { continue }
      finding.path = child
      finding.field = .existence
      finding.recorded = isListed ? 1 : 0
      finding.expected = isListed ? 0 : 1
      classify(&finding, tree)
      if finding.kind == .lost { markTorn(&finding, besides: child, listed, tree) }
      return
    }
    finding.kind = .neverWritten
    finding.other = -1
  }

  /// A list that has another child from the multi that it lacks a child of shows a part of it.
  private func markTorn(
    _ finding: inout Finding, besides missing: Int32, _ listed: Set<NameHash>, _ tree: ReplayTree
  ) {
    guard columns.kinds[Int(finding.other)] == .multi else { return }
    let parent = tree.parents[Int(missing)]
    for child in tree.children(of: parent) where child != missing {
      let znode = tree.znodes[Int(child)]
      guard znode.writer == finding.other,
        listed.contains(tree.name(of: child)) == (znode.exists == true)
      else { continue }
      finding.property = .atomicMulti
      finding.kind = .torn
      finding.third = finding.operation
      return
    }
  }

  private func markLost(_ finding: inout Finding) {
    finding.property = .durability
    finding.kind = .lost
  }

  private func isAcknowledged(_ request: Int32) -> Bool {
    request >= 0 && columns.history.operations[Int(request)].outcome == .ok
  }

  private func isEndOfSession(_ request: Int32) -> Bool {
    request >= 0 && columns.kinds[Int(request)] == .closeSession
  }
}

extension ZooKeeperHistory {
  /// Whether a request is a write that did not fail as far as is known.
  func changesSomething(_ request: Int) -> Bool {
    kinds[request].isWrite
      && (history.operations[request].outcome != .ok || errors[request] == .none)
  }

  /// Whether a request was answered in a way that leaves a watch: `exists` sets one even where there
  /// is nothing.
  func setsWatch(_ request: Int) -> Bool {
    guard history.operations[request].outcome == .ok, zxids[request] != RecordedStat.unknown,
      let part = parts(of: request).first, pathOf[part] >= 0
    else { return false }
    return errors[request] == .none || (errors[request] == .noNode && kinds[request] == .exists)
  }

  /// How many parts of a request change something.
  func changingParts(of request: Int) -> Int {
    parts(of: request).count { partKinds[$0].isWrite && partKinds[$0] != .check }
  }

  /// The list of names with which a request was answered for a path.
  func listAnswered(_ request: Int32, _ path: Int32) -> ValueID {
    parts(of: Int(request)).first { partKinds[$0] == .getChildren && pathOf[$0] == path }
      .map { values[$0] } ?? .absent
  }
}
