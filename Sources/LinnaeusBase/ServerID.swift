/// The number of a server in its ensemble (`myid`).
public struct ServerID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// From 1 to 255 as a rule, for it is the uppermost byte of the ids of sessions.
  public var rawValue: Int64

  /// Takes the number.
  @inlinable
  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// Whether one is smaller than the other.
  @inlinable
  public static func < (left: ServerID, right: ServerID) -> Bool { left.rawValue < right.rawValue }

  /// `3`.
  public var description: String { String(rawValue) }
}
