import LinnaeusBase

/// What servers say to each other on the quorum port (zookeeper-protocol.md, section 8).
///
/// Packets follow one another without a length before them, so that one must be understood to find
/// the next.
public struct QuorumPacket {
  /// What a packet is about.
  public enum Kind: Int32, Hashable, Sendable {
    /// A learner forwards a client's request.
    case request = 1
    /// The leader proposes a transaction.
    case proposal = 2
    /// A learner has made something durable.
    case ack = 3
    /// A proposal is committed.
    case commit = 4
    /// Shows that the sender lives; in the answer, which clients do.
    case ping = 5
    /// Asks, and says, whether a session lives.
    case revalidate = 6
    /// Answers a learner's oldest `sync`.
    case sync = 7
    /// A committed transaction, for observers.
    case inform = 8
    /// A reconfiguration is committed.
    case commitAndActivate = 9
    /// The end of what brings a learner up to date.
    case newLeader = 10
    /// A voting learner introduces itself.
    case followerInfo = 11
    /// The learner may serve.
    case upToDate = 12
    /// The learner lacks only what follows.
    case difference = 13
    /// The learner has too much.
    case truncate = 14
    /// A snapshot follows.
    case snapshot = 15
    /// A learner without a vote introduces itself.
    case observerInfo = 16
    /// The leader's new epoch.
    case leaderInfo = 17
    /// A learner promises to follow no earlier epoch.
    case ackEpoch = 18
    /// A committed reconfiguration, for observers.
    case informAndActivate = 19
  }

  /// What it is about.
  public var kind: Kind
  /// The transaction, or whatever else its kind has there.
  public var zxid: Zxid
  /// What belongs to its kind; null counts as empty.
  public var data: BorrowedBytes
  /// A vector of `Id` as it came, the number of its elements first.
  public var identities: BorrowedBytes

  /// Data of more bytes are refused: eight times what the largest client request may have.
  public static let maxDataCount = 64 << 20
  private static let maxIdentities = 256
  private static let maxIdentityCount = 64 << 10

  /// Takes the next packet; nil, with nothing read, if not all of it is there yet.
  ///
  /// - Throws: An error where it cannot be a packet, whatever follows.
  public static func next(
    from reader: inout ByteReader, maxDataCount: Int = maxDataCount
  ) throws(ByteReaderError) -> QuorumPacket? {
    var ahead = reader
    guard ahead.remaining >= 20 else { return nil }
    let number = try ahead.int32()
    guard let kind = Kind(rawValue: number) else {
      throw reader.error("\(number) is no kind of packet")
    }
    let zxid = try ahead.zxid()
    guard let data = try part(of: &ahead, atMost: maxDataCount) else { return nil }
    let start = ahead.position
    guard ahead.remaining >= 4 else { return nil }
    let count = try ahead.int32()
    guard count >= -1, count <= maxIdentities else { throw ahead.error("\(count) identities") }
    if count > 0 {
      for _ in 0..<2 * count {
        guard try part(of: &ahead, atMost: maxIdentityCount) != nil else { return nil }
      }
    }
    let identities = ahead.passed(since: start)
    reader = ahead
    return QuorumPacket(kind: kind, zxid: zxid, data: data, identities: identities)
  }

  /// Takes a buffer or string, null as empty; nil if not all of it is there.
  private static func part(
    of reader: inout ByteReader, atMost limit: Int
  ) throws(ByteReaderError) -> BorrowedBytes? {
    guard reader.remaining >= 4 else { return nil }
    let length = try reader.int32()
    guard length >= -1, Int(length) <= limit else {
      throw reader.error("a length of \(length), where at most \(limit) is allowed")
    }
    guard length > 0 else { return .empty }
    return Int(length) <= reader.remaining ? try reader.take(Int(length)) : nil
  }
}

extension ByteWriter {
  /// Writes a packet without data.
  @inlinable
  public mutating func quorumPacket(_ kind: QuorumPacket.Kind, zxid: Zxid) {
    appendFixed(20) { bytes in
      bytes.integer(kind.rawValue)
      bytes.integer(zxid.rawValue)
      bytes.integer(Int32(-1))
      bytes.integer(Int32(-1))
    }
  }

  /// Writes a packet with data.
  @inlinable
  public mutating func quorumPacket(
    _ kind: QuorumPacket.Kind, zxid: Zxid, data: BorrowedBytes
  ) {
    beginQuorumPacket(kind, zxid: zxid, dataCount: data.count)
    append(data)
    null()
  }

  /// Writes what stands before a packet's data; so many bytes of data must follow, and identities.
  @inlinable
  public mutating func beginQuorumPacket(
    _ kind: QuorumPacket.Kind, zxid: Zxid, dataCount: Int
  ) {
    appendFixed(16) { bytes in
      bytes.integer(kind.rawValue)
      bytes.integer(zxid.rawValue)
      bytes.integer(Int32(dataCount))
    }
  }
}
