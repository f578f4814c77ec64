/// The number of a value in a `ValueTable`; small integers are their own number.
///
/// Two values of one table are equal exactly if their numbers are.
public struct ValueID: Hashable, Sendable {
  /// Negative for a small integer, otherwise an index into the table.
  public let raw: Int32

  init(raw: Int32) {
    self.raw = raw
  }

  /// `null`, in every table.
  public static let null = ValueID(raw: 0)
  /// `false`, in every table.
  public static let `false` = ValueID(raw: 1)
  /// `true`, in every table.
  public static let `true` = ValueID(raw: 2)
  /// The empty string, in every table.
  public static let emptyString = ValueID(raw: 3)
  /// Stands where a history says nothing: no key, or a result that is not known.
  public static let absent = ValueID(raw: .max)

  static let smallIntegers: ClosedRange<Int64> = -(1 << 30)...(1 << 30) - 1

  /// The number of a small integer, which needs no table; nil for integers beyond 30 bits.
  public init?(smallInteger value: Int64) {
    guard Self.smallIntegers.contains(value) else { return nil }
    raw = Int32(truncatingIfNeeded: value - (1 << 30))
  }

  /// The integer, if this is a small one.
  public var smallInteger: Int64? {
    raw < 0 ? Int64(raw) + (1 << 30) : nil
  }
}

/// The distinct values of a history, each stored once and named by a `ValueID`.
///
/// - Complexity: interning costs O(length of the value), looking one up costs the same as building
///   the `Value`. Integers of 31 bits take no memory.
public struct ValueTable: Sendable {
  private enum Kind: UInt8 {
    case null, falsity, truth, integer, decimal, string, symbol, bytes, list, map
  }

  /// Strings hold a range of `text`, lists and maps (names and values in turn) one of `parts`,
  /// numbers their 64 bits in `start` and `count`.
  private struct Entry {
    var kind: Kind
    var hash: UInt32
    var start: UInt32
    var count: UInt32
  }

  private var entries: [Entry] = []
  private var text: [UInt8] = []
  private var parts: [ValueID] = []
  /// Open addressing with linear probing; a power of two, at most half full; 0 is an empty slot,
  /// otherwise the entry's index + 1.
  private var slots: [UInt32] = Array(repeating: 0, count: 64)

  /// A table with only the values that every table has.
  public init() {
    _ = intern(kind: .null, start: 0, count: 0)
    _ = intern(kind: .falsity, start: 0, count: 0)
    _ = intern(kind: .truth, start: 0, count: 0)
    _ = intern(.string(""))
  }

  /// How many values the table stores, small integers aside.
  public var count: Int { entries.count }

  // MARK: Interning

  /// The number of `value`, which is added if it is new.
  public mutating func intern(_ value: Value) -> ValueID {
    switch value {
    case .null: return .null
    case .boolean(let value): return value ? .true : .false
    case .integer(let value): return intern(integer: value)
    case .decimal(let value): return intern(kind: .decimal, bits: value.bitPattern)
    case .string(let value): return intern(Array(value.utf8), kind: .string)
    case .symbol(let value): return intern(Array(value.utf8), kind: .symbol)
    case .bytes(let value): return intern(value, kind: .bytes)
    case .list(let elements): return intern(list: elements.map { intern($0) })
    case .map(let fields):
      return intern(map: fields.map { (intern($0.name), intern($0.value)) })
    }
  }

  /// The number of an integer.
  public mutating func intern(integer value: Int64) -> ValueID {
    ValueID(smallInteger: value) ?? intern(kind: .integer, bits: UInt64(bitPattern: value))
  }

  /// The number of a string of these UTF-8 bytes.
  ///
  /// The bytes must be valid UTF-8; a reader that is not sure validates first.
  public mutating func intern(string utf8: UnsafeBufferPointer<UInt8>) -> ValueID {
    intern(bytes: utf8, kind: .string)
  }

  /// The number of a list of values of this table.
  public mutating func intern(list elements: [ValueID]) -> ValueID {
    intern(parts: elements, kind: .list)
  }

  /// The number of a map of values of this table, its fields in the order given.
  public mutating func intern(map fields: [(name: ValueID, value: ValueID)]) -> ValueID {
    intern(parts: fields.flatMap { [$0.name, $0.value] }, kind: .map)
  }

  private mutating func intern(_ bytes: [UInt8], kind: Kind) -> ValueID {
    bytes.withUnsafeBufferPointer { intern(bytes: $0, kind: kind) }
  }

  private mutating func intern(kind: Kind, bits: UInt64) -> ValueID {
    intern(kind: kind, start: UInt32(truncatingIfNeeded: bits), count: UInt32(bits >> 32))
  }

  private mutating func intern(kind: Kind, start: UInt32, count: UInt32) -> ValueID {
    let hash = Self.mix(Self.mix(UInt64(kind.rawValue), UInt64(start)), UInt64(count))
    return find(hash) { _, entry in
      entry.kind == kind && entry.start == start && entry.count == count
    } insert: { _ in
      Entry(kind: kind, hash: 0, start: start, count: count)
    }
  }

  private mutating func intern(bytes: UnsafeBufferPointer<UInt8>, kind: Kind) -> ValueID {
    var hash = Self.mix(UInt64(kind.rawValue), UInt64(bytes.count))
    var index = 0
    if let base = UnsafeRawPointer(bytes.baseAddress) {
      while index + 8 <= bytes.count {
        hash = Self.mix(hash, base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
      }
    }
    var tail: UInt64 = 0
    while index < bytes.count {
      tail = tail << 8 | UInt64(bytes[index])
      index += 1
    }
    hash = Self.mix(hash, tail)
    return find(hash) { table, entry in
      guard entry.kind == kind, Int(entry.count) == bytes.count else { return false }
      return table.text.withUnsafeBufferPointer { stored in
        for offset in 0..<bytes.count where stored[Int(entry.start) + offset] != bytes[offset] {
          return false
        }
        return true
      }
    } insert: { table in
      let start = UInt32(table.text.count)
      table.text.append(contentsOf: bytes)
      return Entry(kind: kind, hash: 0, start: start, count: UInt32(bytes.count))
    }
  }

  private mutating func intern(parts elements: [ValueID], kind: Kind) -> ValueID {
    var hash = Self.mix(UInt64(kind.rawValue), UInt64(elements.count))
    for element in elements {
      hash = Self.mix(hash, UInt64(UInt32(bitPattern: element.raw)))
    }
    return find(hash) { table, entry in
      entry.kind == kind && Int(entry.count) == elements.count
        && table.parts[Int(entry.start)..<Int(entry.start) + elements.count].elementsEqual(elements)
    } insert: { table in
      let start = UInt32(table.parts.count)
      table.parts.append(contentsOf: elements)
      return Entry(kind: kind, hash: 0, start: start, count: UInt32(elements.count))
    }
  }

  private mutating func find(
    _ fullHash: UInt64, equal: (ValueTable, Entry) -> Bool,
    insert: (inout ValueTable) -> Entry
  ) -> ValueID {
    let hash = UInt32(truncatingIfNeeded: fullHash >> 32)
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if entries[index].hash == hash, equal(self, entries[index]) {
        return ValueID(raw: Int32(index))
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    var entry = insert(&self)
    entry.hash = hash
    entries.append(entry)
    slots[slot] = UInt32(entries.count)
    if entries.count * 2 > slots.count { growSlots() }
    return ValueID(raw: Int32(entries.count - 1))
  }

  private mutating func growSlots() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, entry) in entries.enumerated() {
      var slot = Int(entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word ^ 0x9E37_79B9_7F4A_7C15)
      .multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.low ^ product.high
  }

  // MARK: Looking up

  /// The value that `id` names.
  public subscript(id: ValueID) -> Value {
    if let integer = id.smallInteger { return .integer(integer) }
    let entry = entries[Int(id.raw)]
    switch entry.kind {
    case .null: return .null
    case .falsity: return .boolean(false)
    case .truth: return .boolean(true)
    case .integer: return .integer(Int64(bitPattern: Self.bits(entry)))
    case .decimal: return .decimal(Double(bitPattern: Self.bits(entry)))
    case .string: return .string(String(decoding: bytes(of: entry), as: UTF8.self))
    case .symbol: return .symbol(String(decoding: bytes(of: entry), as: UTF8.self))
    case .bytes: return .bytes(Array(bytes(of: entry)))
    case .list: return .list(elements(of: entry).map { self[$0] })
    case .map:
      let flat = Array(elements(of: entry))
      return .map(
        stride(from: 0, to: flat.count, by: 2).map { .init(self[flat[$0]], self[flat[$0 + 1]]) })
    }
  }

  /// The integer that `id` names, if it names one.
  public func integer(_ id: ValueID) -> Int64? {
    if let small = id.smallInteger { return small }
    guard id != .absent, entries[Int(id.raw)].kind == .integer else { return nil }
    return Int64(bitPattern: Self.bits(entries[Int(id.raw)]))
  }

  /// The elements of the list that `id` names; nil if it names something else.
  public func list(_ id: ValueID) -> ArraySlice<ValueID>? {
    guard id.raw >= 0, id != .absent, entries[Int(id.raw)].kind == .list else { return nil }
    return elements(of: entries[Int(id.raw)])
  }

  /// The UTF-8 bytes of the string that `id` names; nil if it names something else.
  public func string(_ id: ValueID) -> ArraySlice<UInt8>? {
    guard id.raw >= 0, id != .absent, entries[Int(id.raw)].kind == .string else { return nil }
    return bytes(of: entries[Int(id.raw)])
  }

  private static func bits(_ entry: Entry) -> UInt64 {
    UInt64(entry.count) << 32 | UInt64(entry.start)
  }

  private func bytes(of entry: Entry) -> ArraySlice<UInt8> {
    text[Int(entry.start)..<Int(entry.start) + Int(entry.count)]
  }

  private func elements(of entry: Entry) -> ArraySlice<ValueID> {
    parts[Int(entry.start)..<Int(entry.start) + Int(entry.count)]
  }
}
