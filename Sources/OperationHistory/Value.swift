/// A value that a history holds: what JSON and EDN can both say.
public indirect enum Value: Hashable, Sendable {
  /// JSON's `null`, EDN's `nil`: no value.
  case null
  /// A truth value.
  case boolean(Bool)
  /// An integer, exact to 64 bits.
  case integer(Int64)
  /// A number with a fraction or an exponent.
  case decimal(Double)
  /// Text.
  case string(String)
  /// An EDN keyword or symbol, without its colon: `:timed-out` is `symbol("timed-out")`.
  case symbol(String)
  /// Bytes that are not UTF-8; native files write them as `{"base64":"…"}`.
  case bytes([UInt8])
  /// A list, vector or set, in the order of the file.
  case list([Value])
  /// A map, in the order of the file.
  case map([Field])

  /// One entry of a map.
  public struct Field: Hashable, Sendable {
    /// The entry's key; a string in JSON.
    public var name: Value
    /// The entry's value.
    public var value: Value

    /// Makes an entry.
    public init(_ name: Value, _ value: Value) {
      self.name = name
      self.value = value
    }
  }
}
