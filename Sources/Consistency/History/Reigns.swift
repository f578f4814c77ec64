import OperationHistory

/// Which server led when, as the lines of a simulator tell.
///
/// ```
/// {"type":"info","process":"nemesis","f":"leads","value":{"server":1,"epoch":3},"time":2000}
/// {"type":"info","process":"nemesis","f":"stopsLeading","value":{"server":1,"epoch":3},"time":9000}
/// ```
///
/// A server's reign begins when it `leads` an epoch, and ends when it says so or another server
/// begins to lead a later epoch, whichever comes first.
struct Reigns {
  private struct Reign {
    var server: Int32
    var epoch: Int64
    /// The first and the last moment, in the measure of `Clock`.
    var start: Int64
    var end = Int64.max
  }

  /// What tells time: nanoseconds where the file has them, else how many events came before.
  private enum Clock {
    case time(skew: Int64)
    case position
  }

  private var reigns: [Reign] = []
  private let clock: Clock
  private let history: History

  /// The servers that ever led.
  var servers: Set<Int32> { Set(reigns.map(\.server)) }

  /// Whether the history tells of no leader.
  var isEmpty: Bool { reigns.isEmpty }

  /// Reads the lines.
  ///
  /// - Throws: `HistoryError` if one lacks its server, its epoch or the time.
  init(_ history: History) throws(HistoryError) {
    self.history = history
    let isTimed = history.operations.first.map { $0.invocationTime != .min } ?? false
    var skew: Int64 = 0
    if case .integer(let field)? = history.headerField("skew_ns") { skew = field }
    clock = isTimed ? .time(skew: skew) : .position
    for annotation in history.annotations {
      guard case .map(let fields) = annotation.value else { continue }
      func field(_ name: String) -> Value? { fields.first { $0.name == .string(name) }?.value }
      guard field("process") == .string("nemesis"), case .string(let function)? = field("f"),
        function == "leads" || function == "stopsLeading"
      else { continue }
      let (server, epoch) = try Self.leader(field("value"), line: Int(annotation.line))
      var moment = Int64(annotation.position)
      if isTimed {
        guard case .integer(let time)? = field("time") else {
          throw HistoryError(line: Int(annotation.line), "expected an integer as `time`")
        }
        moment = time
      }
      if function == "leads" {
        begin(server, epoch, at: moment)
      } else {
        end(at: moment) { $0.server == server && $0.epoch <= epoch }
      }
    }
  }

  private static func leader(_ value: Value?, line: Int) throws(HistoryError) -> (Int32, Int64) {
    guard case .map(let fields)? = value,
      case .integer(let server)? = fields.first(where: { $0.name == .string("server") })?.value,
      let server = Int32(exactly: server),
      case .integer(let epoch)? = fields.first(where: { $0.name == .string("epoch") })?.value
    else {
      throw HistoryError(line: line, "expected a `value` like {\"server\":1,\"epoch\":3}")
    }
    return (server, epoch)
  }

  private mutating func begin(_ server: Int32, _ epoch: Int64, at moment: Int64) {
    end(at: moment) { $0.epoch < epoch }
    reigns.append(Reign(server: server, epoch: epoch, start: moment))
  }

  private mutating func end(at moment: Int64, where ends: (Reign) -> Bool) {
    for index in reigns.indices where ends(reigns[index]) {
      reigns[index].end = min(reigns[index].end, moment)
    }
  }

  /// Whether a server led from before an operation was called until after it was answered.
  ///
  /// - Parameters:
  ///   - server: the server that answered.
  ///   - request: the operation's index in the history.
  /// - Returns: false also if the operation's interval only touches a border of the reign.
  func covers(server: Int32, request: Int) -> Bool {
    let operation = history.operations[request]
    guard operation.outcome == .ok else { return false }
    switch clock {
    case .time(let skew):
      return reigns.contains {
        $0.server == server && $0.start + skew < operation.invocationTime - skew
          && ($0.end == .max || operation.completionTime + skew < $0.end - skew)
      }
    case .position:
      // Without times an event's place is the number of events before it.
      return reigns.contains {
        $0.server == server && $0.start <= operation.invocation && operation.completion < $0.end
      }
    }
  }
}
