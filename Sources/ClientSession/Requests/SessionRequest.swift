import Jute
import LinnaeusBase

/// What a client may ask for; it owns its data.
public enum SessionRequest: Hashable, Sendable {
  /// Makes a znode. Whether the answer has its Stat is up to the caller, but containers and znodes
  /// with a time to live always have it.
  case create(path: [UInt8], data: [UInt8]?, acl: [ACL] = ACL.open, mode: CreateMode, stat: Bool)
  /// Removes a znode of that version; −1 is any.
  case delete(path: [UInt8], version: Int32 = -1)
  /// Asks for a znode's Stat.
  case exists(path: [UInt8], watch: Bool = false)
  /// Asks for a znode's data and Stat.
  case getData(path: [UInt8], watch: Bool = false)
  /// Replaces a znode's data.
  case setData(path: [UInt8], data: [UInt8]?, version: Int32 = -1)
  /// Asks for a znode's access-control list and Stat.
  case getACL(path: [UInt8])
  /// Replaces a znode's access-control list; the version is the list's own.
  case setACL(path: [UInt8], acl: [ACL], version: Int32 = -1)
  /// Asks for the names of a znode's children, and perhaps its Stat.
  case getChildren(path: [UInt8], watch: Bool = false, stat: Bool)
  /// Waits until the server has all that the leader had committed.
  case sync(path: [UInt8])
  /// Several writes as one.
  case multi([MultiOperation])
  /// Several reads at once.
  case multiRead([MultiReadOperation])
  /// Changes the ensemble; nil texts are null.
  case reconfig(
    joining: [UInt8]?, leaving: [UInt8]?, members: [UInt8]?, configuration: Int64 = -1)
  /// Asks whether there is such a watch.
  case checkWatches(path: [UInt8], kind: WatchKind)
  /// Removes watches.
  case removeWatches(path: [UInt8], kind: WatchKind)
  /// Sets a watch that stays.
  case addWatch(path: [UInt8], recursive: Bool)
  /// Sets all watches again after a reconnection.
  case setWatches(WatchList)
  /// Proves who the client is.
  case auth(scheme: [UInt8], credentials: [UInt8])
  /// A step of SASL.
  case sasl(token: [UInt8])
  /// Asks for the session's ephemeral znodes whose paths have that prefix.
  case getEphemerals(prefix: [UInt8])
  /// Asks how many descendants a znode has.
  case getAllChildrenNumber(path: [UInt8])
  /// Asks who the connection has authenticated as.
  case whoAmI
  /// Ends the session.
  case closeSession

  /// The number of the request's kind.
  public var opcode: Opcode {
    switch self {
    case .create(_, _, _, let mode, let stat): mode.opcode(stat: stat)
    case .delete: .delete
    case .exists: .exists
    case .getData: .getData
    case .setData: .setData
    case .getACL: .getACL
    case .setACL: .setACL
    case .getChildren(_, _, let stat): stat ? .getChildren2 : .getChildren
    case .sync: .sync
    case .multi: .multi
    case .multiRead: .multiRead
    case .reconfig: .reconfig
    case .checkWatches: .checkWatches
    case .removeWatches: .removeWatches
    case .addWatch: .addWatch
    case .setWatches(let watches): watches.persistent == nil ? .setWatches : .setWatches2
    case .auth: .auth
    case .sasl: .sasl
    case .getEphemerals: .getEphemerals
    case .getAllChildrenNumber: .getAllChildrenNumber
    case .whoAmI: .whoAmI
    case .closeSession: .closeSession
    }
  }
}

/// A write within a multi.
public enum MultiOperation: Hashable, Sendable {
  /// Makes a znode.
  case create(path: [UInt8], data: [UInt8]?, acl: [ACL] = ACL.open, mode: CreateMode, stat: Bool)
  /// Removes a znode of that version; −1 is any.
  case delete(path: [UInt8], version: Int32 = -1)
  /// Replaces a znode's data.
  case setData(path: [UInt8], data: [UInt8]?, version: Int32 = -1)
  /// Fails unless the znode has that version; −1 asks only whether it is there.
  case check(path: [UInt8], version: Int32)

  /// The number of the operation's kind.
  public var opcode: Opcode {
    switch self {
    case .create(_, _, _, let mode, let stat): mode.opcode(stat: stat)
    case .delete: .delete
    case .setData: .setData
    case .check: .check
    }
  }
}

/// A read within a multiRead.
public enum MultiReadOperation: Hashable, Sendable {
  /// Asks for a znode's data and Stat.
  case getData(path: [UInt8])
  /// Asks for the names of a znode's children.
  case getChildren(path: [UInt8])

  /// The number of the operation's kind.
  public var opcode: Opcode {
    switch self {
    case .getData: .getData
    case .getChildren: .getChildren
    }
  }
}

/// Which watches `checkWatches` and `removeWatches` mean.
public enum WatchKind: Int32, Hashable, Sendable {
  /// Those of children.
  case children = 1
  /// Those of data and existence.
  case data = 2
  /// All of them.
  case any = 3
}

/// All watches of a client, as `setWatches` brings them to another server.
public struct WatchList: Hashable, Sendable {
  /// The last zxid that the client has seen: events of later changes are sent at once.
  public var relativeZxid: Zxid
  /// Of `getData`, and of `exists` where the znode was there.
  public var data: [[UInt8]]
  /// Of `exists` where there was no znode.
  public var exist: [[UInt8]]
  /// Of `getChildren`.
  public var children: [[UInt8]]
  /// Those that stay, of a znode and of a whole subtree; nil sends the older request.
  public var persistent: Persistent?

  /// Watches that stay.
  public struct Persistent: Hashable, Sendable {
    /// Of a znode.
    public var plain: [[UInt8]]
    /// Of a znode and all below it.
    public var recursive: [[UInt8]]

    /// Takes both.
    public init(plain: [[UInt8]], recursive: [[UInt8]]) {
      self.plain = plain
      self.recursive = recursive
    }
  }

  /// Takes all of them.
  public init(
    relativeZxid: Zxid, data: [[UInt8]] = [], exist: [[UInt8]] = [], children: [[UInt8]] = [],
    persistent: Persistent? = nil
  ) {
    self.relativeZxid = relativeZxid
    self.data = data
    self.exist = exist
    self.children = children
    self.persistent = persistent
  }
}

extension CreateMode {
  /// Which of the four requests makes it.
  func opcode(stat: Bool) -> Opcode {
    switch self {
    case .container: .createContainer
    case .timeToLive, .sequentialTimeToLive: .createTTL
    default: stat ? .create2 : .create
    }
  }
}
