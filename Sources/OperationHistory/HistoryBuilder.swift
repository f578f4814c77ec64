/// One line of a history that belongs to a client's operation.
public struct HistoryEvent: Sendable {
  /// What the line tells.
  public enum Kind: Sendable {
    /// The call was about to be sent.
    case invocation
    /// The call ended, so.
    case completion(Outcome)
  }

  /// Whether the call begins or ends.
  public var kind: Kind
  /// The session or client thread.
  public var process: Int64
  /// The function's name, numbered by the builder.
  public var function: FunctionID
  /// The line, from 1.
  public var line: Int
  /// The file's own number of the operation (`op`), if it gives one.
  public var id: Int64?
  /// Nanoseconds, if the file gives a time.
  public var time: Int64?
  /// The key, or `absent`.
  public var key = ValueID.absent
  /// The `value`, or `absent`.
  public var value = ValueID.absent
  /// The `error`, or `absent`.
  public var error = ValueID.absent
  /// A map of all other fields, or `absent`.
  public var fields = ValueID.absent

  /// An event without key, value, error or other fields.
  public init(
    _ kind: Kind, process: Int64, function: FunctionID, line: Int, id: Int64? = nil,
    time: Int64? = nil
  ) {
    self.kind = kind
    self.process = process
    self.function = function
    self.line = line
    self.id = id
    self.time = time
  }
}

/// Pairs the events of a file into operations and places them in real time.
///
/// Readers append events in the order of the lines. Events that carry an `id` are paired by it,
/// others by their process.
///
/// - Complexity: O(n) in the number of events, and O(n log n) if a native file's times are not in
///   the order of its lines.
public struct HistoryBuilder: Sendable {
  /// The history so far; its operations have no places in real time until `finish`.
  public private(set) var history: History
  /// The values that events name.
  public var values: ValueTable {
    get { history.values }
    _modify { yield &history.values }
  }
  private var functionNumbers: [String: FunctionID] = [:]
  private var openByProcess = OpenOperations()
  private var openByID: [Int64: Int32] = [:]
  private var idsSeen: Set<Int64> = []
  private var eventCount: Int32 = 0
  private var timedEvents: Int32 = 0

  /// Starts a history.
  ///
  /// - Parameters:
  ///   - format: decides how real time is told (see `finish`).
  ///   - expectedOperations: reserves memory for so many.
  public init(format: HistoryFormat, expectedOperations: Int = 0) {
    history = History(format: format)
    history.operations.reserveCapacity(expectedOperations)
  }

  /// The number of a function's name; `nil` once there are 65,535 names.
  public mutating func function(named name: String) -> FunctionID? {
    if let known = functionNumbers[name] { return known }
    guard history.functions.count < Int(UInt16.max) else { return nil }
    let new = FunctionID(raw: UInt16(history.functions.count))
    history.functions.append(name)
    functionNumbers[name] = new
    return new
  }

  /// Sets the fields of a native file's first line.
  public mutating func setHeader(_ fields: [Value.Field]) {
    history.header = fields
  }

  /// Sets how failed compare-and-set operations count, where the file itself says so.
  public mutating func setFailedCas(_ rule: FailedCasRule) {
    history.failedCas = rule
  }

  /// Says that keys are paths.
  public mutating func setKeysArePaths() {
    history.keysArePaths = true
  }

  /// Notes that the next record has its own number, from 0, as its `index`; false if records
  /// before it had none.
  mutating func noteIndex(isFirst: Bool) -> Bool {
    if isFirst { history.isIndexed = true }
    return history.isIndexed
  }

  /// Adds a line that is no operation of a client.
  public mutating func annotate(_ value: Value, line: Int) {
    history.annotations.append(
      Annotation(line: Int32(clamping: line), position: eventCount, value: value))
  }

  /// Adds the next event.
  ///
  /// - Throws: `HistoryError` for a second open invocation of a process or id, or for a completion
  ///   that nothing began.
  public mutating func append(_ event: HistoryEvent) throws(HistoryError) {
    guard eventCount < Int32.max - 1 else {
      throw HistoryError(line: event.line, "a history has at most 2147483646 events")
    }
    switch event.kind {
    case .invocation: try invoke(event)
    case .completion(let outcome): try complete(event, outcome)
    }
    eventCount += 1
    if event.time != nil { timedEvents += 1 }
  }

  private mutating func invoke(_ event: HistoryEvent) throws(HistoryError) {
    let index = Int32(history.operations.count)
    if let id = event.id {
      guard idsSeen.insert(id).inserted else {
        throw HistoryError(line: event.line, "operation \(id) is invoked a second time")
      }
      openByID[id] = index
    } else if let open = openByProcess.insert(index, process: event.process) {
      throw HistoryError(
        line: event.line,
        "process \(event.process) invokes \(history.functions[Int(event.function.raw)]) while its"
          + " operation of line \(history.operations[Int(open)].invocationLine) is still open;"
          + " one that is really concurrent needs an `op` or a process of its own")
    }
    history.operations.append(
      HistoryOperation(
        process: event.process, id: event.id ?? Int64(index),
        invocationTime: event.time ?? .min, completionTime: .min, key: event.key,
        argument: event.value, result: .absent, error: .absent, invocationFields: event.fields,
        completionFields: .absent, invocation: eventCount, completion: .max,
        invocationLine: Int32(clamping: event.line), completionLine: 0, function: event.function,
        outcome: .info))
  }

  private mutating func complete(
    _ event: HistoryEvent, _ outcome: Outcome
  ) throws(HistoryError) {
    let open =
      event.id.map { openByID.removeValue(forKey: $0) }
      ?? openByProcess.remove(process: event.process)
    guard let index = open.map(Int.init) else {
      let whose = event.id.map { "operation \($0)" } ?? "process \(event.process)"
      throw HistoryError(
        line: event.line, "\(whose) has no open invocation that this completion could end")
    }
    try Self.end(
      &history.operations[index], by: event, outcome, at: eventCount, functions: history.functions)
  }

  @inline(__always)
  private static func end(
    _ operation: inout HistoryOperation, by event: HistoryEvent, _ outcome: Outcome,
    at place: Int32, functions: [String]
  ) throws(HistoryError) {
    guard operation.process == event.process, operation.function == event.function else {
      throw HistoryError(
        line: event.line,
        "the completion is of \(functions[Int(event.function.raw)]) by process \(event.process),"
          + " its invocation on line \(operation.invocationLine) of"
          + " \(functions[Int(operation.function.raw)]) by process \(operation.process)")
    }
    if event.key != .absent {
      guard operation.key == .absent || operation.key == event.key else {
        throw HistoryError(
          line: event.line,
          "the completion names another key than its invocation on line"
            + " \(operation.invocationLine)")
      }
      operation.key = event.key
    }
    operation.result = event.value
    operation.error = event.error
    operation.completionFields = event.fields
    operation.completionTime = event.time ?? .min
    operation.completionLine = Int32(clamping: event.line)
    operation.outcome = outcome
    if outcome != .info { operation.completion = place }
  }

  /// Ends the history and places its operations in real time.
  ///
  /// Operations still open are indeterminate. In a native file in which every event has a time,
  /// *a* precedes *b* if and only if `completion(a) + skew < invocation(b) − skew`; otherwise the
  /// order of the lines decides.
  ///
  /// - Throws: `HistoryError` if only some events of a native file have a time, if an operation
  ///   ends before it begins, or if `skew_ns` is no natural number.
  public mutating func finish() throws(HistoryError) -> History {
    history.eventCount = eventCount
    if history.format == .native {
      if timedEvents > 0 { try placeByTime() }
    } else {
      history.separateKeys()
    }
    return history
  }

  private mutating func placeByTime() throws(HistoryError) {
    guard timedEvents == eventCount else {
      let line =
        history.operations.first { $0.invocationTime == .min }?.invocationLine
        ?? history.operations.first { $0.completionLine > 0 && $0.completionTime == .min }?
        .completionLine ?? 0
      throw HistoryError(
        line: Int(line), "either every event of a native file has a `time`, or none has")
    }
    var skew: Int64 = 0
    if let field = history.headerField("skew_ns") {
      guard case .integer(let value) = field, (0...1 << 60).contains(value) else {
        throw HistoryError(line: 1, "`skew_ns` is a natural number of nanoseconds")
      }
      skew = value
    }
    // An event is (time, with invocations before completions at the same time, operation).
    var events: [(time: Int64, isCompletion: Bool, operation: Int32)] = []
    events.reserveCapacity(Int(eventCount))
    for (index, operation) in history.operations.enumerated() {
      let ended = operation.completionLine > 0
      guard !ended || operation.completionTime >= operation.invocationTime else {
        throw HistoryError(
          line: Int(operation.completionLine),
          "the operation ends before it begins, on line \(operation.invocationLine)")
      }
      let limits = Int64.min / 4...Int64.max / 4
      guard limits.contains(operation.invocationTime),
        !ended || limits.contains(operation.completionTime)
      else {
        throw HistoryError(
          line: Int(operation.invocationLine), "the time is more than 73 years from zero")
      }
      events.append((operation.invocationTime - skew, false, Int32(index)))
      if operation.completion != .max {
        events.append((operation.completionTime + skew, true, Int32(index)))
      }
    }
    events.sort { left, right in
      left.time != right.time
        ? left.time < right.time
        : left.isCompletion != right.isCompletion
          ? !left.isCompletion : left.operation < right.operation
    }
    for (place, event) in events.enumerated() {
      if event.isCompletion {
        history.operations[Int(event.operation)].completion = Int32(place)
      } else {
        history.operations[Int(event.operation)].invocation = Int32(place)
      }
    }
    history.eventCount = Int32(events.count)
  }
}

/// The open operation of each process: an array for small process numbers, else a dictionary.
private struct OpenOperations: Sendable {
  private var small: [Int32] = []
  private var large: [Int64: Int32] = [:]

  /// Opens an operation; returns the one that the process had open already.
  mutating func insert(_ operation: Int32, process: Int64) -> Int32? {
    guard (0..<65_536).contains(process) else {
      return large.updateValue(operation, forKey: process)
    }
    let process = Int(process)
    if process >= small.count {
      small.append(contentsOf: repeatElement(-1, count: process + 1 - small.count))
    }
    guard small[process] < 0 else { return small[process] }
    small[process] = operation
    return nil
  }

  /// Closes and returns the open operation of a process.
  mutating func remove(process: Int64) -> Int32? {
    guard (0..<65_536).contains(process) else { return large.removeValue(forKey: process) }
    guard process < small.count, small[Int(process)] >= 0 else { return nil }
    defer { small[Int(process)] = -1 }
    return small[Int(process)]
  }
}
