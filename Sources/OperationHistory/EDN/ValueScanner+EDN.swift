import LinnaeusBase

extension ValueScanner {
  /// Steps over EDN's white space, commas, comments and discarded forms.
  mutating func skipEDNSpace(depth: Int = 0) throws(HistoryError) {
    while true {
      switch bytes.current {
      case UInt8(ascii: " "), UInt8(ascii: ","), 0x09...0x0D: bytes.position += 1
      case UInt8(ascii: ";"):
        while bytes.position < bytes.end, bytes.current != UInt8(ascii: "\n") {
          bytes.position += 1
        }
      case UInt8(ascii: "#") where bytes.skip("#_"):
        try checkDepth(depth + 1)
        try skipEDNSpace(depth: depth + 1)
        _ = try ednValue(depth: depth + 1)
      default: return
      }
    }
  }

  /// Reads the form that begins here.
  mutating func ednValue(depth: Int = 0) throws(HistoryError) -> ValueID {
    try checkDepth(depth)
    switch bytes.current {
    case UInt8(ascii: "\""): return try ednString()
    case UInt8(ascii: ":"):
      bytes.position += 1
      if bytes.current == UInt8(ascii: ":") { bytes.position += 1 }
      return try ednSymbol("a keyword's name")
    case UInt8(ascii: "["):
      bytes.position += 1
      return try ednList(depth: depth + 1, until: UInt8(ascii: "]"), "`]`")
    case UInt8(ascii: "("):
      bytes.position += 1
      return try ednList(depth: depth + 1, until: UInt8(ascii: ")"), "`)`")
    case UInt8(ascii: "{"):
      bytes.position += 1
      return try ednMap(depth: depth + 1, namespace: nil)
    case UInt8(ascii: "\\"): return try ednCharacter()
    case UInt8(ascii: "#"): return try ednTagged(depth: depth)
    case UInt8(ascii: "^"):
      // Metadata says nothing about the value.
      bytes.position += 1
      _ = try ednNext(depth: depth + 1)
      return try ednNext(depth: depth + 1)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return try ednNumber()
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      let next = bytes.byte(at: bytes.position + 1)
      return next &- UInt8(ascii: "0") <= 9 ? try ednNumber() : try ednSymbol("a value")
    default: return try ednWord()
    }
  }

  /// Reads the next form, white space before it included.
  private mutating func ednNext(depth: Int) throws(HistoryError) -> ValueID {
    try skipEDNSpace(depth: depth)
    return try ednValue(depth: depth)
  }

  // MARK: Collections

  private mutating func ednList(
    depth: Int, until close: UInt8, _ closeName: String
  ) throws(HistoryError) -> ValueID {
    try checkDepth(depth)
    let start = stack.count
    while true {
      try skipEDNSpace(depth: depth)
      if bytes.skip(close) { return popParts(from: start, .list) }
      guard bytes.position < bytes.end else { throw bytes.expected("a value or \(closeName)") }
      stack.append(try ednValue(depth: depth))
    }
  }

  /// Reads the entries of a map and its closing brace; keywords without a namespace get `namespace`.
  private mutating func ednMap(depth: Int, namespace: [UInt8]?) throws(HistoryError) -> ValueID {
    try checkDepth(depth)
    let start = stack.count
    var names = FieldNames()
    while true {
      try skipEDNSpace(depth: depth)
      if bytes.skip(UInt8(ascii: "}")) { break }
      let place = bytes.position
      guard place < bytes.end else { throw bytes.expected("a key or `}`") }
      var name = try ednValue(depth: depth)
      if let namespace { name = qualify(name, namespace) }
      guard names.insert(name, after: start, of: stack) else {
        throw bytes.error(at: place, "the map has this key twice")
      }
      try skipEDNSpace(depth: depth)
      if bytes.current == UInt8(ascii: "}") { throw bytes.expected("a value for the key") }
      let value = try ednValue(depth: depth)
      stack.append(name)
      stack.append(value)
    }
    return popParts(from: start, .map)
  }

  /// The name of a field of a map with a namespace: `#:a{:b 1, :_/c 2}` is `{:a/b 1, :c 2}`.
  private mutating func qualify(_ name: ValueID, _ namespace: [UInt8]) -> ValueID {
    guard let text = values.symbol(name) else { return name }
    let qualified: [UInt8]
    if !text.contains(UInt8(ascii: "/")) {
      qualified = namespace + [UInt8(ascii: "/")] + text
    } else if text.starts(with: "_/".utf8) {
      qualified = Array(text.dropFirst(2))
    } else {
      return name
    }
    return qualified.withUnsafeBufferPointer { values.intern($0, .symbol) }
  }

  /// Reads what begins with `#`.
  private mutating func ednTagged(depth: Int) throws(HistoryError) -> ValueID {
    bytes.position += 1
    switch bytes.current {
    case UInt8(ascii: "{"):
      bytes.position += 1
      return try ednList(depth: depth + 1, until: UInt8(ascii: "}"), "`}`")
    case UInt8(ascii: "_"):
      bytes.position -= 1
      return try ednNext(depth: depth + 1)
    case UInt8(ascii: "#"):
      let start = bytes.position - 1
      bytes.position += 1
      if bytes.skip("Inf") { return values.intern(decimal: .infinity) }
      if bytes.skip("-Inf") { return values.intern(decimal: -.infinity) }
      if bytes.skip("NaN") { return values.intern(decimal: .nan) }
      throw bytes.error(at: start, "expected ##Inf, ##-Inf or ##NaN")
    case UInt8(ascii: ":"):
      bytes.position += 1
      let token = try ednToken("a namespace")
      let namespace = Array(bytes.bytes[token])
      try skipEDNSpace(depth: depth)
      guard bytes.skip(UInt8(ascii: "{")) else { throw bytes.expected("`{`") }
      return try ednMap(depth: depth + 1, namespace: namespace)
    default:
      let token = try ednToken("a tag")
      let isBase64 = bytes.bytes[token].elementsEqual("base64".utf8)
      let value = try ednNext(depth: depth + 1)
      if isBase64, let text = values.string(value), let decoded = decodeBase64(text) {
        return values.intern(.bytes(decoded))
      }
      // The other tags say of what class the value was.
      return value
    }
  }

  // MARK: Tokens

  /// Whether a byte ends a token.
  static func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, 0x7F, UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: ";"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\\"):
      true
    default: false
    }
  }

  /// Steps over a token of at least one byte.
  mutating func ednToken(_ what: String) throws(HistoryError) -> Range<Int> {
    let start = bytes.position
    while bytes.position < bytes.end, !Self.isDelimiter(bytes.current) {
      if bytes.current < 0x80 {
        bytes.position += 1
        continue
      }
      guard let length = bytes.sequenceLength(at: bytes.position) else {
        throw bytes.error(at: bytes.position, "the bytes are not UTF-8")
      }
      bytes.position += length
    }
    if start == bytes.position { throw bytes.expected(what) }
    return start..<bytes.position
  }

  private mutating func ednSymbol(_ what: String) throws(HistoryError) -> ValueID {
    let token = try ednToken(what)
    let text = UnsafeRawBufferPointer(rebasing: bytes.bytes[token])
    return values.intern(text.baseAddress, text.count, .symbol)
  }

  /// Reads `nil`, `true`, `false` or a symbol.
  private mutating func ednWord() throws(HistoryError) -> ValueID {
    let start = bytes.position
    for (word, value) in [("nil", .null), ("true", .true), ("false", .false)]
      as [(StaticString, ValueID)]
    where bytes.skip(word) {
      if bytes.position >= bytes.end || Self.isDelimiter(bytes.current) { return value }
      bytes.position = start
    }
    return try ednSymbol("a value")
  }

  // MARK: Numbers

  /// Reads an integer without entering it into the table; for anything else stands where it stood.
  mutating func ednInteger() -> Int64? {
    let start = bytes.position
    let isNegative = bytes.skip(UInt8(ascii: "-"))
    let digits = bytes.position
    var magnitude: Int64 = 0
    while bytes.current &- UInt8(ascii: "0") <= 9, bytes.position - digits < 18 {
      magnitude = magnitude * 10 + Int64(bytes.current &- UInt8(ascii: "0"))
      bytes.position += 1
    }
    let count = bytes.position - digits
    if count > 0, count == 1 || bytes.bytes[digits] != UInt8(ascii: "0"),
      bytes.position >= bytes.end || Self.isDelimiter(bytes.current)
    {
      return isNegative ? -magnitude : magnitude
    }
    bytes.position = start
    return nil
  }

  private mutating func ednNumber() throws(HistoryError) -> ValueID {
    if let integer = ednInteger() { return values.intern(integer: integer) }
    let token = try ednToken("a number")
    var text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes.bytes[token]), as: UTF8.self)
    let number = EDNNumber(&text)
    switch number {
    case .integer(let value): return values.intern(integer: value)
    case .decimal(let value): return values.intern(decimal: value)
    case .tooLarge: throw bytes.error(at: token.lowerBound, "the integer is beyond 64 bits")
    case .malformed: throw bytes.error(at: token.lowerBound, "expected a number, found `\(text)`")
    }
  }
}

/// What a token that begins like a number is.
private enum EDNNumber {
  case integer(Int64)
  case decimal(Double)
  case tooLarge
  case malformed

  init(_ text: inout String) {
    let digits = text.drop { $0 == "+" || $0 == "-" }
    let isNegative = text.first == "-"
    guard text.utf8.count - digits.utf8.count <= 1, text.utf8.count < 1_000 else {
      text = "\(text.prefix(20))…"
      self = .malformed
      return
    }
    self = Self.unsigned(digits, isNegative: isNegative)
  }

  private static func unsigned(_ digits: Substring, isNegative: Bool) -> EDNNumber {
    let sign = isNegative ? "-" : ""
    func isDigits(_ text: Substring) -> Bool {
      !text.isEmpty && text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
    }
    func integer(_ text: Substring, radix: Int = 10) -> EDNNumber {
      guard let value = Int64(sign + text, radix: radix) else { return .tooLarge }
      return .integer(value)
    }
    // 42, 42N: an integer of any size in Clojure.
    let whole = digits.hasSuffix("N") ? digits.dropLast() : digits
    if isDigits(whole) {
      return whole.hasPrefix("0") && whole.utf8.count > 1 ? .malformed : integer(whole)
    }
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      let hex = digits.dropFirst(2)
      guard !hex.isEmpty, hex.utf8.allSatisfy({ hexDigit($0) != nil }) else { return .malformed }
      return integer(hex, radix: 16)
    }
    let parts = digits.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, isDigits(parts[0]), isDigits(parts[1]) {
      guard let over = Double(parts[0]), let under = Double(parts[1]), under != 0 else {
        return .malformed
      }
      return .decimal(isNegative ? -over / under : over / under)
    }
    let decimal = digits.hasSuffix("M") ? digits.dropLast() : digits
    let allowed = decimal.utf8.allSatisfy { byte in
      byte &- UInt8(ascii: "0") <= 9 || ".eE+-".utf8.contains(byte)
    }
    guard allowed, let value = Double(decimal) else { return .malformed }
    return .decimal(isNegative ? -value : value)
  }
}
