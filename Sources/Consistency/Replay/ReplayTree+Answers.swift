import OperationHistory

/// What answers say of the tree: each is compared with it, and what is not known is learnt.
extension ReplayTree {
  func isKnownAbsent(_ path: Int32) -> Bool {
    path >= 0 && znodes[Int(path)].exists == false
  }

  func disagreement(
    _ path: Int32, _ field: Finding.Field, recorded: Int64 = 0, expected: Int64 = 0
  ) -> Disagreement {
    Disagreement(path: path, field: field, recorded: recorded, expected: expected)
  }

  /// A znode of that version must be there; it is from now on.
  mutating func require(_ path: Int32, version: Int32) -> Disagreement? {
    requireExists(path) ?? requireVersion(path, version, \.version, .version)
  }

  mutating func require(_ path: Int32, aversion: Int32) -> Disagreement? {
    requireExists(path) ?? requireVersion(path, aversion, \.aversion, .aversion)
  }

  mutating func requireExists(_ path: Int32) -> Disagreement? {
    guard path >= 0 else { return nil }
    if isKnownAbsent(path) { return disagreement(path, .existence, recorded: 1, expected: 0) }
    note(path) { $0.exists = true }
    return nil
  }

  mutating func requireVersion(
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

  mutating func requireNoChildren(_ path: Int32) -> Disagreement? {
    guard path >= 0 else { return nil }
    let count = znodes[Int(path)].childCount
    if count == RecordedStat.unknownCount || count == 0 { return nil }
    return disagreement(path, .numChildren, recorded: 0, expected: Int64(count))
  }

  mutating func requireParent(_ parent: Int32) -> Disagreement? {
    guard parent >= 0 else { return nil }
    if isKnownAbsent(parent) { return disagreement(parent, .parent, recorded: 1, expected: 0) }
    note(parent) { $0.exists = true }
    let owner = znodes[Int(parent)].ephemeralOwner
    return isSession(owner) ? disagreement(parent, .parentOwner, expected: owner) : nil
  }

  /// Whether the owner is a session, not a container's or a TTL's mark (the highest bits).
  func isSession(_ owner: Int64) -> Bool { owner > 0 }

  mutating func requireAbsent(_ path: Int32) -> Disagreement? {
    guard znodes[Int(path)].exists == true else { return nil }
    return disagreement(path, .existence, recorded: 0, expected: 1)
  }

  /// A sequential name ends in the number of children that were created before.
  mutating func compareName(
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

  mutating func requireMissing(_ path: Int32) -> Disagreement? {
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
