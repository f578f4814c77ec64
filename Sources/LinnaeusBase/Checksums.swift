/// The checksum of ZooKeeper's log records and snapshots (RFC 1950, section 8.2).
public struct Adler32: Hashable, Sendable {
  private var low: UInt32 = 1
  private var high: UInt32 = 0

  /// Starts with no bytes.
  public init() {}

  /// Goes on from a checksum that was told before.
  public init(value: UInt32) {
    low = value & 0xFFFF
    high = value >> 16
  }

  /// The checksum of all bytes so far.
  public var value: UInt32 { high << 16 | low }

  /// Adds bytes.
  public mutating func update(_ bytes: BorrowedBytes) {
    var rest = bytes.buffer[...]
    while !rest.isEmpty {
      // So many sums fit into 32 bits before the remainder must be taken.
      let block = rest.prefix(5552)
      rest = rest.dropFirst(block.count)
      UnsafeRawBufferPointer(rebasing: block).withMemoryRebound(to: UInt8.self) {
        var (low, high) = (low, high)
        for byte in $0 {
          low &+= UInt32(byte)
          high &+= low
        }
        (self.low, self.high) = (low % 65521, high % 65521)
      }
    }
  }

  /// The checksum of these bytes alone.
  public static func checksum(_ bytes: BorrowedBytes) -> UInt32 {
    var checksum = Adler32()
    checksum.update(bytes)
    return checksum.value
  }
}

/// The checksum that the digest of a tree adds up (IEEE 802.3, reflected, as `java.util.zip.CRC32`).
public struct CRC32: Hashable, Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  /// Starts with no bytes.
  public init() {}

  /// The checksum of all bytes so far.
  public var value: UInt32 { ~state }

  /// Adds bytes.
  public mutating func update(_ bytes: BorrowedBytes) {
    var state = state
    bytes.buffer.withMemoryRebound(to: UInt8.self) { bytes in
      Self.tables.withUnsafeBufferPointer { tables in
        var index = 0
        while index + 8 <= bytes.count {
          let word =
            UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self)
            .littleEndian ^ UInt64(state)
          state = 0
          for place in 0..<8 {
            let byte = Int(truncatingIfNeeded: (word >> UInt64(place * 8)) & 0xFF)
            state ^= tables[(7 - place) << 8 | byte]
          }
          index += 8
        }
        while index < bytes.count {
          state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[index])) & 0xFF)]
          index += 1
        }
      }
    }
    self.state = state
  }

  /// For each distance from the end of eight bytes, what each byte there does to the state.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
      tables[byte] = value
    }
    for place in 256..<tables.count {
      let before = tables[place - 256]
      tables[place] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()
}
