/// The entries of a file in the syntax of `java.util.Properties`, in their order.
///
/// Comments begin with `#` or `!`; a backslash at the end goes on in the next line; a key ends at
/// `=`, `:` or white space; backslashes escape. Bytes are taken as UTF-8, where Java takes Latin-1.
struct JavaProperties {
  /// A key and its value.
  struct Entry: Hashable {
    var key: String
    /// Without white space at its ends, as ZooKeeper takes it.
    var value: String
    /// Where it begins, counted from 1.
    var line: Int
  }

  private(set) var entries: [Entry] = []

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ bytes: [UInt8]) throws(ConfigurationError) {
    self.bytes = bytes
    while let entry = try nextEntry() { entries.append(entry) }
  }

  private mutating func nextEntry() throws(ConfigurationError) -> Entry? {
    while true {
      skipBlanks()
      guard let byte = current else { return nil }
      if isLineEnd(byte) {
        endLine()
      } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "!") {
        while let byte = current, !isLineEnd(byte) { position += 1 }
      } else {
        break
      }
    }
    let start = line
    let key = try text(untilSeparator: true)
    skipBlanksAndContinuations()
    if let byte = current, byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") {
      position += 1
      skipBlanksAndContinuations()
    }
    let value = try text(untilSeparator: false)
    return Entry(key: decoded(key), value: decoded(trimmed(value)), line: start)
  }

  /// A key, which a separator ends, or a value, which the end of the line ends.
  private mutating func text(untilSeparator: Bool) throws(ConfigurationError) -> [UInt8] {
    var text: [UInt8] = []
    while let byte = current, !isLineEnd(byte) {
      if untilSeparator, isBlank(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") {
        break
      }
      if byte == UInt8(ascii: "\\") {
        try appendEscaped(to: &text)
      } else {
        text.append(byte)
        position += 1
      }
    }
    return text
  }

  /// Takes a backslash and what follows it.
  private mutating func appendEscaped(to text: inout [UInt8]) throws(ConfigurationError) {
    if skipContinuation() { return }
    position += 1
    guard let byte = current else { return }
    position += 1
    switch byte {
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "u"):
      let digits = bytes[min(position, bytes.count)..<min(position + 4, bytes.count)]
      guard digits.count == 4,
        digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
      else {
        throw ConfigurationError(line: line, message: "\\u must be followed by four hex digits")
      }
      position += 4
      // Half of a surrogate pair has no UTF-8 form.
      text += Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
    default: text.append(byte)
    }
  }

  /// Takes a backslash at the end of a line, that end, and the white space after it.
  private mutating func skipContinuation() -> Bool {
    guard current == UInt8(ascii: "\\"), position + 1 < bytes.count,
      isLineEnd(bytes[position + 1])
    else { return false }
    position += 1
    endLine()
    skipBlanks()
    return true
  }

  private mutating func skipBlanksAndContinuations() {
    repeat { skipBlanks() } while skipContinuation()
  }

  private mutating func skipBlanks() {
    while let byte = current, isBlank(byte) { position += 1 }
  }

  private mutating func endLine() {
    if current == 13, position + 1 < bytes.count, bytes[position + 1] == 10 { position += 1 }
    position += 1
    line += 1
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 12 }

  private func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
    var rest = text[...]
    while let first = rest.first, first <= 32 { rest.removeFirst() }
    while let last = rest.last, last <= 32 { rest.removeLast() }
    return rest
  }

  private func decoded(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
