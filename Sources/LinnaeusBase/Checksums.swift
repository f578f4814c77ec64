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
  ///
  /// Eight bytes at a time, in the lanes of 64-bit words: five times as fast as one by one.
  public mutating func update(_ bytes: BorrowedBytes) {
    let buffer = bytes.buffer
    var (low, high) = (UInt64(low), UInt64(high))
    var index = 0
    while index < buffer.count {
      // So many sums fit before the remainder must be taken.
      let end = min(buffer.count, index + 1 << 16)
      while end - index >= 8 {
        let lanes = Self.lanes(buffer, from: &index, groups: min(21, (end - index) / 8))
        high &+= lanes.count &* low &+ lanes.high
        low &+= lanes.low
      }
      while index < end {
        low &+= UInt64(buffer[index])
        high &+= low
        index += 1
      }
      low %= 65521
      high %= 65521
    }
    (self.low, self.high) = (UInt32(low), UInt32(high))
  }

  /// What up to 21 groups of eight bytes add to both sums, the lower one having been 0.
  ///
  /// With more than 21, the sums of sums would not fit into lanes of 16 bits.
  @inline(__always)
  private static func lanes(
    _ buffer: UnsafeRawBufferPointer, from index: inout Int, groups: Int
  ) -> (count: UInt64, low: UInt64, high: UInt64) {
    func sum(_ lanes: UInt64) -> UInt64 {
      (lanes & 0xFFFF) &+ (lanes >> 16 & 0xFFFF) &+ (lanes >> 32 & 0xFFFF) &+ (lanes >> 48)
    }
    let mask: UInt64 = 0x00FF_00FF_00FF_00FF
    // The bytes of even and of odd index, and what each lane was before each group.
    var (even, odd, evenBefore, oddBefore): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for _ in 0..<groups {
      let word = UInt64(
        littleEndian: buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      evenBefore &+= even
      oddBefore &+= odd
      even &+= word & mask
      odd &+= word >> 8 & mask
      index &+= 8
    }
    // A byte counts once for itself and once for each that follows it.
    let evens =
      8 &* (even & 0xFFFF) &+ 6 &* (even >> 16 & 0xFFFF) &+ 4 &* (even >> 32 & 0xFFFF)
      &+ 2 &* (even >> 48)
    let odds =
      7 &* (odd & 0xFFFF) &+ 5 &* (odd >> 16 & 0xFFFF) &+ 3 &* (odd >> 32 & 0xFFFF) &+ odd >> 48
    return (
      count: UInt64(groups &* 8), low: sum(even) &+ sum(odd),
      high: 8 &* (sum(evenBefore) &+ sum(oddBefore)) &+ evens &+ odds
    )
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
