/// The distinct values of a history, each stored once and named by a `ValueID`.
///
/// A table holds at most 2³¹ − 2 values, 2³² − 1 bytes of text and as many elements of lists. What
/// does not fit is named `absent`, and `isFull` says so from then on: a reader then refuses the
/// file.
///
/// - Complexity: interning costs O(length of the value), looking one up costs the same as building
///   the `Value`. Integers of 31 bits take no memory.
public struct ValueTable: Sendable {
  enum Kind: UInt8 {
    case null, falsity, truth, integer, decimal, string, symbol, bytes, list, map
  }

  /// Strings hold a range of `text`, lists and maps (names and values in turn) one of `parts`,
  /// numbers their 64 bits in `start` and `count`.
  struct Entry {
    var kind: Kind
    var hash: UInt32
    var start: UInt32
    var count: UInt32
  }

  var entries: [Entry] = []
  var text: [UInt8] = []
  var parts: [ValueID] = []
  /// Open addressing with linear probing; a power of two, at most half full; 0 is an empty slot,
  /// otherwise the entry's index + 1.
  var slots: [UInt32] = Array(repeating: 0, count: 64)
  /// How many entries, bytes of text and parts there may be; only tests make them fewer.
  let limit: (entries: Int, text: Int, parts: Int)

  /// Whether something did not fit and was named `absent`.
  public internal(set) var isFull = false

  /// A table with only the values that every table has.
  public init() {
    self.init(limit: (Int(Int32.max) - 1, Int(UInt32.max), Int(UInt32.max)))
  }

  init(limit: (entries: Int, text: Int, parts: Int)) {
    self.limit = limit
    for kind in [Kind.null, .falsity, .truth] { _ = intern(kind, bits: 0) }
    _ = intern(.string(""))
  }

  /// How many values the table stores, small integers aside.
  public var count: Int { entries.count }

  /// The value that `id` names; `null` for `absent`.
  public subscript(id: ValueID) -> Value {
    if let integer = id.smallInteger { return .integer(integer) }
    if id == .absent { return .null }
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
    entry(id, .list).map(elements)
  }

  /// The names and values, in turn, of the map that `id` names; nil if it names something else.
  public func map(_ id: ValueID) -> ArraySlice<ValueID>? {
    entry(id, .map).map(elements)
  }

  /// The UTF-8 bytes of the string that `id` names; nil if it names something else.
  public func string(_ id: ValueID) -> ArraySlice<UInt8>? {
    entry(id, .string).map(bytes)
  }

  /// The UTF-8 bytes of the keyword or symbol that `id` names; nil if it names something else.
  public func symbol(_ id: ValueID) -> ArraySlice<UInt8>? {
    entry(id, .symbol).map(bytes)
  }

  private func entry(_ id: ValueID, _ kind: Kind) -> Entry? {
    guard id.raw >= 0, id != .absent, entries[Int(id.raw)].kind == kind else { return nil }
    return entries[Int(id.raw)]
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
