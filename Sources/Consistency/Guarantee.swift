/// A guarantee of ZooKeeper that a history keeps or breaks.
public enum Guarantee: String, CaseIterable, Sendable {
  /// Writes to each znode, and the leader's reads of it, take effect in one order that agrees with
  /// real time.
  case znode
}
