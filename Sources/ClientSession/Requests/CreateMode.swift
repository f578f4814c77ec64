/// What kind of znode is created.
public enum CreateMode: Hashable, Sendable {
  /// It stays until it is deleted.
  case persistent
  /// It goes when its session ends.
  case ephemeral
  /// It stays; a number that only grows is added to its name.
  case persistentSequential
  /// It goes when its session ends; a number that only grows is added to its name.
  case ephemeralSequential
  /// The server deletes it some time after its last child.
  case container
  /// The server deletes it when it has no children and did not change for that many milliseconds.
  case timeToLive(milliseconds: Int64)
  /// As `timeToLive`; a number that only grows is added to its name.
  case sequentialTimeToLive(milliseconds: Int64)

  /// The flags on the wire (zookeeper-protocol.md, section 2.4).
  public var flags: Int32 {
    switch self {
    case .persistent: 0
    case .ephemeral: 1
    case .persistentSequential: 2
    case .ephemeralSequential: 3
    case .container: 4
    case .timeToLive: 5
    case .sequentialTimeToLive: 6
    }
  }

  /// The time to live; nil for the kinds that have none.
  public var timeToLiveMilliseconds: Int64? {
    switch self {
    case .timeToLive(let milliseconds), .sequentialTimeToLive(let milliseconds): milliseconds
    default: nil
    }
  }
}
