import Linearizability
import OperationHistory

/// What happens to znodes without a request that says so: sessions end and take their ephemerals
/// along, servers remove containers, and a sequential create whose answer is lost makes a znode of
/// a name that nobody knows.
struct UnrecordedSteps {
  /// A create of an ephemeral, of a container, or of an unknown name.
  private struct Create {
    var step: ZnodeStep
    var request: Int32
  }

  /// What is known of when a session ended.
  private struct SessionEnd {
    /// The latest call of a write of the session that went through: the session lived then.
    var alive: Int32 = -1
    /// The request that closed it, or may have.
    var close: Int32 = -1
  }

  private let columns: ZooKeeperHistory
  /// The creates of znodes that somebody else removes, and their paths, by their requests.
  private var removable: [(path: Int32, create: Create)] = []
  /// The creates of unknown names, by what the names begin with.
  private var nameless: [ArraySlice<UInt8>: [Create]] = [:]
  private let ends: [SessionEnd]

  init(_ columns: ZooKeeperHistory) {
    self.columns = columns
    var ends = [SessionEnd](repeating: SessionEnd(), count: columns.sessions.count)
    for (request, kind) in columns.kinds.enumerated() where kind.isWrite {
      let operation = columns.history.operations[request]
      let session = Int(columns.sessionOf[request])
      if kind == .closeSession {
        if operation.outcome != .fail { ends[session].close = Int32(request) }
      } else if operation.outcome == .ok, columns.errors[request] == .none {
        ends[session].alive = max(ends[session].alive, operation.invocation)
      }
    }
    self.ends = ends
  }

  /// Notes a create that went through, or may have; a path of -1 is not known.
  mutating func note(_ step: ZnodeStep, path: Int32, prefix: ValueID, request: Int) {
    let create = Create(step: step, request: Int32(request))
    if path >= 0 {
      if step.owner != ZnodeStep.nobody { removable.append((path, create)) }
    } else if let text = columns.history.values.string(prefix) {
      nameless[text, default: []].append(create)
    }
  }

  /// The entries of paths to which such things may have happened.
  ///
  /// - Parameters:
  ///   - isChecked: whether a path is checked at all.
  ///   - hasEntries: whether requests of known paths concern a path.
  ///   - history: gets operations for the entries that no request stands for.
  ///   - model: gets their steps.
  /// - Returns: the paths, each with an entry.
  mutating func entries(
    among isChecked: (Int) -> Bool, hasEntries: [Bool], history: inout History,
    model: inout ZnodeModel
  ) -> [(path: Int32, entry: Entry)] {
    var result: [(path: Int32, entry: Entry)] = []
    for path in columns.paths.indices where hasEntries[path] && isChecked(path) {
      for create in creates(ofName: path) {
        result.append((Int32(path), entry(create, &model)))
        if create.step.owner != ZnodeStep.nobody { removable.append((Int32(path), create)) }
      }
    }
    var ended: Set<Int64> = []
    var lastID = min(0, columns.history.operations.lazy.map(\.id).min() ?? 0)
    for (path, create) in removable where isChecked(Int(path)) {
      let owner = create.step.owner
      // A session ends once; a server may remove every container that was created.
      if isSession(owner), !ended.insert(Int64(path) << 32 | Int64(owner)).inserted { continue }
      lastID -= 1
      result.append((path, removal(of: create, id: lastID, &history, &model)))
      if isSession(owner), let entry = closing(owner, &model) { result.append((path, entry)) }
    }
    return result
  }

  /// The creates of unknown names that may have had this one: what they asked for, then the number
  /// of ten characters that ZooKeeper appends, or eleven for the least of all numbers.
  private func creates(ofName path: Int) -> [Create] {
    guard !nameless.isEmpty, let text = columns.history.values.string(columns.paths[path]) else {
      return []
    }
    return [10, 11].flatMap { length -> [Create] in
      let suffix = text.suffix(length)
      let digits = suffix.first == UInt8(ascii: "-") ? suffix.dropFirst() : suffix
      guard suffix.count == length, digits.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else {
        return []
      }
      return nameless[text.dropLast(length)] ?? []
    }
  }

  /// Whether an owner is surely one session: where a recorder names none, a process may have had
  /// several.
  private func isSession(_ owner: Int32) -> Bool {
    owner >= 0 && columns.sessions[Int(owner)] != RecordedStat.unknown
  }

  /// A create that may have made the znode of a path.
  private func entry(_ create: Create, _ model: inout ZnodeModel) -> Entry {
    Entry(
      model.add(CollectionOfOne(create.step.withoutResult)),
      invocation: columns.history.operations[Int(create.request)].invocation, completion: .max,
      source: create.request)
  }

  /// The removal of what a create made, by the end of its session or by a server, that nobody
  /// asked for: after the last sign of the session's life, at any time or never.
  private func removal(
    of create: Create, id: Int64, _ history: inout History, _ model: inout ZnodeModel
  ) -> Entry {
    let operation = model.add(
      CollectionOfOne(ZnodeStep(action: .ended, owner: create.step.owner)))
    var invocation = history.operations[Int(create.request)].invocation
    if isSession(create.step.owner), ends[Int(create.step.owner)].alive >= 0 {
      invocation = ends[Int(create.step.owner)].alive
    }
    var unseen = history.operations[Int(create.request)]
    unseen.id = id
    unseen.outcome = .info
    unseen.completion = .max
    unseen.completionLine = 0
    history.operations.append(unseen)
    return Entry(
      operation, invocation: invocation, completion: .max,
      source: Int32(history.operations.count - 1))
  }

  /// The removal at the latest when the request that closed a session was answered.
  private func closing(_ owner: Int32, _ model: inout ZnodeModel) -> Entry? {
    let request = ends[Int(owner)].close
    guard request >= 0, columns.history.operations[Int(request)].outcome == .ok,
      columns.errors[Int(request)] == .none
    else { return nil }
    let close = columns.history.operations[Int(request)]
    return Entry(
      model.add(
        CollectionOfOne(
          ZnodeStep(action: .ended, owner: owner, zxid: columns.zxids[Int(request)]))),
      invocation: close.invocation, completion: close.completion, source: request)
  }
}
