extension ValueScanner {
  /// Reads a JSON string and its quotes.
  mutating func jsonString() throws(HistoryError) -> ValueID {
    let start = bytes.position + 1
    bytes.position = start
    try skipPlainText()
    if bytes.current == UInt8(ascii: "\"") {
      let text = UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<bytes.position])
      bytes.position += 1
      return values.intern(text.baseAddress, text.count, .string)
    }
    scratch.removeAll(keepingCapacity: true)
    appendToScratch(start..<bytes.position)
    while !bytes.skip(UInt8(ascii: "\"")) {
      try jsonEscape()
      let plain = bytes.position
      try skipPlainText()
      appendToScratch(plain..<bytes.position)
    }
    return scratch.withUnsafeBufferPointer { values.intern($0, .string) }
  }

  /// Steps to the next double quote or backslash.
  ///
  /// - Throws: at the end of the line, at a control character, and where bytes are not UTF-8.
  @inline(__always)
  private mutating func skipPlainText() throws(HistoryError) {
    while true {
      if let word = bytes.word {
        let special = Self.specialBytes(word)
        if special == 0 {
          bytes.position += 8
          continue
        }
        bytes.position += special.trailingZeroBitCount / 8
      }
      let byte = bytes.current
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
      if byte >= 0x20, byte < 0x80 {
        bytes.position += 1
      } else {
        try skipUnusual()
      }
    }
  }

  /// Steps over a sequence of several bytes.
  @inline(never)
  private mutating func skipUnusual() throws(HistoryError) {
    guard bytes.current >= 0x80 else {
      if bytes.current == 0, bytes.position >= bytes.end {
        throw bytes.expected("the end of the string")
      }
      throw bytes.expected("the end of the string or an escape like `\\n`")
    }
    guard let length = bytes.sequenceLength(at: bytes.position) else {
      if bytes.isCutShort(at: bytes.position) {
        bytes.position = bytes.end
        throw bytes.expected("the end of the string")
      }
      throw bytes.error(
        at: bytes.position, "the bytes are not UTF-8; such values are written {\"base64\":\"…\"}")
    }
    bytes.position += length
  }

  /// A bit in each of the word's bytes that is a quote, a backslash, a control character or not
  /// ASCII; only the lowest bit is exact.
  @inline(__always)
  static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let word = UInt64(littleEndian: word)
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let isQuote = (quotes &- ones) & ~quotes
    let isBackslash = (backslashes &- ones) & ~backslashes
    let isControl = (word &- ones &* 0x20) & ~word
    return (isQuote | isBackslash | isControl | word) & (ones &* 0x80)
  }

  /// Reads an escape into `scratch`.
  private mutating func jsonEscape() throws(HistoryError) {
    let start = bytes.position
    bytes.position += 1
    let letter = bytes.current
    let plain: UInt8
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = letter
    case UInt8(ascii: "b"): plain = 8
    case UInt8(ascii: "f"): plain = 12
    case UInt8(ascii: "n"): plain = 10
    case UInt8(ascii: "r"): plain = 13
    case UInt8(ascii: "t"): plain = 9
    case UInt8(ascii: "u"):
      bytes.position += 1
      try unicodeEscape(from: start)
      return
    default: throw bytes.expected("one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
    bytes.position += 1
    scratch.append(plain)
  }

  /// Reads the digits after `\u`, and a second escape if two make one character.
  mutating func unicodeEscape(from start: Int) throws(HistoryError) {
    var code = try fourHexDigits()
    if (0xD800...0xDBFF).contains(code), bytes.starts(with: "\\u") {
      bytes.position += 2
      let low = try fourHexDigits()
      guard (0xDC00...0xDFFF).contains(low) else {
        throw bytes.error(at: start, "the escape is half of a surrogate pair without the other")
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw bytes.error(at: start, "the escape is half of a surrogate pair without the other")
    }
    scratch.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
  }

  private mutating func fourHexDigits() throws(HistoryError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexDigit(bytes.current) else {
        throw bytes.expected("a hexadecimal digit")
      }
      code = code << 4 | UInt32(digit)
      bytes.position += 1
    }
    return code
  }
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
