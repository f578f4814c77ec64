/// Bytes that are put together from integers, the most significant byte first, and other bytes.
public struct ByteWriter: Sendable {
  /// What was written so far.
  public var bytes: [UInt8]

  /// Starts with nothing, and with room for that many bytes.
  @inlinable
  public init(capacity: Int = 0) {
    bytes = []
    if capacity > 0 { bytes.reserveCapacity(capacity) }
  }

  /// How many bytes were written.
  @inlinable
  public var count: Int { bytes.count }

  /// Writes a byte.
  @inlinable
  public mutating func uint8(_ value: UInt8) {
    bytes.append(value)
  }

  /// Writes 1 for true and 0 for false.
  @inlinable
  public mutating func bool(_ value: Bool) {
    bytes.append(value ? 1 : 0)
  }

  /// Writes four bytes.
  @inlinable
  public mutating func int32(_ value: Int32) {
    appendInteger(value)
  }

  /// Writes eight bytes.
  @inlinable
  public mutating func int64(_ value: Int64) {
    appendInteger(value)
  }

  /// Writes eight bytes.
  @inlinable
  public mutating func zxid(_ value: Zxid) {
    appendInteger(value.rawValue)
  }

  /// Writes bytes as they are.
  @inlinable
  public mutating func append(_ other: BorrowedBytes) {
    bytes.append(contentsOf: other.buffer)
  }

  /// Writes bytes as they are.
  @inlinable
  public mutating func append(_ other: [UInt8]) {
    bytes.append(contentsOf: other)
  }

  /// Replaces the four bytes at `position`, which were written before.
  @inlinable
  public mutating func replaceInt32(at position: Int, with value: Int32) {
    precondition(position >= 0 && position + 4 <= bytes.count, "no four bytes stand there")
    bytes.withUnsafeMutableBytes {
      $0.storeBytes(of: value.bigEndian, toByteOffset: position, as: Int32.self)
    }
  }

  /// Replaces the eight bytes at `position`, which were written before.
  @inlinable
  public mutating func replaceInt64(at position: Int, with value: Int64) {
    precondition(position >= 0 && position + 8 <= bytes.count, "no eight bytes stand there")
    bytes.withUnsafeMutableBytes {
      $0.storeBytes(of: value.bigEndian, toByteOffset: position, as: Int64.self)
    }
  }

  /// Adds `count` bytes, which `write` fills in at the offsets `0 ..< count` of what it is lent.
  @inlinable
  @inline(__always)
  public mutating func appendFixed(_ count: Int, _ write: (inout FixedBytes) -> Void) {
    bytes.append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) in
      span.withUnsafeMutableBufferPointer { buffer, initialized in
        var fixed = FixedBytes(
          UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized..<initialized + count]))
        write(&fixed)
        precondition(fixed.isFull, "fewer bytes were written than promised")
        initialized += count
      }
    }
  }

  @inlinable
  @inline(__always)
  mutating func appendInteger<Value: FixedWidthInteger>(_ value: Value) {
    appendFixed(MemoryLayout<Value>.size) { $0.integer(value) }
  }
}

/// A fixed number of bytes to be filled from left to right.
public struct FixedBytes {
  @usableFromInline let buffer: UnsafeMutableRawBufferPointer
  @usableFromInline var position = 0

  @inlinable
  init(_ buffer: UnsafeMutableRawBufferPointer) {
    self.buffer = buffer
  }

  @inlinable var isFull: Bool { position == buffer.count }

  /// Writes an integer, the most significant byte first; there must be room for it.
  @inlinable
  @inline(__always)
  public mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
    precondition(position + MemoryLayout<Value>.size <= buffer.count, "more bytes than promised")
    buffer.storeBytes(of: value.bigEndian, toByteOffset: position, as: Value.self)
    position += MemoryLayout<Value>.size
  }
}
