import LinnaeusBase

/// A client's connection, from the server's side: where packets begin and end, and which are kept
/// back.
struct ClientSlot {
  /// The end of the connection; −1 if there is none.
  var end: Int32 = -1
  /// Which connection of this slot it is.
  var generation: UInt32 = 0
  /// Bytes that were not taken: the beginning of a packet, or packets kept back.
  var input: [UInt8] = []
  /// Whether packets are kept back.
  var isHeld = false

  /// The length of the packet at the start of some bytes and its prefix; nil if it is not all there.
  static func packetLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 4 else { return nil }
    let length = Int(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    guard length >= 0, bytes.count - 4 >= length else { return nil }
    return 4 + length
  }
}
