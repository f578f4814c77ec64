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
  public internal(set) var phase = Phase.looking
  /// Whether clients are served in this phase.
  public internal(set) var isServing = false
  /// The ensemble.
  public internal(set) var configuration: QuorumConfiguration
  /// The last epoch that it promised to follow.
  public internal(set) var acceptedEpoch: Int64
  /// The last epoch whose leader's history it took over.
  public internal(set) var currentEpoch: Int64
  /// The transactions that it has in memory; `window.last` is the last one of its log.
  public internal(set) var window: TransactionWindow

  // What is not for others to see.
  let mutations: Mutations
  var now = Instant(nanoseconds: 0)
  var hasStarted = false
  var election = Election()
  var links: [Link] = []
  var following = Following()
  var leadership = Leadership()
  /// A reconfiguration that is logged and not known to be committed.
  var pending: PendingConfiguration?
  /// Everything up to it is durable.
  var durable: Zxid
  /// Whether the log has to be recovered before anything else: there is no election without it.
  var isReloading = false
  /// The epoch whose leader is asked for a snapshot.
  var snapshotEpoch: Int64?
  /// The largest epoch that a voter has promised, as far as is known.
  var highestEpoch: Int64 = 0

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
  ///   - next: The configuration in the server's state; counts besides if it is newer, for nobody
  ///     knows yet whether it is committed.
  ///   - acceptedEpoch: What the file says; 0 without one.
  ///   - currentEpoch: What the file says; the epoch of the log's last transaction without one.
  ///   - window: The last transactions of the log, all of which the server has applied.
  public init(
    options: ZabOptions, id: ServerID, configuration: QuorumConfiguration,
    next: QuorumConfiguration? = nil, acceptedEpoch: Int64, currentEpoch: Int64,
    window: TransactionWindow
  ) {
    self.init(
      options: options, id: id, configuration: configuration, next: next,
      acceptedEpoch: acceptedEpoch, currentEpoch: currentEpoch, window: window, mutations: [])
  }

  /// Starts with bugs switched on.
  package init(
    options: ZabOptions, id: ServerID, configuration: QuorumConfiguration,
    next: QuorumConfiguration? = nil, acceptedEpoch: Int64, currentEpoch: Int64,
    window: TransactionWindow, mutations: Mutations
  ) {
    self.options = options
    self.id = id
    self.configuration = configuration
    self.acceptedEpoch = max(acceptedEpoch, currentEpoch)
    self.currentEpoch = currentEpoch
    self.window = window
    self.mutations = mutations
    // The server says so when it is: what was recovered may never have reached the disk.
    durable = Zxid(rawValue: .min)
    expect(next)
  }

  // MARK: Time

  /// Tells the time: call it before each batch of inputs, and at ``nextDeadline`` at the latest.
  ///
  /// The first call begins the first election.
  public mutating func advance(now: Instant, into effects: inout ZabEffects) {
    self.now = max(self.now, now)
    pinWindow()
    guard hasStarted else {
      hasStarted = true
      return beginElection(into: &effects)
    }
    switch phase {
    case .looking: advanceElection(into: &effects)
    case .following, .observing: advanceLearner(into: &effects)
    case .leading: advanceLeader(into: &effects)
    }
  }

  /// When ``advance(now:into:)`` has something to do again.
  public var nextDeadline: Instant? {
    guard hasStarted else { return now }
    switch phase {
    case .looking: return electionDeadline
    case .following, .observing: return learnerDeadline
    case .leading: return leaderDeadline
    }
  }

  // MARK: The election port

  /// Notifications can be exchanged with that server from now on, perhaps again: it is sent what was
  /// said last.
  public mutating func electionConnected(to server: ServerID, into effects: inout ZabEffects) {
    electionPortOpened(to: server, into: &effects)
  }

  /// A notification has arrived, without its length.
  public mutating func receiveNotification(
    _ message: BorrowedBytes, from server: ServerID, into effects: inout ZabEffects
  ) {
    takeNotification(message, from: server, into: &effects)
  }

  // MARK: The quorum port

  /// The connection that ``ZabEvent/connect(_:)`` asked for stands.
  public mutating func linkOpened(_ link: Int32, into effects: inout ZabEffects) {
    introduce(on: link, into: &effects)
  }

  /// The connection that ``ZabEvent/connect(_:)`` asked for cannot be made.
  public mutating func linkFailed(into effects: inout ZabEffects) {
    connectionFailed(into: &effects)
  }

  /// Somebody has connected to this server's quorum port.
  public mutating func linkAccepted(_ link: Int32, into effects: inout ZabEffects) {
    welcome(link, into: &effects)
  }

  /// A link is gone, from whichever side.
  public mutating func linkClosed(_ link: Int32, into effects: inout ZabEffects) {
    forget(link, into: &effects)
  }

  /// Bytes have arrived on a link: any part of a packet or of several.
  ///
  /// Those of a snapshot go elsewhere; that they keep coming is told by calls with no bytes, so
  /// that the leader does not count as silent.
  ///
  /// - Returns: How many of them were taken: all, unless a snapshot begins there
  ///   (``ZabEvent/receiveSnapshot(link:_:)``).
  public mutating func receive(
    _ bytes: BorrowedBytes, on link: Int32, into effects: inout ZabEffects
  ) -> Int {
    read(bytes, on: link, into: &effects)
  }

  // MARK: What the server answers

  /// Everything up to that zxid is durable in the log, or in a snapshot.
  public mutating func durable(upTo zxid: Zxid, into effects: inout ZabEffects) {
    becameDurable(upTo: zxid, into: &effects)
  }

  /// What ``ZabEvent/writeEpoch(_:_:)`` asked for is durable.
  public mutating func epochIsDurable(
    _ file: EpochFile, _ epoch: Int64, into effects: inout ZabEffects
  ) {
    epochBecameDurable(file, epoch, into: &effects)
  }

  /// The server has recovered as ``ZabEvent/reload(_:)`` asked, and applied all of its log.
  ///
  /// - Parameters:
  ///   - window: The last transactions of the log.
  ///   - next: The configuration in the server's state.
  ///   - effects: What is to be done.
  public mutating func reloaded(
    _ window: TransactionWindow, next: QuorumConfiguration? = nil, into effects: inout ZabEffects
  ) {
    takeReloaded(window, next, into: &effects)
  }

  /// The snapshot that was coming in on a link is whole, and the server's state is that now; its
  /// bytes will be durable before anything after it (``durable(upTo:into:)``).
  ///
  /// - Parameters:
  ///   - link: The link.
  ///   - next: The configuration in the server's state.
  ///   - effects: What is to be done.
  public mutating func snapshotReceived(
    _ link: Int32, next: QuorumConfiguration? = nil, into effects: inout ZabEffects
  ) {
    guard following.stage == .loading, following.link == link else { return }
    takeSnapshot()
    expect(next)
  }

  /// The snapshot that was coming in is none: the leader is given up.
  public mutating func snapshotRefused(
    _ link: Int32, reason: String, into effects: inout ZabEffects
  ) {
    guard following.stage == .loading, following.link == link else { return }
    leave(reason, into: &effects)
  }

  /// What ``ZabEvent/readHistory(link:after:through:)`` asked for was read: exactly the transactions
  /// between the two; nil if the log does not have them, or if they are too long.
  public mutating func historyRead(
    _ link: Int32, after zxid: Zxid, _ history: TransactionWindow?, into effects: inout ZabEffects
  ) {
    takeHistory(link, after: zxid, history, into: &effects)
  }

  /// A snapshot of the state after that zxid is about to be put into the link's output, as
  /// ``ZabEvent/sendSnapshot(link:)`` asked: the packet that stands before it is written.
  public mutating func snapshotBegins(
    _ link: Int32, _ zxid: Zxid, into effects: inout ZabEffects
  ) {
    announceSnapshot(link, zxid, into: &effects)
  }

  /// A snapshot of the state after that zxid stands in the link's output, whole.
  public mutating func snapshotSent(
    _ link: Int32, _ zxid: Zxid, into effects: inout ZabEffects
  ) {
    finishSnapshot(link, zxid, into: &effects)
  }

  /// Whether those who matter understand what Apache's servers do not: all voters, if this server
  /// leads, and the leader, if it learns.
  ///
  /// They say so by the version in `LearnerInfo` and in the packet `LEADERINFO`, one more than
  /// Apache's. Of a voter that this leader has not met nobody knows.
  public var peersKnowExtensions: Bool {
    switch phase {
    case .leading:
      let voters = configuration.members + (pending?.configuration.members ?? [])
      return voters.allSatisfy {
        $0.role != .participant || $0.id == id || leadership.extendedPeers.contains($0.id)
      }
    case .following, .observing: return following.leaderKnowsExtensions
    case .looking: return false
    }
  }

  // MARK: As a leader

  /// The first zxid of the present epoch: its counter is 0.
  public var epochStart: Zxid { Self.start(of: currentEpoch) }

  /// Proposes a transaction of the present epoch; zxids ascend without gaps.
  ///
  /// Whoever calls it watches the counter, and steps down (``stepDown(reason:into:)``) when it has
  /// reached its end: the next leader starts again at 1, in another epoch.
  public mutating func propose(
    _ payload: BorrowedBytes, zxid: Zxid, into effects: inout ZabEffects
  ) {
    broadcast(payload, zxid: zxid, into: &effects)
  }

  /// Whether a reconfiguration is proposed and not committed: a second one must wait.
  public var isReconfiguring: Bool { pending != nil }

  /// Proposes a transaction that changes the ensemble: it needs quorums of the present
  /// configuration and of the next one.
  ///
  /// - Parameters:
  ///   - configuration: What the ensemble becomes; its version is the transaction's zxid.
  ///   - payload: The transaction.
  ///   - zxid: Its zxid.
  ///   - designatedLeader: Who shall lead the new ensemble; learners are told.
  ///   - effects: Where the packets go.
  public mutating func proposeConfiguration(
    _ configuration: QuorumConfiguration, payload: BorrowedBytes, zxid: Zxid,
    designatedLeader: ServerID, into effects: inout ZabEffects
  ) {
    guard phase == .leading, isServing else { return }
    precondition(!isReconfiguring, "one reconfiguration at a time")
    pending = PendingConfiguration(
      zxid: zxid, configuration: configuration, designatedLeader: designatedLeader)
    broadcast(payload, zxid: zxid, into: &effects)
  }

  /// A `sync` has come from a link, or nil: from a client of the leader's own.
  ///
  /// It is answered once everything that is proposed by now is committed; if `provesLeadership`,
  /// not before a quorum has shown, after now, that it still follows.
  public mutating func answerSync(
    link: Int32?, provesLeadership: Bool, into effects: inout ZabEffects
  ) {
    enqueueSync(link, provesLeadership: provesLeadership, into: &effects)
  }

  /// Says whether a session lives that a learner asked for, once everything that is proposed by now
  /// is committed.
  public mutating func answerRevalidation(
    _ link: Int32, session: Int64, isAlive: Bool, into effects: inout ZabEffects
  ) {
    enqueueValidity(link, session: session, isAlive: isAlive, into: &effects)
  }

  /// Stops to lead or to follow, and looks for a leader.
  public mutating func stepDown(reason: String, into effects: inout ZabEffects) {
    leave(reason, into: &effects)
  }

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
  ) {
    sendRequest(
      session: session, xid: xid, opcode: opcode, body: body, identities: identities,
      into: &effects)
  }

  /// Asks the leader whether a session lives that a client has brought along.
  public mutating func revalidate(
    session: Int64, timeoutMilliseconds: Int32, into effects: inout ZabEffects
  ) {
    askWhetherAlive(session: session, timeoutMilliseconds: timeoutMilliseconds, into: &effects)
  }

  /// Tells the leader which sessions were heard of since the last time.
  public mutating func reportSessions(
    _ sessions: [(session: Int64, timeoutMilliseconds: Int32)], into effects: inout ZabEffects
  ) {
    answerPing(sessions, into: &effects)
  }
}
