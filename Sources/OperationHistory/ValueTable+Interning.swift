import Glibc

extension ValueTable {
  /// The number of `value`, which is added if it is new.
  public mutating func intern(_ value: Value) -> ValueID {
    switch value {
    case .null: return .null
    case .boolean(let value): return value ? .true : .false
    case .integer(let value): return intern(integer: value)
    case .decimal(let value): return intern(decimal: value)
    case .string(let value): return intern(Array(value.utf8), .string)
    case .symbol(let value): return intern(Array(value.utf8), .symbol)
    case .bytes(let value): return intern(value, .bytes)
    case .list(let elements): return intern(list: elements.map { intern($0) })
    case .map(let fields):
      return intern(map: fields.map { (intern($0.name), intern($0.value)) })
    }
  }

  /// The number of an integer.
  public mutating func intern(integer value: Int64) -> ValueID {
    ValueID(smallInteger: value) ?? intern(.integer, bits: UInt64(bitPattern: value))
  }

  /// The number of a number with a fraction or an exponent.
  public mutating func intern(decimal value: Double) -> ValueID {
    intern(.decimal, bits: value.bitPattern)
  }

  /// The number of a string of these UTF-8 bytes.
  ///
  /// The bytes must be valid UTF-8; a reader that is not sure validates first.
  public mutating func intern(string utf8: UnsafeBufferPointer<UInt8>) -> ValueID {
    intern(utf8, .string)
  }

  /// The number of a list of values of this table.
  public mutating func intern(list elements: [ValueID]) -> ValueID {
    elements.withUnsafeBufferPointer { intern(parts: $0, .list) }
  }

  /// The number of a map of values of this table, its fields in the order given.
  public mutating func intern(map fields: [(name: ValueID, value: ValueID)]) -> ValueID {
    let parts = fields.flatMap { [$0.name, $0.value] }
    return parts.withUnsafeBufferPointer { intern(parts: $0, .map) }
  }

  private mutating func intern(_ bytes: [UInt8], _ kind: Kind) -> ValueID {
    bytes.withUnsafeBufferPointer { intern($0, kind) }
  }

  mutating func intern(_ kind: Kind, bits: UInt64) -> ValueID {
    let (start, count) = (UInt32(truncatingIfNeeded: bits), UInt32(bits >> 32))
    let hash = Self.finish(Self.mix(UInt64(kind.rawValue), bits))
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.kind == kind, entry.start == start, entry.count == count {
        return ValueID(raw: Int32(slots[slot]) - 1)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return insert(Entry(kind: kind, hash: hash, start: start, count: count), slot: slot)
  }

  mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>, _ kind: Kind) -> ValueID {
    intern(UnsafeRawPointer(bytes.baseAddress), bytes.count, kind)
  }

  /// The number of a string, a symbol or of bytes.
  mutating func intern(_ start: UnsafeRawPointer?, _ count: Int, _ kind: Kind) -> ValueID {
    let hash = Self.hash(start, count, seed: UInt64(kind.rawValue))
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.kind == kind, Int(entry.count) == count,
        text.withUnsafeBytes({ stored in
          guard let start, let base = stored.baseAddress else { return count == 0 }
          return memcmp(base + Int(entry.start), start, count) == 0
        })
      {
        return ValueID(raw: Int32(slots[slot]) - 1)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard count <= limit.text - text.count else { return refuse() }
    let entry = Entry(
      kind: kind, hash: hash, start: UInt32(text.count), count: UInt32(count))
    text.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
    return insert(entry, slot: slot)
  }

  /// The number of a list, or of a map whose names and values come in turn.
  mutating func intern(parts elements: UnsafeBufferPointer<ValueID>, _ kind: Kind) -> ValueID {
    let hash = Self.hash(
      UnsafeRawPointer(elements.baseAddress), elements.count * 4, seed: UInt64(kind.rawValue))
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.kind == kind, Int(entry.count) == elements.count,
        parts.withUnsafeBufferPointer({ stored in
          for index in 0..<elements.count where stored[Int(entry.start) + index] != elements[index]
          {
            return false
          }
          return true
        })
      {
        return ValueID(raw: Int32(slots[slot]) - 1)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard elements.count <= limit.parts - parts.count else { return refuse() }
    let entry = Entry(
      kind: kind, hash: hash, start: UInt32(parts.count), count: UInt32(elements.count))
    parts.append(contentsOf: elements)
    return insert(entry, slot: slot)
  }

  private mutating func insert(_ entry: Entry, slot: Int) -> ValueID {
    guard entries.count < limit.entries else { return refuse() }
    entries.append(entry)
    slots[slot] = UInt32(entries.count)
    if entries.count * 2 > slots.count { growSlots() }
    return ValueID(raw: Int32(entries.count - 1))
  }

  private mutating func refuse() -> ValueID {
    isFull = true
    return .absent
  }

  private mutating func growSlots() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, entry) in entries.enumerated() {
      var slot = Int(entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  private static func hash(_ start: UnsafeRawPointer?, _ count: Int, seed: UInt64) -> UInt32 {
    var hash = mix(seed, UInt64(count))
    guard let start, count > 0 else { return finish(hash) }
    var index = 0
    while index + 8 < count {
      hash = mix(hash, start.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    // The last one to eight bytes, by loads that may overlap.
    var tail: UInt64 = 0
    if count >= 8 {
      tail = start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
      tail =
        UInt64(start.loadUnaligned(as: UInt32.self)) << 32
        | UInt64(start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    } else {
      let first = start.load(as: UInt8.self)
      let middle = start.load(fromByteOffset: count / 2, as: UInt8.self)
      let last = start.load(fromByteOffset: count - 1, as: UInt8.self)
      tail = UInt64(first) << 16 | UInt64(middle) << 8 | UInt64(last)
    }
    return finish(mix(hash, tail))
  }

  private static func finish(_ hash: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: hash >> 32)
  }

  @inline(__always)
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word ^ 0x9E37_79B9_7F4A_7C15)
      .multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.low ^ product.high
  }
}
