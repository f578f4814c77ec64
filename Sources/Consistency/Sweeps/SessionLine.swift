import OperationHistory

/// A line that a session's client has seen or caused, in the order of the file: of one connection,
/// that is the order of arrival.
struct SessionLine {
  enum Event: Hashable {
    /// A reply arrived.
    case reply(Int32)
    /// A request that takes watches away was sent.
    case removal(Int32)
    /// A watch fired: what happened, to which path.
    case watch(WatchedChange, path: Int32, zxid: Int64)
    /// The connection began or ended.
    case border
  }

  var line: Int32
  var session: Int32
  var event: Event
}

/// What an event of a watch tells of.
enum WatchedChange: String {
  case created, deleted, dataChanged, childrenChanged
}

extension ZooKeeperHistory {
  /// The lines of sessions, those of replies only for sessions that `matters` names.
  ///
  /// - Complexity: O(m log m) in the number of those lines.
  func sessionLines(matters: [Bool]) throws(HistoryError) -> [SessionLine] {
    var lines: [SessionLine] = []
    let removal = history.functions.firstIndex(of: "removeWatches")
    for request in kinds.indices where matters[Int(sessionOf[request])] {
      let operation = history.operations[request]
      if operation.outcome == .ok, operation.completionLine > 0 {
        lines.append(
          SessionLine(
            line: operation.completionLine, session: sessionOf[request],
            event: .reply(Int32(request))))
      }
      if let removal, Int(operation.function.raw) == removal {
        lines.append(
          SessionLine(
            line: operation.invocationLine, session: sessionOf[request],
            event: .removal(Int32(request))))
      }
    }
    var sessionNumbers: [Int64: Int32] = [:]
    for (number, id) in sessions.enumerated() { sessionNumbers[id] = Int32(number) }
    var pathNumbers: [String: Int32] = [:]
    for (number, path) in paths.enumerated() {
      guard let text = history.values.string(path) else { continue }
      pathNumbers[String(decoding: text, as: UTF8.self)] = Int32(number)
    }
    for annotation in history.annotations {
      let line = AnnotationFields(annotation)
      guard let session = try line?.hexadecimal("session").flatMap({ sessionNumbers[$0] }),
        let line
      else { continue }
      switch line["type"] {
      case .string("connect"), .string("disconnect"), .string("expired"):
        lines.append(SessionLine(line: annotation.line, session: session, event: .border))
      case .string("watch"):
        guard case .string(let name)? = line["event"], let change = WatchedChange(rawValue: name),
          case .string(let path)? = line["path"]
        else { continue }
        let zxid = try line.hexadecimal("zxid") ?? RecordedStat.unknown
        lines.append(
          SessionLine(
            line: annotation.line, session: session,
            event: .watch(change, path: pathNumbers[path] ?? -1, zxid: zxid)))
      default: break
      }
    }
    lines.sort { $0.line < $1.line }
    return lines
  }
}

/// The fields of a line that is no operation.
struct AnnotationFields {
  private let fields: [Value.Field]
  private let line: Int32

  init?(_ annotation: Annotation) {
    guard case .map(let fields) = annotation.value else { return nil }
    self.fields = fields
    line = annotation.line
  }

  subscript(name: String) -> Value? { fields.first { $0.name == .string(name) }?.value }

  /// A number as `"0x1a"`; nil if it is not there.
  func hexadecimal(_ name: String) throws(HistoryError) -> Int64? {
    guard let value = self[name] else { return nil }
    guard case .string(let text) = value, text.hasPrefix("0x"),
      let number = UInt64(text.dropFirst(2), radix: 16)
    else {
      throw HistoryError(line: Int(line), "expected a string like \"0x1a\" as `\(name)`")
    }
    return Int64(bitPattern: number)
  }
}
