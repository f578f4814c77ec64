/// The number of a value in a `ValueTable`; small integers are their own number.
///
/// Two values of one table are equal exactly if their numbers are.
public struct ValueID: Hashable, Sendable, BitwiseCopyable {
  /// Negative for a small integer, otherwise an index into the table.
  public let raw: Int32

  // What follows is inlined into other modules: models compare numbers in their inner loops.

  @inlinable
  init(raw: Int32) {
    self.raw = raw
  }

  /// `null`, in every table.
  @inlinable public static var null: ValueID { ValueID(raw: 0) }
  /// `false`, in every table.
  @inlinable public static var `false`: ValueID { ValueID(raw: 1) }
  /// `true`, in every table.
  @inlinable public static var `true`: ValueID { ValueID(raw: 2) }
  /// The empty string, in every table.
  @inlinable public static var emptyString: ValueID { ValueID(raw: 3) }
  /// Stands where a history says nothing: no key, or a result that is not known.
  @inlinable public static var absent: ValueID { ValueID(raw: .max) }

  /// Whether two numbers of one table name equal values.
  @inlinable
  public static func == (left: ValueID, right: ValueID) -> Bool { left.raw == right.raw }

  static let smallIntegers: ClosedRange<Int64> = -(1 << 30)...(1 << 30) - 1

  /// The number of a small integer, which needs no table; nil for integers beyond 30 bits.
  public init?(smallInteger value: Int64) {
    guard Self.smallIntegers.contains(value) else { return nil }
    raw = Int32(truncatingIfNeeded: value - (1 << 30))
  }

  /// The integer, if this is a small one.
  @inlinable public var smallInteger: Int64? {
    raw < 0 ? Int64(raw) + (1 << 30) : nil
  }
}
