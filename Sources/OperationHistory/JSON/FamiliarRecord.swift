/// The values of short texts that were read before: strings and lists of up to eight bytes,
/// delimiters included.
struct ShortValues {
  private static let size = 1_024
  /// Direct-mapped: a text, padded with zeros, and its value.
  private var entries: [(text: UInt64, value: ValueID)] =
    Array(repeating: (0, .absent), count: size)

  /// The bytes of `word` up to the first `terminator`, with zeros after it; nil if there is none.
  @inline(__always)
  static func text(_ word: UInt64, through terminator: UInt8) -> (text: UInt64, length: Int)? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let others = (word >> 8) ^ (ones &* UInt64(terminator))
    let found = (others &- ones) & ~others & (ones &* 0x80)
    // The shift put a zero into the last byte, which is no terminator.
    guard found != 0 else { return nil }
    let length = found.trailingZeroBitCount / 8 + 2
    guard length <= 8 else { return nil }
    return (word & (UInt64.max >> UInt64(64 - 8 * length)), length)
  }

  @inline(__always)
  private static func slot(_ text: UInt64) -> Int {
    Int(truncatingIfNeeded: (text &* 0x9E37_79B9_7F4A_7C15) >> 54)
  }

  /// The value of a text, if it is remembered.
  @inline(__always)
  func value(of text: UInt64) -> ValueID? {
    let entry = entries[Self.slot(text)]
    return entry.text == text ? entry.value : nil
  }

  /// Remembers the value of a text.
  mutating func remember(_ text: UInt64, _ value: ValueID) {
    entries[Self.slot(text)] = (text, value)
  }
}

/// A record that is written in the most usual way, as far as it has been read.
struct FamiliarRecord {
  /// How many bytes may be looked at from the start of a field without asking for the end.
  static let reach = 64

  let base: UnsafeRawPointer
  var position: Int
  var process: Int64 = 0
  var time: Int64 = 0
  /// The `op`, where the record has one.
  var id: Int64 = 0
  var type = Record.EventType.missing
  var function = FunctionID(raw: 0)
  var key = ValueID.absent
  var value = ValueID.absent
  private var seen: UInt16 = 0

  @inline(__always)
  init(base: UnsafeRawPointer, position: Int) {
    self.base = base
    self.position = position
  }

  @inline(__always)
  var current: UInt8 { base.load(fromByteOffset: position, as: UInt8.self) }

  @inline(__always)
  var word: UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  /// Notes a field; false if the record had it before.
  @inline(__always)
  mutating func insert(_ field: Record.Field) -> Bool {
    let bit = UInt16(1) << UInt16(field.rawValue)
    defer { seen |= bit }
    return seen & bit == 0
  }

  @inline(__always)
  func has(_ field: Record.Field) -> Bool {
    seen & UInt16(1) << UInt16(field.rawValue) != 0
  }

  /// Whether the digits that were just read go on as a decimal.
  @inline(__always)
  var isDecimal: Bool {
    current == UInt8(ascii: ".") || current | 0x20 == UInt8(ascii: "e")
  }

  /// Reads a type and its quotes; false if it is none.
  @inline(__always)
  mutating func readType() -> Bool {
    // The texts `"ok"`, `"invoke"`, `"fail"` and `"info"` from the last byte to the first.
    let word = word
    if word == 0x2265_6B6F_766E_6922 {
      type = .invoke
      position += 8
    } else if word & 0xFFFF_FFFF == 0x226B_6F22 {
      type = .ok
      position += 4
    } else if word & 0xFFFF_FFFF_FFFF == 0x226C_6961_6622 {
      type = .fail
      position += 6
    } else if word & 0xFFFF_FFFF_FFFF == 0x226F_666E_6922 {
      type = .info
      position += 6
    } else {
      return false
    }
    return true
  }

  /// Reads one to eighteen digits; nil for anything unusual.
  @inline(__always)
  mutating func digits() -> Int64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var digits = word ^ (ones &* 0x30)
    // A byte that is no digit has its high bit set here; above the lowest such byte, any may.
    let others = ((digits &+ ones &* 0x76) | digits) & (ones &* 0x80)
    let count = others == 0 ? 8 : others.trailingZeroBitCount / 8
    guard count > 0, count == 1 || digits & 0xFF != 0 else { return nil }
    position += count
    // Zeros come first, then pairs, fours and all eight digits are added up at once.
    digits <<= UInt64(64 - 8 * count)
    digits = digits &* 10 &+ digits >> 8
    let pairs: UInt64 = 0x0000_00FF_0000_00FF
    let sum =
      (digits & pairs) &* 0x000F_4240_0000_0064
      &+ (digits >> 16 & pairs) &* 0x0000_2710_0000_0001
    var value = Int64(truncatingIfNeeded: sum >> 32)
    if count < 8 { return value }
    for _ in 0..<11 {
      let digit = current &- UInt8(ascii: "0")
      if digit > 9 { return value }
      value = value &* 10 &+ Int64(digit)
      position += 1
    }
    return nil
  }
}
