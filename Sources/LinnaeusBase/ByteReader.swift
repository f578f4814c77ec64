/// Bytes that are taken apart from left to right: integers, the most significant byte first.
///
/// Nothing is ever read beyond the end: a call that would is an error that tells the place.
public struct ByteReader {
  /// All of the bytes.
  public let bytes: BorrowedBytes
  /// Where the next byte is taken from.
  @inlinable public var position: Int { place }
  @usableFromInline var place = 0

  /// Starts at the first of the bytes, which stay their owner's.
  @inlinable
  public init(_ bytes: BorrowedBytes) {
    self.bytes = bytes
  }

  /// How many bytes are left.
  @inlinable
  public var remaining: Int { bytes.count - position }

  /// Whether everything was read.
  @inlinable
  public var isAtEnd: Bool { position == bytes.count }

  /// Reads a byte.
  @inlinable
  public mutating func uint8() throws(ByteReaderError) -> UInt8 { try integer() }

  /// Reads a byte; everything but 0 is true.
  @inlinable
  public mutating func bool() throws(ByteReaderError) -> Bool { try uint8() != 0 }

  /// Reads four bytes.
  @inlinable
  public mutating func int32() throws(ByteReaderError) -> Int32 { try integer() }

  /// Reads eight bytes.
  @inlinable
  public mutating func int64() throws(ByteReaderError) -> Int64 { try integer() }

  /// Reads eight bytes.
  @inlinable
  public mutating func zxid() throws(ByteReaderError) -> Zxid { Zxid(rawValue: try integer()) }

  /// Takes `count` bytes as they are.
  @inlinable
  public mutating func take(_ count: Int) throws(ByteReaderError) -> BorrowedBytes {
    guard count >= 0, count <= remaining else { throw ended(missing: count - remaining) }
    let part = bytes[position..<position + count]
    advance(count)
    return part
  }

  /// What is left, which counts as read.
  @inlinable
  public mutating func takeRest() -> BorrowedBytes {
    let rest = bytes[position..<bytes.count]
    advance(rest.count)
    return rest
  }

  /// The bytes from `start`, a position that was passed, to the present one.
  @inlinable
  public func passed(since start: Int) -> BorrowedBytes { bytes[start..<position] }

  /// An error at the present position.
  public func error(_ message: String) -> ByteReaderError {
    ByteReaderError(position: position, message: message)
  }

  @inlinable
  @inline(__always)
  mutating func integer<Value: FixedWidthInteger>() throws(ByteReaderError) -> Value {
    let size = MemoryLayout<Value>.size
    guard size <= remaining else { throw ended(missing: size - remaining) }
    let value = bytes.buffer.loadUnaligned(fromByteOffset: position, as: Value.self)
    advance(size)
    return Value(bigEndian: value)
  }

  @inlinable
  @inline(__always)
  mutating func advance(_ count: Int) {
    place += count
  }

  @usableFromInline
  func ended(missing count: Int) -> ByteReaderError {
    error("\(count) more bytes were expected")
  }
}

/// Bytes that are not what they should be.
public struct ByteReaderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The offset of what is wrong, counted from the first byte.
  public var position: Int
  /// What was expected there.
  public var message: String

  /// Names a place and what is wrong there.
  public init(position: Int, message: String) {
    self.position = position
    self.message = message
  }

  /// `byte 17: 4 more bytes were expected`.
  public var description: String { "byte \(position): \(message)" }
}
