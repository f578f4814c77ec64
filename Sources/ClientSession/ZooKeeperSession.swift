import Jute
import LinnaeusBase

/// A client's session as a value: it is told what arrived and what time it is, and says what to
/// send and what happened.
///
/// The driver owns the connection. It calls ``connected(now:into:)`` when there is one,
/// ``receive(_:now:into:)`` with whatever bytes arrive, ``disconnected(now:into:)`` when it is gone
/// or could not be had, and ``advance(to:into:)`` at ``nextDeadline`` at the latest. A later
/// connection continues the session: its id, password, last zxid, credentials and watches are kept.
/// Requests that wait for a connection are sent when there is one.
///
/// A session that was given its servers says itself when to connect and where
/// (``SessionEffects/connectsTo``); without them the driver decides.
public struct ZooKeeperSession: Sendable {
  /// What the session asks for and how patient it is.
  public struct Options: Hashable, Sendable {
    /// How long the session may be silent, in milliseconds; the server may settle on another time.
    public var timeoutMilliseconds: Int32 = 30_000
    /// How long to wait for a connection, and again for the answer to the connect request.
    public var connectTimeoutMilliseconds: Int64 = 10_000
    /// How long to wait, more or less, once all servers were tried in vain.
    public var reconnectDelayMilliseconds: Int64 = 1_000
    /// Whether a server without a quorum will do.
    public var acceptsReadOnly = false
    /// Whether to ask for exactly-once: requests without an answer are then sent again, with the
    /// same xid, after a reconnection; but not reads that were sent before a write, for which it is
    /// too late.
    public var asksForRetransmission = false
    /// The largest message that the server may send, in bytes.
    public var maximumMessageLength = 256 << 20

    /// The usual ones.
    public init() {}
  }

  /// What was asked for.
  public let options: Options
  /// How the session stands.
  public internal(set) var state: SessionState = .disconnected(.notYet)
  /// The id that the server gave it; 0 before.
  public internal(set) var session: Int64 = 0
  /// What proves to another server that the session is ours.
  public internal(set) var password = [UInt8](repeating: 0, count: 16)
  /// The timeout that the server settled on, in milliseconds; 0 before.
  public internal(set) var timeoutMilliseconds: Int32 = 0
  /// The largest zxid that an answer, a ping's included, or a watch event carried.
  ///
  /// Apache's client leaves out those of pings and events, and so may go back to older data
  /// (consistency.md, section 1.3).
  public internal(set) var lastZxidSeen = Zxid.zero
  /// Whether the server has granted what ``Options/asksForRetransmission`` asks for.
  public internal(set) var retransmits = false

  var requests = PendingRequests()
  var watches = WatchRegistry()
  /// The `auth` requests that were answered with success, for the next connection.
  var credentials: [SessionRequest] = []
  var incoming: [UInt8] = []
  var lastReceived = Instant(nanoseconds: 0)
  var lastSent = Instant(nanoseconds: 0)
  var search: ServerSearch?

  /// A session that does not exist on any server yet.
  ///
  /// - Parameters:
  ///   - options: what it asks for.
  ///   - servers: where to connect; nil if the driver knows.
  ///   - seed: what the lengths of pauses between attempts follow from.
  public init(options: Options = Options(), servers: ServerList? = nil, seed: UInt64 = 0) {
    self.options = options
    search = servers.map { ServerSearch(servers: $0, random: SeededRandom(seed: seed)) }
  }

  /// How many requests have no answer yet.
  public var outstanding: Int { requests.count }

  /// The xid of the next request that is not an `auth`.
  ///
  /// While the session is connected, that is the xid of what is submitted next.
  public var nextXid: Int32 { requests.nextXid }

  // MARK: What the driver tells

  /// There is a connection: asks for the session, the new or the old one.
  public mutating func connected(now: Instant, into effects: inout SessionEffects) {
    guard case .disconnected = state else { return }
    search?.stop()
    incoming.removeAll(keepingCapacity: true)
    lastReceived = now
    lastSent = now
    let start = effects.output.count
    var writer = ByteWriter()
    swap(&writer.bytes, &effects.output)
    writer.int32(0)
    ConnectRequest(
      protocolVersion: options.asksForRetransmission ? ConnectRequest.retransmission : 0,
      lastZxidSeen: lastZxidSeen, timeoutMilliseconds: options.timeoutMilliseconds,
      session: session, password: password, readOnly: options.acceptsReadOnly
    ).write(to: &writer)
    writer.replaceInt32(at: start, with: Int32(writer.count - start - 4))
    swap(&writer.bytes, &effects.output)
    enter(.connecting, &effects)
  }

  /// The connection is gone, or there was none to be had.
  public mutating func disconnected(now: Instant? = nil, into effects: inout SessionEffects) {
    let now = now ?? max(lastReceived, lastSent)
    switch state {
    // A server that is behind the client closes without an answer (section 2.1).
    case .connecting: disconnect(.refused, now: now, &effects)
    case .connected: disconnect(.closedByServer, now: now, &effects)
    case .disconnected: search?.plan(now: now, options: options)
    case .expired, .closed: break
    }
  }

  /// Leaves the server for another one, with all that it means for requests on their way.
  public mutating func move(
    to server: ServerID, now: Instant, into effects: inout SessionEffects
  ) {
    search?.servers.prefer(server)
    disconnect(.moved, now: now, &effects)
  }

  /// Asks for something; the answer comes as ``SessionNews/completed(_:_:)``.
  public mutating func submit(
    _ request: SessionRequest, now: Instant, into effects: inout SessionEffects
  ) -> RequestID {
    switch state {
    case .connected where requests.nothingWaits:
      let (id, sent) = requests.addSent(request)
      send(sent, now: now, &effects)
      return id
    case .connected:
      let id = requests.add(request)
      sendWaiting(now: now, &effects)
      return id
    case .expired, .closed:
      let id = requests.add(request)
      lose(&effects)
      return id
    case .disconnected, .connecting: return requests.add(request)
    }
  }

  // MARK: What is sent

  mutating func sendWaiting(now: Instant, _ effects: inout SessionEffects) {
    while let request = requests.nextToSend() { send(request, now: now, &effects) }
  }

  mutating func send(
    _ sent: PendingRequests.Sent, now: Instant, _ effects: inout SessionEffects
  ) {
    send(sent.xid, sent.request.opcode, now: now, &effects) { sent.request.write(to: &$0) }
  }

  mutating func send(
    _ xid: Int32, _ opcode: Opcode, now: Instant, _ effects: inout SessionEffects,
    body: (inout ByteWriter) -> Void
  ) {
    lastSent = now
    let start = effects.output.count
    var writer = ByteWriter()
    swap(&writer.bytes, &effects.output)
    writer.int32(0)
    RequestHeader(xid: xid, opcode: opcode).write(to: &writer)
    body(&writer)
    writer.replaceInt32(at: start, with: Int32(writer.count - start - 4))
    swap(&writer.bytes, &effects.output)
  }

  // MARK: States

  var isOnline: Bool {
    switch state {
    case .connecting, .connected: true
    default: false
    }
  }

  mutating func enter(_ next: SessionState, _ effects: inout SessionEffects) {
    state = next
    effects.news.append(.state(next))
  }

  /// Without a connection no request that was sent will be answered, unless it is sent again; the
  /// others wait for the next connection.
  mutating func disconnect(
    _ reason: Disconnection, now: Instant, _ effects: inout SessionEffects
  ) {
    guard isOnline else { return }
    incoming.removeAll()
    effects.closesConnection = true
    let lost = retransmits ? requests.takeUnrepeatable() : requests.takeSent()
    tellLost(lost, &effects)
    if case .connected = state {
      search?.lost(at: lastReceived.advanced(milliseconds: Int64(timeoutMilliseconds)))
    }
    enter(.disconnected(reason), &effects)
    search?.plan(now: now, options: options)
  }

  /// The session is over: nothing will be sent any more.
  mutating func lose(_ effects: inout SessionEffects) {
    search?.stop()
    tellLost(requests.takeSent(), &effects)
    for id in requests.takeWaiting() {
      effects.news.append(.completed(id, .lost(.neverSent)))
    }
  }

  func tellLost(_ requests: [PendingRequests.Sent], _ effects: inout SessionEffects) {
    for case let id? in requests.map(\.id) {
      effects.news.append(.completed(id, .lost(.connectionLost)))
    }
  }
}
