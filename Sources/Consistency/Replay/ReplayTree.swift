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
  private(set) var isUndated = false

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
      .reconfig,
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

  /// Learns something of a znode that has been so before.
  mutating func note(_ path: Int32, _ body: (inout ReplayedZnode) -> Void) {
    if isJournaling { journal.append((path, znodes[Int(path)])) }
    body(&znodes[Int(path)])
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
