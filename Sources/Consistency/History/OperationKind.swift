/// What a request asks for, in a ZooKeeper history.
public enum OperationKind: UInt8, Sendable {
  case create, delete, setData, setACL, check
  case exists, getData, getChildren, getACL
  case sync, multi, multiRead, closeSession
  /// Changes the ensemble, and `/zookeeper/config`, which is not judged: servers write there, too.
  case reconfig
  /// A request that touches no znode: a ping, a watch, an authentication.
  case other

  /// The kind that the function `name` of a history calls.
  init(function name: String) {
    self =
      switch name {
      case "create": .create
      case "delete": .delete
      case "setData": .setData
      case "setACL": .setACL
      case "check": .check
      case "exists": .exists
      case "getData": .getData
      case "getChildren": .getChildren
      case "getACL": .getACL
      case "sync": .sync
      case "multi": .multi
      case "multiRead": .multiRead
      case "closeSession": .closeSession
      case "reconfig": .reconfig
      default: .other
      }
  }

  /// Whether the request is a transaction, which takes a zxid even where it fails.
  public var isWrite: Bool {
    switch self {
    case .create, .delete, .setData, .setACL, .check, .multi, .closeSession, .reconfig:
      true
    default: false
    }
  }

  /// Whether a server answers the request from its own tree.
  public var isRead: Bool {
    switch self {
    case .exists, .getData, .getChildren, .getACL, .multiRead: true
    default: false
    }
  }
}

/// An error with which a server answers, as far as it says something about a znode.
public enum ReplyError: UInt8, Sendable {
  /// No error.
  case none
  case noNode, nodeExists, badVersion, notEmpty, noChildrenForEphemerals
  /// The part of a failed multi comes after the one that failed.
  case runtimeInconsistency
  /// Any other: it says nothing about a path.
  case other

  init(name: some Sequence<UInt8>) {
    self =
      switch String(decoding: Array(name), as: UTF8.self) {
      case "NoNode": .noNode
      case "NodeExists": .nodeExists
      case "BadVersion": .badVersion
      case "NotEmpty": .notEmpty
      case "NoChildrenForEphemerals": .noChildrenForEphemerals
      case "RuntimeInconsistency": .runtimeInconsistency
      default: .other
      }
  }
}

/// How a znode is created, its sequential name aside.
public enum CreateMode: UInt8, Sendable {
  case persistent, ephemeral, container, ttl
}

/// What a reply's `stat` says of a znode; fields that the recorder left out are unknown.
public struct RecordedStat: Hashable, Sendable {
  /// Stands for a zxid or session that is not known; no zxid is negative.
  public static let unknown: Int64 = .min
  /// Stands for a version or count that is not known.
  public static let unknownCount: Int32 = .min

  /// The transaction that created the znode.
  public var czxid = unknown
  /// The transaction that last changed its data.
  public var mzxid = unknown
  /// The transaction that last created or deleted a child.
  public var pzxid = unknown
  /// The session that owns it, if it is ephemeral.
  public var ephemeralOwner = unknown
  /// How often its data changed.
  public var version = unknownCount
  /// How often its children changed.
  public var cversion = unknownCount
  /// How often its access list changed.
  public var aversion = unknownCount
  /// The length of its data in bytes.
  public var dataLength = unknownCount
  /// How many children it has.
  public var numChildren = unknownCount

  /// Nothing is known.
  public init() {}

  /// Whether it says anything that a change among the children would alter.
  var seesChildren: Bool {
    pzxid != Self.unknown || cversion != Self.unknownCount || numChildren != Self.unknownCount
  }
}
