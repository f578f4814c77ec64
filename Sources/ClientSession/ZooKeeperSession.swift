import Jute
import LinnaeusBase

/// A client's session as a value: it is told what arrived and what time it is, and says what to
/// send and what happened.
///
/// The driver owns the connection. It calls ``connected(now:into:)`` when there is one,
/// ``receive(_:now:into:)`` with whatever bytes arrive, ``disconnected(into:)`` when it is gone,
/// and ``advance(to:into:)`` at ``nextDeadline`` at the latest. A later connection continues the
/// session: its id, password and last zxid are kept. Requests that wait for a connection are sent
/// when there is one.
public struct ZooKeeperSession: Sendable {
  /// What the session asks for and how patient it is.
  public struct Options: Hashable, Sendable {
    /// How long the session may be silent, in milliseconds; the server may settle on another time.
    public var timeoutMilliseconds: Int32 = 30_000
    /// How long to wait for the answer to the connect request.
    public var connectTimeoutMilliseconds: Int64 = 10_000
    /// Whether a server without a quorum will do.
    public var acceptsReadOnly = false
    /// The largest message that the server may send, in bytes.
    public var maximumMessageLength = 256 << 20

    /// The usual ones.
    public init() {}
  }

  /// What was asked for.
  public let options: Options
  /// How the session stands.
  public private(set) var state: SessionState = .disconnected(.notYet)
  /// The id that the server gave it; 0 before.
  public private(set) var session: Int64 = 0
  /// What proves to another server that the session is ours.
  public private(set) var password = [UInt8](repeating: 0, count: 16)
  /// The timeout that the server settled on, in milliseconds; 0 before.
  public private(set) var timeoutMilliseconds: Int32 = 0
  /// The largest zxid that any answer carried.
  public private(set) var lastZxidSeen = Zxid.zero

  private var requests = PendingRequests()
  private var incoming: [UInt8] = []
  private var lastReceived = Instant(nanoseconds: 0)
  private var lastSent = Instant(nanoseconds: 0)

  /// A session that does not exist on any server yet.
  public init(options: Options = Options()) {
    self.options = options
  }

  /// How many requests have no answer yet.
  public var outstanding: Int { requests.count }

  // MARK: What the driver tells

  /// There is a connection: asks for the session, the new or the old one.
  public mutating func connected(now: Instant, into effects: inout SessionEffects) {
    guard case .disconnected = state else { return }
    incoming.removeAll(keepingCapacity: true)
    lastReceived = now
    lastSent = now
    let start = effects.output.count
    var writer = ByteWriter()
    swap(&writer.bytes, &effects.output)
    writer.int32(0)
    ConnectRequest(
      lastZxidSeen: lastZxidSeen, timeoutMilliseconds: options.timeoutMilliseconds,
      session: session, password: password, readOnly: options.acceptsReadOnly
    ).write(to: &writer)
    writer.replaceInt32(at: start, with: Int32(writer.count - start - 4))
    swap(&writer.bytes, &effects.output)
    enter(.connecting, &effects)
  }

  /// The connection is gone.
  public mutating func disconnected(into effects: inout SessionEffects) {
    disconnect(.closedByServer, &effects)
  }

  /// Bytes arrived: any part of one message or of several.
  public mutating func receive(
    _ bytes: BorrowedBytes, now: Instant, into effects: inout SessionEffects
  ) {
    guard isOnline else { return }
    lastReceived = now
    incoming.append(contentsOf: bytes.buffer)
    // The array is lent from a local, so that handling a message may change the session.
    var taken: [UInt8] = []
    swap(&taken, &incoming)
    var position = 0
    while isOnline, let end = messageEnd(in: taken, at: position, &effects) {
      taken[position + 4..<end].withBorrowedBytes { handle($0, now: now, &effects) }
      position = end
    }
    if isOnline {
      taken.removeFirst(position)
      incoming = taken
    }
  }

  /// Time passed: sends a ping, or gives up a silent server.
  public mutating func advance(to now: Instant, into effects: inout SessionEffects) {
    guard let deadline = silenceDeadline else { return }
    if now >= deadline {
      return disconnect(.silence, &effects)
    }
    if let ping = pingDeadline, now >= ping {
      send(SpecialXid.ping, .ping, now: now, &effects) { _ in }
    }
  }

  /// When ``advance(to:into:)`` has something to do; nil without a connection.
  public var nextDeadline: Instant? {
    guard let silenceDeadline else { return nil }
    return pingDeadline.map { min($0, silenceDeadline) } ?? silenceDeadline
  }

  /// Asks for something; the answer comes as ``SessionNews/completed(_:_:)``.
  public mutating func submit(
    _ request: SessionRequest, now: Instant, into effects: inout SessionEffects
  ) -> RequestID {
    let id = requests.add(request)
    switch state {
    case .connected: sendWaiting(now: now, &effects)
    case .expired, .closed: lose(&effects)
    case .disconnected, .connecting: break
    }
    return id
  }

  // MARK: Time

  private var isOnline: Bool {
    switch state {
    case .connecting, .connected: true
    default: false
    }
  }

  /// A server is given two thirds of the session's time, so that the last third is left to find
  /// another.
  private var silenceDeadline: Instant? {
    switch state {
    case .connecting:
      lastReceived.advanced(milliseconds: max(1, options.connectTimeoutMilliseconds))
    case .connected: lastReceived.advanced(milliseconds: Int64(timeoutMilliseconds) * 2 / 3 + 1)
    default: nil
    }
  }

  /// A third of the session's time without a request calls for a ping.
  private var pingDeadline: Instant? {
    guard case .connected = state else { return nil }
    return lastSent.advanced(milliseconds: Int64(timeoutMilliseconds) / 3 + 1)
  }

  // MARK: What arrives

  /// Where the message that starts at `position` ends; nil if it is not all there.
  private mutating func messageEnd(
    in bytes: [UInt8], at position: Int, _ effects: inout SessionEffects
  ) -> Int? {
    guard bytes.count - position >= 4 else { return nil }
    var length: UInt32 = 0
    for byte in bytes[position..<position + 4] { length = length << 8 | UInt32(byte) }
    guard length <= UInt32(clamping: options.maximumMessageLength) else {
      violate(ByteReaderError(position: 0, message: "a message of \(length) bytes"), &effects)
      return nil
    }
    let end = position + 4 + Int(length)
    return end <= bytes.count ? end : nil
  }

  private mutating func handle(
    _ message: BorrowedBytes, now: Instant, _ effects: inout SessionEffects
  ) {
    var reader = ByteReader(message)
    do throws(ByteReaderError) {
      if case .connecting = state {
        try handleConnectResponse(&reader, now: now, &effects)
      } else {
        try handleReply(&reader, &effects)
      }
    } catch {
      violate(error, &effects)
    }
  }

  private mutating func handleConnectResponse(
    _ reader: inout ByteReader, now: Instant, _ effects: inout SessionEffects
  ) throws(ByteReaderError) {
    let response = try ConnectResponse(from: &reader)
    guard response.timeoutMilliseconds > 0, response.session != 0 else {
      enter(.expired, &effects)
      lose(&effects)
      effects.closesConnection = true
      return
    }
    session = response.session
    password = response.password
    timeoutMilliseconds = response.timeoutMilliseconds
    enter(.connected(readOnly: response.readOnly ?? false), &effects)
    sendWaiting(now: now, &effects)
  }

  private mutating func handleReply(
    _ reader: inout ByteReader, _ effects: inout SessionEffects
  ) throws(ByteReaderError) {
    let header = try ReplyHeader(from: &reader)
    switch header.xid {
    case SpecialXid.notification:
      let event = try WatcherEvent(from: &reader)
      return effects.news.append(.watch(event, zxid: header.zxid))
    case SpecialXid.ping:
      return lastZxidSeen = max(lastZxidSeen, header.zxid)
    default: break
    }
    guard let request = requests.take(xid: header.xid) else {
      throw ByteReaderError(position: 0, message: "an answer with xid \(header.xid) to nothing")
    }
    let outcome: RequestOutcome
    do throws(ByteReaderError) {
      outcome =
        header.error == .ok
        ? .done(
          try SessionResult(answering: request.opcode, from: &reader), zxid: header.zxid)
        : .refused(header.error, zxid: header.zxid)
    } catch {
      effects.news.append(.completed(request.id, .lost(.connectionLost)))
      throw error
    }
    lastZxidSeen = max(lastZxidSeen, header.zxid)
    effects.news.append(.completed(request.id, outcome))
    switch request.opcode {
    case .auth where header.error != .ok: disconnect(.authenticationFailed, &effects)
    case .closeSession where header.error == .ok:
      enter(.closed, &effects)
      lose(&effects)
      effects.closesConnection = true
    default: break
    }
  }

  // MARK: What is sent

  private mutating func sendWaiting(now: Instant, _ effects: inout SessionEffects) {
    while let (xid, request) = requests.nextToSend() {
      send(xid, request.opcode, now: now, &effects) { request.write(to: &$0) }
    }
  }

  private mutating func send(
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

  private mutating func enter(_ next: SessionState, _ effects: inout SessionEffects) {
    state = next
    effects.news.append(.state(next))
  }

  private mutating func violate(_ error: ByteReaderError, _ effects: inout SessionEffects) {
    disconnect(.violation(error), &effects)
  }

  /// Without a connection no request that was sent will be answered; the others wait for the next.
  private mutating func disconnect(_ reason: Disconnection, _ effects: inout SessionEffects) {
    guard isOnline else { return }
    incoming.removeAll()
    effects.closesConnection = true
    for id in requests.takeSent() {
      effects.news.append(.completed(id, .lost(.connectionLost)))
    }
    enter(.disconnected(reason), &effects)
  }

  /// The session is over: nothing will be sent any more.
  private mutating func lose(_ effects: inout SessionEffects) {
    for id in requests.takeSent() {
      effects.news.append(.completed(id, .lost(.connectionLost)))
    }
    for id in requests.takeWaiting() {
      effects.news.append(.completed(id, .lost(.neverSent)))
    }
  }
}
