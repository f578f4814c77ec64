import LinnaeusBase

/// What a string or buffer can be written from.
public protocol ByteSource {
  /// Lends the bytes for the length of a call.
  ///
  /// - Throws: What the call throws.
  func withBorrowedBytes<Value, Failure: Error>(
    _ body: (BorrowedBytes) throws(Failure) -> Value
  ) throws(Failure) -> Value
}

extension BorrowedBytes: ByteSource {
  /// Lends the bytes for the length of a call.
  ///
  /// - Throws: What the call throws.
  @inlinable
  public func withBorrowedBytes<Value, Failure: Error>(
    _ body: (BorrowedBytes) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try body(self)
  }
}

extension [UInt8]: ByteSource {}
extension ArraySlice<UInt8>: ByteSource {}

extension String: ByteSource {
  /// Lends the text's bytes in UTF-8 for the length of a call.
  ///
  /// - Throws: What the call throws.
  @inlinable
  public func withBorrowedBytes<Value, Failure: Error>(
    _ body: (BorrowedBytes) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try Array(utf8).withBorrowedBytes(body)
  }
}

/// Jute's types beyond plain integers (zookeeper-protocol.md, section 1).
extension ByteWriter {
  /// Writes a buffer or string.
  @inlinable
  public mutating func buffer(_ bytes: some ByteSource) {
    bytes.withBorrowedBytes {
      int32(Int32($0.count))
      append($0)
    }
  }

  /// Writes a buffer or string, nil as null.
  @inlinable
  public mutating func buffer(_ bytes: (some ByteSource)?) {
    if let bytes { buffer(bytes) } else { null() }
  }

  /// Writes a string.
  @inlinable
  public mutating func string(_ bytes: some ByteSource) { buffer(bytes) }

  /// Writes a null string, buffer or vector.
  @inlinable
  public mutating func null() { int32(-1) }

  /// Writes a vector of strings.
  @inlinable
  public mutating func strings(_ strings: some Collection<some ByteSource>) {
    int32(Int32(strings.count))
    for text in strings { buffer(text) }
  }
}
