import LinnaeusBase

/// What ``Zab`` wants of its server, in order.
///
/// Bytes that an event speaks of lie in ``ZabEffects/bytes``.
public enum ZabEvent: Sendable {
  /// Open a connection to that server's quorum port.
  case connect(ServerID)
  /// Append the window's transaction of that zxid to the log.
  case log(Zxid)
  /// Apply the window's transactions up to that zxid, as far as they are not.
  case commit(Zxid)
  /// Make the epoch durable in its file, then say so.
  case writeEpoch(EpochFile, Int64)
  /// Cut the log after that zxid, and recover again, then say so.
  case reload(Zxid)
  /// The bytes that come next on the link are a snapshot of the state after that zxid.
  case receiveSnapshot(link: Int32, Zxid)
  /// Read the transactions after a zxid and up to another from the log on disk, to send them to the
  /// link, then say whether that could be done.
  case readHistory(link: Int32, after: Zxid, through: Zxid)
  /// Send the link a snapshot of what is committed, then say which.
  case sendSnapshot(link: Int32)
  /// Serve clients from now on, in the present phase.
  case serve
  /// Serve clients no more: there is no leader, or this server has stopped to be it.
  case stopServing(reason: String)
  /// A learner forwards a request of one of its clients; `identities` is a vector of `Id`.
  case request(
    link: Int32, session: Int64, xid: Int32, opcode: Int32, body: Range<Int>,
    identities: Range<Int>)
  /// A learner asks whether a session lives; it has it from now on.
  case revalidate(link: Int32, session: Int64, timeoutMilliseconds: Int32)
  /// A learner has heard of a session.
  case touched(link: Int32, session: Int64, timeoutMilliseconds: Int32)
  /// A learner is gone: nothing can be said to it any more.
  case learnerGone(link: Int32)
  /// The leader has answered whether a session lives.
  case revalidated(session: Int64, isAlive: Bool)
  /// The leader has answered the oldest `sync` that was forwarded and not answered.
  case synced
  /// The leader wants to know which sessions were heard of.
  case reportSessions
  /// Another configuration is in force; its text is to be told to clients.
  case configured(QuorumConfiguration)
  /// A line for the log.
  case note(String)
  /// A line for the log that somebody should look at: another server did not keep to the protocol.
  case warning(String)
}

/// The two files in which a server keeps what it has promised.
public enum EpochFile: Int, Hashable, Sendable {
  /// `acceptedEpoch`: the last epoch that it has promised to follow.
  case accepted
  /// `currentEpoch`: the last epoch whose leader's history it has taken over.
  case current
}

/// What a server's part in an ensemble wants of the world.
///
/// Links are connections between quorum ports, by slots: small numbers that the driver chooses and
/// uses again after a link has gone.
public struct ZabEffects: Sendable {
  /// What the server is to do, in order.
  public var events: [ZabEvent] = []
  /// What events speak of.
  public var bytes = ByteWriter()
  /// By link, bytes to send, in order.
  public var outputs: [ByteWriter] = []
  /// By link, whether to close it once its output is sent.
  public var closing: [Bool] = []
  /// The links whose output grew or that shall close; one may stand here more than once.
  public var touched: [Int32] = []
  /// Notifications for election ports; of several to one server only the last still matters.
  public var notifications: [(to: ServerID, message: [UInt8])] = []

  /// Starts with nothing wanted.
  public init() {}
}
