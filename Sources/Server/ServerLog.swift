import Replica

/// Where a server tells what happens: one line an event.
public struct ServerLog: Sendable {
  /// Events below it are not told.
  public let level: Effects.Level
  private let write: @Sendable (String) -> Void

  /// Tells events of `level` and above.
  ///
  /// - Parameters:
  ///   - level: Events below it are not told.
  ///   - write: Takes a whole line, its end included; called from several threads.
  public init(level: Effects.Level, write: @escaping @Sendable (String) -> Void) {
    self.level = level
    self.write = write
  }

  /// Writes to standard error.
  public static func standardError(level: Effects.Level) -> ServerLog {
    ServerLog(level: level) { FileCalls.writeToStandardError($0) }
  }

  /// Tells of something that somebody should look at.
  public func warn(_ message: String) {
    self(.warning, message)
  }

  func callAsFunction(_ level: Effects.Level, _ message: @autoclosure () -> String) {
    guard level >= self.level else { return }
    // What a client chose must not begin a line of its own.
    let text = message().map { $0.isNewline ? " " : String($0) }.joined()
    write("\(SystemClock.wallText()) \(level.label) \(text)\n")
  }
}

extension Effects.Level {
  /// The word in the log's lines.
  var label: String {
    switch self {
    case .debug: "DEBUG"
    case .info: "INFO"
    case .warning: "WARN"
    case .error: "ERROR"
    }
  }
}
