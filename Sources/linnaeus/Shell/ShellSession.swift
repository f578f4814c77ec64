import ClientSession
import Jute
import LinnaeusBase

/// A session over a socket: asks and waits for the answer, one request at a time.
final class ShellSession {
  /// Told of each watch event as it arrives.
  var onWatch: (WatcherEvent, Zxid) -> Void = { _, _ in }

  private var session: ZooKeeperSession
  private var effects = SessionEffects()
  private var socket: ShellSocket?
  private let server: ShellServer
  private var outcomes: [RequestID: RequestOutcome] = [:]

  /// Connects and waits for the session.
  init(
    _ server: ShellServer, options: ZooKeeperSession.Options,
    onWatch: @escaping (WatcherEvent, Zxid) -> Void
  ) throws(ShellFailure) {
    self.server = server
    self.onWatch = onWatch
    session = ZooKeeperSession(options: options)
    do throws(SystemError) {
      socket = try ShellSocket(server)
    } catch {
      throw ShellFailure("\(error)", isConnection: true)
    }
    session.connected(now: ShellWorld.now, into: &effects)
    try settle()
    while case .connecting = session.state { try step() }
    guard case .connected = session.state else { throw gone }
  }

  /// Whether requests can be made.
  var isConnected: Bool {
    if case .connected = session.state { return true }
    return false
  }

  /// What zkCli's prompt calls the state.
  var stateName: String {
    switch session.state {
    case .connected(let readOnly): readOnly ? "CONNECTEDREADONLY" : "CONNECTED"
    case .connecting: "CONNECTING"
    case .disconnected, .closed, .expired: "CLOSED"
    }
  }

  /// The session's id.
  var id: Int64 { session.session }

  /// Asks, and waits for the result; an error of the server is a failure that names `path`.
  @discardableResult
  func ask(_ request: SessionRequest, path: String = "") throws(ShellFailure) -> SessionResult {
    switch try outcome(of: request) {
    case .done(let result, _): return result
    case .refused(let error, _): throw ShellFailure(error, path: path)
    case .lost: throw gone
    }
  }

  /// Asks, and waits for whatever comes of it.
  func outcome(of request: SessionRequest) throws(ShellFailure) -> RequestOutcome {
    let id = session.submit(request, now: ShellWorld.now, into: &effects)
    try settle()
    while true {
      if let outcome = outcomes.removeValue(forKey: id) { return outcome }
      guard isConnected else { throw gone }
      try step()
    }
  }

  /// Waits until standard input has something, and keeps the session alive meanwhile.
  func waitForInput() throws(ShellFailure) {
    while isConnected {
      if try step(withInput: true) { return }
    }
  }

  /// Handles what has arrived, without waiting.
  func catchUp() throws(ShellFailure) {
    while isConnected, try step(milliseconds: 0, onlyOnce: true) {}
  }

  /// Ends the session and the connection.
  func close() {
    if isConnected { _ = try? outcome(of: .closeSession) }
    socket?.close()
    socket = nil
  }

  private var gone: ShellFailure {
    switch session.state {
    case .expired: ShellFailure("the session has expired", isConnection: true)
    case .closed: ShellFailure("the session is closed", isConnection: true)
    case .disconnected(.violation(let error)):
      ShellFailure("\(server) does not keep to the protocol: \(error)", isConnection: true)
    case .disconnected(.authenticationFailed):
      ShellFailure("Authentication failed", isConnection: true)
    case .disconnected(.silence):
      ShellFailure("\(server) is silent", isConnection: true)
    default: ShellFailure("the connection to \(server) was lost", isConnection: true)
    }
  }

  /// Waits for the socket, the clock or standard input; true if the one that was asked for has
  /// something.
  @discardableResult
  private func step(
    withInput: Bool = false, milliseconds: Int32? = nil, onlyOnce: Bool = false
  ) throws(ShellFailure) -> Bool {
    guard let socket else { throw gone }
    let ready: ShellSocket.Readiness
    let now: Instant
    do throws(SystemError) {
      ready = try socket.wait(withInput: withInput, milliseconds: milliseconds ?? untilDeadline)
      now = ShellWorld.now
      if ready.socket { take(try socket.receive(), now: now) }
    } catch {
      throw ShellFailure("\(error)", isConnection: true)
    }
    session.advance(to: now, into: &effects)
    try settle()
    return onlyOnce ? ready.socket : ready.input
  }

  private func take(_ bytes: [UInt8], now: Instant) {
    if bytes.isEmpty {
      session.disconnected(into: &effects)
    } else {
      bytes.withBorrowedBytes { session.receive($0, now: now, into: &effects) }
    }
  }

  private var untilDeadline: Int32 {
    guard let deadline = session.nextDeadline else { return -1 }
    let milliseconds = (deadline.nanoseconds - ShellWorld.now.nanoseconds) / 1_000_000 + 1
    return Int32(clamping: max(0, milliseconds))
  }

  /// Does what the session wants done.
  private func settle() throws(ShellFailure) {
    let output = effects.output
    let news = effects.news
    let closes = effects.closesConnection
    effects.removeAll()
    if !output.isEmpty, let socket {
      do throws(SystemError) {
        try socket.send(output)
      } catch {
        session.disconnected(into: &effects)
      }
    }
    for item in news {
      switch item {
      case .completed(let id, let outcome): outcomes[id] = outcome
      case .watch(let event, let zxid): onWatch(event, zxid)
      case .state, .restoringWatches, .restoredWatches: break
      }
    }
    if closes {
      socket?.close()
      socket = nil
    }
  }
}

/// Why a command did not do what it should.
struct ShellFailure: Error {
  /// What to tell the user.
  var message: String
  /// Whether it is the connection that failed, and not the command.
  var isConnection = false

  init(_ message: String, isConnection: Bool = false) {
    self.message = message
    self.isConnection = isConnection
  }

  /// An error of the server in the words of zkCli.
  init(_ error: ErrorCode, path: String) {
    let words: String? =
      switch error {
      case .nodeExists: "Node already exists"
      case .noNode: "Node does not exist"
      case .noChildrenForEphemerals: "Ephemerals cannot have children"
      case .badVersion: "version No is not valid "
      case .notEmpty: "Node not empty"
      case .notReadOnly: "Not a read-only call"
      case .invalidACL: "Acl is not valid "
      case .noAuth: "Insufficient permission "
      case .badArguments: "Arguments are not valid "
      case .quotaExceeded: "Quota has exceeded "
      default: nil
      }
    message = words.map { "\($0): \(path)" } ?? "KeeperErrorCode = \(error.name) for \(path)"
  }
}
