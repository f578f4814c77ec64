import OperationHistory

/// ZooKeeper's tree as its documentation describes it, as far as a history names its paths.
///
/// Writes are done to it part by part; each says what of its answer the tree contradicts. What was
/// done can be undone back to a mark.
struct ReplayTree {
  /// What a znode says otherwise than an answer does.
  struct Disagreement {
    var path: Int32
    var field: Finding.Field
    /// What the answer says, and what the tree has: numbers, 1 and 0 for yes and no.
    var recorded: Int64
    var expected: Int64
    var recordedValue = ValueID.absent
    var expectedValue = ValueID.absent
  }

  let columns: ZooKeeperHistory
  private(set) var znodes: [ReplayedZnode]
  /// The parent of each path; -1 if no request names it.
  let parents: [Int32]
  private var names: [NameHash]
  private let numbers: [ArraySlice<UInt8>: Int32]
  private let nameless: [(request: Int32, part: Int)]
  /// The paths that stand for what sequential creates made whose answers were lost, by their parts.
  let namelessPaths: [Int: Int32]
  private let childrenOf: [[Int32]]
  /// The changes, but for those that can be undone.
  private(set) var changes: ChangeLog
  /// The paths that each session's ephemeral znodes had, by its number among the sessions.
  private var owned: [[Int32]]
  /// Znodes as they were, while an undo is possible.
  private var journal: [(path: Int32, znode: ReplayedZnode)] = []
  private var isJournaling = false
  /// Whether the zxids that writes leave behind are not known.
  private var isUndated = false

  init(_ columns: ZooKeeperHistory, chains: ChangeChains) {
    self.columns = columns
    let layout = PathLayout(columns)
    parents = layout.parents
    names = layout.names
    childrenOf = layout.children
    nameless = layout.nameless
    var namelessPaths: [Int: Int32] = [:]
    for (place, create) in layout.nameless.enumerated() {
      namelessPaths[create.part] = Int32(columns.paths.count + place)
    }
    self.namelessPaths = namelessPaths
    numbers = layout.nameless.isEmpty ? [:] : layout.numbers
    znodes = layout.initialZnodes
    changes = ChangeLog(pathCount: znodes.count, chains: chains)
    owned = Array(repeating: [], count: columns.sessions.count)
  }

  /// The request that may have made a path that nobody was told; nil of all others.
  func lostCreate(of path: Int32) -> Int32? {
    let place = Int(path) - columns.paths.count
    return place < 0 ? nil : nameless[place].request
  }

  /// Whether a sequential create may have made a path that requests name.
  private func canMake(_ path: Int32, _ part: Int) -> Bool {
    guard path >= 0, Int(path) < columns.paths.count,
      let text = columns.history.values.string(columns.paths[Int(path)]),
      let prefix = columns.history.values.string(columns.prefixes[part])
    else { return false }
    return ZooKeeperHistory.sequentialPrefixes(of: text).contains(prefix)
  }

  /// The path that a sequential create makes now: one that requests name, if it is that.
  private mutating func namePath(of part: Int) -> Int32 {
    guard let path = namelessPaths[part], parents[Int(path)] >= 0,
      let prefix = columns.history.values.string(columns.prefixes[part])
    else { return -1 }
    let number = znodes[Int(parents[Int(path)])].creations
    guard number != RecordedStat.unknownCount else { return -1 }
    let text = Array(prefix) + SequentialSuffix.bytes(number)
    if let known = numbers[text[...]] { return known }
    let slash = text.lastIndex(of: UInt8(ascii: "/")) ?? 0
    names[Int(path)] = NameHash(text[(slash + 1)...])
    return path
  }

  /// The hash of the last component of a path's name.
  func name(of path: Int32) -> NameHash { names[Int(path)] }

  /// The paths directly below one that requests name.
  func children(of path: Int32) -> [Int32] { childrenOf[Int(path)] }

  // MARK: Trying

  /// Makes everything from now on such that it can be undone.
  mutating func startJournal() { isJournaling = true }

  /// A place to go back to.
  var mark: Int { journal.count }

  /// Undoes everything since a mark.
  mutating func undo(to mark: Int) {
    while journal.count > mark, let last = journal.popLast() {
      znodes[Int(last.path)] = last.znode
    }
  }

  /// Does something that is undone afterwards.
  mutating func tentatively<Result>(_ body: (inout Self) -> Result) -> Result {
    let (wasJournaling, mark) = (isJournaling, mark)
    isJournaling = true
    defer {
      undo(to: mark)
      isJournaling = wasJournaling
    }
    return body(&self)
  }

  private mutating func change(
    _ path: Int32, by request: Int, at zxid: Int64, _ chains: ChangeChains,
    _ body: (inout ReplayedZnode) -> Void
  ) {
    let request = Int32(truncatingIfNeeded: request)
    if isJournaling {
      journal.append((path, znodes[Int(path)]))
    } else {
      changes.add(chains, of: path, zxid: zxid, request: request)
    }
    body(&znodes[Int(path)])
  }

  // MARK: Writing

  /// Does what a part of a write asks for, and compares its answer.
  ///
  /// - Parameters:
  ///   - part: the part.
  ///   - request: the request that it belongs to.
  ///   - zxid: the transaction's zxid.
  /// - Returns: what contradicts the answer, if anything does; then the tree is as the answer says
  ///   as far as possible.
  mutating func write(_ part: Int, of request: Int, zxid: Int64) -> Disagreement? {
    let path = columns.pathOf[part]
    let version = columns.expectedVersions[part]
    switch columns.partKinds[part] {
    case .create: return create(part, of: request, zxid: zxid)
    case .delete:
      let problem = require(path, version: version) ?? requireNoChildren(path)
      remove(path, by: request, zxid: zxid)
      return problem
    case .setData:
      let problem = require(path, version: version)
      setData(part, of: request, zxid: zxid)
      return problem ?? compareStat(of: part)
    case .setACL:
      let problem = require(path, aversion: version)
      if path >= 0 {
        change(path, by: request, at: zxid, [.access, .everything]) { znode in
          if znode.aversion != RecordedStat.unknownCount { znode.aversion &+= 1 }
        }
      }
      return problem ?? compareStat(of: part)
    case .check: return require(path, version: version)
    case .exists, .getData, .getChildren, .getACL, .sync, .multi, .multiRead, .closeSession,
      .other:
      return nil
    }
  }

  private mutating func setData(_ part: Int, of request: Int, zxid: Int64) {
    let path = columns.pathOf[part]
    guard path >= 0 else { return }
    let value = columns.values[part]
    let length = columns.length(of: value)
    let isNew = znodes[Int(path)].value != value || value == .absent
    let date = stamp(zxid)
    change(
      path, by: request, at: zxid,
      isNew ? [.value, .data, .everything] : [.data, .everything]
    ) { znode in
      znode.value = value
      znode.length = length
      znode.mzxid = date
      znode.noteWriter(request)
      if znode.version != RecordedStat.unknownCount { znode.version &+= 1 }
    }
  }

  /// Does a create; `name` is what it made where its own answer does not say, if that is known.
  mutating func create(
    _ part: Int, of request: Int, zxid: Int64, name: Int32 = -1
  ) -> Disagreement? {
    var path = columns.pathOf[part]
    if path < 0 { path = canMake(name, part) ? name : namePath(of: part) }
    guard path >= 0 else { return nil }
    let parent = parents[Int(path)]
    let problem =
      requireParent(parent) ?? requireAbsent(path) ?? compareName(of: part, path, under: parent)
    let session = columns.sessionOf[request]
    let isEphemeral = columns.modes[part] == .ephemeral
    // Containers and znodes with a TTL have marks as owners, which are no sessions.
    let owner: Int64 =
      switch columns.modes[part] {
      case .persistent: 0
      case .ephemeral: columns.sessions[Int(session)]
      case .container, .ttl: RecordedStat.unknown
      }
    let value = columns.values[part]
    let new = ReplayedZnode(
      value: value, length: columns.length(of: value), owner: owner, zxid: stamp(zxid))
    change(path, by: request, at: zxid, .all) { $0.replace(with: new, by: request) }
    if isEphemeral { owned[Int(session)].append(path) }
    changeChildren(of: parent, path, added: true, by: request, zxid: zxid)
    return problem ?? compareStat(of: part)
  }

  private mutating func remove(_ path: Int32, by request: Int, zxid: Int64) {
    guard path >= 0 else { return }
    change(path, by: request, at: zxid, .all) { $0.replace(with: .absent, by: request) }
    changeChildren(of: parents[Int(path)], path, added: false, by: request, zxid: zxid)
  }

  private mutating func changeChildren(
    of parent: Int32, _ path: Int32, added: Bool, by request: Int, zxid: Int64
  ) {
    guard parent >= 0 else { return }
    let name = names[Int(path)]
    let date = stamp(zxid)
    change(parent, by: request, at: zxid, [.children]) {
      $0.changeChildren(name, added: added, zxid: date)
    }
  }

  /// Ends a session: its ephemeral znodes go.
  mutating func endSession(_ session: Int32, by request: Int, zxid: Int64) {
    for path in ephemerals(of: session) { remove(path, by: request, zxid: zxid) }
  }

  /// The paths of the session's ephemeral znodes.
  func ephemerals(of session: Int32) -> [Int32] {
    let id = columns.sessions[Int(session)]
    guard id != RecordedStat.unknown, !owned[Int(session)].isEmpty else { return [] }
    var seen: Set<Int32> = []
    return owned[Int(session)].filter {
      znodes[Int($0)].exists == true && znodes[Int($0)].ephemeralOwner == id
        && seen.insert($0).inserted
    }
  }

  /// Does something of which nobody knows the zxid: the znodes do not tell it.
  mutating func undated<Result>(_ body: (inout Self) -> Result) -> Result {
    isUndated = true
    defer { isUndated = false }
    return body(&self)
  }

  /// What a znode shall say of when it was changed.
  private func stamp(_ zxid: Int64) -> Int64 { isUndated ? RecordedStat.unknown : zxid }

  /// Removes a znode that a server removes by itself.
  mutating func removeUnasked(_ path: Int32, zxid: Int64) {
    remove(path, by: -1, zxid: zxid)
  }

  // MARK: What an answer says

  private func isKnownAbsent(_ path: Int32) -> Bool {
    path >= 0 && znodes[Int(path)].exists == false
  }

  private func disagreement(
    _ path: Int32, _ field: Finding.Field, recorded: Int64 = 0, expected: Int64 = 0
  ) -> Disagreement {
    Disagreement(path: path, field: field, recorded: recorded, expected: expected)
  }

  /// A znode of that version must be there; it is from now on.
  private mutating func require(_ path: Int32, version: Int32) -> Disagreement? {
    requireExists(path) ?? requireVersion(path, version, \.version, .version)
  }

  private mutating func require(_ path: Int32, aversion: Int32) -> Disagreement? {
    requireExists(path) ?? requireVersion(path, aversion, \.aversion, .aversion)
  }

  private mutating func requireExists(_ path: Int32) -> Disagreement? {
    guard path >= 0 else { return nil }
    if isKnownAbsent(path) { return disagreement(path, .existence, recorded: 1, expected: 0) }
    note(path) { $0.exists = true }
    return nil
  }

  private mutating func requireVersion(
    _ path: Int32, _ version: Int32, _ own: WritableKeyPath<ReplayedZnode, Int32>,
    _ field: Finding.Field
  ) -> Disagreement? {
    guard path >= 0, version != -1 else { return nil }
    let known = znodes[Int(path)][keyPath: own]
    if known == RecordedStat.unknownCount {
      note(path) { $0[keyPath: own] = version }
    } else if known != version {
      return disagreement(path, field, recorded: Int64(version), expected: Int64(known))
    }
    return nil
  }

  private mutating func requireNoChildren(_ path: Int32) -> Disagreement? {
    guard path >= 0 else { return nil }
    let count = znodes[Int(path)].childCount
    if count == RecordedStat.unknownCount || count == 0 { return nil }
    return disagreement(path, .numChildren, recorded: 0, expected: Int64(count))
  }

  private mutating func requireParent(_ parent: Int32) -> Disagreement? {
    guard parent >= 0 else { return nil }
    if isKnownAbsent(parent) { return disagreement(parent, .parent, recorded: 1, expected: 0) }
    note(parent) { $0.exists = true }
    let owner = znodes[Int(parent)].ephemeralOwner
    return isSession(owner) ? disagreement(parent, .parentOwner, expected: owner) : nil
  }

  /// Whether the owner is a session, not a container's or a TTL's mark (the highest bits).
  private func isSession(_ owner: Int64) -> Bool { owner > 0 }

  private mutating func requireAbsent(_ path: Int32) -> Disagreement? {
    guard znodes[Int(path)].exists == true else { return nil }
    return disagreement(path, .existence, recorded: 0, expected: 1)
  }

  /// A sequential name ends in the number of children that were created before.
  private mutating func compareName(
    of part: Int, _ path: Int32, under parent: Int32
  ) -> Disagreement? {
    guard columns.prefixes[part] != .absent, parent >= 0, Int(path) < columns.paths.count,
      let name = columns.history.values.string(columns.paths[Int(path)]),
      let asked = columns.history.values.string(columns.prefixes[part]),
      let number = Int32(String(decoding: name.dropFirst(asked.count), as: UTF8.self))
    else { return nil }
    let expected = znodes[Int(parent)].creations
    if expected == RecordedStat.unknownCount {
      note(parent) { $0.creations = number }
    } else if expected != number, !(isUndated && number < expected) {
      return disagreement(path, .name, recorded: Int64(number), expected: Int64(expected))
    }
    return nil
  }

  /// Compares the Stat of an answer with the znode.
  mutating func compareStat(of part: Int) -> Disagreement? {
    guard columns.statOf[part] >= 0 else { return nil }
    return compare(columns.stats[Int(columns.statOf[part])], at: columns.pathOf[part])
  }

  /// Compares a Stat with the znode of a path.
  mutating func compare(_ stat: RecordedStat, at path: Int32) -> Disagreement? {
    guard path >= 0 else { return nil }
    var result: (field: Finding.Field, recorded: Int64, expected: Int64)?
    note(path) { result = $0.compare(with: stat) }
    return result.map { disagreement(path, $0.field, recorded: $0.recorded, expected: $0.expected) }
  }

  /// Learns something of a znode that has been so before.
  private mutating func note(_ path: Int32, _ body: (inout ReplayedZnode) -> Void) {
    if isJournaling { journal.append((path, znodes[Int(path)])) }
    body(&znodes[Int(path)])
  }

  /// Compares what a part of a read was answered, an error or a result.
  mutating func read(_ part: Int, lists: inout ListCache) -> Disagreement? {
    let path = columns.pathOf[part]
    guard path >= 0 else { return nil }
    switch columns.partErrors[part] {
    case .none: break
    case .noNode: return requireMissing(path)
    default: return nil
    }
    if let problem = requireExists(path) { return problem }
    if let problem = compareStat(of: part) { return problem }
    let value = columns.values[part]
    guard value != .absent else { return nil }
    switch columns.partKinds[part] {
    case .getData:
      let own = znodes[Int(path)].value
      if own == .absent {
        note(path) { $0.value = value }
      } else if own != value {
        var problem = disagreement(path, .value)
        (problem.recordedValue, problem.expectedValue) = (value, own)
        return problem
      }
    case .getChildren:
      guard let list = lists.sum(value, columns) else { return nil }
      let own = znodes[Int(path)]
      if !own.names.isComplete {
        note(path) { znode in
          znode.names = list.sum
          znode.childCount = list.count
        }
      } else if own.names != list.sum {
        var problem = disagreement(
          path, .children, recorded: Int64(list.count), expected: Int64(own.childCount))
        problem.recordedValue = value
        return problem
      }
    default: break
    }
    return nil
  }

  private mutating func requireMissing(_ path: Int32) -> Disagreement? {
    guard path >= 0 else { return nil }
    if znodes[Int(path)].exists == true {
      return disagreement(path, .existence, recorded: 0, expected: 1)
    }
    note(path) { $0.exists = false }
    return nil
  }

  /// Compares the error that a part of a write was answered: it must be right just here.
  mutating func refuse(_ part: Int) -> Disagreement? {
    let path = columns.pathOf[part]
    let isCreate = columns.partKinds[part] == .create
    let parent = path < 0 ? -1 : parents[Int(path)]
    switch columns.partErrors[part] {
    case .noNode: return requireMissing(isCreate ? parent : path)
    case .nodeExists, .notEmpty, .badVersion:
      if let problem = requireExists(path) { return problem }
      guard path >= 0 else { return nil }
      return refuse(part, at: path)
    case .noChildrenForEphemerals:
      guard parent >= 0 else { return nil }
      let owner = znodes[Int(parent)].ephemeralOwner
      return owner == RecordedStat.unknown || isSession(owner)
        ? nil : disagreement(parent, .parentOwner, expected: 0)
    case .none, .runtimeInconsistency, .other: return nil
    }
  }

  private func refuse(_ part: Int, at path: Int32) -> Disagreement? {
    let znode = znodes[Int(path)]
    switch columns.partErrors[part] {
    case .notEmpty where znode.childCount == 0:
      return disagreement(path, .numChildren, recorded: 1, expected: 0)
    case .badVersion:
      let isData = columns.partKinds[part] != .setACL
      let own = isData ? znode.version : znode.aversion
      let asked = columns.expectedVersions[part]
      return own == asked && own != RecordedStat.unknownCount
        ? disagreement(
          path, isData ? .version : .aversion, recorded: Int64(asked), expected: Int64(own))
        : nil
    default: return nil
    }
  }
}

/// What ZooKeeper appends to a sequential name (`%010d`).
enum SequentialSuffix {
  static func bytes(_ number: Int32) -> [UInt8] {
    let digits = Array(String(number.magnitude).utf8)
    let width = number < 0 ? 9 : 10
    let padding = [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - digits.count))
    return (number < 0 ? [UInt8(ascii: "-")] : []) + padding + digits
  }
}
