import ClientSession
import Jute
import LinnaeusBase

/// A client's process: one session at a time, and what it does next.
struct SimulatedClient {
  let index: Int32
  let host: Int32
  let options: ZooKeeperSession.Options
  var session: ZooKeeperSession
  var effects = SessionEffects()
  /// Its end of the connection; −1 without one.
  var end: Int32 = -1
  /// Counts its connections and attempts: what concerns an earlier one is void.
  var generation: UInt32 = 0
  /// When it is woken next; `max`: not.
  var wakesAt = Int64.max
  /// The server that it tried last.
  var server: Int32 = -1
  /// Whether the connection stands.
  var isConnected = false
  /// Whether its session is known to some server, and which one knew it last.
  var isEstablished = false
  var establishedOn: Int32 = -1
  var random: SeededRandom
  var plan: ClientPlan
  /// How many sessions it has had.
  var sessions = 1

  init(index: Int32, host: Int32, options: SimulationOptions) {
    self.index = index
    self.host = host
    self.options = options.session
    session = ZooKeeperSession(options: options.session)
    random = SeededRandom(seed: options.seed, .client, Int(index))
    plan = ClientPlan(index: Int(index), options: options)
  }

  /// Begins a new session.
  mutating func renew() {
    session = ZooKeeperSession(options: options)
    isEstablished = false
    sessions += 1
  }

  // MARK: What the session is told

  mutating func connected(at time: Instant) { session.connected(now: time, into: &effects) }

  mutating func receive(_ bytes: BorrowedBytes, at time: Instant) {
    session.receive(bytes, now: time, into: &effects)
  }

  mutating func disconnected() { session.disconnected(into: &effects) }

  mutating func advance(to time: Instant) { session.advance(to: time, into: &effects) }

  /// Asks for what comes next.
  mutating func submitNext(at time: Instant) {
    let (request, isWrite) = plan.next()
    let id = session.submit(request, now: time, into: &effects)
    plan.pending.append((id, isWrite))
  }
}

/// What a client does next: reads and writes of a few znodes, one after the other.
struct ClientPlan {
  private let options: SimulationOptions
  private var random: SeededRandom
  private let index: Int
  private var written = 0
  private var created = 0
  /// How many requests may be under way.
  let depth: Int
  /// The requests that are under way, and whether each writes.
  var pending: [(id: RequestID, isWrite: Bool)] = []

  init(index: Int, options: SimulationOptions) {
    self.options = options
    self.index = index
    random = SeededRandom(seed: options.seed, .workload, index)
    depth = options.pipelineDepth
  }

  /// The next request.
  mutating func next() -> (request: SessionRequest, isWrite: Bool) {
    // Each client makes its share of the znodes first.
    let share = (options.znodes + options.clients - 1) / options.clients
    if created < share {
      defer { created += 1 }
      let path = Self.path(min(options.znodes - 1, index * share + created))
      return (.create(path: path, data: value(), mode: .persistent, stat: false), true)
    }
    let path = Self.path(random.below(options.znodes))
    if random.chance(options.readPercent, in: 100) { return (.getData(path: path), false) }
    return (.setData(path: path, data: value()), true)
  }

  /// A request is answered, or never will be.
  ///
  /// - Returns: Whether it was a write.
  mutating func finish(_ id: RequestID) -> Bool {
    guard let place = pending.firstIndex(where: { $0.id == id }) else { return false }
    return pending.remove(at: place).isWrite
  }

  private mutating func value() -> [UInt8] {
    written += 1
    var value = [UInt8](repeating: UInt8(ascii: "."), count: max(16, options.valueBytes))
    for (place, byte) in "\(index):\(written)".utf8.enumerated() { value[place] = byte }
    return value
  }

  private static func path(_ number: Int) -> [UInt8] { Array("/z\(number)".utf8) }

  /// How long it thinks before the next request: mostly next to nothing, now and then long.
  mutating func think() -> Int64 {
    guard options.thinkNanoseconds > 0 else { return 0 }
    if random.chance(4, in: 5) { return random.exponential(mean: options.thinkNanoseconds / 50) }
    return random.exponential(mean: options.thinkNanoseconds * 5)
  }
}
