import Linearizability
import OperationHistory

/// Makes the steps of each path out of the requests of a history.
struct ZnodeProjector {
  let columns: ZooKeeperHistory
  private let selection: ReadSelection
  private let reigns: Reigns
  private(set) var model: ZnodeModel
  /// The history, with operations that nobody recorded behind its own.
  private(set) var history: History
  private(set) var readCounts = (counted: 0, leftOut: 0)
  /// Whether each path is checked at all.
  private let isChecked: [Bool]
  /// The entries of each path.
  private var entries: [[Entry]]
  /// What the request at hand does, path by path.
  private var steps: [(path: Int32, step: ZnodeStep)] = []
  /// The last `sync` of each session that was answered.
  private var syncs: [Int32]
  private var unrecorded: UnrecordedSteps

  init(
    _ columns: ZooKeeperHistory, reads: ReadSelection, paths: Set<String>?, reigns: Reigns
  ) {
    self.columns = columns
    selection = reads
    self.reigns = reigns
    history = columns.history
    model = ZnodeModel(values: history.values)
    let values = history.values
    isChecked = columns.paths.map { path in
      let text = String(decoding: values.string(path) ?? [], as: UTF8.self)
      if let paths { return paths.contains(text) }
      return text != "/" && text != "/zookeeper" && !text.hasPrefix("/zookeeper/")
    }
    entries = Array(repeating: [], count: columns.paths.count)
    syncs = Array(repeating: -1, count: columns.sessions.count)
    unrecorded = UnrecordedSteps(columns)
  }

  /// The entries of each path that has any, by invocation.
  var partitions: [Partition] {
    zip(columns.paths, entries).filter { !$1.isEmpty }.map { path, entries in
      Partition(key: path, entries: entries.sorted { $0.invocation < $1.invocation })
    }
  }

  mutating func projectAll() {
    for request in columns.kinds.indices {
      let outcome = columns.history.operations[request].outcome
      guard outcome != .fail else { continue }
      let kind = columns.kinds[request]
      if kind == .sync {
        if outcome == .ok { syncs[Int(columns.sessionOf[request])] = Int32(request) }
      } else if kind.isRead {
        if outcome == .ok { projectRead(request) }
      } else if kind.isWrite, kind != .closeSession {
        projectWrite(request, isAnswered: outcome == .ok)
      }
    }
    let checked = isChecked
    let extra = unrecorded.entries(
      among: { checked[$0] }, hasEntries: entries.map { !$0.isEmpty }, history: &history,
      model: &model)
    for (path, entry) in extra { entries[Int(path)].append(entry) }
    for path in entries.indices { model.unify(&entries[path]) }
  }

  // MARK: Requests

  private mutating func projectWrite(_ request: Int, isAnswered: Bool) {
    let parts = columns.parts(of: request)
    if columns.errors[request] == .none {
      for part in parts { take(part, of: request, isAnswered: isAnswered) }
    } else if isAnswered, let part = refused(parts) {
      observe(part)
    }
    finish(request)
  }

  /// The part of a refused request that says something: the one that failed, unless what came
  /// before it in the multi has to do with its path.
  private func refused(_ parts: Range<Int>) -> Int? {
    let failing = parts.first {
      columns.partErrors[$0] != .none && columns.partErrors[$0] != .runtimeInconsistency
    }
    guard let failing else { return nil }
    let path = columns.pathOf[failing]
    let parent = path < 0 ? -1 : columns.parents[Int(path)]
    for part in parts.lowerBound..<failing where columns.partKinds[part] != .check {
      let earlier = columns.pathOf[part]
      if earlier < 0 || earlier == path || earlier == parent { return nil }
    }
    return failing
  }

  private mutating func projectRead(_ request: Int) {
    guard let invocation = place(ofRead: request) else {
      readCounts.leftOut += 1
      return
    }
    readCounts.counted += 1
    for part in columns.parts(of: request) {
      if columns.partErrors[part] == .none {
        if columns.errors[request] == .none { take(part, of: request, isAnswered: true) }
      } else {
        observe(part)
      }
    }
    finish(request, from: invocation)
  }

  /// From where on a read may take effect; nil if it does not count.
  private mutating func place(ofRead request: Int) -> Int32? {
    let server = columns.servers[request]
    let own = columns.history.operations[request].invocation
    switch selection {
    case .all: return own
    case .leader: return reigns.covers(server: server, request: request) ? own : nil
    case .synced:
      let sync = Int(syncs[Int(columns.sessionOf[request])])
      guard sync >= 0, columns.servers[sync] == server else { return nil }
      let start = columns.history.operations[sync]
      history.operations[request].invocation = start.invocation
      history.operations[request].invocationTime = start.invocationTime
      return start.invocation
    }
  }

  /// Makes entries of the steps at hand, one for each path.
  private mutating func finish(_ request: Int, from invocation: Int32? = nil) {
    defer { steps.removeAll(keepingCapacity: true) }
    let operation = columns.history.operations[request]
    while let path = steps.first?.path {
      var own = steps.filter { $0.path == path }
      if operation.outcome == .ok {
        for index in own.indices { own[index].step.zxid = columns.zxids[request] }
      }
      steps.removeAll { $0.path == path }
      guard isChecked[Int(path)] else { continue }
      entries[Int(path)].append(
        Entry(
          model.add(own.map(\.step)), invocation: invocation ?? operation.invocation,
          completion: operation.outcome == .info ? .max : operation.completion,
          source: Int32(request)))
    }
  }

  // MARK: Parts

  private mutating func add(_ step: ZnodeStep, to path: Int32) {
    if path >= 0 { steps.append((path, step)) }
  }

  /// Adds what a part that went through does, or would do if it went through.
  private mutating func take(_ part: Int, of request: Int, isAnswered: Bool) {
    let path = columns.pathOf[part]
    var step = ZnodeStep(action: .found)
    if isAnswered {
      step.facts = ZnodeFacts(columns.stat(of: part))
    }
    switch columns.partKinds[part] {
    case .create:
      takeCreate(part, of: request, step)
      return
    case .setData:
      step.action = .setData
      step.data = columns.values[part]
      step.length = columns.length(of: step.data)
      step.expected = columns.expectedVersions[part]
    case .delete:
      step = ZnodeStep(action: .delete, expected: columns.expectedVersions[part])
    case .check: step.expected = columns.expectedVersions[part]
    case .getData: step.data = columns.values[part]
    case .exists, .getChildren, .getACL, .setACL: break
    case .sync, .multi, .multiRead, .closeSession, .reconfig, .other: return
    }
    add(step, to: path)
  }

  private mutating func takeCreate(_ part: Int, of request: Int, _ found: ZnodeStep) {
    let path = columns.pathOf[part]
    var step = found
    step.action = .create
    step.data = columns.values[part]
    step.length = columns.length(of: step.data)
    switch columns.modes[part] {
    case .persistent: break
    case .ephemeral: step.owner = columns.sessionOf[request]
    case .container, .ttl: step.owner = ZnodeStep.server
    }
    unrecorded.note(step, path: path, prefix: columns.prefixes[part], request: request)
    guard path >= 0 else { return }
    add(ZnodeStep(action: .found), to: columns.parents[Int(path)])
    add(step, to: path)
  }

  /// Adds what the error of a part says.
  private mutating func observe(_ part: Int) {
    let path = columns.pathOf[part]
    let isCreate = columns.partKinds[part] == .create
    let parent = path < 0 ? -1 : columns.parents[Int(path)]
    switch columns.partErrors[part] {
    case .noNode:
      // Of a create it is the parent that is missing, and then nothing is below it.
      add(ZnodeStep(action: .foundNothing), to: path)
      if isCreate { add(ZnodeStep(action: .foundNothing), to: parent) }
    case .nodeExists, .notEmpty: add(ZnodeStep(action: .found), to: path)
    case .badVersion:
      let isData = columns.partKinds[part] != .setACL
      add(
        ZnodeStep(
          action: isData ? .foundOther : .found,
          expected: isData ? columns.expectedVersions[part] : -1),
        to: path)
    case .noChildrenForEphemerals:
      add(ZnodeStep(action: .foundNothing), to: path)
      add(ZnodeStep(action: .found), to: parent)
    case .none, .runtimeInconsistency, .other: break
    }
  }
}
