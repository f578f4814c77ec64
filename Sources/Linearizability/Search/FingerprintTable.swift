/// Open addressing over fingerprints; the full comparison is the caller's.
struct FingerprintTable {
  private var slots: [UInt64] = Array(repeating: 0, count: 64)
  private var count = 0

  var bytes: Int { slots.count * 8 }

  /// Adds `index` under a fingerprint; false if an equal entry is there already.
  mutating func insert(_ fingerprint: UInt64, _ index: Int32, equal: (Int32) -> Bool) -> Bool {
    // A slot holds the high half of the fingerprint and the index + 1.
    let tag = fingerprint & 0xFFFF_FFFF_0000_0000
    var slot = Int(tag >> 32) & (slots.count - 1)
    while slots[slot] != 0 {
      if slots[slot] & 0xFFFF_FFFF_0000_0000 == tag,
        equal(Int32(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF) - 1)
      {
        return false
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = tag | UInt64(index + 1)
    count += 1
    if count * 2 > slots.count { grow() }
    return true
  }

  mutating func removeAll() {
    guard count > 0 else { return }
    if slots.count > 64, count * 16 < slots.count {
      slots = Array(repeating: 0, count: slots.count / 2)
    } else {
      for index in slots.indices { slots[index] = 0 }
    }
    count = 0
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: old.count * 2)
    for entry in old where entry != 0 {
      var slot = Int(entry >> 32) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }
  }
}
