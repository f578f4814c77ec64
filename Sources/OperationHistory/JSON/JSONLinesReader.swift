/// Reads JSON lines: the native format and the twin of Jepsen's `history.edn`.
///
/// Nearly every line has the fields of the one before it in the same order. So the reader guesses
/// each field's name from the one before, and compares bytes; only a wrong guess costs a lookup.
struct JSONLinesReader {
  private struct Name {
    var pattern: TextPattern
    var field: Record.Field
    var id: ValueID
    /// The index of the name that came next the last time.
    var next: Int
  }

  private var reader: RecordReader
  private var known: [Name] = []
  private var functions: [(pattern: TextPattern, id: FunctionID)] = []
  private var line = 1
  private var shortValues = ShortValues()
  /// How many records since the last one that was written in the usual way.
  private var unfamiliar = 0

  init(_ bytes: ByteScanner, format: HistoryFormat) {
    reader = RecordReader(
      bytes, format: format, expectedOperations: Self.expectedOperations(bytes))
  }

  /// Half as many operations as there would be lines, were all as long as the first few.
  private static func expectedOperations(_ bytes: ByteScanner) -> Int {
    let sample = min(bytes.end, 16_384)
    let lines = bytes.bytes[..<sample].count { $0 == UInt8(ascii: "\n") }
    return lines == 0 ? 0 : bytes.end / (sample / lines) / 2 + 16
  }

  /// Reads all lines.
  mutating func read() throws(HistoryError) -> History {
    reader.scanner.bytes.skipByteOrderMark()
    if reader.format == .native { try readHeader() }
    skipBetweenRecords()
    if reader.format == .jsonl, reader.scanner.bytes.skip(UInt8(ascii: "[")) {
      try readArray()
    } else {
      while reader.scanner.bytes.position < reader.scanner.bytes.end {
        try readRecord()
        reader.scanner.skipSpace()
        guard
          reader.scanner.bytes.position >= reader.scanner.bytes.end
            || reader.scanner.bytes.current == UInt8(ascii: "\n")
        else { throw reader.scanner.bytes.expected("the end of the line") }
        skipBetweenRecords()
      }
    }
    return try reader.finish()
  }

  private mutating func readArray() throws(HistoryError) {
    reader.scanner.spansLines = true
    skipBetweenRecords()
    if !reader.scanner.bytes.skip(UInt8(ascii: "]")) {
      while true {
        line = reader.line(of: reader.scanner.bytes.position)
        try readRecord()
        skipBetweenRecords()
        if reader.scanner.bytes.skip(UInt8(ascii: "]")) { break }
        guard reader.scanner.bytes.skip(UInt8(ascii: ",")) else {
          throw reader.scanner.bytes.expected("`,` or `]`")
        }
        skipBetweenRecords()
      }
    }
    skipBetweenRecords()
    guard reader.scanner.bytes.position == reader.scanner.bytes.end else {
      throw reader.scanner.bytes.expected("nothing more")
    }
  }

  private mutating func readHeader() throws(HistoryError) {
    skipBetweenRecords()
    let start = reader.scanner.bytes.position
    guard reader.scanner.bytes.current == UInt8(ascii: "{") else {
      throw reader.scanner.bytes.expected("a first line that begins {\"linnaeus\":1")
    }
    let id = try reader.scanner.jsonMap(depth: 1)
    guard case .map(let fields) = reader.scanner.values[id],
      let version = fields.first(where: { $0.name == .string("linnaeus") })?.value
    else {
      throw reader.scanner.bytes.error(
        at: start, "a native file begins with a line like {\"linnaeus\":1}")
    }
    guard version == .integer(1) else {
      throw reader.scanner.bytes.error(at: start, "expected version 1 of the format, `linnaeus`:1")
    }
    if let rule = fields.first(where: { $0.name == .string("failedCas") })?.value {
      guard case .string(let text) = rule, let rule = FailedCasRule(rawValue: text) else {
        let rules = FailedCasRule.allCases.map(\.rawValue).joined(separator: ", ")
        throw reader.scanner.bytes.error(at: start, "expected as `failedCas` one of \(rules)")
      }
      reader.builder.setFailedCas(rule)
    }
    reader.builder.setHeader(fields)
    reader.scanner.skipSpace()
    guard
      reader.scanner.bytes.current == UInt8(ascii: "\n")
        || reader.scanner.bytes.position == reader.scanner.bytes.end
    else { throw reader.scanner.bytes.expected("the end of the line") }
  }

  /// Steps to the next record over white space and empty lines.
  @inline(__always)
  private mutating func skipBetweenRecords() {
    while true {
      switch reader.scanner.bytes.current {
      case UInt8(ascii: "\n"):
        line += 1
        reader.scanner.bytes.position += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        reader.scanner.bytes.position += 1
      default: return
      }
    }
  }

  // MARK: The usual record

  /// Reads records for as long as they have only fields and functions that came before, without
  /// spaces; stands at the end of the last one, or returns false where there was none.
  private mutating func readFamiliarRecords() throws(HistoryError) -> Bool {
    guard let base = reader.scanner.bytes.bytes.baseAddress else { return false }
    // Copies, so that the loop need not look whether they are still the same.
    let known = self.known
    let functions = self.functions
    guard !known.isEmpty, !functions.isEmpty else { return false }
    var start = reader.scanner.bytes.position
    var count = 0
    while try readFamiliarRecord(known, functions, base, start: start) {
      count += 1
      start = reader.scanner.bytes.position
      guard start + 1 < reader.scanner.bytes.end,
        base.load(fromByteOffset: start + 1, as: UInt8.self) == UInt8(ascii: "{")
      else { return true }
      start += 1
      line += 1
    }
    // A new line was begun, and not read.
    if count > 0 {
      start -= 1
      line -= 1
    }
    reader.scanner.bytes.position = start
    return count > 0
  }

  /// Reads a record and stands at the end of its line; if it is unusual, returns false and stands
  /// anywhere.
  @inline(__always)
  private mutating func readFamiliarRecord(
    _ known: [Name], _ functions: [(pattern: TextPattern, id: FunctionID)],
    _ base: UnsafeRawPointer, start: Int
  ) throws(HistoryError) -> Bool {
    let end = reader.scanner.bytes.end
    guard start + FamiliarRecord.reach <= end else { return false }
    var record = FamiliarRecord(base: base, position: start)
    guard record.current == UInt8(ascii: "{") else { return false }
    var name = known.count - 1
    repeat {
      record.position += 1
      guard record.position + FamiliarRecord.reach <= end else { return false }
      name = known[name].next
      guard known[name].pattern.matches(base + record.position) else { return false }
      record.position += known[name].pattern.length
      let field = known[name].field
      guard record.insert(field) else { return false }
      switch field {
      case .process:
        guard let digits = record.digits() else { return false }
        record.process = digits
      case .time:
        guard let digits = record.digits() else { return false }
        record.time = digits
      case .type:
        guard record.readType() else { return false }
      case .function:
        var index = 0
        while !functions[index].pattern.matches(base + record.position) {
          index += 1
          guard index < functions.count else { return false }
        }
        record.function = functions[index].id
        record.position += functions[index].pattern.length
      case .id, .index:
        guard let digits = record.digits(),
          field == .id || digits == reader.recordCount && reader.builder.history.isIndexed
        else { return false }
        if field == .id { record.id = digits }
      case .key where reader.keyField == .key: record.key = try familiarValue(&record)
      case .value: record.value = try familiarValue(&record)
      default: return false
      }
      guard record.position + 2 <= end else { return false }
    } while record.current == UInt8(ascii: ",")
    guard record.current == UInt8(ascii: "}"), record.has(.process), record.has(.function),
      record.has(.type), base.load(fromByteOffset: record.position + 1, as: UInt8.self) == 0x0A
    else { return false }
    reader.scanner.bytes.position = record.position + 1
    try reader.finish(record, start: start, line: line)
    return true
  }

  /// Reads the value that begins at the record's position.
  @inline(__always)
  private mutating func familiarValue(
    _ record: inout FamiliarRecord
  ) throws(HistoryError) -> ValueID {
    let word = record.word
    let first = UInt8(truncatingIfNeeded: word)
    if first == UInt8(ascii: "n"), UInt32(truncatingIfNeeded: word) == 0x6C6C_756E {
      record.position += 4
      return .null
    }
    var short: (text: UInt64, length: Int)?
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "[") {
      short = ShortValues.text(word, through: first == UInt8(ascii: "[") ? 0x5D : first)
      if let short, let value = shortValues.value(of: short.text) {
        record.position += short.length
        return value
      }
    } else if first &- UInt8(ascii: "0") <= 9 {
      let start = record.position
      if let digits = record.digits(), !record.isDecimal,
        let value = ValueID(smallInteger: digits)
      {
        return value
      }
      record.position = start
    }
    reader.scanner.bytes.position = record.position
    let value = try reader.scanner.jsonValue(depth: 1)
    if let short, record.position + short.length == reader.scanner.bytes.position {
      shortValues.remember(short.text, value)
    }
    record.position = reader.scanner.bytes.position
    return value
  }

  // MARK: Any record

  /// Reads the next record, and those after it that are written in the usual way.
  private mutating func readRecord() throws(HistoryError) {
    // Where most records are unusual, to try the usual way first is a waste.
    if unfamiliar < 64 {
      if try readFamiliarRecords() {
        unfamiliar = 0
        return
      }
      unfamiliar += 1
    }
    var record = Record(start: reader.scanner.bytes.position, line: line)
    guard reader.scanner.bytes.skip(UInt8(ascii: "{")) else {
      throw reader.scanner.bytes.expected("`{`")
    }
    reader.scanner.skipSpace()
    if !reader.scanner.bytes.skip(UInt8(ascii: "}")) {
      // The last known name leads to the one that begins a record.
      var previous = known.count - 1
      while true {
        try readField(after: &previous, of: &record)
        reader.scanner.skipSpace()
        if reader.scanner.bytes.skip(UInt8(ascii: ",")) {
          reader.scanner.skipSpace()
          continue
        }
        if reader.scanner.bytes.skip(UInt8(ascii: "}")) { break }
        throw reader.scanner.bytes.expected("`,` or `}`")
      }
    }
    let function = try reader.finish(record) { (reader) throws(HistoryError) in
      reader.scanner.bytes.position = record.start
      let id = try reader.scanner.jsonMap(depth: 1)
      return reader.scanner.values[id]
    }
    if let function, unfamiliar < 64 { rememberFunction(function, from: record.functionStart) }
  }

  @inline(__always)
  private mutating func readField(
    after previous: inout Int, of record: inout Record
  ) throws(HistoryError) {
    let guess = previous >= 0 ? known[previous].next : 0
    let start = reader.scanner.bytes.position
    if guess < known.count, known[guess].pattern.matches(reader.scanner.bytes) {
      previous = guess
      reader.scanner.bytes.position += known[guess].pattern.length
      reader.scanner.skipSpace()
      try readValue(known[guess].field, known[guess].id, nameStart: start, of: &record)
    } else {
      let name = try findName(after: &previous)
      try readValue(name.field, name.id, nameStart: start, of: &record)
    }
  }

  /// Reads a name that was not guessed, and notes it for the next time.
  @inline(never)
  private mutating func findName(
    after previous: inout Int
  ) throws(HistoryError) -> (field: Record.Field, id: ValueID) {
    let start = reader.scanner.bytes.position
    for index in known.indices where known[index].pattern.matches(reader.scanner.bytes) {
      reader.scanner.bytes.position += known[index].pattern.length
      reader.scanner.skipSpace()
      if previous >= 0 { known[previous].next = index }
      previous = index
      return (known[index].field, known[index].id)
    }
    let id = try reader.scanner.jsonName()
    let field = reader.names.field(id)
    // Remembered only if it was written as simply as possible: the name, a quote and a colon.
    let text = reader.scanner.values.string(id) ?? []
    let simple = [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\""), UInt8(ascii: ":")]
    if known.count < 64, let pattern = TextPattern(simple),
      simple.elementsEqual(reader.scanner.bytes.bytes[start...].prefix(simple.count))
    {
      if previous >= 0 { known[previous].next = known.count }
      previous = known.count
      known.append(Name(pattern: pattern, field: field, id: id, next: 0))
    }
    return (field, id)
  }

  @inline(__always)
  private mutating func readValue(
    _ field: Record.Field, _ name: ValueID, nameStart: Int, of record: inout Record
  ) throws(HistoryError) {
    let start = reader.scanner.bytes.position
    switch field {
    case .process:
      if let process = try reader.scanner.jsonInteger() {
        guard record.insert(.process) else { throw reader.repeated(at: nameStart) }
        record.processStart = start
        (record.actor, record.process) = (.client, process)
        return
      }
    case .time:
      if let time = try reader.scanner.jsonInteger() {
        guard record.insert(.time) else { throw reader.repeated(at: nameStart) }
        record.time = time
        return
      }
    case .value:
      let value = try reader.scanner.jsonValue(depth: 1)
      guard record.insert(.value) else { throw reader.repeated(at: nameStart) }
      record.value = value
      return
    default: break
    }
    let value = try reader.scanner.jsonValue(depth: 1)
    try reader.set(field, name: name, to: value, nameStart: nameStart, at: start, of: &record)
  }

  /// Remembers how the function's name is written at `start`.
  private mutating func rememberFunction(_ function: FunctionID, from start: Int) {
    guard functions.count < 16, !functions.contains(where: { $0.id == function }) else { return }
    // A name of usual letters ends at its second quote.
    let rest = reader.scanner.bytes.bytes[start...].prefix(TextPattern.capacity)
    guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\"")),
      !rest[..<end].contains(UInt8(ascii: "\\")), let pattern = TextPattern(rest[...end])
    else { return }
    functions.append((pattern, function))
  }
}
