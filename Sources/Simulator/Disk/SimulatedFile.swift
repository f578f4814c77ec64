import LinnaeusBase

/// What became of the unsynced part of a file when the power failed.
enum TearKind: Int, CaseIterable {
  /// Nothing of it reached the disk.
  case allLost
  /// All of it reached the disk.
  case allKept
  /// The first writes did.
  case prefixKept
  /// Some sectors did.
  case torn
}

/// A file's bytes as the system shows them, and how to go back to what is durable.
///
/// A write to the end costs a copy of its bytes, and a sync nothing: what a write replaces is kept
/// only where it replaces something.
struct SimulatedFile {
  static let sector = 512

  /// A write or a cut that was not synced.
  private struct Change {
    var offset: Int
    var count: Int
    var oldSize: Int
    /// What stood at the offset; zeros after it.
    var saved: [UInt8]
  }

  /// The bytes up to the last one written; zeros follow up to the size.
  private var bytes: [UInt8] = []
  private(set) var size = 0
  private var changes: [Change] = []

  /// Whether everything is durable.
  var isSynced: Bool { changes.isEmpty }

  init() {}

  /// A file that is durable as it is.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    size = bytes.count
  }

  // MARK: What the system does

  mutating func write(_ new: ArraySlice<UInt8>, at offset: Int) {
    let end = offset + new.count
    let overwritten = min(end, bytes.count)
    changes.append(
      Change(
        offset: offset, count: new.count, oldSize: size,
        saved: offset < overwritten ? Array(bytes[offset..<overwritten]) : []))
    if offset == bytes.count {
      bytes += new
    } else {
      if bytes.count < end {
        bytes.append(contentsOf: repeatElement(0, count: end - bytes.count))
      }
      bytes.replaceSubrange(offset..<end, with: new)
    }
    size = max(size, end)
  }

  mutating func grow(to end: Int) {
    guard end > size else { return }
    changes.append(Change(offset: size, count: 0, oldSize: size, saved: []))
    size = end
  }

  mutating func truncate(to end: Int) {
    guard end < size else { return }
    let saved = end < bytes.count ? Array(bytes[end...]) : []
    changes.append(Change(offset: end, count: 0, oldSize: size, saved: saved))
    bytes.removeLast(saved.count)
    size = end
  }

  mutating func sync() { changes.removeAll(keepingCapacity: true) }

  func read(_ offset: Int, _ count: Int) -> [UInt8] {
    guard offset < size else { return [] }
    let end = min(size, offset + count)
    guard offset < bytes.count else { return [UInt8](repeating: 0, count: end - offset) }
    var result = Array(bytes[offset..<min(end, bytes.count)])
    if result.count < end - offset {
      result.append(contentsOf: repeatElement(0, count: end - offset - result.count))
    }
    return result
  }

  // MARK: What may go wrong

  /// Keeps of what was not synced what the power's failure left.
  mutating func tear(_ random: inout SeededRandom) -> TearKind? {
    guard !changes.isEmpty else { return nil }
    switch random.below(4) {
    case 0:
      undo(to: 0)
      return .allLost
    case 1:
      sync()
      return .allKept
    case 2:
      undo(to: random.below(changes.count + 1))
      sync()
      return .prefixKept
    default:
      undo(to: 1 + random.below(changes.count))
      tearSectors(&random)
      return .torn
    }
  }

  /// One bit of what is durable becomes another.
  mutating func rot(_ random: inout SeededRandom) -> Bool {
    guard !bytes.isEmpty else { return false }
    let place = random.below(bytes.count)
    bytes[place] ^= 1 << UInt8(random.below(8))
    return true
  }

  private mutating func undo(to count: Int) {
    while changes.count > count, let change = changes.popLast() {
      let end = min(change.offset + change.count, bytes.count)
      for place in change.offset..<max(change.offset, end) {
        let index = place - change.offset
        bytes[place] = index < change.saved.count ? change.saved[index] : 0
      }
      // What a cut took away comes back.
      let restored = change.offset + change.saved.count
      if restored > bytes.count {
        bytes.append(
          contentsOf: repeatElement(0, count: max(0, change.offset - bytes.count)))
        bytes += change.saved[(bytes.count - change.offset)...]
      }
      size = change.oldSize
      if bytes.count > size { bytes.removeLast(bytes.count - size) }
    }
  }

  /// Of each sector either what is durable or what was written, of the two sizes either or any
  /// between them.
  private mutating func tearSectors(_ random: inout SeededRandom) {
    let (written, writtenSize) = (bytes, size)
    var touched = changes.map { ($0.offset, max($0.count, $0.saved.count)) }
    touched.sort { $0.0 < $1.0 }
    undo(to: 0)
    let (low, high) = (min(size, writtenSize), max(size, writtenSize))
    let newSize = [size, writtenSize, writtenSize, low + random.below(high - low + 1)][
      random.below(4)]
    let keep = random.within(1...4)
    var next = 0
    for (offset, count) in touched {
      var sector = max(next, offset / Self.sector)
      while sector * Self.sector < offset + count {
        if random.chance(keep, in: 5) { copySector(sector, from: written) }
        sector += 1
      }
      next = max(next, sector)
    }
    size = newSize
    if bytes.count > size { bytes.removeLast(bytes.count - size) }
    sync()
  }

  private mutating func copySector(_ sector: Int, from written: [UInt8]) {
    let start = sector * Self.sector
    let end = min(start + Self.sector, max(written.count, bytes.count))
    guard start < end else { return }
    if bytes.count < end { bytes.append(contentsOf: repeatElement(0, count: end - bytes.count)) }
    for place in start..<end { bytes[place] = place < written.count ? written[place] : 0 }
  }
}
