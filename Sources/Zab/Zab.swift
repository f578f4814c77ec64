import Jute
import LinnaeusBase

/// One server's part in an ensemble as a value: it elects a leader, or is elected, brings learners
/// up to date, or is brought, and agrees with a quorum on one sequence of transactions
/// (zookeeper-protocol.md, sections 5, 7 and 8).
///
/// Transactions are opaque bytes. It sees no clock, socket, file or randomness.
public struct Zab: Sendable {
  /// What a server is doing.
  public enum Phase: Hashable, Sendable {
    /// It looks for a leader.
    case looking
    /// It follows that leader, or is being brought up to date by it.
    case following(ServerID)
    /// It learns from that leader without a vote.
    case observing(ServerID)
    /// It leads, or tries to.
    case leading
  }

  /// How it is set up.
  public let options: ZabOptions
  /// This server.
  public let id: ServerID
  /// What it is doing.
  public private(set) var phase = Phase.looking
  /// Whether clients are served in this phase.
  public private(set) var isServing = false
  /// The ensemble.
  public private(set) var configuration: QuorumConfiguration
  /// The last epoch that it promised to follow.
  public private(set) var acceptedEpoch: Int64
  /// The last epoch whose leader's history it took over.
  public private(set) var currentEpoch: Int64
  /// The transactions that it has in memory; `window.last` is the last one of its log.
  public private(set) var window: TransactionWindow

  /// Whether it learns without a vote.
  public var isObserving: Bool {
    if case .observing = phase { true } else { false }
  }

  /// Starts to look for a leader.
  ///
  /// - Parameters:
  ///   - options: How it is set up.
  ///   - id: This server.
  ///   - configuration: The ensemble.
  ///   - acceptedEpoch: What the file says; 0 without one.
  ///   - currentEpoch: What the file says; the epoch of the log's last transaction without one.
  ///   - window: The last transactions of the log, all of which the server has applied.
  public init(
    options: ZabOptions, id: ServerID, configuration: QuorumConfiguration, acceptedEpoch: Int64,
    currentEpoch: Int64, window: TransactionWindow
  ) {
    self.options = options
    self.id = id
    self.configuration = configuration
    self.acceptedEpoch = acceptedEpoch
    self.currentEpoch = currentEpoch
    self.window = window
  }

  // MARK: Time

  /// Tells the time: call it before each batch of inputs, and at ``nextDeadline`` at the latest.
  ///
  /// The first call begins the first election.
  public mutating func advance(now: Instant, into effects: inout ZabEffects) {}

  /// When ``advance(now:into:)`` has something to do again.
  public var nextDeadline: Instant? { nil }

  // MARK: The election port

  /// Notifications can be exchanged with that server from now on, perhaps again: it is sent what was
  /// said last.
  public mutating func electionConnected(to server: ServerID, into effects: inout ZabEffects) {}

  /// A notification has arrived, without its length.
  public mutating func receiveNotification(
    _ message: BorrowedBytes, from server: ServerID, into effects: inout ZabEffects
  ) {}

  // MARK: The quorum port

  /// The connection that ``ZabEvent/connect(_:)`` asked for stands.
  public mutating func linkOpened(_ link: Int32, into effects: inout ZabEffects) {}

  /// The connection that ``ZabEvent/connect(_:)`` asked for cannot be made.
  public mutating func linkFailed(into effects: inout ZabEffects) {}

  /// Somebody has connected to this server's quorum port.
  public mutating func linkAccepted(_ link: Int32, into effects: inout ZabEffects) {}

  /// A link is gone, from whichever side.
  public mutating func linkClosed(_ link: Int32, into effects: inout ZabEffects) {}

  /// Bytes have arrived on a link: any part of a packet or of several.
  ///
  /// - Returns: How many of them were taken: all, unless a snapshot begins there
  ///   (``ZabEvent/receiveSnapshot(link:_:)``).
  public mutating func receive(
    _ bytes: BorrowedBytes, on link: Int32, into effects: inout ZabEffects
  ) -> Int { bytes.count }

  // MARK: What the server answers

  /// Everything up to that zxid is durable in the log, or in a snapshot.
  public mutating func durable(upTo zxid: Zxid, into effects: inout ZabEffects) {}

  /// What ``ZabEvent/writeEpoch(_:_:)`` asked for is durable.
  public mutating func epochIsDurable(
    _ file: EpochFile, _ epoch: Int64, into effects: inout ZabEffects
  ) {}

  /// The server has recovered as ``ZabEvent/reload(_:)`` asked, and applied all of its log.
  public mutating func reloaded(_ window: TransactionWindow, into effects: inout ZabEffects) {}

  /// The snapshot that was coming in on a link is whole, and the server's state is that now; its
  /// bytes will be durable before anything after it (``durable(upTo:into:)``).
  public mutating func snapshotReceived(_ link: Int32, into effects: inout ZabEffects) {}

  /// The snapshot that was coming in is none: the leader is given up.
  public mutating func snapshotRefused(
    _ link: Int32, reason: String, into effects: inout ZabEffects
  ) {}

  /// A snapshot of the state after that zxid stands in the link's output, whole.
  public mutating func snapshotSent(
    _ link: Int32, _ zxid: Zxid, into effects: inout ZabEffects
  ) {}

  /// Whether those who matter understand what Apache's servers do not: all voters, if this server
  /// leads, and the leader, if it learns.
  ///
  /// They say so by the version in `LearnerInfo` and in the packet `LEADERINFO`, one more than
  /// Apache's.
  public private(set) var peersKnowExtensions = false

  // MARK: As a leader

  /// The first zxid of the present epoch: its counter is 0.
  public var epochStart: Zxid { Zxid(epoch: UInt32(truncatingIfNeeded: currentEpoch), counter: 0) }

  /// Proposes a transaction of the present epoch; zxids ascend without gaps.
  public mutating func propose(
    _ payload: BorrowedBytes, zxid: Zxid, into effects: inout ZabEffects
  ) {}

  /// A `sync` has come from a link, or nil: from a client of the leader's own.
  ///
  /// It is answered once everything that is proposed by now is committed; if `provesLeadership`,
  /// not before a quorum has shown, after now, that it still follows.
  public mutating func answerSync(
    link: Int32?, provesLeadership: Bool, into effects: inout ZabEffects
  ) {}

  /// Says whether a session lives that a learner asked for, once everything that is proposed by now
  /// is committed.
  public mutating func answerRevalidation(
    _ link: Int32, session: Int64, isAlive: Bool, into effects: inout ZabEffects
  ) {}

  /// Stops to lead or to follow, and looks for a leader.
  public mutating func stepDown(reason: String, into effects: inout ZabEffects) {}

  // MARK: As a learner

  /// Forwards a request of a client to the leader; a `sync` as well.
  ///
  /// - Parameters:
  ///   - session: Whose request it is.
  ///   - xid: Its number.
  ///   - opcode: What is asked for.
  ///   - body: The request without its header.
  ///   - identities: Who the client is: a vector of `Id`.
  ///   - effects: Where the packet goes.
  public mutating func forward(
    session: Int64, xid: Int32, opcode: Opcode, body: BorrowedBytes, identities: BorrowedBytes,
    into effects: inout ZabEffects
  ) {}

  /// Asks the leader whether a session lives that a client has brought along.
  public mutating func revalidate(
    session: Int64, timeoutMilliseconds: Int32, into effects: inout ZabEffects
  ) {}

  /// Tells the leader which sessions were heard of since the last time.
  public mutating func reportSessions(
    _ sessions: [(session: Int64, timeoutMilliseconds: Int32)], into effects: inout ZabEffects
  ) {}
}
