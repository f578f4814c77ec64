import LinnaeusBase

/// Nothing, where a slot is expected.
let noSlot: Int32 = -1

/// Finds the slot of a path, or of any other bytes, from borrowed bytes: a hash table with open
/// addressing that keeps only hashes and slots.
///
/// The bytes themselves stay where the slots are, so that whoever searches compares them. Nothing
/// depends on the order of the table.
struct PathIndex: Sendable {
  /// The hash in the upper half, the slot plus one in the lower; 0 is free.
  private var cells: [UInt64] = [UInt64](repeating: 0, count: 16)
  private(set) var count = 0

  /// The slot among those of this hash that `matches`, or ``noSlot``.
  ///
  /// - Complexity: O(1) on average.
  @inline(__always)
  func slot(_ hash: UInt32, where matches: (Int32) -> Bool) -> Int32 {
    let mask = cells.count - 1
    var place = Int(hash) & mask
    while true {
      let cell = cells[place]
      if cell == 0 { return noSlot }
      if UInt32(truncatingIfNeeded: cell >> 32) == hash {
        let slot = Int32(truncatingIfNeeded: cell) &- 1
        if matches(slot) { return slot }
      }
      place = (place + 1) & mask
    }
  }

  /// Adds a slot, whose bytes must not be there yet.
  mutating func insert(_ hash: UInt32, _ slot: Int32) {
    if (count + 1) * 4 > cells.count * 3 { grow(to: cells.count * 2) }
    count += 1
    place(UInt64(hash) << 32 | UInt64(UInt32(bitPattern: slot &+ 1)))
  }

  /// Removes a slot, which must be there.
  mutating func remove(_ hash: UInt32, _ slot: Int32) {
    let mask = cells.count - 1
    let wanted = UInt64(hash) << 32 | UInt64(UInt32(bitPattern: slot &+ 1))
    var hole = Int(hash) & mask
    while cells[hole] != wanted {
      precondition(cells[hole] != 0, "a slot that is not in the index")
      hole = (hole + 1) & mask
    }
    count -= 1
    // Later cells of the run move up, unless they would come before their own place.
    var next = hole
    while true {
      next = (next + 1) & mask
      let cell = cells[next]
      if cell == 0 { break }
      let home = Int(cell >> 32) & mask
      if (next &- home) & mask >= (next &- hole) & mask {
        cells[hole] = cell
        hole = next
      }
    }
    cells[hole] = 0
  }

  private mutating func place(_ cell: UInt64) {
    let mask = cells.count - 1
    var place = Int(cell >> 32) & mask
    while cells[place] != 0 { place = (place + 1) & mask }
    cells[place] = cell
  }

  private mutating func grow(to capacity: Int) {
    let old = cells
    cells = [UInt64](repeating: 0, count: capacity)
    for cell in old where cell != 0 { place(cell) }
  }
}

/// What nobody outside knows, so that no client can choose names that hash alike; the secret of Swift's
/// own dictionaries, upon which nothing that is observed depends either.
private let hashSecret = UInt64(truncatingIfNeeded: "names".hashValue)

/// A fast hash with a secret, after the manner of wyhash: each eight bytes are folded into the state
/// by a multiplication to 128 bits.
@inline(__always)
func hashOfBytes(_ bytes: BorrowedBytes) -> UInt32 {
  let buffer = bytes.buffer
  let count = buffer.count
  var state: UInt64 = hashSecret ^ UInt64(truncatingIfNeeded: count)
  var offset = 0
  while offset + 8 <= count {
    state = fold(state ^ buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    offset += 8
  }
  if offset < count {
    var tail: UInt64 = 0
    if count >= 8 {
      tail = buffer.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else {
      for index in offset..<count { tail = tail << 8 | UInt64(buffer[index]) }
    }
    state = fold(state ^ tail)
  }
  state = fold(state ^ 0x8BB8_4B93_962E_ACC9)
  return UInt32(truncatingIfNeeded: state ^ state >> 32)
}

@inline(__always)
private func fold(_ value: UInt64) -> UInt64 {
  let product = (value ^ 0x4B33_A62E_D433_D4A3).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
  return product.high ^ product.low
}

/// Paths that are numbered: each has a slot as long as it is in the table.
struct PathTable: Sendable {
  private var index = PathIndex()
  private var paths: [[UInt8]] = []
  private var free: [Int32] = []

  var count: Int { index.count }
  /// One more than the largest slot that was ever used.
  var slotCount: Int { paths.count }

  /// The path of a slot that is in use; empty for one that is not.
  subscript(slot: Int32) -> [UInt8] { paths[Int(slot)] }

  /// The path's slot, or ``noSlot``.
  @inline(__always)
  func slot(of path: BorrowedBytes) -> Int32 {
    index.slot(hashOfBytes(path)) { path == paths[Int($0)] }
  }

  /// The path's slot, or ``noSlot``.
  func slot(of path: [UInt8]) -> Int32 { path.withBorrowedBytes { slot(of: $0) } }

  /// The path's slot, which it gets if it has none.
  mutating func insert(_ path: BorrowedBytes) -> Int32 {
    let hash = hashOfBytes(path)
    let present = index.slot(hash) { path == paths[Int($0)] }
    if present != noSlot { return present }
    return insert(path.array, hash: hash)
  }

  /// The path's slot, which it gets if it has none.
  mutating func insert(_ path: [UInt8]) -> Int32 {
    let (hash, present) = path.withBorrowedBytes { bytes in
      let hash = hashOfBytes(bytes)
      return (hash, index.slot(hash) { bytes == paths[Int($0)] })
    }
    if present != noSlot { return present }
    return insert(path, hash: hash)
  }

  private mutating func insert(_ path: [UInt8], hash: UInt32) -> Int32 {
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      paths[Int(slot)] = path
    } else {
      slot = Int32(paths.count)
      paths.append(path)
    }
    index.insert(hash, slot)
    return slot
  }

  /// Forgets the path in a slot that is in use.
  mutating func remove(_ slot: Int32) {
    index.remove(paths[Int(slot)].withBorrowedBytes(hashOfBytes), slot)
    paths[Int(slot)] = []
    free.append(slot)
  }
}
