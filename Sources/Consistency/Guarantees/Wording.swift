import OperationHistory

/// Words for what stands in a history.
struct Wording {
  let columns: ZooKeeperHistory
  let zxids: [Int64]

  /// `setData /a (op 17, session 0x100a, server 1, zxid 0x100000007, 0.120–0.130 s)`.
  func operation(_ request: Int32) -> String {
    guard request >= 0 else { return "an operation that is not recorded" }
    return "\(call(request)) (\(facts(request).joined(separator: ", ")))"
  }

  /// What was called, and on which path: `setData /a`.
  func call(_ request: Int32) -> String {
    let operation = columns.history.operations[Int(request)]
    let name = columns.history.name(of: operation)
    let paths = columns.parts(of: Int(request)).map { part in
      columns.pathOf[part] >= 0 ? path(columns.pathOf[part]) : text(columns.prefixes[part]) + "…"
    }
    var distinct: [String] = []
    for path in paths where !distinct.contains(path) { distinct.append(path) }
    let shown = distinct.prefix(3).joined(separator: ", ")
    return distinct.isEmpty
      ? name : "\(name) \(shown)" + (distinct.count > 3 ? " and \(distinct.count - 3) more" : "")
  }

  private func facts(_ request: Int32) -> [String] {
    let operation = columns.history.operations[Int(request)]
    var facts = ["op \(operation.id)", "line \(operation.invocationLine)", session(of: request)]
    let server = columns.servers[Int(request)]
    if server >= 0 { facts.append("server \(server)") }
    let zxid = zxids[Int(request)]
    if zxid != RecordedStat.unknown {
      facts.append("zxid \(hexadecimal(zxid))")
    } else if columns.zxids[Int(request)] != RecordedStat.unknown {
      facts.append("zxid \(hexadecimal(columns.zxids[Int(request)]))")
    }
    if operation.outcome == .info { facts.append("never answered") }
    if let time = time(operation) { facts.append(time) }
    return facts
  }

  private func time(_ operation: HistoryOperation) -> String? {
    guard operation.invocationTime != .min else { return nil }
    let start = seconds(operation.invocationTime)
    guard operation.outcome != .info, operation.completionTime != .min else {
      return "from \(start) s"
    }
    return "\(start)–\(seconds(operation.completionTime)) s"
  }

  /// `session 0x100a`, or `process 3` where the file names no session.
  func session(of request: Int32) -> String {
    let id = columns.sessions[Int(columns.sessionOf[Int(request)])]
    return id == RecordedStat.unknown
      ? "process \(columns.history.operations[Int(request)].process)"
      : "session \(hexadecimal(id))"
  }

  /// Nanoseconds as seconds with six decimals: `2.000123`.
  func seconds(_ nanoseconds: Int64) -> String {
    let microseconds = nanoseconds.magnitude / 1000
    let fraction = String(microseconds % 1_000_000)
    return (nanoseconds < 0 ? "-" : "") + "\(microseconds / 1_000_000)."
      + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
  }

  /// `0x100000007`.
  func hexadecimal(_ zxid: Int64) -> String {
    zxid == RecordedStat.unknown
      ? "(unknown)" : "0x" + String(UInt64(bitPattern: zxid), radix: 16)
  }

  /// A path by its number.
  func path(_ number: Int32) -> String {
    number >= 0 && Int(number) < columns.paths.count ? text(columns.paths[Int(number)]) : "a znode"
  }

  /// A value as JSON, cut off where it is long.
  func value(_ value: ValueID) -> String {
    guard value != .absent else { return "something that nobody knows" }
    var bytes: [UInt8] = []
    appendJSON(columns.history.values[value], to: &bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    return text.count > 60 ? text.prefix(57) + "…" : text
  }

  private func text(_ value: ValueID) -> String {
    columns.history.values.string(value).map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }
}
