import Glibc

/// Bytes that belong to somebody else: a part of a packet, a record or an array.
///
/// They are valid only while their owner keeps them in place, so that a value of this type must not
/// outlive the call that it was passed to. `array` makes a copy that may.
public struct BorrowedBytes: Equatable {
  /// The bytes themselves.
  public let buffer: UnsafeRawBufferPointer

  /// Borrows the bytes of `buffer`.
  @inlinable
  public init(_ buffer: UnsafeRawBufferPointer) {
    self.buffer = buffer
  }

  /// No bytes.
  @inlinable
  public static var empty: BorrowedBytes {
    BorrowedBytes(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// How many there are.
  @inlinable
  public var count: Int { buffer.count }

  /// Whether there are none.
  @inlinable
  public var isEmpty: Bool { buffer.isEmpty }

  /// The byte at `index`, which must be in `0 ..< count`.
  @inlinable
  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < buffer.count, "a byte beyond the end")
    return buffer[index]
  }

  /// The bytes in `range`, which must lie in `0 ..< count`.
  @inlinable
  public subscript(range: Range<Int>) -> BorrowedBytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "bytes beyond the end")
    return BorrowedBytes(UnsafeRawBufferPointer(rebasing: buffer[range]))
  }

  /// A copy that lives by itself.
  @inlinable
  public var array: [UInt8] { [UInt8](buffer) }

  /// The text that they are in UTF-8; what is not becomes U+FFFD.
  public var string: String { String(decoding: buffer, as: UTF8.self) }

  /// Whether both hold the same bytes.
  @inlinable
  public static func == (left: BorrowedBytes, right: BorrowedBytes) -> Bool {
    guard left.count == right.count else { return false }
    guard left.count > 0, let one = left.buffer.baseAddress, let other = right.buffer.baseAddress
    else { return true }
    return memcmp(one, other, left.count) == 0
  }

  /// Whether both hold the same bytes.
  @inlinable
  public static func == (left: BorrowedBytes, right: [UInt8]) -> Bool {
    right.withBorrowedBytes { left == $0 }
  }

  /// Whether these are the bytes of a literal.
  @inlinable
  public static func == (left: BorrowedBytes, right: StaticString) -> Bool {
    left
      == BorrowedBytes(
        UnsafeRawBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
  }
}

extension [UInt8] {
  /// Lends the array's bytes for the length of a call.
  ///
  /// - Throws: What the call throws.
  @inlinable
  public func withBorrowedBytes<Value, Failure: Error>(
    _ body: (BorrowedBytes) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let result: Result<Value, Failure> = withUnsafeBytes { buffer in
      do throws(Failure) { return .success(try body(BorrowedBytes(buffer))) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

extension ArraySlice<UInt8> {
  /// Lends the slice's bytes for the length of a call.
  ///
  /// - Throws: What the call throws.
  @inlinable
  public func withBorrowedBytes<Value, Failure: Error>(
    _ body: (BorrowedBytes) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let result: Result<Value, Failure> = withUnsafeBytes { buffer in
      do throws(Failure) { return .success(try body(BorrowedBytes(buffer))) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
