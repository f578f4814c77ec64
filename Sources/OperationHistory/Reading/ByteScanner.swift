/// A place in bytes that are read from left to right.
///
/// Nothing is read beyond `end`; there `current` is 0, which begins no token of any format.
struct ByteScanner {
  let bytes: UnsafeRawBufferPointer
  /// Where reading ends: the number of bytes, or the end of a line.
  var end: Int
  var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    end = bytes.count
  }

  @inline(__always)
  var current: UInt8 { position < end ? bytes[position] : 0 }

  @inline(__always)
  func byte(at offset: Int) -> UInt8 { offset < end ? bytes[offset] : 0 }

  /// The next eight bytes, or nil near the end.
  @inline(__always)
  var word: UInt64? {
    guard position + 8 <= end else { return nil }
    return bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
  }

  /// Steps over `byte` if it comes next.
  @inline(__always)
  mutating func skip(_ byte: UInt8) -> Bool {
    guard current == byte, position < end else { return false }
    position += 1
    return true
  }

  /// Steps over `text` if it comes next.
  mutating func skip(_ text: StaticString) -> Bool {
    guard starts(with: text) else { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  func starts(with text: StaticString) -> Bool {
    guard position + text.utf8CodeUnitCount <= end else { return false }
    for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] {
      return false
    }
    return true
  }

  /// Steps over a byte-order mark, which some editors put before UTF-8.
  mutating func skipByteOrderMark() {
    _ = skip("\u{FEFF}")
  }

  /// The length of the valid UTF-8 sequence at `offset` (Unicode, table 3-7); nil if there is none.
  func sequenceLength(at offset: Int) -> Int? {
    func isContinuation(_ distance: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      offset + distance < end && range.contains(bytes[offset + distance])
    }
    switch byte(at: offset) {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: return isContinuation(1) ? 2 : nil
    case let first where first & 0xF0 == 0xE0:
      let second: ClosedRange<UInt8> =
        first == 0xE0 ? 0xA0...0xBF : first == 0xED ? 0x80...0x9F : 0x80...0xBF
      return isContinuation(1, second) && isContinuation(2) ? 3 : nil
    case let first where (0xF0...0xF4).contains(first):
      let second: ClosedRange<UInt8> =
        first == 0xF0 ? 0x90...0xBF : first == 0xF4 ? 0x80...0x8F : 0x80...0xBF
      return isContinuation(1, second) && isContinuation(2) && isContinuation(3) ? 4 : nil
    default: return nil
    }
  }

  /// Whether the file ends within the UTF-8 sequence at `offset`.
  func isCutShort(at offset: Int) -> Bool {
    let first = byte(at: offset)
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    return (0xC2...0xF4).contains(first) && end == bytes.count && offset + length > end
      && bytes[(offset + 1)..<end].allSatisfy { $0 & 0xC0 == 0x80 }
  }

  // MARK: Errors

  /// The line and the column, both from 1, of an offset.
  ///
  /// - Complexity: O(offset): it is for errors.
  func place(of offset: Int) -> (line: Int, column: Int) {
    var line = 1
    var lineStart = 0
    for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
    }
    return (line, offset - lineStart + 1)
  }

  /// An error at an offset.
  @inline(never)
  func error(at offset: Int, _ message: String) -> HistoryError {
    let place = place(of: offset)
    return HistoryError(line: place.line, column: place.column, message)
  }

  /// The error that something else than `what` stands here.
  @inline(never)
  func expected(_ what: String) -> HistoryError {
    if position >= bytes.count {
      return error(at: position, "the file ends inside a line, where \(what) is expected")
    }
    return error(at: position, "expected \(what), found \(found)")
  }

  /// What stands here, in words.
  private var found: String {
    switch byte(at: position) {
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return "the end of the line"
    case 0 where position >= end: return "the end of the line"
    case UInt8(ascii: " "): return "a space"
    case UInt8(ascii: "`"): return "a back quote"
    case 0x21...0x7E:
      // A word says more than its first letter.
      var length = 1
      while length < 24, Self.isWord(byte(at: position + length)), Self.isWord(bytes[position]) {
        length += 1
      }
      let text = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
      return "`\(String(decoding: text, as: UTF8.self))`"
    case let byte:
      return "the byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}

/// A short text as it stands in a file, to be recognised with two comparisons.
struct TextPattern {
  static let capacity = 16
  private let low: UInt64
  private let high: UInt64
  private let lowMask: UInt64
  private let highMask: UInt64
  let length: Int

  /// The pattern of some bytes; nil if they are more than `capacity`.
  init?(_ text: some Collection<UInt8>) {
    guard text.count <= Self.capacity else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    var masks: (UInt64, UInt64) = (0, 0)
    for (index, byte) in text.enumerated() {
      let shift = UInt64(index % 8 * 8)
      if index < 8 {
        words.0 |= UInt64(byte) << shift
        masks.0 |= 0xFF << shift
      } else {
        words.1 |= UInt64(byte) << shift
        masks.1 |= 0xFF << shift
      }
    }
    (low, high) = (UInt64(littleEndian: words.0), UInt64(littleEndian: words.1))
    (lowMask, highMask) = (UInt64(littleEndian: masks.0), UInt64(littleEndian: masks.1))
    length = text.count
  }

  /// Whether the scanner stands before this text; false within `capacity` bytes of the end.
  @inline(__always)
  func matches(_ scanner: ByteScanner) -> Bool {
    guard scanner.position + Self.capacity <= scanner.end, let base = scanner.bytes.baseAddress
    else { return false }
    return matches(base + scanner.position)
  }

  /// Whether this text stands at `start`, from where `capacity` bytes may be read.
  @inline(__always)
  func matches(_ start: UnsafeRawPointer) -> Bool {
    let first = start.loadUnaligned(as: UInt64.self)
    let second = start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    return (first ^ low) & lowMask | (second ^ high) & highMask == 0
  }
}
