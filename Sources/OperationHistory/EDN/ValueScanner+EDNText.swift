extension ValueScanner {
  /// Reads an EDN string and its quotes; it may hold ends of lines.
  mutating func ednString() throws(HistoryError) -> ValueID {
    let start = bytes.position + 1
    bytes.position = start
    try skipUnescaped()
    if bytes.current == UInt8(ascii: "\"") {
      let text = UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<bytes.position])
      bytes.position += 1
      return values.intern(text.baseAddress, text.count, .string)
    }
    scratch.removeAll(keepingCapacity: true)
    appendToScratch(start..<bytes.position)
    while !bytes.skip(UInt8(ascii: "\"")) {
      try ednEscape()
      let plain = bytes.position
      try skipUnescaped()
      appendToScratch(plain..<bytes.position)
    }
    return scratch.withUnsafeBufferPointer { values.intern($0, .string) }
  }

  /// Steps to the next double quote or backslash.
  ///
  /// - Throws: at the end of the file, and where bytes are not UTF-8.
  private mutating func skipUnescaped() throws(HistoryError) {
    while true {
      if let word = bytes.word, Self.specialBytes(word) == 0 {
        bytes.position += 8
        continue
      }
      guard bytes.position < bytes.end else { throw bytes.expected("the end of the string") }
      if bytes.current == UInt8(ascii: "\"") || bytes.current == UInt8(ascii: "\\") { return }
      guard let length = bytes.sequenceLength(at: bytes.position) else {
        if bytes.isCutShort(at: bytes.position) {
          bytes.position = bytes.end
          throw bytes.expected("the end of the string")
        }
        throw bytes.error(at: bytes.position, "the bytes are not UTF-8")
      }
      bytes.position += length
    }
  }

  /// Reads an escape of a string into `scratch`.
  private mutating func ednEscape() throws(HistoryError) {
    let start = bytes.position
    bytes.position += 1
    let letter = bytes.current
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"): scratch.append(letter)
    case UInt8(ascii: "b"): scratch.append(8)
    case UInt8(ascii: "f"): scratch.append(12)
    case UInt8(ascii: "n"): scratch.append(10)
    case UInt8(ascii: "r"): scratch.append(13)
    case UInt8(ascii: "t"): scratch.append(9)
    case UInt8(ascii: "u"):
      bytes.position += 1
      try unicodeEscape(from: start)
      return
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      var code: UInt32 = 0
      for _ in 0..<3 where bytes.current &- UInt8(ascii: "0") <= 7 {
        code = code * 8 + UInt32(bytes.current - UInt8(ascii: "0"))
        bytes.position += 1
      }
      try append(code, from: start)
      return
    default: throw bytes.expected("one of the escapes \\\" \\\\ \\b \\f \\n \\r \\t \\u")
    }
    bytes.position += 1
  }

  /// Reads a character like `\a` or `\newline`: a string of one character.
  mutating func ednCharacter() throws(HistoryError) -> ValueID {
    let start = bytes.position
    bytes.position += 1
    scratch.removeAll(keepingCapacity: true)
    // The first byte may be a delimiter: `\(` is a character.
    guard bytes.position < bytes.end,
      let length = bytes.sequenceLength(at: bytes.position), bytes.current > 0x20
    else { throw bytes.expected("a character") }
    let first = bytes.position
    bytes.position += length
    if bytes.position < bytes.end, !Self.isDelimiter(bytes.current) {
      _ = try ednToken("a character")
    }
    let name = bytes.bytes[first..<bytes.position]
    if name.count == length {
      scratch.append(contentsOf: name)
    } else if let plain = Self.namedCharacter(name) {
      scratch.append(plain)
    } else if name.first == UInt8(ascii: "u"), name.count == 5 {
      bytes.position = first + 1
      try unicodeEscape(from: start)
    } else if name.first == UInt8(ascii: "o"), name.count <= 4,
      let code = UInt32(String(decoding: name.dropFirst(), as: UTF8.self), radix: 8)
    {
      try append(code, from: start)
    } else {
      throw bytes.error(at: start, "expected a character like \\a, \\newline or \\u0041")
    }
    return scratch.withUnsafeBufferPointer { values.intern($0, .string) }
  }

  private static func namedCharacter(_ name: Slice<UnsafeRawBufferPointer>) -> UInt8? {
    let names: [(StaticString, UInt8)] = [
      ("newline", 10), ("space", 32), ("tab", 9), ("return", 13), ("formfeed", 12),
      ("backspace", 8),
    ]
    return names.first { known in
      known.0.withUTF8Buffer { name.elementsEqual($0) }
    }?.1
  }

  private mutating func append(_ code: UInt32, from start: Int) throws(HistoryError) {
    guard code <= 0xFF, let scalar = Unicode.Scalar(code) else {
      throw bytes.error(at: start, "an octal escape goes up to 377")
    }
    scratch.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
  }
}
