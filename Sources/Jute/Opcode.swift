/// What a request asks for, and what a transaction does (zookeeper-protocol.md, section 2.3).
public struct Opcode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number on the wire and in the log.
  public var rawValue: Int32

  /// Takes a number from the wire, known or not.
  @inlinable
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// Ends the session.
  public static let closeSession = Opcode(rawValue: -11)
  /// Begins a session; a transaction, not a request of clients.
  public static let createSession = Opcode(rawValue: -10)
  /// A failed operation, as a transaction or as a result within a multi.
  public static let error = Opcode(rawValue: -1)
  /// A watch event.
  public static let notification = Opcode(rawValue: 0)
  /// Makes a znode and returns its path.
  public static let create = Opcode(rawValue: 1)
  /// Removes a znode.
  public static let delete = Opcode(rawValue: 2)
  /// Returns the Stat of a znode.
  public static let exists = Opcode(rawValue: 3)
  /// Returns data and Stat.
  public static let getData = Opcode(rawValue: 4)
  /// Replaces the data.
  public static let setData = Opcode(rawValue: 5)
  /// Returns the access-control list and Stat.
  public static let getACL = Opcode(rawValue: 6)
  /// Replaces the access-control list.
  public static let setACL = Opcode(rawValue: 7)
  /// Returns the names of the children.
  public static let getChildren = Opcode(rawValue: 8)
  /// Waits until all that the leader had committed is here.
  public static let sync = Opcode(rawValue: 9)
  /// Shows that the client is alive.
  public static let ping = Opcode(rawValue: 11)
  /// Returns the names of the children and Stat.
  public static let getChildren2 = Opcode(rawValue: 12)
  /// Compares the version; only within a multi.
  public static let check = Opcode(rawValue: 13)
  /// Several writes as one.
  public static let multi = Opcode(rawValue: 14)
  /// Makes a znode and returns its path and Stat.
  public static let create2 = Opcode(rawValue: 15)
  /// Changes the ensemble.
  public static let reconfig = Opcode(rawValue: 16)
  /// Asks whether the connection has a watch.
  public static let checkWatches = Opcode(rawValue: 17)
  /// Removes a watch.
  public static let removeWatches = Opcode(rawValue: 18)
  /// Makes a container.
  public static let createContainer = Opcode(rawValue: 19)
  /// Removes an empty container or an overdue znode; from the server itself.
  public static let deleteContainer = Opcode(rawValue: 20)
  /// Makes a znode with a time to live.
  public static let createTTL = Opcode(rawValue: 21)
  /// Several reads at once.
  public static let multiRead = Opcode(rawValue: 22)
  /// Authenticates the connection.
  public static let auth = Opcode(rawValue: 100)
  /// Sets watches again after a reconnection.
  public static let setWatches = Opcode(rawValue: 101)
  /// A step of SASL.
  public static let sasl = Opcode(rawValue: 102)
  /// Returns the session's ephemeral znodes.
  public static let getEphemerals = Opcode(rawValue: 103)
  /// Counts all descendants.
  public static let getAllChildrenNumber = Opcode(rawValue: 104)
  /// Sets watches again, persistent ones included.
  public static let setWatches2 = Opcode(rawValue: 105)
  /// Sets a persistent watch.
  public static let addWatch = Opcode(rawValue: 106)
  /// Returns the identities of the connection.
  public static let whoAmI = Opcode(rawValue: 107)

  /// The name in ZooKeeper's source; for an unknown number, the number.
  public var name: String { Self.names[rawValue] ?? "\(rawValue)" }

  /// The name.
  public var description: String { name }

  private static let names: [Int32: String] = [
    -11: "closeSession", -10: "createSession", -1: "error", 0: "notification", 1: "create",
    2: "delete", 3: "exists", 4: "getData", 5: "setData", 6: "getACL", 7: "setACL",
    8: "getChildren", 9: "sync", 11: "ping", 12: "getChildren2", 13: "check", 14: "multi",
    15: "create2", 16: "reconfig", 17: "checkWatches", 18: "removeWatches",
    19: "createContainer", 20: "deleteContainer", 21: "createTTL", 22: "multiRead",
    100: "auth", 101: "setWatches", 102: "sasl", 103: "getEphemerals",
    104: "getAllChildrenNumber", 105: "setWatches2", 106: "addWatch", 107: "whoAmI",
  ]
}
