/// Reads lines of Jepsen's log: `INFO  jepsen.util - 0 :invoke :read nil`, tabs or spaces between.
///
/// Lines without an operation are skipped, but one of them there must be, unless the file is empty:
/// what is no log at all would else be a history in which nothing happened. A value that is a keyword is the error of an operation
/// that failed or is indeterminate (`:fail :read :timed-out`); where a value and more follow, the
/// error comes second.
struct LogReader {
  private var reader: RecordReader

  init(_ bytes: ByteScanner) {
    reader = RecordReader(bytes, format: .log, expectedOperations: bytes.end / 80)
  }

  /// Reads all lines.
  mutating func read() throws(HistoryError) -> History {
    reader.scanner.bytes.skipByteOrderMark()
    let whole = reader.scanner.bytes.end
    let first = reader.scanner.bytes
    var line = 1
    var tellsOfAny = false
    while reader.scanner.bytes.position < whole {
      let start = reader.scanner.bytes.position
      var end = start
      while end < whole, reader.scanner.bytes.bytes[end] != UInt8(ascii: "\n") { end += 1 }
      reader.scanner.bytes.end = end
      if let place = Self.findOperation(in: reader.scanner.bytes) {
        tellsOfAny = true
        try readOperation(place, line: line)
      }
      reader.scanner.bytes.end = whole
      reader.scanner.bytes.position = min(end + 1, whole)
      line += 1
    }
    if !tellsOfAny, first.bytes[first.position...].contains(where: { $0 > 0x20 }) {
      throw first.error(
        at: first.position,
        "expected a log of Jepsen's, but no line tells of an operation as 0 :invoke :read nil does")
    }
    return try reader.finish()
  }

  /// Where the process of a line's operation begins and ends, and where its type begins.
  private typealias Place = (process: Range<Int>, type: Int)

  /// Whether this line of a file tells of an operation.
  static func isOperation(_ line: ByteScanner) -> Bool {
    findOperation(in: line) != nil
  }

  /// The first process and type of the line: a token before `:invoke`, `:ok`, `:fail` or `:info`.
  private static func findOperation(in line: ByteScanner) -> Place? {
    var scanner = line
    var previous: Range<Int>?
    while scanner.position < scanner.end {
      while isSpace(scanner.current) { scanner.position += 1 }
      let start = scanner.position
      if let process = previous, scanner.current == UInt8(ascii: ":"), isType(scanner),
        isProcess(scanner.bytes[process])
      {
        return (process, start)
      }
      while scanner.position < scanner.end, !isSpace(scanner.current) { scanner.position += 1 }
      previous = start..<scanner.position
    }
    return nil
  }

  /// Whether a token is a client's number, a keyword, or `nemesis`.
  private static func isProcess(_ token: Slice<UnsafeRawBufferPointer>) -> Bool {
    if token.first == UInt8(ascii: ":") { return token.count > 1 }
    let digits = token.first == UInt8(ascii: "-") ? token.dropFirst() : token
    return !digits.isEmpty && digits.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
      || token.elementsEqual("nemesis".utf8)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  private static func isType(_ scanner: ByteScanner) -> Bool {
    for type in [":invoke", ":ok", ":fail", ":info"] as [StaticString]
    where scanner.starts(with: type) {
      let after = scanner.position + type.utf8CodeUnitCount
      return after >= scanner.end || isSpace(scanner.byte(at: after))
    }
    return false
  }

  private mutating func readOperation(_ place: Place, line: Int) throws(HistoryError) {
    let start = place.process.lowerBound
    var record = Record(start: start, line: line)
    reader.scanner.bytes.position = start
    let process = try reader.scanner.ednValue()
    reader.setProcess(process, at: start, of: &record)
    // Another keyword is not a process: the line tells of something else.
    guard record.actor != .other else { return }
    reader.scanner.bytes.position = place.type
    record.typeStart = place.type
    record.type = reader.names.type(try reader.scanner.ednValue())
    try reader.scanner.skipEDNSpace()
    record.functionStart = reader.scanner.bytes.position
    guard reader.scanner.bytes.current == UInt8(ascii: ":") else {
      throw reader.scanner.bytes.expected("a function like :read")
    }
    record.function = try reader.scanner.ednValue()
    let rest = reader.scanner.bytes.position
    if record.actor == .client { try readValues(of: &record) }
    _ = try reader.finish(record) { (reader) throws(HistoryError) in
      try Self.annotation(process, record, rest: rest, &reader.scanner)
    }
  }

  /// Reads the value, and the error of an operation that did not succeed.
  private mutating func readValues(of record: inout Record) throws(HistoryError) {
    let mayFail = record.type == .fail || record.type == .info
    try reader.scanner.skipEDNSpace()
    guard reader.scanner.bytes.position < reader.scanner.bytes.end else { return }
    let first = try reader.scanner.ednValue()
    try reader.scanner.skipEDNSpace()
    let isLast = reader.scanner.bytes.position >= reader.scanner.bytes.end
    if isLast, mayFail, reader.scanner.values.symbol(first) != nil {
      record.error = first
      return
    }
    record.value = first
    if isLast { return }
    guard mayFail else { throw reader.scanner.bytes.expected("the end of the line") }
    record.error = try reader.scanner.ednValue()
    try reader.scanner.skipEDNSpace()
    guard reader.scanner.bytes.position >= reader.scanner.bytes.end else {
      throw reader.scanner.bytes.expected("the end of the line")
    }
  }

  /// A line of the nemesis as the map that `history.edn` would hold; what follows the function is
  /// its value, word by word.
  private static func annotation(
    _ process: ValueID, _ record: Record, rest: Int, _ scanner: inout ValueScanner
  ) throws(HistoryError) -> Value {
    let types: [Record.EventType: String] = [.invoke: "invoke", .ok: "ok", .fail: "fail"]
    let text = UnsafeRawBufferPointer(rebasing: scanner.bytes.bytes[rest..<scanner.bytes.end])
    let trimmed = String(decoding: text, as: UTF8.self).split { " \t\r".contains($0) }
    return .map([
      .init(.symbol("type"), .symbol(types[record.type] ?? "info")),
      .init(.symbol("f"), scanner.values[record.function]),
      .init(.symbol("value"), .string(trimmed.joined(separator: " "))),
      .init(.symbol("process"), scanner.values[process]),
    ])
  }
}
