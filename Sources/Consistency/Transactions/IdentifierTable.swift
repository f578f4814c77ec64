/// A map from numbers of values to other numbers, which is emptied in O(1).
///
/// - Complexity: O(1) expected for each of its functions; memory is linear in the most entries that
///   it ever had.
struct IdentifierTable {
  private struct Slot {
    var key: Int32
    var value: Int32
    /// The generation that wrote the slot; any other means that it is empty.
    var generation: UInt32
  }

  /// Open addressing with linear probing; a power of two, at most half full.
  private var slots: [Slot]
  private var generation: UInt32 = 1
  private(set) var count = 0

  init() {
    slots = Array(repeating: Slot(key: 0, value: 0, generation: 0), count: 64)
  }

  /// Forgets everything.
  mutating func removeAll() {
    count = 0
    generation &+= 1
    if generation == 0 {
      // A slot of four billion generations ago would look like a new one.
      for index in slots.indices { slots[index].generation = 0 }
      generation = 1
    }
  }

  /// The value of a key; nil if it has none.
  @inline(__always)
  func value(of key: Int32) -> Int32? {
    let mask = slots.count - 1
    var index = Self.hash(key) & mask
    while slots[index].generation == generation {
      if slots[index].key == key { return slots[index].value }
      index = (index + 1) & mask
    }
    return nil
  }

  /// Gives a key a value unless it has one, and tells the one that it has then.
  @inline(__always)
  mutating func insert(_ key: Int32, _ value: Int32) -> (value: Int32, isNew: Bool) {
    let mask = slots.count - 1
    var index = Self.hash(key) & mask
    while slots[index].generation == generation {
      if slots[index].key == key { return (slots[index].value, false) }
      index = (index + 1) & mask
    }
    slots[index] = Slot(key: key, value: value, generation: generation)
    count += 1
    if count * 2 > slots.count { grow() }
    return (value, true)
  }

  /// Gives a key a value, whatever it had.
  mutating func set(_ key: Int32, _ value: Int32) {
    let mask = slots.count - 1
    var index = Self.hash(key) & mask
    while slots[index].generation == generation {
      if slots[index].key == key {
        slots[index].value = value
        return
      }
      index = (index + 1) & mask
    }
    _ = insert(key, value)
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: Slot(key: 0, value: 0, generation: 0), count: old.count * 2)
    let mask = slots.count - 1
    for slot in old where slot.generation == generation {
      var index = Self.hash(slot.key) & mask
      while slots[index].generation == generation { index = (index + 1) & mask }
      slots[index] = slot
    }
  }

  @inline(__always)
  private static func hash(_ key: Int32) -> Int {
    let product = UInt64(UInt32(bitPattern: key)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: product >> 32)
  }
}
