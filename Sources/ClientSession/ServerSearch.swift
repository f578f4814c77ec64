import LinnaeusBase

/// How a session without a connection finds a server: which is tried next, and when.
struct ServerSearch: Sendable {
  var servers: ServerList
  var random: SeededRandom
  /// When to ask for a connection; nil while there is one, or one was asked for.
  private(set) var connectsAt: Instant? = Instant(nanoseconds: 0)
  /// When to give up the connection that was asked for.
  private(set) var givesUpAt: Instant?
  /// When the session's own time has run out.
  private(set) var suspendsAt: Instant?

  init(servers: ServerList, random: SeededRandom) {
    self.servers = servers
    self.random = random
  }

  /// There is a connection, or none is wanted any more.
  mutating func stop() {
    (connectsAt, givesUpAt) = (nil, nil)
  }

  /// The session was granted.
  mutating func succeed() {
    servers.noteSuccess()
    suspendsAt = nil
  }

  /// The session has lost its server and lives until `deadline` without one.
  mutating func lost(at deadline: Instant) {
    suspendsAt = deadline
  }

  /// Sets when to try the next server: at once, unless all were tried in vain.
  ///
  /// The pause varies by half of it, so that many clients do not come back at the same moment.
  mutating func plan(now: Instant, options: ZooKeeperSession.Options) {
    givesUpAt = nil
    let delay = max(0, options.reconnectDelayMilliseconds) * 1_000_000
    guard servers.isExhausted, delay > 0 else { return connectsAt = now }
    let pause = delay / 2 + Int64(random.below(Int(delay) + 1))
    connectsAt = Instant(nanoseconds: now.nanoseconds + pause)
  }

  /// The server to connect to, if one is due.
  mutating func takeDue(now: Instant, patienceMilliseconds: Int64) -> ServerID? {
    guard let connectsAt, now >= connectsAt else { return nil }
    self.connectsAt = nil
    givesUpAt = now.advanced(milliseconds: patienceMilliseconds)
    return servers.take()
  }

  /// Whether the session's time ran out by now, which is said once.
  mutating func takeSuspension(now: Instant) -> Bool {
    guard let suspendsAt, now >= suspendsAt else { return false }
    self.suspendsAt = nil
    return true
  }

  /// When something is next to be done.
  var nextDeadline: Instant? {
    [connectsAt, givesUpAt, suspendsAt].compactMap { $0 }.min()
  }
}
