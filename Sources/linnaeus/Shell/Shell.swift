import ClientSession
import Jute
import LinnaeusBase

/// The shell itself: takes lines, finds their commands, and shows what comes of them.
final class Shell {
  /// The present session; nil before the first and after a failed one.
  private(set) var session: ShellSession?
  /// The lines so far.
  private(set) var history: [String] = []
  /// Whether watch events are shown.
  var showsWatches = true
  /// Set by `quit`.
  var isOver = false

  private let options: ZooKeeperSession.Options
  private var server: ShellServer
  private(set) var hasFailed = false
  private var outputFailure: SystemError?

  /// Speaks to `server` once ``connect(to:)`` is called.
  init(server: ShellServer, options: ZooKeeperSession.Options) {
    self.server = server
    self.options = options
  }

  /// Ends the present session, if any, and begins another.
  func connect(to other: ShellServer? = nil) throws(ShellFailure) {
    session?.close()
    session = nil
    server = other ?? server
    session = try ShellSession(server, options: options) { [unowned self] event, _ in
      if self.showsWatches { self.print(ShellFormat.event(event)) }
    }
  }

  /// Ends the session.
  func close() {
    session?.close()
    session = nil
  }

  /// The session, for commands that need one.
  var connected: ShellSession {
    get throws(ShellFailure) {
      guard let session, session.isConnected else {
        throw ShellFailure("Not connected", isConnection: true)
      }
      return session
    }
  }

  /// What stands before an interactive line.
  var prompt: String {
    "[zk: \(server)(\(session?.stateName ?? "CLOSED")) \(history.count)] "
  }

  /// Does what a line says; false if that failed.
  @discardableResult
  func execute(_ line: String) -> Bool {
    execute(ShellLine.words(in: line), line: line)
  }

  /// Does what the words say; false if that failed.
  @discardableResult
  func execute(_ words: [String], line: String) -> Bool {
    guard let name = words.first, !name.hasPrefix("#") else { return true }
    history.append(line)
    do throws(ShellFailure) {
      guard let command = Self.commands.first(where: { $0.name == name }) else {
        throw ShellFailure(
          "Command not found: Command not found \(name)"
            + suggestion(for: name, among: Self.commands.map(\.name)))
      }
      let parsed = try ShellLine(words.dropFirst(), for: command)
      if !command.isLocal { _ = try connected }
      try command.run(self, parsed)
      return outputFailure == nil
    } catch {
      System.complain("\(error.message)\n")
      hasFailed = true
      return false
    }
  }

  /// Shows a line.
  func print(_ text: String) {
    do throws(SystemError) {
      try System.write(Array((text + "\n").utf8), toFile: "-")
    } catch {
      outputFailure = error
      isOver = true
    }
  }

  /// All commands, in the order of their names.
  static let commands: [ShellCommand] =
    (nodeCommands + accessCommands + watchCommands + quotaCommands + sessionCommands)
    .sorted { $0.name < $1.name }
}
