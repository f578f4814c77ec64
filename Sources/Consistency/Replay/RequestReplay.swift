import OperationHistory

/// A tree, and what the requests of a history do to it and see of it.
struct RequestReplay {
  let columns: ZooKeeperHistory
  /// Of each request the zxid that it stands at.
  let zxids: [Int64]
  private let pins: [Int32: UnknownWrites.Pin]
  var tree: ReplayTree
  private var lists = ListCache()

  init(_ columns: ZooKeeperHistory, unknowns: UnknownWrites, chains: ChangeChains) {
    self.columns = columns
    zxids = unknowns.zxids
    pins = Dictionary(uniqueKeysWithValues: unknowns.pins.map { ($0.request, $0) })
    tree = ReplayTree(columns, chains: chains)
  }

  /// What a request is about, for the property that its answer may break.
  func property(of request: Int) -> Property {
    if columns.kinds[request].isRead { return .snapshotReads }
    return isRefused(request) ? .rightRefusals : .legalReplay
  }

  private func isRefused(_ request: Int) -> Bool {
    columns.history.operations[request].outcome == .ok && columns.errors[request] != .none
  }

  /// Does a request, and compares its answer.
  ///
  /// - Returns: the first thing that contradicts the answer, if anything does; the tree is then as
  ///   the answer says as far as possible.
  mutating func carryOut(_ request: Int) -> ReplayTree.Disagreement? {
    if columns.kinds[request].isRead {
      for part in columns.parts(of: request) {
        if let problem = tree.read(part, lists: &lists) { return problem }
      }
      return nil
    }
    if isRefused(request) { return refuse(request) }
    if columns.kinds[request] == .closeSession {
      tree.endSession(columns.sessionOf[request], by: request, zxid: zxids[request])
      return nil
    }
    return perform(request)
  }

  /// Does an unknown write just before a zxid; false if it would have been refused.
  mutating func carryOut(_ step: UnknownStep, before zxid: Int64) -> Bool {
    let columns = columns
    return tree.undated { tree in
      switch step {
      case .request(let request, let name):
        return columns.parts(of: Int(request)).allSatisfy { part in
          columns.pathOf[part] < 0 && columns.partKinds[part] == .create
            ? tree.create(part, of: Int(request), zxid: zxid, name: name) == nil
            : tree.write(part, of: Int(request), zxid: zxid) == nil
        }
      case .end(let session): tree.endSession(session, by: -1, zxid: zxid)
      case .removal(let path): tree.removeUnasked(path, zxid: zxid)
      }
      return true
    }
  }

  /// Does the parts of a write that went through; the first thing that contradicts their answers.
  private mutating func perform(_ request: Int) -> ReplayTree.Disagreement? {
    var first: ReplayTree.Disagreement?
    let pin = pins[Int32(request)]
    for part in columns.parts(of: request) {
      let problem =
        columns.partKinds[part] == .create
        ? tree.create(part, of: request, zxid: zxids[request], name: pin?.path ?? -1)
        : tree.write(part, of: request, zxid: zxids[request])
      if first == nil { first = problem }
    }
    if first == nil, let pin {
      first = tree.compare(pin.stat, at: pin.path)
    }
    return first
  }

  /// Looks whether a refused write had to be; of a multi, the part that failed after those before.
  private mutating func refuse(_ request: Int) -> ReplayTree.Disagreement? {
    let parts = columns.parts(of: request)
    guard
      let failing = parts.first(where: {
        columns.partErrors[$0] != .none && columns.partErrors[$0] != .runtimeInconsistency
      })
    else { return nil }
    guard failing > parts.lowerBound else { return tree.refuse(failing) }
    let zxid = zxids[request]
    return tree.tentatively { tree in
      for part in parts.lowerBound..<failing {
        if let problem = tree.write(part, of: request, zxid: zxid) { return problem }
      }
      return tree.refuse(failing)
    }
  }
}
