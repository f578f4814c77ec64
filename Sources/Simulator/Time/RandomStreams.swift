import LinnaeusBase

/// Sources of randomness, one for each concern, so that what one draws changes nothing for another.
enum RandomConcern: UInt64 {
  case options = 1
  case faults = 2
  case network = 3
  case disk = 4
  case workload = 5
  case clocks = 6
  case election = 7
  case client = 8
  case storage = 9
}

extension SeededRandom {
  /// The stream of a concern, and of one subject of it.
  init(seed: UInt64, _ concern: RandomConcern, _ subject: Int = 0) {
    var mixer = SeededRandom(seed: seed ^ concern.rawValue &* 0xD6E8_FEB8_6659_FD93)
    let mixed = mixer.next() ^ UInt64(subject) &* 0xA076_1D64_78BD_642F
    mixer = SeededRandom(seed: mixed)
    self.init(seed: mixer.next())
  }

  /// A duration of exponential distribution, by integers alone, so that every machine draws the same.
  ///
  /// −log₂ of a number in 0 ..< 1 is the count of its leading zeros and a fraction, for which a
  /// straight line is near enough.
  mutating func exponential(mean: Int64) -> Int64 {
    guard mean > 0 else { return 0 }
    let bits = next() | 1
    let zeros = bits.leadingZeroBitCount
    let rest = (bits << UInt64(zeros)) >> 31 & 0xFFFF_FFFF
    // In units of 2⁻³² bits.
    let magnitude = UInt64(zeros + 1) << 32 - rest
    // ln 2 is 2977044472 / 2³².
    let natural = magnitude.multipliedFullWidth(by: 2_977_044_472)
    let scaled = natural.high << 32 | natural.low >> 32
    let product = UInt64(mean).multipliedFullWidth(by: scaled)
    return Int64(truncatingIfNeeded: product.high << 32 | product.low >> 32)
  }

  /// A number of a closed range.
  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  /// A duration in milliseconds of a closed range, in nanoseconds.
  mutating func milliseconds(_ range: ClosedRange<Int>) -> Int64 {
    Int64(range.lowerBound) * 1_000_000 + Int64(below(max(1, range.count - 1) * 1_000_000))
  }

  /// One of some values.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
