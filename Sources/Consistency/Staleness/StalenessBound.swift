/// How old a read may be (P11).
public struct StalenessBound: Hashable, Sendable {
  /// How many versions of its path it may be behind; nil for any number.
  public var versions: Int32?
  /// How long ago what it missed may have been acknowledged, in nanoseconds; nil for any time.
  public var nanoseconds: Int64?

  /// No bound.
  public init(versions: Int32? = nil, nanoseconds: Int64? = nil) {
    self.versions = versions
    self.nanoseconds = nanoseconds
  }

  /// Whether a read is older.
  func isExceeded(by read: ReadStaleness) -> Bool {
    if let versions, read.versions > versions { return true }
    if let nanoseconds, read.nanoseconds > nanoseconds { return true }
    return false
  }
}
