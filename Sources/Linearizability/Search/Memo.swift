/// Small numbers by key, for what a search asks again and again.
///
/// - Complexity: one probe of a table of 12 bytes a slot, at most half full.
struct Memo {
  /// Linear probing; a key is stored plus one, 0 is an empty slot.
  private var keys = [UInt64](repeating: 0, count: 256)
  private var results = [Int32](repeating: 0, count: 256)
  private var count = 0

  var bytes: Int { keys.count * 12 }

  /// What is known under `key`; nil if nothing is.
  func value(_ key: UInt64) -> Int32? {
    let slot = slot(key &+ 1)
    return keys[slot] == 0 ? nil : results[slot]
  }

  /// Notes what nothing was known of.
  mutating func note(_ result: Int32, _ key: UInt64) {
    let slot = slot(key &+ 1)
    keys[slot] = key &+ 1
    results[slot] = result
    count += 1
    if count * 2 > keys.count { grow() }
  }

  /// The slot of a key, or the empty one where it would go.
  private func slot(_ key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: mix(key, 0)) & (keys.count - 1)
    while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
    return slot
  }

  private mutating func grow() {
    let (oldKeys, oldResults) = (keys, results)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    results = Array(repeating: 0, count: oldKeys.count * 2)
    for (old, key) in oldKeys.enumerated() where key != 0 {
      let new = slot(key)
      keys[new] = key
      results[new] = oldResults[old]
    }
  }
}
