private let alphabet = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// The base64 text of bytes, padded (RFC 4648, section 4).
public func encodeBase64(_ bytes: [UInt8]) -> [UInt8] {
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  var index = 0
  while index < bytes.count {
    let group = bytes[index..<min(index + 3, bytes.count)]
    var bits: UInt32 = 0
    for byte in group { bits = bits << 8 | UInt32(byte) }
    bits <<= UInt32(8 * (3 - group.count))
    for position in 0..<4 {
      let digit = Int(bits >> UInt32(18 - 6 * position) & 63)
      text.append(position <= group.count ? alphabet[digit] : UInt8(ascii: "="))
    }
    index += 3
  }
  return text
}

/// The bytes of canonical base64 text: exactly what `encodeBase64` writes; nil for other text.
public func decodeBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  guard text.count % 4 == 0 else { return nil }
  let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count / 4 * 3)
  var bits: UInt32 = 0
  for (index, digit) in text.enumerated() {
    let value: UInt32
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(digit) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(digit) - 97 + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(digit) - 48 + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    case UInt8(ascii: "=") where index >= text.count - padding: value = 0
    default: return nil
    }
    bits = bits << 6 | value
    if index % 4 == 3 {
      for shift in [16, 8, 0] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
      }
      bits = 0
    }
  }
  bytes.removeLast(padding)
  // Unused bits that are not zero would be lost.
  return encodeBase64(bytes)[...] == text ? bytes : nil
}
