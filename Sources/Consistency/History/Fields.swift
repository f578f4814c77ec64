import OperationHistory

/// The fields of one object of a history by name, as far as they matter here.
struct Fields {
  /// The names that matter.
  enum Name: Int, CaseIterable {
    case path, value, error, session, server, zxid, version, mode, sequential, created, stat, ops
    case results, f, children, xid, watch
    case czxid, mzxid, pzxid, ephemeralOwner, cversion, aversion, dataLength, numChildren

    static let byText = Dictionary(
      uniqueKeysWithValues: allCases.map { (Array("\($0)".utf8)[...], $0) })
  }

  /// The line that errors name.
  let line: Int
  private var content = InlineArray<25, ValueID>(repeating: .absent)

  /// Sorts the fields of a map; `absent` has none.
  ///
  /// - Parameters:
  ///   - map: the map.
  ///   - values: the table that it belongs to.
  ///   - names: what is known of field names from earlier objects.
  ///   - line: the line that it stands in.
  ///   - what: what the map is, for the error.
  /// - Throws: if it is no map.
  init(
    _ map: ValueID, _ values: ValueTable, _ names: inout FieldNames, line: Int,
    what: String = "an element of a multi"
  ) throws(HistoryError) {
    self.line = line
    guard map != .absent else { return }
    guard let parts = values.map(map) else {
      throw HistoryError(line: line, "expected an object as \(what)")
    }
    var index = parts.startIndex
    while index < parts.endIndex {
      if let name = names.name(parts[index], values) { self[name] = parts[index + 1] }
      index += 2
    }
  }

  subscript(name: Name) -> ValueID {
    get { content[name.rawValue] }
    set { content[name.rawValue] = newValue }
  }

  func expected(_ what: String, _ name: Name) -> HistoryError {
    HistoryError(line: line, "expected \(what) as `\(name)`")
  }

  /// An integer of 32 bits; nil if it is not there.
  func integer32(_ name: Name, _ values: ValueTable) throws(HistoryError) -> Int32? {
    guard self[name] != .absent else { return nil }
    guard let value = values.integer(self[name]), let value = Int32(exactly: value) else {
      throw expected("an integer of 32 bits", name)
    }
    return value
  }

  /// A number as ZooKeeper's files write it, `"0x1a"`; nil if it is not there.
  func hexadecimal(_ name: Name, _ values: ValueTable) throws(HistoryError) -> Int64? {
    guard self[name] != .absent else { return nil }
    guard let text = values.string(self[name]), text.count > 2, text.count <= 18,
      text[text.startIndex] == UInt8(ascii: "0"), text[text.startIndex + 1] == UInt8(ascii: "x")
    else { throw expected("a string like \"0x1a\"", name) }
    var number: UInt64 = 0
    for byte in text.dropFirst(2) {
      guard let digit = Self.digit(byte) else { throw expected("a string like \"0x1a\"", name) }
      number = number << 4 | digit
    }
    return Int64(bitPattern: number)
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}

/// Which values are the names of which fields, remembered by their numbers.
struct FieldNames {
  private static let size = 256
  private var known: [(value: ValueID, name: Fields.Name?)] =
    Array(repeating: (.absent, nil), count: size)

  /// The field that a value names, if it matters.
  mutating func name(_ value: ValueID, _ values: ValueTable) -> Fields.Name? {
    let slot = Int(value.raw) & (Self.size - 1)
    if known[slot].value == value { return known[slot].name }
    let name = values.string(value).flatMap { Fields.Name.byText[$0] }
    known[slot] = (value, name)
    return name
  }
}
