/// The number of a transaction: an epoch, and a counter within it.
///
/// Numbers are compared as signed 64-bit integers, as on the wire.
public struct Zxid: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The epoch in the upper half, the counter in the lower.
  public var rawValue: Int64

  /// Takes both halves together.
  @inlinable
  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// Puts the two halves together.
  public init(epoch: UInt32, counter: UInt32) {
    rawValue = Int64(bitPattern: UInt64(epoch) << 32 | UInt64(counter))
  }

  /// Before every transaction.
  public static let zero = Zxid(rawValue: 0)

  /// Which leader's reign it belongs to.
  public var epoch: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

  /// The place within its epoch; the first transaction has 1.
  public var counter: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

  /// The zxid that follows, without regard to a full counter.
  @inlinable
  public var next: Zxid { Zxid(rawValue: rawValue &+ 1) }

  /// Whether one comes before the other.
  @inlinable
  public static func < (left: Zxid, right: Zxid) -> Bool { left.rawValue < right.rawValue }

  /// `0x100000007`, as histories write it.
  public var description: String { "0x" + hexadecimal }

  /// `100000007`, as names of files write it.
  public var hexadecimal: String { String(UInt64(bitPattern: rawValue), radix: 16) }
}
