import LinnaeusBase

/// The bytes of transactions that are under way, one behind the other.
///
/// An array for each would lie between those of the znodes that it brings about and leave gaps among
/// them: a fifth of the memory of very many znodes.
struct PayloadQueue: Sendable {
  /// So much room is kept when nothing is under way.
  private static let kept = 256 << 10
  private var bytes: [UInt8] = []
  private var start = 0

  /// Adds a transaction behind all others.
  mutating func append(_ payload: [UInt8]) {
    bytes += payload
  }

  /// Takes the transaction that came first, whose length the caller knows.
  mutating func takeFirst(_ count: Int, into payload: inout [UInt8]) {
    payload.removeAll(keepingCapacity: payload.capacity <= Self.kept)
    payload += bytes[start..<start + count]
    start += count
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= Self.kept)
      start = 0
    } else if start >= Self.kept, start * 2 >= bytes.count {
      // Moving costs no more than taking did.
      bytes.removeFirst(start)
      start = 0
    }
  }
}
