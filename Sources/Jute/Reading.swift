import LinnaeusBase

/// Jute's types beyond plain integers (zookeeper-protocol.md, section 1).
///
/// Strings and buffers are an `int` length and so many bytes; a length of −1 is null. Nothing is
/// copied: what is read is valid as long as the bytes that it is read from.
extension ByteReader {
  /// Reads a buffer; nil is null, which is not the same as empty.
  public mutating func buffer() throws(ByteReaderError) -> BorrowedBytes? {
    let length = try int32()
    if length == -1 { return nil }
    guard length >= 0, Int(length) <= remaining else {
      throw error("a length of \(length) with \(remaining) bytes left")
    }
    return try take(Int(length))
  }

  /// Reads a string, as its bytes; nil is null.
  ///
  /// They are UTF-8 if the sender kept to the protocol, and are not checked here.
  @inlinable
  public mutating func string() throws(ByteReaderError) -> BorrowedBytes? { try buffer() }

  /// Reads a string, null as an empty one.
  @inlinable
  public mutating func stringOrEmpty() throws(ByteReaderError) -> BorrowedBytes {
    try buffer() ?? .empty
  }

  /// Reads the number of a vector's elements; nil is a null vector.
  ///
  /// An element has at least `elementSize` bytes: a hostile number is refused before anyone makes
  /// room for it.
  public mutating func count(elementSize: Int) throws(ByteReaderError) -> Int? {
    let count = try int32()
    // Apache takes every other negative number for no elements, too.
    if count < 0 { return nil }
    guard Int(count) <= remaining / elementSize else {
      throw error("\(count) elements with \(remaining) bytes left")
    }
    return Int(count)
  }

  /// Reads a vector of strings, as copies; null is empty.
  public mutating func strings() throws(ByteReaderError) -> [[UInt8]] {
    guard let count = try count(elementSize: 4) else { return [] }
    var result: [[UInt8]] = []
    result.reserveCapacity(count)
    for _ in 0..<count { result.append(try stringOrEmpty().array) }
    return result
  }

  /// Steps over a vector of access-control entries and returns its bytes, the number of elements
  /// included, which is how ``ACL`` lists are compared and kept.
  public mutating func aclList() throws(ByteReaderError) -> BorrowedBytes {
    let start = position
    for _ in 0..<(try count(elementSize: 12) ?? 0) {
      _ = try int32()
      _ = try buffer()
      _ = try buffer()
    }
    return passed(since: start)
  }
}
