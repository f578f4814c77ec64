import OperationHistory

/// The transactions that changed each path, in zxid order.
struct PathChanges {
  /// A transaction on a path.
  private struct Change {
    var zxid: Int64
    /// When it was acknowledged: the time, and the place in the real-time order.
    var time: Int64
    var completion: Int32
  }

  /// The changes of one path, by zxid.
  private struct Changes {
    var list: [Change] = []
    /// For each change, which of it and those behind it was acknowledged first.
    var firstAcknowledged: [Int32] = []

    mutating func prepare() {
      list.sort { ($0.zxid, $0.completion) < ($1.zxid, $1.completion) }
      var count = 0
      for change in list where count == 0 || list[count - 1].zxid != change.zxid {
        list[count] = change
        count += 1
      }
      list.removeSubrange(count...)
      firstAcknowledged = Array(0..<Int32(list.count))
      for index in list.indices.dropLast().reversed() {
        let later = firstAcknowledged[index + 1]
        if list[Int(later)].completion < list[index].completion {
          firstAcknowledged[index] = later
        }
      }
    }
  }

  private let columns: ZooKeeperHistory
  /// Changes of the znode itself.
  private var own: [Changes]
  /// Changes among its children, which alter its Stat.
  private var children: [Changes]

  init(_ columns: ZooKeeperHistory) {
    self.columns = columns
    own = Array(repeating: Changes(), count: columns.paths.count)
    children = own
    for request in columns.kinds.indices where columns.history.operations[request].outcome == .ok {
      noteWrites(request)
      for part in columns.parts(of: request) { noteStat(part) }
    }
    noteSessionEnds()
  }

  /// Sorts what was noted.
  mutating func prepare() {
    for index in own.indices {
      own[index].prepare()
      children[index].prepare()
    }
  }

  // MARK: Where changes are told of

  private mutating func noteWrites(_ request: Int) {
    guard columns.kinds[request].isWrite, columns.errors[request] == .none,
      columns.zxids[request] != RecordedStat.unknown
    else { return }
    for part in columns.parts(of: request) {
      switch columns.partKinds[part] {
      case .setData, .setACL: note(columns.pathOf[part], by: request)
      case .create, .delete: noteExistence(columns.pathOf[part], by: request)
      default: break
      }
    }
  }

  private mutating func note(_ path: Int32, by request: Int) {
    guard path >= 0 else { return }
    own[Int(path)].list.append(change(request))
  }

  private mutating func noteExistence(_ path: Int32, by request: Int) {
    note(path, by: request)
    guard path >= 0, columns.parents[Int(path)] >= 0 else { return }
    children[Int(columns.parents[Int(path)])].list.append(change(request))
  }

  private func change(_ request: Int) -> Change {
    let operation = columns.history.operations[request]
    return Change(
      zxid: columns.zxids[request], time: operation.completionTime,
      completion: operation.completion)
  }

  /// Notes that a Stat names the transactions that made its znode what it was.
  private mutating func noteStat(_ part: Int) {
    let path = Int(columns.pathOf[part])
    guard path >= 0, columns.statOf[part] >= 0 else { return }
    let stat = columns.stat(of: part)
    func unacknowledged(_ zxid: Int64) -> Change {
      Change(zxid: zxid, time: .max, completion: .max)
    }
    for zxid in [stat.czxid, stat.mzxid] where zxid != RecordedStat.unknown {
      own[path].list.append(unacknowledged(zxid))
    }
    if stat.pzxid != RecordedStat.unknown, stat.pzxid != stat.czxid {
      children[path].list.append(unacknowledged(stat.pzxid))
    }
  }

  /// Follows ephemerals from their creation to the end of their sessions.
  private mutating func noteSessionEnds() {
    var owners = [Int32](repeating: -1, count: columns.paths.count)
    var owned = [[Int32]](repeating: [], count: columns.sessions.count)
    let writes = columns.kinds.indices.filter {
      columns.kinds[$0].isWrite && columns.errors[$0] == .none
        && columns.history.operations[$0].outcome == .ok
        && columns.zxids[$0] != RecordedStat.unknown
    }.sorted { columns.zxids[$0] < columns.zxids[$1] }
    for request in writes {
      let session = columns.sessionOf[request]
      if columns.kinds[request] == .closeSession {
        for path in owned[Int(session)] where owners[Int(path)] == session {
          owners[Int(path)] = -1
          noteExistence(path, by: request)
        }
        owned[Int(session)] = []
      }
      for part in columns.parts(of: request) where columns.pathOf[part] >= 0 {
        let path = columns.pathOf[part]
        switch columns.partKinds[part] {
        case .create where columns.modes[part] == .ephemeral:
          owners[Int(path)] = session
          owned[Int(session)].append(path)
        case .create, .delete: owners[Int(path)] = -1
        default: break
        }
      }
    }
  }

  // MARK: What a read missed

  /// The transactions that a read did not see.
  ///
  /// - Parameters:
  ///   - part: the read.
  ///   - kind: what was read: a list of children changes with the children, and so does a Stat.
  ///   - zxid: what the server had applied.
  ///   - last: what the server should have applied.
  ///   - invocation: when the read was called.
  /// - Returns: how many they are, and when the first of those with larger zxids, to be
  ///   acknowledged, was, if that was before the call.
  func missed(
    by part: Int, kind: OperationKind, from zxid: Int64, through last: Int64,
    before invocation: Int32
  ) -> (count: Int32, acknowledged: Int64?) {
    let path = Int(columns.pathOf[part])
    let seesChildren = kind == .getChildren || columns.stat(of: part).seesChildren
    let lists = seesChildren ? [own[path], children[path]] : [own[path]]
    var result: (count: Int32, acknowledged: Int64?) = (0, nil)
    for changes in lists {
      let start = changes.list.partitioningIndex { $0.zxid > zxid }
      let end = changes.list.partitioningIndex { $0.zxid > last }
      guard start < changes.list.count else { continue }
      result.count += Int32(max(0, end - start))
      let first = changes.list[Int(changes.firstAcknowledged[start])]
      if first.completion < invocation {
        result.acknowledged = min(result.acknowledged ?? .max, first.time)
      }
    }
    // A read that missed nothing has no age.
    return result.count == 0 ? (0, nil) : result
  }
}
