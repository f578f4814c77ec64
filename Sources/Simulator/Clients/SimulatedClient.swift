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

  /// When it wants to be woken; asked for after each input, for asking an element of an array would
  /// copy it.
  private(set) var deadline: Int64?

  mutating func updateDeadline() { deadline = process.nextDeadline?.nanoseconds }

  init(index: Int32, host: Int32, options: SimulationOptions, seed: UInt64) {
    self.index = index
    self.host = host
    process = ClientProcess(
      client: Int(index), options: options.workload(of: Int(index)),
      servers: (1...options.servers).map { ServerID(rawValue: Int64($0)) }, seed: seed)
  }

  /// Whether its session is served.
  var isConnected: Bool {
    if case .connected = process.state { true } else { false }
  }

  mutating func connected(at time: Instant, _ record: inout RunRecord) {
    process.connected(now: time, into: &effects, record: &record)
  }

  mutating func receive(_ bytes: BorrowedBytes, at time: Instant, _ record: inout RunRecord) {
    process.receive(bytes, now: time, into: &effects, record: &record)
  }

  mutating func disconnected(at time: Instant, _ record: inout RunRecord) {
    process.disconnected(now: time, into: &effects, record: &record)
  }

  mutating func advance(to time: Instant, _ record: inout RunRecord) {
    process.advance(to: time, into: &effects, record: &record)
  }

  mutating func stop(at time: Instant, _ record: inout RunRecord) {
    process.stop(now: time, into: &effects, record: &record)
  }
}
