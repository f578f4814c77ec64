/// Where packets begin and end: each has its length before it (zookeeper-protocol.md, section 2).
enum Framing {
  /// What stands at the beginning of some bytes.
  enum Packet: Equatable {
    /// A packet of that many bytes after its length.
    case whole(Int)
    /// That many bytes at least are missing.
    case missing(Int)
    /// A length that no packet has.
    case malformed(Int)
  }

  /// Looks at the first packet.
  @inline(__always)
  static func packet(in bytes: UnsafeRawBufferPointer, limit: Int) -> Packet {
    guard bytes.count >= 4 else { return .missing(4 - bytes.count) }
    let length = Int(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    guard length >= 0, length <= limit else { return .malformed(length) }
    let missing = 4 + length - bytes.count
    return missing > 0 ? .missing(missing) : .whole(length)
  }

  /// Looks at the first packet.
  static func packet(in bytes: [UInt8], limit: Int) -> Packet {
    bytes.withUnsafeBytes { packet(in: $0, limit: limit) }
  }
}
