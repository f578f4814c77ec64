import Jute
import LinnaeusBase

/// Everything that a server keeps: the znodes, the sessions that exist, and the watches of its own
/// connections.
///
/// It changes by transactions alone, which ``Preparation`` makes of requests. It knows no clock.
public struct ZnodeTree: Sendable {
  /// How it behaves.
  public let options: TreeOptions
  /// The zxid of the last transaction that was applied.
  public internal(set) var lastZxid: Zxid = .zero
  /// The sum of all znodes' checksums (zookeeper-protocol.md, section 6.2); 0 if it is switched off.
  public internal(set) var digest: UInt64 = 0
  /// The bytes of all paths and data, as Apache counts them.
  public internal(set) var approximateDataSize = 1

  var nodes = ZnodeStore()
  var acls = ACLTable()
  /// Ephemeral znodes by session.
  var ephemerals = OwnedNodes()
  /// Containers, and znodes with a time to live, each under one owner.
  var expendables = OwnedNodes()
  var sessionTable = SessionTable()
  var watches = Watches()
  /// The paths that have a quota.
  var quotas = PathTable()
  var walk: SnapshotWalk?
  /// The number of the last walk; nodes that it is done with bear it.
  var walkNumber: UInt32 = 0

  /// The tree of a server that was never used: the root, and under it what belongs to ZooKeeper.
  public init(options: TreeOptions = TreeOptions()) {
    self.init(emptyWith: options)
    changeContents(of: ZnodeStore.root, data: [])
    addNode(KnownPath.zookeeper, data: [], stat: PersistedStat(), acl: .open, under: 0)
    let zookeeper = nodes.slot(of: KnownPath.zookeeper)
    let readOnly = AccessList.readOnly.bytes.withBorrowedBytes { acls.use($0) }
    // Whoever may read the configuration may not change it (ZOOKEEPER-2014).
    addNode(
      KnownPath.config, data: [], stat: PersistedStat(aversion: -1), acl: readOnly,
      under: zookeeper)
    addNode(KnownPath.quota, data: [], stat: PersistedStat(), acl: .open, under: zookeeper)
  }

  /// A tree with a root and nothing else.
  init(emptyWith options: TreeOptions) {
    self.options = options
    refreshDigest(of: ZnodeStore.root, contentsChanged: true)
  }

  /// How many znodes there are, counted as Apache does: the root twice, under `/` and under nothing.
  public var nodeCount: Int { nodes.count + 1 }

  /// How many of them end with a session.
  public var ephemeralCount: Int { ephemerals.count }

  /// How many watches there are, one for each connection, path and table.
  public var watchCount: Int { watches.data.count + watches.children.count }

  /// Whether there is such a znode.
  public func contains(_ path: BorrowedBytes) -> Bool { nodes.slot(of: path) != noSlot }

  /// Whether one of these identities may do any of the things in `permission` by that list.
  public func allows(_ permission: Permissions, acl: ACLIndex, identities: [Identity]) -> Bool {
    acls[acl].allows(permission, identities: identities)
  }

  // MARK: Sessions

  /// The timeout of a session in milliseconds; nil if there is no such session.
  public func sessionTimeout(_ session: Int64) -> Int32? { sessionTable.timeout(of: session) }

  /// The sessions that exist, ascending.
  public var sessions: [(session: Int64, timeoutMilliseconds: Int32)] { sessionTable.entries }

  /// The ephemeral znodes of a session in order of creation.
  public func ephemerals(of session: Int64) -> [[UInt8]] {
    ephemerals.slots(of: session).map { nodes[$0].path }
  }

  /// The ephemeral znodes of every session that has any, ascending by session.
  public var ephemeralsBySession: [(session: Int64, paths: [[UInt8]])] {
    ephemerals.owners.map { ($0, ephemerals(of: $0)) }
  }

  // MARK: Nodes that end by themselves

  /// What `deleteContainer` may remove now: containers that have lost their last child, and znodes
  /// without children whose time to live is over.
  ///
  /// - Parameters:
  ///   - now: Milliseconds since 1970.
  ///   - maxNeverUsedMilliseconds: After how long a container that never had a child goes as well;
  ///     0 for never.
  /// - Returns: Their paths: containers first, each kind in order of creation.
  public func expendableNodes(now: Int64, maxNeverUsedMilliseconds: Int64 = 0) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for slot in expendables.slots(of: Self.containers) where nodes[slot].childCount == 0 {
      let isNeverUsed = nodes[slot].cversion == 0
      let age = now.subtractingReportingOverflow(nodes[slot].mtime).partialValue
      if !isNeverUsed || (maxNeverUsedMilliseconds > 0 && age > maxNeverUsedMilliseconds) {
        result.append(nodes[slot].path)
      }
    }
    for slot in expendables.slots(of: Self.timed) where nodes[slot].childCount == 0 {
      let kind = OwnerKind(nodes[slot].owner, hasExtendedTypes: options.hasExtendedTypes)
      let age = now.subtractingReportingOverflow(nodes[slot].mtime).partialValue
      if case .ttl(let ttl) = kind, ttl != 0, age > ttl { result.append(nodes[slot].path) }
    }
    return result
  }

  static let containers: Int64 = 0
  static let timed: Int64 = 1

  // MARK: Watches

  /// The connection is gone, and all its watches with it.
  public mutating func removeWatches(of watcher: Int32) { watches.removeAll(of: watcher) }

  /// Watches of data and existence: how many connections, paths and watches.
  public var watchSummary: (connections: Int, paths: Int, watches: Int) {
    (watches.data.watcherCount, watches.data.pathCount, watches.data.count)
  }

  /// Watches of data and existence by path.
  public var watchesByPath: [(path: [UInt8], watchers: [Int32])] { watches.data.byPath }

  /// Watches of data and existence by watcher, ascending.
  public var watchesByWatcher: [(watcher: Int32, paths: [[UInt8]])] { watches.data.byWatcher }
}

extension ZnodeStore {
  func slot(of path: [UInt8]) -> Int32 { path.withBorrowedBytes { slot(of: $0) } }
}
