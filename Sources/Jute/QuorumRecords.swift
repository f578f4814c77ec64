import LinnaeusBase

/// How a learner introduces itself (zookeeper-protocol.md, section 8).
public struct LearnerInfo: Hashable, Sendable {
  /// Its number.
  public var server: ServerID
  /// At least 0x10000 since epochs are settled before anything else.
  public var protocolVersion: Int32
  /// The version of the configuration that it knows.
  public var configurationVersion: Int64

  /// The version of Apache's servers.
  public static let apacheVersion: Int32 = 0x10000
  /// That of servers which keep the replies to writes that may be sent again: Apache's take it for
  /// their own, for they only look whether it is less than that.
  public static let currentVersion: Int32 = 0x10001

  /// Introduces that server.
  public init(server: ServerID, configurationVersion: Int64) {
    self.server = server
    protocolVersion = Self.currentVersion
    self.configurationVersion = configurationVersion
  }

  /// Reads one; before 3.5 it had no version of a configuration.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    server = ServerID(rawValue: try reader.int64())
    protocolVersion = try reader.int32()
    configurationVersion = reader.isAtEnd ? 0 : try reader.int64()
  }

  /// Writes it.
  public func write(to writer: inout ByteWriter) {
    writer.int64(server.rawValue)
    writer.int32(protocolVersion)
    writer.int64(configurationVersion)
  }
}

/// What servers say on the election port: for whom the sender votes, and what it is doing
/// (zookeeper-protocol.md, section 7).
public struct ElectionNotification: Hashable, Sendable {
  /// What the sender is doing.
  public enum State: Int32, Hashable, Sendable {
    /// It looks for a leader.
    case looking
    /// It follows one.
    case following
    /// It is one.
    case leading
    /// It learns from one without a vote.
    case observing
  }

  /// What the sender is doing.
  public var state: State
  /// For whom it votes.
  public var leader: ServerID
  /// The last zxid of that server's log.
  public var zxid: Zxid
  /// The sender's round of elections.
  public var round: Int64
  /// The `currentEpoch` of the server that it votes for.
  public var peerEpoch: Int64
  /// 2, or less for notifications of before 3.5.
  public var version: Int32
  /// The text of the ensemble's configuration, as the sender knows it.
  public var configuration: [UInt8]?

  /// The present version of notifications.
  public static let currentVersion: Int32 = 2

  /// Says all of that.
  public init(
    state: State, leader: ServerID, zxid: Zxid, round: Int64, peerEpoch: Int64,
    configuration: [UInt8]?
  ) {
    self.state = state
    self.leader = leader
    self.zxid = zxid
    self.round = round
    self.peerEpoch = peerEpoch
    version = Self.currentVersion
    self.configuration = configuration
  }

  /// Reads one, without its length; older ones end earlier.
  public init(from reader: inout ByteReader) throws(ByteReaderError) {
    let number = try reader.int32()
    guard let state = State(rawValue: number) else {
      throw reader.error("\(number) is no server's state")
    }
    self.state = state
    leader = ServerID(rawValue: try reader.int64())
    zxid = try reader.zxid()
    round = try reader.int64()
    peerEpoch = reader.isAtEnd ? zxid.rawValue >> 32 : try reader.int64()
    version = reader.isAtEnd ? 0 : try reader.int32()
    configuration = reader.isAtEnd ? nil : try reader.buffer()?.array
  }

  /// Writes it, without its length.
  public func write(to writer: inout ByteWriter) {
    writer.int32(state.rawValue)
    writer.int64(leader.rawValue)
    writer.zxid(zxid)
    writer.int64(round)
    writer.int64(peerEpoch)
    writer.int32(version)
    writer.buffer(configuration ?? [])
  }
}
