/// What is wrong with a configuration, and where.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file; empty if it is not known.
  public var file: String
  /// The line, counted from 1; 0 if it is no single line's fault.
  public var line: Int
  /// What is wrong and what was expected.
  public var message: String

  init(file: String = "", line: Int = 0, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// `zoo.cfg:7: tickTime takes …`.
  public var description: String {
    if file.isEmpty { return message }
    return line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)"
  }
}

/// Something in a configuration that has no effect; the server runs all the same.
public struct ConfigurationWarning: Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public var file: String
  /// The line, counted from 1.
  public var line: Int
  /// What has no effect.
  public var message: String

  /// `zoo.cfg:7: unknown key …`.
  public var description: String { "\(file):\(line): \(message)" }
}
