/// A set of slots: the open operations of a window, each in a slot of its own.
///
/// Configurations hold several of them and are compared by the million, so the engines are
/// specialised for 64 and 128 slots, and use an array of words beyond that.
protocol SlotMask: Equatable, Sendable {
  /// No slot.
  init()
  /// The one slot.
  init(slot: Int)
  var isEmpty: Bool { get }
  var slotCount: Int { get }
  /// The lowest slot; there must be one.
  var firstSlot: Int { get }
  static func & (left: Self, right: Self) -> Self
  static func | (left: Self, right: Self) -> Self
  /// The slots of `left` that are not in `right`.
  static func - (left: Self, right: Self) -> Self
  func contains(_ slot: Int) -> Bool
  var fingerprint: UInt64 { get }
}

extension SlotMask {
  mutating func insert(_ slot: Int) { self = self | Self(slot: slot) }
  mutating func remove(_ slot: Int) { self = self - Self(slot: slot) }
  func isSubset(of other: Self) -> Bool { (self - other).isEmpty }

  /// Takes out the lowest slot and returns it; nil if there is none.
  mutating func popFirst() -> Int? {
    guard !isEmpty else { return nil }
    let slot = firstSlot
    remove(slot)
    return slot
  }
}

/// A set of up to 64 slots.
struct Mask64: SlotMask {
  private var bits: UInt64

  init() { bits = 0 }
  init(slot: Int) { bits = 1 &<< UInt64(truncatingIfNeeded: slot) }
  private init(bits: UInt64) { self.bits = bits }

  var isEmpty: Bool { bits == 0 }
  var slotCount: Int { bits.nonzeroBitCount }
  var firstSlot: Int { bits.trailingZeroBitCount }
  static func & (left: Self, right: Self) -> Self { Self(bits: left.bits & right.bits) }
  static func | (left: Self, right: Self) -> Self { Self(bits: left.bits | right.bits) }
  static func - (left: Self, right: Self) -> Self { Self(bits: left.bits & ~right.bits) }
  func contains(_ slot: Int) -> Bool { bits &>> UInt64(truncatingIfNeeded: slot) & 1 == 1 }
  var fingerprint: UInt64 { mix(bits, 0) }
}

/// A set of up to 128 slots.
struct Mask128: SlotMask {
  private var bits: UInt128

  init() { bits = 0 }
  init(slot: Int) { bits = 1 &<< UInt128(truncatingIfNeeded: slot) }
  private init(bits: UInt128) { self.bits = bits }

  var isEmpty: Bool { bits == 0 }
  var slotCount: Int { bits.nonzeroBitCount }
  var firstSlot: Int { bits.trailingZeroBitCount }
  static func & (left: Self, right: Self) -> Self { Self(bits: left.bits & right.bits) }
  static func | (left: Self, right: Self) -> Self { Self(bits: left.bits | right.bits) }
  static func - (left: Self, right: Self) -> Self { Self(bits: left.bits & ~right.bits) }
  func contains(_ slot: Int) -> Bool { bits &>> UInt128(truncatingIfNeeded: slot) & 1 == 1 }
  var fingerprint: UInt64 {
    mix(UInt64(truncatingIfNeeded: bits), UInt64(truncatingIfNeeded: bits >> 64))
  }
}

/// A set of any number of slots, without trailing zero words.
struct WideMask: SlotMask {
  private var words: [UInt64]

  init() { words = [] }

  init(slot: Int) {
    words = [UInt64](repeating: 0, count: slot >> 6 + 1)
    words[slot >> 6] = 1 &<< UInt64(slot & 63)
  }

  private init(words: [UInt64]) {
    self.words = words
    while self.words.last == 0 { self.words.removeLast() }
  }

  var isEmpty: Bool { words.isEmpty }
  var slotCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
  var firstSlot: Int {
    let word = words.firstIndex { $0 != 0 } ?? 0
    return word << 6 + words[word].trailingZeroBitCount
  }

  static func & (left: Self, right: Self) -> Self {
    Self(words: zip(left.words, right.words).map { $0 & $1 })
  }

  static func | (left: Self, right: Self) -> Self {
    var result = left.words.count < right.words.count ? right : left
    let other = left.words.count < right.words.count ? left : right
    for index in other.words.indices { result.words[index] |= other.words[index] }
    return result
  }

  static func - (left: Self, right: Self) -> Self {
    var result = left.words
    for index in 0..<min(result.count, right.words.count) { result[index] &= ~right.words[index] }
    return Self(words: result)
  }

  func contains(_ slot: Int) -> Bool {
    slot >> 6 < words.count && words[slot >> 6] &>> UInt64(slot & 63) & 1 == 1
  }

  var fingerprint: UInt64 { words.reduce(0, mix) }
}
