import LinnaeusBase
import OperationHistory

/// JSON that grows at its end, written byte by byte: a run records hundreds of thousands of lines a
/// second, which leaves no time for trees of values.
struct JSONText: Sendable {
  var bytes: [UInt8] = []

  /// Appends text as it is.
  @inline(__always)
  mutating func append(_ text: StaticString) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends an integer.
  mutating func append(_ value: Int64) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let magnitude = value.magnitude
    var count = 1
    var limit: UInt64 = 10
    while magnitude >= limit, count < 19 {
      count += 1
      limit = limit &* 10
    }
    if count == 19, magnitude >= 10_000_000_000_000_000_000 { count = 20 }
    bytes.append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) in
      span.withUnsafeMutableBufferPointer { buffer, initialized in
        var rest = magnitude
        for place in (initialized..<initialized + count).reversed() {
          let quotient = rest / 10
          buffer[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10)
          rest = quotient
        }
        initialized += count
      }
    }
  }

  /// Appends `"0x…"`, without leading zeros.
  mutating func appendHexadecimal(_ value: Int64) {
    let bits = UInt64(bitPattern: value)
    let digits = max(1, (64 - bits.leadingZeroBitCount + 3) / 4)
    append("\"0x")
    bytes.append(addingCapacity: digits + 1) { (span: inout OutputSpan<UInt8>) in
      span.withUnsafeMutableBufferPointer { buffer, initialized in
        var rest = bits
        for place in (initialized..<initialized + digits).reversed() {
          let digit = UInt8(truncatingIfNeeded: rest & 15)
          buffer[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
          rest >>= 4
        }
        buffer[initialized + digits] = UInt8(ascii: "\"")
        initialized += digits + 1
      }
    }
  }

  /// Appends text in quotes, or `{"base64":"…"}` for what is no UTF-8.
  mutating func appendText(_ text: [UInt8]) {
    if text.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
      bytes.append(UInt8(ascii: "\""))
      bytes.append(contentsOf: text)
      bytes.append(UInt8(ascii: "\""))
    } else if let string = String(validating: text, as: UTF8.self) {
      appendJSON(.string(string), to: &bytes)
    } else {
      appendJSON(.bytes(text), to: &bytes)
    }
  }

  /// Appends text in quotes, or null.
  mutating func appendText(_ text: [UInt8]?) {
    if let text { appendText(text) } else { append("null") }
  }

  /// Appends a list of texts.
  mutating func appendTexts(_ texts: [[UInt8]]) {
    bytes.append(UInt8(ascii: "["))
    for (index, text) in texts.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      appendText(text)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}
