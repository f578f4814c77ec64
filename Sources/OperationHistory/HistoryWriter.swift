/// Writes histories so that they read back as the same history.
///
/// A format may lack what a history has: Jepsen's formats have no header and know no record but of
/// clients and the nemesis, so that a native file's other lines become records of the nemesis with
/// the line as `value`, and where a failed cas with an error is an observation the error is called
/// `reason`; JSON has no keywords. Times that contradict the order of the lines are
/// called `recordedTime` in a native file, where `time` would decide.
public struct HistoryWriter {
  /// The bytes of `history` in another format, or in its own.
  ///
  /// - Parameters:
  ///   - history: what to write.
  ///   - format: native, EDN or JSON lines; a log cannot be written and becomes EDN.
  /// - Returns: the bytes of the file.
  public static func write(_ history: History, as format: HistoryFormat) -> [UInt8] {
    var writer = HistoryWriter(history, format: format == .log ? .edn : format)
    writer.writeAll()
    return writer.text
  }

  private let history: History
  private let format: HistoryFormat
  private let order: RecordOrder
  private let timeName: String
  private var text: [UInt8] = []
  private var recordCount = 0

  private init(_ history: History, format: HistoryFormat) {
    self.history = history
    self.format = format
    order = RecordOrder(history, byPlace: history.format == .native && format != .native)
    let isTold = format != .native || history.format == .native || history.timesAgreeWithLines
    timeName = isTold ? "time" : "recordedTime"
  }

  private mutating func writeAll() {
    text.reserveCapacity(history.operations.count * 160)
    if format == .native {
      appendJSON(.map(header), to: &text)
      text.append(UInt8(ascii: "\n"))
    }
    for record in order.records {
      switch record {
      case .invocation(let index): append(invocation(history.operations[index]))
      case .completion(let index): append(completion(history.operations[index]))
      case .annotation(let index): append(annotation(history.annotations[index]))
      }
      recordCount += 1
    }
  }

  /// The first line of a native file.
  private var header: [Value.Field] {
    var fields = history.header
    if fields.isEmpty { fields.append(.init(.string("linnaeus"), .integer(1))) }
    let ruleName = Value.string("failedCas")
    if history.failedCas != .observed, !fields.contains(where: { $0.name == ruleName }) {
      fields.append(.init(ruleName, .string(history.failedCas.rawValue)))
    }
    return fields
  }

  // MARK: Records

  private func invocation(_ operation: HistoryOperation) -> [Value.Field] {
    record(
      operation, type: "invoke", value: operation.argument, error: .absent,
      time: operation.invocationTime, others: operation.invocationFields)
  }

  private func completion(_ operation: HistoryOperation) -> [Value.Field] {
    let type =
      switch operation.outcome {
      case .ok: "ok"
      case .fail: "fail"
      case .info: "info"
      }
    return record(
      operation, type: type, value: operation.result, error: operation.error,
      time: operation.completionTime, others: operation.completionFields)
  }

  private func record(
    _ operation: HistoryOperation, type: String, value: ValueID, error: ValueID, time: Int64,
    others: ValueID
  ) -> [Value.Field] {
    var fields: [Value.Field] = []
    func append(_ name: String, _ value: Value) {
      fields.append(.init(.symbol(name), value))
    }
    func append(_ name: String, _ id: ValueID) {
      if id != .absent { append(name, history.values[id]) }
    }
    append("type", .symbol(type))
    if format == .native || order.needsIDs { append("op", .integer(operation.id)) }
    append("process", .integer(operation.process))
    append("f", .symbol(history.name(of: operation)))
    append(history.keysArePaths && format == .native ? "path" : "key", operation.key)
    append("value", value)
    // In Jepsen's formats an `error` would say that a failed cas is no observation.
    let hidesError =
      type == "fail" && history.name(of: operation) == "cas" && format != .native
      && history.failedCas == .observed
    append(hidesError ? "reason" : "error", error)
    if time != .min { append(timeName, .integer(time)) }
    if case .map(let more) = history.values[others] { fields += more.map(asField) }
    return fields
  }

  /// The name of a record's field is a keyword in EDN, wherever it came from.
  private func asField(_ field: Value.Field) -> Value.Field {
    guard case .string(let name) = field.name else { return field }
    return .init(.symbol(name), field.value)
  }

  /// In EDN what kind of record it is, whose and of what is a keyword too.
  private func asKeyword(_ field: Value.Field) -> Value.Field {
    let field = asField(field)
    guard format == .edn, ["type", "process", "f"].contains(jsonName(field.name)),
      case .string(let name) = field.value
    else { return field }
    return .init(field.name, .symbol(name))
  }

  private func annotation(_ annotation: Annotation) -> [Value.Field] {
    guard case .map(let fields) = annotation.value else {
      return [
        .init(.symbol("type"), .symbol("info")), .init(.symbol("process"), .symbol("nemesis")),
        .init(.symbol("f"), .symbol("note")), .init(.symbol("value"), annotation.value),
      ]
    }
    func text(_ name: String) -> String? {
      for field in fields where jsonName(field.name) == name {
        switch field.value {
        case .string(let text), .symbol(let text): return text
        default: return nil
        }
      }
      return nil
    }
    let isOfNemesis =
      text("process") == "nemesis" || text("process") != nil && text("type") == "info"
    if format == .native || isOfNemesis { return fields.map(asKeyword) }
    let type = text("type") == "ok" ? text("f") : text("type")
    return [
      .init(.symbol("type"), .symbol("info")), .init(.symbol("process"), .symbol("nemesis")),
      .init(.symbol("f"), .symbol(type ?? "note")), .init(.symbol("value"), annotation.value),
    ]
  }

  private mutating func append(_ fields: [Value.Field]) {
    var fields = fields
    let index = Value.symbol("index")
    if history.isIndexed, format != .native,
      !fields.contains(where: { jsonName($0.name) == "index" })
    {
      fields.append(.init(index, .integer(Int64(recordCount))))
    }
    if format == .edn {
      appendEDN(.map(fields), to: &text)
    } else {
      appendJSON(.map(fields), to: &text)
    }
    text.append(UInt8(ascii: "\n"))
  }
}
