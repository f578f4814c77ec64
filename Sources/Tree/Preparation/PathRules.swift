import LinnaeusBase

/// Which paths znodes may have (zookeeper-protocol.md, section 2.7).
enum PathRules {
  /// Whether a znode may be created there, or named in a request.
  static func isValid(_ path: BorrowedBytes) -> Bool {
    guard path.count > 0, path[0] == UInt8(ascii: "/") else { return false }
    guard path.count > 1 else { return true }
    guard path[path.count - 1] != UInt8(ascii: "/") else { return false }
    var start = 1
    var place = 1
    while place < path.count {
      let byte = path[place]
      if byte == UInt8(ascii: "/") {
        guard isValidComponent(path[start..<place]) else { return false }
        place += 1
        start = place
      } else if byte < 0x80 {
        guard byte > 0x1F, byte != 0x7F else { return false }
        place += 1
      } else {
        guard let length = lengthOfCharacter(path, at: place) else { return false }
        place += length
      }
    }
    return isValidComponent(path[start..<path.count])
  }

  private static func isValidComponent(_ name: BorrowedBytes) -> Bool {
    !name.isEmpty && !(name == ".") && !(name == "..")
  }

  /// The length of a character beyond ASCII; nil if it is not allowed: U+0080 to U+009F, what UTF-16
  /// needs surrogates for, the private use area, U+FFF0 to U+FFFF, and what is no UTF-8.
  private static func lengthOfCharacter(_ path: BorrowedBytes, at place: Int) -> Int? {
    func continuation(_ offset: Int) -> UInt32? {
      guard place + offset < path.count, path[place + offset] & 0xC0 == 0x80 else { return nil }
      return UInt32(path[place + offset] & 0x3F)
    }
    let first = path[place]
    switch first {
    case 0xC2...0xDF:
      guard let second = continuation(1) else { return nil }
      return UInt32(first & 0x1F) << 6 | second > 0x9F ? 2 : nil
    case 0xE0...0xEF:
      guard let second = continuation(1), let third = continuation(2) else { return nil }
      let value = UInt32(first & 0x0F) << 12 | second << 6 | third
      let isAllowed = value >= 0x800 && value < 0xD800 || value > 0xF8FF && value < 0xFFF0
      return isAllowed ? 3 : nil
    default: return nil
    }
  }

  /// The number that is appended to a sequential znode's name: ten digits, of which a sign takes
  /// one.
  static func sequenceSuffix(_ number: Int32) -> [UInt8] {
    let digits = Array(String(number.magnitude).utf8)
    let sign: [UInt8] = number < 0 ? [UInt8(ascii: "-")] : []
    let padding = max(0, 10 - digits.count - sign.count)
    return sign + [UInt8](repeating: UInt8(ascii: "0"), count: padding) + digits
  }
}
