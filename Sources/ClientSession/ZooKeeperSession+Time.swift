import Jute
import LinnaeusBase

extension ZooKeeperSession {
  /// Time passed: sends a ping, gives up a silent server, or looks for the next one.
  ///
  /// A driver whose clock jumped calls this before it hands on what arrived meanwhile.
  public mutating func advance(to now: Instant, into effects: inout SessionEffects) {
    if let silenceDeadline, now >= silenceDeadline {
      disconnect(.silence, now: now, &effects)
    } else if let pingDeadline, now >= pingDeadline {
      send(SpecialXid.ping, .ping, now: now, &effects) { _ in }
    }
    if case .disconnected = state { lookForServer(now: now, &effects) }
  }

  /// When ``advance(to:into:)`` has something to do; nil if never.
  public var nextDeadline: Instant? {
    if let silenceDeadline {
      return pingDeadline.map { min($0, silenceDeadline) } ?? silenceDeadline
    }
    guard case .disconnected = state else { return nil }
    return search?.nextDeadline
  }

  /// The server that is tried next; nil if the driver decides.
  public var nextServer: ServerID? { search?.servers.nextServer }

  /// A server is given two thirds of the session's time, so that the last third is left to find
  /// another.
  private var silenceDeadline: Instant? {
    switch state {
    case .connecting: lastReceived.advanced(milliseconds: patienceMilliseconds)
    case .connected: lastReceived.advanced(milliseconds: Int64(timeoutMilliseconds) * 2 / 3 + 1)
    default: nil
    }
  }

  /// A third of the session's time without a request calls for a ping.
  private var pingDeadline: Instant? {
    guard case .connected = state else { return nil }
    return lastSent.advanced(milliseconds: Int64(timeoutMilliseconds) / 3 + 1)
  }

  /// How long a server may take to answer the connect request: all of them should be tried before
  /// the session's time has run out.
  private var patienceMilliseconds: Int64 {
    let patience = max(1, options.connectTimeoutMilliseconds)
    guard let search, timeoutMilliseconds > 0 else { return patience }
    return min(patience, max(1, Int64(timeoutMilliseconds) / Int64(search.servers.servers.count)))
  }

  private mutating func lookForServer(now: Instant, _ effects: inout SessionEffects) {
    if search?.takeSuspension(now: now) == true { enter(.disconnected(.suspended), &effects) }
    if let givesUpAt = search?.givesUpAt, now >= givesUpAt {
      effects.closesConnection = true
      search?.plan(now: now, options: options)
    }
    let patience = patienceMilliseconds
    if let server = search?.takeDue(now: now, patienceMilliseconds: patience) {
      effects.connectsTo = server
    }
  }
}
