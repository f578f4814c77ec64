import LinnaeusBase

extension ValueScanner {
  /// Steps over JSON's white space.
  @inline(__always)
  mutating func skipSpace() {
    while true {
      switch bytes.current {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): bytes.position += 1
      case UInt8(ascii: "\n") where spansLines: bytes.position += 1
      default: return
      }
    }
  }

  /// Reads the value that begins here.
  mutating func jsonValue(depth: Int = 0) throws(HistoryError) -> ValueID {
    switch bytes.current {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return try jsonNumber()
    case UInt8(ascii: "\""): return try jsonString()
    case UInt8(ascii: "["): return try jsonList(depth: depth + 1)
    case UInt8(ascii: "{"): return try jsonMap(depth: depth + 1)
    case UInt8(ascii: "n") where bytes.skip("null"): return .null
    case UInt8(ascii: "t") where bytes.skip("true"): return .true
    case UInt8(ascii: "f") where bytes.skip("false"): return .false
    default: throw bytes.expected("a value")
    }
  }

  /// Reads `[` … `]`.
  private mutating func jsonList(depth: Int) throws(HistoryError) -> ValueID {
    try checkDepth(depth)
    let start = stack.count
    bytes.position += 1
    skipSpace()
    if bytes.skip(UInt8(ascii: "]")) { return popParts(from: start, .list) }
    while true {
      stack.append(try jsonValue(depth: depth))
      skipSpace()
      if bytes.skip(UInt8(ascii: "]")) { return popParts(from: start, .list) }
      guard bytes.skip(UInt8(ascii: ",")) else { throw bytes.expected("`,` or `]`") }
      skipSpace()
    }
  }

  /// Reads `{` … `}`; `{"base64":"…"}` is bytes.
  mutating func jsonMap(depth: Int) throws(HistoryError) -> ValueID {
    try checkDepth(depth)
    let start = stack.count
    var names = FieldNames()
    bytes.position += 1
    skipSpace()
    if bytes.skip(UInt8(ascii: "}")) { return popParts(from: start, .map) }
    while true {
      let place = bytes.position
      let name = try jsonName()
      guard names.insert(name, after: start, of: stack) else {
        throw bytes.error(at: place, "the object has two fields of this name")
      }
      stack.append(name)
      stack.append(try jsonValue(depth: depth))
      skipSpace()
      if bytes.skip(UInt8(ascii: "}")) { break }
      guard bytes.skip(UInt8(ascii: ",")) else { throw bytes.expected("`,` or `}`") }
      skipSpace()
    }
    if stack.count == start + 2, stack[start] == base64,
      let text = values.string(stack[start + 1]), let decoded = decodeBase64(text)
    {
      stack.removeSubrange(start...)
      return values.intern(.bytes(decoded))
    }
    return popParts(from: start, .map)
  }

  /// Reads a field's name and its colon, and stands before the field's value.
  mutating func jsonName() throws(HistoryError) -> ValueID {
    guard bytes.current == UInt8(ascii: "\"") else {
      throw bytes.expected("a field's name in double quotes")
    }
    let name = try jsonString()
    skipSpace()
    guard bytes.skip(UInt8(ascii: ":")) else { throw bytes.expected("`:`") }
    skipSpace()
    return name
  }

  // MARK: Numbers

  private mutating func jsonNumber() throws(HistoryError) -> ValueID {
    let start = bytes.position
    if let integer = try jsonInteger() { return values.intern(integer: integer) }
    return values.intern(decimal: try jsonDecimal(from: start))
  }

  /// Reads an integer; for anything else stands where it stood and returns nil.
  ///
  /// - Throws: for an integer that 64 bits do not hold, or with zeros before it.
  @inline(__always)
  mutating func jsonInteger() throws(HistoryError) -> Int64? {
    let start = bytes.position
    let isNegative = bytes.skip(UInt8(ascii: "-"))
    let firstDigit = bytes.position
    var magnitude: UInt64 = 0
    while true {
      let digit = bytes.current &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      magnitude = magnitude &* 10 &+ UInt64(digit)
      bytes.position += 1
    }
    let length = bytes.position - firstDigit
    switch bytes.current {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      bytes.position = start
      return nil
    default: break
    }
    if length > 18 { return try longInteger(from: start) }
    guard length > 0 else {
      if isNegative { throw bytes.expected("a digit") }
      return nil
    }
    if length > 1, bytes.bytes[firstDigit] == UInt8(ascii: "0") {
      throw bytes.error(at: firstDigit, "a number has no zeros before its first digit")
    }
    let value = Int64(truncatingIfNeeded: magnitude)
    return isNegative ? -value : value
  }

  /// The integer whose text runs from `start` to here, if 64 bits hold it.
  @inline(never)
  func longInteger(from start: Int) throws(HistoryError) -> Int64 {
    let text = UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<bytes.position])
    let digits = text.first == UInt8(ascii: "-") ? start + 1 : start
    if bytes.bytes[digits] == UInt8(ascii: "0") {
      throw bytes.error(at: digits, "a number has no zeros before its first digit")
    }
    guard let value = Int64(String(decoding: text, as: UTF8.self)) else {
      throw bytes.error(at: start, "the integer is beyond 64 bits")
    }
    return value
  }

  /// Reads a number with a fraction or an exponent.
  private mutating func jsonDecimal(from start: Int) throws(HistoryError) -> Double {
    _ = bytes.skip(UInt8(ascii: "-"))
    let firstDigit = bytes.position
    try skipDigits()
    if bytes.position > firstDigit + 1, bytes.bytes[firstDigit] == UInt8(ascii: "0") {
      throw bytes.error(at: firstDigit, "a number has no zeros before its first digit")
    }
    if bytes.skip(UInt8(ascii: ".")) { try skipDigits() }
    if bytes.skip(UInt8(ascii: "e")) || bytes.skip(UInt8(ascii: "E")) {
      _ = bytes.skip(UInt8(ascii: "+")) || bytes.skip(UInt8(ascii: "-"))
      try skipDigits()
    }
    return try decimal(from: start)
  }

  /// Steps over one or more digits.
  mutating func skipDigits() throws(HistoryError) {
    let start = bytes.position
    while bytes.current &- UInt8(ascii: "0") <= 9 { bytes.position += 1 }
    if bytes.position == start { throw bytes.expected("a digit") }
  }

  /// The decimal whose text runs from `start` to here.
  func decimal(from start: Int) throws(HistoryError) -> Double {
    let text = UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<bytes.position])
    guard let value = Double(String(decoding: text, as: UTF8.self)) else {
      throw bytes.error(at: start, "expected a number")
    }
    return value
  }
}

/// The value that JSON text holds, with white space around it.
///
/// `{"base64":"…"}` is bytes; integers must fit in 64 bits; an object has no field twice.
///
/// - Throws: `HistoryError` with the line and column within `bytes`.
public func parseJSON(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> Value {
  var scanner = ValueScanner(ByteScanner(bytes), spansLines: true)
  scanner.skipSpace()
  let value = try scanner.jsonValue()
  scanner.skipSpace()
  guard scanner.bytes.position == bytes.count else { throw scanner.bytes.expected("nothing more") }
  guard !scanner.values.isFull else { throw HistoryError.tooManyValues(line: 1) }
  return scanner.values[value]
}
