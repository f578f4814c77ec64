/// What the readers of all formats share: the scanner, and what becomes of a record's fields.
struct RecordReader {
  let format: HistoryFormat
  var scanner: ValueScanner
  var builder: HistoryBuilder
  var names: KnownNames
  /// The names and values, in turn, of the fields that have no place of their own.
  var others: [ValueID] = []
  /// How many records came before.
  var recordCount: Int64 = 0
  /// A place, and the line in which it is.
  private var lastLine = (offset: 0, line: 1)
  private var functions: [(name: ValueID, id: FunctionID)] = []
  /// The first of `key` and `path` that the file used.
  private(set) var keyField = Record.Field.other

  init(_ bytes: ByteScanner, format: HistoryFormat, expectedOperations: Int) {
    self.format = format
    scanner = ValueScanner(bytes, spansLines: format == .edn)
    names = KnownNames(&scanner.values, isNative: format == .native)
    builder = HistoryBuilder(format: format, expectedOperations: expectedOperations)
  }

  /// The line of an offset; offsets must not descend from call to call.
  mutating func line(of offset: Int) -> Int {
    for index in lastLine.offset..<offset where scanner.bytes.bytes[index] == UInt8(ascii: "\n") {
      lastLine.line += 1
    }
    lastLine.offset = offset
    return lastLine.line
  }

  // MARK: Fields

  /// Puts the value of a field that is known only as a value into its place.
  mutating func set(
    _ field: Record.Field, name: ValueID, to value: ValueID, nameStart: Int,
    at offset: Int, of record: inout Record
  ) throws(HistoryError) {
    if field == .other {
      try setOther(name, value, at: nameStart)
      return
    }
    guard record.insert(field) else { throw repeated(at: nameStart) }
    switch field {
    case .type:
      record.typeStart = offset
      record.type = names.type(value)
    case .process: setProcess(value, at: offset, of: &record)
    case .function: (record.function, record.functionStart) = (value, offset)
    case .key, .path: try setKey(field, name, value, at: nameStart, of: &record)
    case .value: record.value = value
    case .error: record.error = value
    case .time, .id:
      if let integer = scanner.values.integer(value) {
        if field == .time { record.time = integer } else { record.id = integer }
      } else if format == .native {
        throw scanner.bytes.error(
          at: offset, "expected an integer as `\(field == .time ? "time" : "op")`")
      } else {
        try setOther(name, value, at: nameStart)
      }
    case .index:
      if scanner.values.integer(value) != recordCount
        || !builder.noteIndex(isFirst: recordCount == 0)
      {
        try setOther(name, value, at: nameStart)
      }
    case .other: break
    }
  }

  private mutating func setOther(
    _ name: ValueID, _ value: ValueID, at offset: Int
  ) throws(HistoryError) {
    var index = 0
    while index < others.count {
      if others[index] == name { throw repeated(at: offset) }
      index += 2
    }
    // Records have few fields; with thousands the loop above would take forever.
    guard others.count < 2_048 else {
      throw scanner.bytes.error(at: offset, "a record has at most 1024 fields")
    }
    others.append(name)
    others.append(value)
  }

  mutating func setProcess(_ value: ValueID, at offset: Int, of record: inout Record) {
    record.processStart = offset
    if let process = scanner.values.integer(value) {
      (record.actor, record.process) = (.client, process)
    } else {
      record.actor = names.isNemesis(value) ? .nemesis : .other
    }
  }

  /// The first of `key` and `path` that a file uses names its objects; the other says nothing.
  private mutating func setKey(
    _ field: Record.Field, _ name: ValueID, _ value: ValueID, at offset: Int,
    of record: inout Record
  ) throws(HistoryError) {
    if keyField == .other {
      keyField = field
      if field == .path { builder.setKeysArePaths() }
    }
    if field == keyField {
      record.key = value
    } else {
      try setOther(name, value, at: offset)
    }
  }

  /// The number of the function of that name.
  mutating func function(_ name: ValueID, at offset: Int) throws(HistoryError) -> FunctionID {
    if let known = functions.first(where: { $0.name == name }) { return known.id }
    guard let text = scanner.values.string(name) ?? scanner.values.symbol(name) else {
      throw scanner.bytes.error(at: offset, "expected the name of a function as `f`")
    }
    guard let new = builder.function(named: String(decoding: text, as: UTF8.self)) else {
      throw scanner.bytes.error(at: offset, "a history has at most 65535 functions")
    }
    if functions.count < 64 { functions.append((name, new)) }
    return new
  }

  func repeated(at offset: Int) -> HistoryError {
    scanner.bytes.error(at: offset, "the record has this field twice")
  }

  // MARK: Records

  /// Whether a record is no operation of a client.
  ///
  /// - Throws: if it is neither that nor a client's.
  func isAnnotation(_ record: Record) throws(HistoryError) -> Bool {
    let bytes = scanner.bytes
    switch record.type {
    case .missing: throw bytes.error(at: record.start, "the record has no `type`")
    case .other:
      if format == .native { return true }
      if record.actor == .nemesis { return true }
      throw bytes.error(
        at: record.typeStart, "expected a `type` of `invoke`, `ok`, `fail` or `info`")
    case .invoke, .ok, .fail, .info: break
    }
    switch record.actor {
    case .client: break
    case .nemesis: return true
    case .other where record.type == .info: return true
    case .other:
      throw bytes.error(
        at: record.processStart, "expected an integer as the `process` of a client's operation")
    case .missing: throw bytes.error(at: record.start, "the record has no `process`")
    }
    guard record.function != .absent else {
      throw bytes.error(at: record.start, "the record has no `f`")
    }
    return format == .native && record.type == .ok && record.id == nil
      && names.isRecipe(record.function)
  }

  /// Adds a record whose fields are all in place.
  ///
  /// - Parameters:
  ///   - record: the record.
  ///   - whole: reads it again, as one value, if it is an annotation.
  /// - Returns: its function, if it is an operation of a client.
  /// - Throws: if it lacks a field, has one of the wrong kind, or pairs with nothing.
  @inline(__always)
  mutating func finish(
    _ record: Record, whole: (inout RecordReader) throws(HistoryError) -> Value
  ) throws(HistoryError) -> FunctionID? {
    defer { others.removeAll(keepingCapacity: true) }
    recordCount += 1
    if try isAnnotation(record) {
      builder.annotate(try whole(&self), line: record.line)
      return nil
    }
    let function = try function(record.function, at: record.functionStart)
    var event = HistoryEvent(
      Self.kind(record.type), process: record.process, function: function, line: record.line,
      id: record.id, time: record.time)
    event.key = record.key
    event.value = record.value
    event.error = record.error
    if !others.isEmpty {
      event.fields = others.withUnsafeBufferPointer { scanner.values.intern(parts: $0, .map) }
    }
    do { try builder.append(event) } catch { throw placed(error, at: record.start) }
    if scanner.values.isFull { throw HistoryError.tooManyValues(line: record.line) }
    return function
  }

  @inline(__always)
  private static func kind(_ type: Record.EventType) -> HistoryEvent.Kind {
    switch type {
    case .invoke: .invocation
    case .ok: .completion(.ok)
    case .fail: .completion(.fail)
    default: .completion(.info)
    }
  }

  /// Adds a record that was written in the usual way.
  @inline(__always)
  mutating func finish(
    _ record: FamiliarRecord, start: Int, line: Int
  ) throws(HistoryError) {
    recordCount += 1
    var event = HistoryEvent(
      Self.kind(record.type), process: record.process, function: record.function, line: line,
      id: record.has(.id) ? record.id : nil, time: record.has(.time) ? record.time : nil)
    event.key = record.key
    event.value = record.value
    do { try builder.append(event) } catch { throw placed(error, at: start) }
    if scanner.values.isFull { throw HistoryError.tooManyValues(line: line) }
  }

  /// The error with the column of `offset`, if it has none.
  @inline(never)
  private func placed(_ error: HistoryError, at offset: Int) -> HistoryError {
    guard error.column == 0 else { return error }
    return HistoryError(
      line: error.line, column: scanner.bytes.place(of: offset).column, error.message)
  }

  /// The history of all records.
  mutating func finish() throws(HistoryError) -> History {
    builder.values = scanner.values
    do {
      return try builder.finish()
    } catch {
      throw error.line > 0 && error.column == 0
        ? HistoryError(line: error.line, column: 1, error.message) : error
    }
  }
}
