import ClientSession
import LinnaeusBase
import Workload

/// A client's process on its host, and its connection.
struct SimulatedClient {
  let index: Int32
  let host: Int32
  var process: ClientProcess
  var effects = SessionEffects()
  /// Its end of the connection; −1 without one.
  var end: Int32 = -1
  /// Whether the connection was ever there.
  var isOpen = false
  /// When it is woken next; `max`: not.
  var wakesAt = Int64.max
  /// The server that its session was on last.
  var lastServer: ServerID?
  /// What it was told to do and has not done yet.
  private var steps: ArraySlice<ScriptedStep>
  /// Until when it stands still; nil if it does not.
  private var resumesAt: Instant?
  /// What has come for it while it stood still.
  private var missed: [Input] = []

  private enum Input {
    case connected
    case bytes([UInt8])
    case disconnected
  }

  /// The last zxid that its session was told.
  var lastZxid = Zxid.zero

  /// When it wants to be woken; asked for after each input, for asking an element of an array would
  /// copy it.
  private(set) var deadline: Int64?

  mutating func updateDeadline() {
    if let resumesAt { return deadline = resumesAt.nanoseconds }
    deadline = process.nextDeadline?.nanoseconds
    if let next = steps.first { deadline = min(next.time, deadline ?? .max) }
  }

  init(index: Int32, host: Int32, options: SimulationOptions, seed: UInt64) {
    self.index = index
    self.host = host
    steps = (options.script?.steps.filter { $0.client == Int(index) } ?? [])[...]
    process = ClientProcess(
      client: Int(index), options: options.workload(of: Int(index)),
      servers: (1...options.servers).map { ServerID(rawValue: Int64($0)) }, seed: seed)
  }

  /// Whether its session is served.
  var isConnected: Bool {
    if case .connected = process.state { true } else { false }
  }

  /// The recipe that was under way when everything was mended.
  private var recipeAtHealing: Int?

  /// Everything is mended: from now on recipes must end.
  mutating func noteHealing() { recipeAtHealing = process.recipe }

  /// Whether a recipe is under way that was so when everything was mended.
  var isHangingOn: Bool { recipeAtHealing != nil && process.recipe == recipeAtHealing }

  /// Whether it has done all that it was told to, and everything was answered.
  var hasDoneAll: Bool { steps.isEmpty && process.isIdle }

  // MARK: What happens

  mutating func connected(at time: Instant, _ record: inout RunRecord) {
    if resumesAt != nil { return missed.append(.connected) }
    process.connected(now: time, into: &effects, record: &record)
  }

  /// Takes what it has seen last out of its request to connect.
  mutating func forgetLastZxidSeen() {
    guard effects.output.count >= 16 else { return }
    effects.output.replaceSubrange(8..<16, with: repeatElement(0, count: 8))
  }

  mutating func receive(_ bytes: BorrowedBytes, at time: Instant, _ record: inout RunRecord) {
    if resumesAt != nil { return missed.append(.bytes(Array(bytes.buffer))) }
    process.receive(bytes, now: time, into: &effects, record: &record)
  }

  mutating func disconnected(at time: Instant, _ record: inout RunRecord) {
    if resumesAt != nil { return missed.append(.disconnected) }
    process.disconnected(now: time, into: &effects, record: &record)
  }

  mutating func advance(to time: Instant, _ record: inout RunRecord) {
    if let resumesAt, time < resumesAt { return }
    process.advance(to: time, into: &effects, record: &record)
    if resumesAt != nil { catchUp(time, &record) }
    while let step = steps.first, step.time <= time.nanoseconds, resumesAt == nil {
      steps.removeFirst()
      perform(step.action, time, &record)
    }
  }

  /// Sends requests that are not part of its work, in order.
  mutating func perform(_ requests: [SessionRequest], at time: Instant, _ record: inout RunRecord) {
    for request in requests {
      process.perform(request, now: time, into: &effects, record: &record)
    }
  }

  mutating func stop(at time: Instant, _ record: inout RunRecord) {
    resumesAt = nil
    process.stop(now: time, into: &effects, record: &record)
  }

  /// Takes what has come meanwhile, unless the session has given up the connection already.
  private mutating func catchUp(_ time: Instant, _ record: inout RunRecord) {
    resumesAt = nil
    let inputs = missed
    missed = []
    for input in inputs where !effects.closesConnection {
      switch input {
      case .connected: connected(at: time, &record)
      case .bytes(let bytes): bytes.withBorrowedBytes { receive($0, at: time, &record) }
      case .disconnected: disconnected(at: time, &record)
      }
    }
  }

  private mutating func perform(
    _ action: ClientAction, _ time: Instant, _ record: inout RunRecord
  ) {
    switch action {
    case .request(let request):
      process.perform(request, now: time, into: &effects, record: &record)
    case .recipe(let recipe):
      process.perform(recipe, now: time, into: &effects, record: &record)
    case .move(let server):
      process.move(to: server, now: time, into: &effects, record: &record)
    case .pause(let milliseconds): resumesAt = time.advanced(milliseconds: Int64(milliseconds))
    }
  }
}
