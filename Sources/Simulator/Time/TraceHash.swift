import LinnaeusBase

/// A fingerprint of everything that happened in a run, in order: equal for the same seed, wherever
/// and however it is run.
struct TraceHash {
  /// The fingerprint so far.
  private(set) var value: UInt64 = 0x6C69_6E6E_6165_7573

  /// Adds a number.
  @inline(__always)
  mutating func fold(_ number: UInt64) {
    value = Self.mix(value ^ number)
  }

  /// Adds an event.
  mutating func fold(_ event: Event) {
    fold(
      UInt64(bitPattern: event.time) &* 0xFF51_AFD7_ED55_8CCD
        ^ UInt64(UInt32(bitPattern: event.subject)) << 8 ^ UInt64(event.kind.rawValue))
  }

  /// Adds bytes.
  mutating func fold(_ bytes: BorrowedBytes) {
    fold(Self.checksum(bytes))
  }

  /// A checksum of bytes, eight at a time.
  static func checksum(_ bytes: BorrowedBytes) -> UInt64 {
    let buffer = bytes.buffer
    var sum = UInt64(buffer.count) &* 0x9E37_79B9_7F4A_7C15
    var index = 0
    while index + 8 <= buffer.count {
      let word = buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      sum = (sum ^ UInt64(littleEndian: word)) &* 0xFF51_AFD7_ED55_8CCD
      sum ^= sum >> 32
      index += 8
    }
    var rest: UInt64 = 0
    while index < buffer.count {
      rest = rest << 8 | UInt64(buffer[index])
      index += 1
    }
    return mix(sum ^ rest)
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    return product.low ^ product.high &+ 0x9E37_79B9_7F4A_7C15
  }
}
