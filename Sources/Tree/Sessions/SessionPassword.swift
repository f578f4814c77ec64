/// The password of a session, which follows from its id (zookeeper-protocol.md, section 2.1).
public enum SessionPassword {
  /// The secret of every Apache ZooKeeper; ensembles that mix servers need it.
  public static let apacheSecret: Int64 = 0xB341_5C00

  /// The 16 bytes that `java.util.Random`, seeded with the id and the secret, gives first.
  public static func bytes(of session: Int64, secret: Int64 = apacheSecret) -> [UInt8] {
    let mask: UInt64 = 1 << 48 - 1
    let multiplier: UInt64 = 0x5_DEEC_E66D
    var seed = (UInt64(bitPattern: session ^ secret) ^ multiplier) & mask
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16)
    for _ in 0..<4 {
      seed = (seed &* multiplier &+ 0xB) & mask
      let word = UInt32(truncatingIfNeeded: seed >> 16)
      for shift in [0, 8, 16, 24] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes
  }
}
