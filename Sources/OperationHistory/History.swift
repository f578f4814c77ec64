/// The formats that histories are read from.
public enum HistoryFormat: String, CaseIterable, Sendable {
  /// Linnaeus's own JSON lines: a header line, then Jepsen's shape with ZooKeeper's fields.
  case native
  /// Jepsen's `history.edn`: a map a line, or one vector of maps.
  case edn
  /// The JSON-lines twin of `history.edn`.
  case jsonl
  /// Lines of Jepsen's log: `INFO  jepsen.util - 0 :invoke :read nil`.
  case log
}

/// What a recorder knows of how an operation ended.
public enum Outcome: UInt8, Sendable {
  /// The system answered: a result, or an error that is an answer.
  case ok
  /// The operation surely had no effect.
  case fail
  /// Nobody knows: it may take effect at any time after its invocation, or never.
  case info
}

/// The number of a function's name (`read`, `setData`) in `History.functions`.
public struct FunctionID: Hashable, Sendable {
  /// An index into `History.functions`.
  public let raw: UInt16
}

/// One operation of a history: what was asked, by whom, when, and what was answered.
///
/// Operation *a* precedes *b* in real time exactly if `a.completion < b.invocation`.
public struct HistoryOperation: Hashable, Sendable {
  /// The session or client thread that asked.
  public var process: Int64
  /// The `op` of a native file; elsewhere the operation's index in `History.operations`.
  public var id: Int64
  /// When it was invoked, in nanoseconds; `Int64.min` if the file does not say.
  public var invocationTime: Int64
  /// When it was answered, in nanoseconds; `Int64.min` if it was not, or the file does not say.
  public var completionTime: Int64
  /// The object asked about: a key, or a path in ZooKeeper's files; `absent` if there is none.
  public var key: ValueID
  /// The `value` of the invocation.
  public var argument: ValueID
  /// The `value` of the completion; `absent` without one.
  public var result: ValueID
  /// The `error` of the completion; `absent` without one.
  public var error: ValueID
  /// A map of the invocation's other fields; `absent` if there are none.
  public var invocationFields: ValueID
  /// A map of the completion's other fields; `absent` if there are none.
  public var completionFields: ValueID
  /// The place of its invocation in the real-time order of all events, skew included.
  public var invocation: Int32
  /// The place of its completion in that order; `Int32.max` if it never surely ended.
  public var completion: Int32
  /// The line of its invocation, from 1.
  public var invocationLine: Int32
  /// The line of its completion; 0 without one.
  public var completionLine: Int32
  /// What was called.
  public var function: FunctionID
  /// How it ended; `info` if its completion is missing.
  public var outcome: Outcome

  /// Makes it one that was never answered.
  public mutating func loseAnswer() {
    outcome = .info
    completion = .max
    completionTime = .min
    completionLine = 0
    result = .absent
    error = .absent
    completionFields = .absent
  }
}

/// A line that is no operation of a client: a fault, a watch event, a connection.
public struct Annotation: Hashable, Sendable {
  /// The line, from 1.
  public var line: Int32
  /// How many events of clients precede it in the file.
  public var position: Int32
  /// The whole line, as a map.
  public var value: Value
}

/// Which failed compare-and-set operations are observations that the value was another one.
public enum FailedCasRule: String, CaseIterable, Sendable {
  /// All of them: the rule of native files and of Jepsen's logs.
  case observed
  /// None of them.
  case dropped
  /// Those whose completion has no `error`: the rule of Jepsen's EDN and JSON, where `:fail` with
  /// an `:error` tells of a request that never arrived.
  case observedWithoutError
}

/// A recorded history: operations in the order of their invocation lines, and what else was said.
public struct History: Sendable {
  /// What it was read from.
  public var format: HistoryFormat
  /// The fields of a native file's first line, in its order, `linnaeus` included; else empty.
  public var header: [Value.Field] = []
  /// The names that `HistoryOperation.function` numbers.
  public var functions: [String] = []
  /// The values that operations name.
  public var values = ValueTable()
  /// The operations, in the order of their invocation lines.
  public var operations: [HistoryOperation] = []
  /// Everything else, in the order of the file.
  public var annotations: [Annotation] = []
  /// Whether keys are paths of znodes, so that a writer calls them `path`.
  public var keysArePaths = false
  /// Whether the records of the file are numbered from 0 by an `index`, which a writer repeats.
  public var isIndexed = false
  /// How failed compare-and-set operations count.
  public var failedCas: FailedCasRule
  /// How many events there are: places in the real-time order run from 0 to this.
  public var eventCount: Int32 = 0

  /// An empty history of a format, with that format's rule for failed compare-and-set.
  public init(format: HistoryFormat) {
    self.format = format
    failedCas = format == .native || format == .log ? .observed : .observedWithoutError
  }

  /// The name of the function that `operation` called.
  public func name(of operation: HistoryOperation) -> String {
    functions[Int(operation.function.raw)]
  }

  /// The header's field of that name.
  public func headerField(_ name: String) -> Value? {
    header.first { $0.name == .string(name) }?.value
  }

  /// Whether a failed operation that is a compare-and-set tells that the value was another one.
  public func failedCasIsObservation(_ operation: HistoryOperation) -> Bool {
    switch failedCas {
    case .observed: true
    case .dropped: false
    case .observedWithoutError: operation.error == .absent
    }
  }
}
