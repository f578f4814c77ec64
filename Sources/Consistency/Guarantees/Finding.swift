import OperationHistory

/// One place where a history breaks a property, and by how much.
public struct Finding: Hashable, Sendable {
  /// What is wrong.
  public enum Kind: UInt8, Sendable {
    // Of zxids alone.
    case sharedZxid, zxidAgainstRealTime, zxidAgainstSession, sessionCameBack
    case zxidFell, zxidNotRaised, behindHandshake, doneAfterEnd
    // Of what a reply says.
    case disagreement
    case readOfTheFuture, staleRead, staleAfterSync
  }

  /// What a reply says of a znode, and the state says otherwise.
  public enum Field: UInt8, Sendable {
    case none
    case existence, parent, parentOwner, children
    case value, version, cversion, aversion, dataLength, numChildren
    case czxid, mzxid, pzxid, ephemeralOwner
    case name
  }

  public var property: Property
  public var kind: Kind
  /// The operation that breaks it, an index into the history's operations.
  public var operation: Int32
  /// The other operation that it is measured by; -1 for none.
  public var other: Int32 = -1
  /// The zxid that matters.
  public var zxid = RecordedStat.unknown
  /// The path that it is about, an index into the paths; -1 for none.
  public var path: Int32 = -1
  public var field = Field.none
  /// What the reply says, and what the state is: numbers, or values by number.
  public var recorded: Int64 = 0
  public var expected: Int64 = 0
}
