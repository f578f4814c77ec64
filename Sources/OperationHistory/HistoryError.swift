/// Why bytes are not a history, and where.
public struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, from 1; 0 if the trouble is with the file as a whole.
  public var line: Int
  /// The column in bytes, from 1; 0 if the trouble is with the line as a whole.
  public var column: Int
  /// What was found there and what was expected.
  public var message: String

  /// Names a place and what was expected there.
  public init(line: Int, column: Int = 0, _ message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  /// `12:7: expected …`, to be put after the file's name and a colon.
  public var description: String {
    if line == 0 { return message }
    return column == 0 ? "\(line): \(message)" : "\(line):\(column): \(message)"
  }
}

extension HistoryError {
  static func tooManyValues(line: Int) -> HistoryError {
    HistoryError(
      line: line,
      "the file holds more than 4 GB of distinct text or more than 2147483646 distinct values")
  }
}
