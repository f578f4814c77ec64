/// Reads Jepsen's `history.edn`: maps one after the other, or one vector or list of maps.
struct EDNReader {
  private var reader: RecordReader

  init(_ bytes: ByteScanner) {
    // A record has at least 20 bytes, and most have thrice as many.
    reader = RecordReader(bytes, format: .edn, expectedOperations: bytes.end / 120)
  }

  /// Reads all records.
  mutating func read() throws(HistoryError) -> History {
    reader.scanner.bytes.skipByteOrderMark()
    try reader.scanner.skipEDNSpace()
    if reader.scanner.bytes.skip(UInt8(ascii: "[")) {
      try readRecords(until: UInt8(ascii: "]"), "a map or `]`")
    } else if reader.scanner.bytes.skip(UInt8(ascii: "(")) {
      try readRecords(until: UInt8(ascii: ")"), "a map or `)`")
    } else {
      try readRecords(until: nil, "a map")
    }
    guard reader.scanner.bytes.position == reader.scanner.bytes.end else {
      throw reader.scanner.bytes.expected("nothing more")
    }
    return try reader.finish()
  }

  private mutating func readRecords(
    until close: UInt8?, _ what: String
  ) throws(HistoryError) {
    while true {
      try reader.scanner.skipEDNSpace()
      if let close {
        if reader.scanner.bytes.skip(close) {
          try reader.scanner.skipEDNSpace()
          return
        }
      } else if reader.scanner.bytes.position == reader.scanner.bytes.end {
        return
      }
      try readRecord(what)
    }
  }

  private mutating func readRecord(_ what: String) throws(HistoryError) {
    let start = reader.scanner.bytes.position
    var record = Record(start: start, line: reader.line(of: start))
    if reader.scanner.bytes.current == UInt8(ascii: "#") {
      // The class of a record says nothing.
      reader.scanner.bytes.position += 1
      _ = try reader.scanner.ednToken("a tag like #jepsen.history.Op")
      try reader.scanner.skipEDNSpace()
    }
    guard reader.scanner.bytes.skip(UInt8(ascii: "{")) else {
      throw reader.scanner.bytes.expected(what)
    }
    while true {
      try reader.scanner.skipEDNSpace(depth: 1)
      if reader.scanner.bytes.skip(UInt8(ascii: "}")) { break }
      guard reader.scanner.bytes.position < reader.scanner.bytes.end else {
        throw reader.scanner.bytes.expected("a key or `}`")
      }
      try readField(of: &record)
    }
    let end = reader.scanner.bytes.position
    _ = try reader.finish(record) { (reader) throws(HistoryError) in
      reader.scanner.bytes.position = record.start
      let id = try reader.scanner.ednValue()
      return reader.scanner.values[id]
    }
    reader.scanner.bytes.position = end
  }

  private mutating func readField(of record: inout Record) throws(HistoryError) {
    let nameStart = reader.scanner.bytes.position
    let name = try reader.scanner.ednValue(depth: 1)
    try reader.scanner.skipEDNSpace(depth: 1)
    if reader.scanner.bytes.current == UInt8(ascii: "}") {
      throw reader.scanner.bytes.expected("a value for the key")
    }
    let start = reader.scanner.bytes.position
    let field = reader.names.field(name)
    // Times are all different: they need no place in the table of values.
    if field == .time, let time = reader.scanner.ednInteger() {
      guard record.insert(.time) else { throw reader.repeated(at: nameStart) }
      record.time = time
      return
    }
    let value = try reader.scanner.ednValue(depth: 1)
    try reader.set(field, name: name, to: value, nameStart: nameStart, at: start, of: &record)
  }
}
