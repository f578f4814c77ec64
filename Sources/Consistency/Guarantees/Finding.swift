import OperationHistory

/// One place where a history breaks a property, and by how much.
public struct Finding: Hashable, Sendable {
  /// What is wrong.
  public enum Kind: UInt8, Sendable {
    // Of zxids alone.
    case missingZxid, foreignTransaction
    case sharedZxid, zxidAgainstRealTime, zxidAgainstSession, sessionCameBack
    case zxidFell, zxidNotRaised, behindHandshake, doneAfterEnd, resumedAfterEnd
    /// A reply says something else than the state, and nothing tells how that came about.
    case disagreement
    /// A reply shows what no write has made, or what only a later one makes.
    case neverWritten, fromTheFuture
    /// A reply does not show an acknowledged write, or only a part of one.
    case lost, torn
    /// A reply shows an ephemeral znode whose session had ended, or one with another owner.
    case outlivedSession, wrongOwner
    // Of real time.
    case readOfTheFuture, staleRead, staleAfterSync, tooStale, notConverged, notRead
    // Of watches.
    case watchLate, watchLost, watchWithoutCause, watchBackwards
  }

  /// What a reply says of a znode, and the state says otherwise.
  public enum Field: UInt8, Sendable {
    case none
    case existence, parent, parentOwner, children
    case value, version, cversion, aversion, dataLength, numChildren
    case czxid, mzxid, pzxid, ephemeralOwner
    case name
  }

  /// The property that it breaks.
  public var property: Property
  /// The property that ``property`` is a case of: a lost write (P14) is also a wrong read (P6).
  public var general: Property
  /// What is wrong.
  public var kind: Kind
  /// The operation that breaks it, an index into the history's operations; -1 for none.
  public var operation: Int32
  /// The other operation that it is measured by; -1 for none.
  public var other: Int32 = -1
  /// A third operation that matters, such as the sync before a stale read; -1 for none.
  public var third: Int32 = -1
  /// The zxid that matters.
  public var zxid = RecordedStat.unknown
  /// The path that it is about, an index into the paths; -1 for none.
  public var path: Int32 = -1
  /// What of a znode is wrong.
  public var field = Field.none
  /// What the reply says, as a number: 1 and 0 for yes and no.
  public var recorded: Int64 = 0
  /// What the state is, as a number.
  public var expected: Int64 = 0
  /// What the reply says, where it is data or a list of names.
  public var recordedValue = ValueID.absent
  /// What the state is, where it is data.
  public var expectedValue = ValueID.absent

  init(
    _ property: Property, _ kind: Kind, _ operation: Int32, other: Int32 = -1,
    zxid: Int64 = RecordedStat.unknown, expected: Int64 = 0
  ) {
    self.property = property
    general = property
    self.kind = kind
    self.operation = operation
    self.other = other
    self.zxid = zxid
    self.expected = expected
  }

  /// Whether it breaks a property, by itself or as a case of it.
  public func breaks(_ property: Property) -> Bool {
    property == self.property || property == general
  }
}
