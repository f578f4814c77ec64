import OperationHistory

/// Reads the fields of operations into columns.
struct ColumnReader {
  private(set) var columns: ZooKeeperHistory
  private let values: ValueTable
  private var names = FieldNames()
  private let kinds: [OperationKind]
  /// The number of each path among `paths`, by its number in the table of values; -1 for none yet.
  private var pathNumbers: [Int32]
  private var sessionsByID: [Int64: Int32] = [:]
  private var sessionsByProcess: [Int64: Int32] = [:]
  /// The session that was asked for last, often the same again.
  private var lastSession = (field: ValueID.absent, number: Int32(-1))
  private var lastError = (field: ValueID.absent, error: ReplyError.none)
  private var assumptions = Assumptions()
  private let checksAssumptions: Bool

  init(_ history: History, checksAssumptions: Bool) {
    self.checksAssumptions = checksAssumptions
    values = history.values
    columns = ZooKeeperHistory(empty: history)
    kinds = history.functions.map { OperationKind(function: $0) }
    pathNumbers = Array(repeating: -1, count: history.values.count)
    let count = history.operations.count
    columns.kinds.reserveCapacity(count)
    columns.sessionOf.reserveCapacity(count)
    columns.servers.reserveCapacity(count)
    columns.zxids.reserveCapacity(count)
    columns.errors.reserveCapacity(count)
    columns.firstPart.reserveCapacity(count + 1)
  }

  mutating func readAll() throws(HistoryError) {
    let operations = columns.history.operations
    for operation in operations {
      let call = try Fields(
        operation.invocationFields, values, &names,
        line: Int(operation.invocationLine))
      let reply = try Fields(
        operation.completionFields, values, &names,
        line: Int(operation.completionLine))
      let kind = kinds[Int(operation.function.raw)]
      columns.kinds.append(kind)
      if call[.watch] == .true { columns.watchRequests.append(Int32(columns.kinds.count - 1)) }
      let session = try session(call, operation)
      columns.sessionOf.append(session)
      columns.servers.append(
        try call.integer32(.server, values) ?? -1)
      let zxid = try reply.hexadecimal(.zxid, values) ?? RecordedStat.unknown
      columns.zxids.append(zxid)
      let error = try error(Self.answer(operation), line: reply.line)
      columns.errors.append(error)
      if checksAssumptions {
        if operation.outcome == .ok, error == .none {
          try Assumptions.check(zxid: zxid, isWrite: kind.isWrite, line: reply.line)
        }
        try assumptions.note(
          columns.kinds.count - 1, session: session, xid: try call.integer32(.xid, values),
          columns.history)
      }
      switch kind {
      case .multi, .multiRead: try readParts(operation, call, reply)
      case .sync, .closeSession, .reconfig, .other: break
      default:
        if kind.isRead, isConfiguration(operation.key) { break }
        try readPart(kind, call, reply, operation)
      }
      columns.firstPart.append(Int32(columns.partKinds.count))
    }
    columns.gap = assumptions.gap
  }

  /// Whether a path is that of the ensemble's configuration.
  private func isConfiguration(_ path: ValueID) -> Bool {
    guard let text = values.string(path), text.count == Self.configuration.count else {
      return false
    }
    return text.elementsEqual(Self.configuration)
  }

  private static let configuration = Array("/zookeeper/config".utf8)

  // MARK: Requests

  private mutating func session(
    _ call: Fields, _ operation: HistoryOperation
  ) throws(HistoryError) -> Int32 {
    let field = call[.session]
    if field == .absent {
      if let known = sessionsByProcess[operation.process] { return known }
      let number = newSession(RecordedStat.unknown)
      sessionsByProcess[operation.process] = number
      return number
    }
    if field == lastSession.field { return lastSession.number }
    let id = try call.hexadecimal(.session, values) ?? RecordedStat.unknown
    let number = sessionsByID[id] ?? newSession(id)
    sessionsByID[id] = number
    lastSession = (field, number)
    return number
  }

  private mutating func newSession(_ id: Int64) -> Int32 {
    columns.sessions.append(id)
    return Int32(columns.sessions.count - 1)
  }

  /// The error that a server answered; a connection that was lost answers nothing.
  private static func answer(_ operation: HistoryOperation) -> ValueID {
    operation.outcome == .ok ? operation.error : .absent
  }

  private mutating func error(_ field: ValueID, line: Int) throws(HistoryError) -> ReplyError {
    if field == .absent { return .none }
    if field == lastError.field { return lastError.error }
    guard let name = values.string(field) else {
      throw HistoryError(line: line, "expected the name of an error as `error`, such as \"NoNode\"")
    }
    lastError = (field, ReplyError(name: name))
    return lastError.error
  }

  // MARK: Parts

  /// The part of a request that is none of several.
  private mutating func readPart(
    _ kind: OperationKind, _ call: Fields, _ reply: Fields, _ operation: HistoryOperation
  ) throws(HistoryError) {
    var call = call
    var reply = reply
    call[.path] = operation.key
    call[.value] = operation.argument
    reply[.value] = operation.result
    reply[.error] = Self.answer(operation)
    try append(kind, call, reply)
    if checksAssumptions, let zxid = columns.zxids.last, let stat = columns.statOf.last, stat >= 0 {
      try Assumptions.check(columns.stats[Int(stat)], of: kind, zxid: zxid, line: reply.line)
    }
  }

  /// The parts of a multi or multiRead: the elements of `ops`, each with that of `results`.
  private mutating func readParts(
    _ operation: HistoryOperation, _ call: Fields, _ reply: Fields
  ) throws(HistoryError) {
    guard let ops = values.list(call[.ops]) else {
      throw HistoryError(line: call.line, "expected the list of its operations as `ops`")
    }
    let results = values.list(reply[.results]) ?? []
    guard results.isEmpty || results.count == ops.count else {
      throw HistoryError(
        line: reply.line,
        "expected as many `results` as `ops`, \(ops.count), not \(results.count)")
    }
    for (offset, op) in ops.enumerated() {
      let part = try Fields(op, values, &names, line: call.line)
      let result = try Fields(
        results.isEmpty ? .absent : results[results.startIndex + offset], values, &names,
        line: reply.line)
      guard let name = values.string(part[.f]) else {
        throw HistoryError(line: call.line, "an element of `ops` has no `f`")
      }
      try append(OperationKind(function: String(decoding: name, as: UTF8.self)), part, result)
    }
  }

  private mutating func append(
    _ kind: OperationKind, _ call: Fields, _ reply: Fields
  ) throws(HistoryError) {
    let isSequential = call[.sequential] == .true
    guard isSequential || call[.sequential] == .absent || call[.sequential] == .false else {
      throw call.expected("true or false", .sequential)
    }
    guard values.string(call[.path]) != nil else {
      throw call.expected("a path", .path)
    }
    let created = reply[.created]
    guard created == .absent || values.string(created) != nil else {
      throw reply.expected("a path", .created)
    }
    columns.partKinds.append(kind)
    columns.prefixes.append(isSequential ? call[.path] : .absent)
    columns.pathOf.append(isSequential ? path(created) : path(call[.path]))
    columns.values.append(
      kind == .getData
        ? reply[.value] : kind == .getChildren ? reply[.children] : call[.value])
    columns.expectedVersions.append(try call.integer32(.version, values) ?? -1)
    columns.modes.append(try mode(call))
    columns.partErrors.append(try error(reply[.error], line: reply.line))
    if reply[.stat] == .absent {
      columns.statOf.append(-1)
    } else {
      columns.statOf.append(Int32(columns.stats.count))
      columns.stats.append(try stat(reply))
    }
  }

  private mutating func path(_ value: ValueID) -> Int32 {
    guard value != .absent else { return -1 }
    let place = Int(value.raw)
    if pathNumbers[place] < 0 {
      pathNumbers[place] = Int32(columns.paths.count)
      columns.paths.append(value)
    }
    return pathNumbers[place]
  }

  private func mode(_ call: Fields) throws(HistoryError) -> CreateMode {
    guard call[.mode] != .absent else { return .persistent }
    switch values[call[.mode]] {
    case .string("persistent"): return .persistent
    case .string("ephemeral"): return .ephemeral
    case .string("container"): return .container
    case .string("ttl"): return .ttl
    default: throw call.expected("persistent, ephemeral, container or ttl", .mode)
    }
  }

  private mutating func stat(_ reply: Fields) throws(HistoryError) -> RecordedStat {
    let fields = try Fields(
      reply[.stat], values, &names, line: reply.line, what: "`stat`")
    var stat = RecordedStat()
    func zxid(_ field: Fields.Name, _ value: inout Int64) throws(HistoryError) {
      if let number = try fields.hexadecimal(field, values) { value = number }
    }
    func count(_ field: Fields.Name, _ value: inout Int32) throws(HistoryError) {
      if let number = try fields.integer32(field, values) { value = number }
    }
    try zxid(.czxid, &stat.czxid)
    try zxid(.mzxid, &stat.mzxid)
    try zxid(.pzxid, &stat.pzxid)
    try zxid(.ephemeralOwner, &stat.ephemeralOwner)
    try count(.version, &stat.version)
    try count(.cversion, &stat.cversion)
    try count(.aversion, &stat.aversion)
    try count(.dataLength, &stat.dataLength)
    try count(.numChildren, &stat.numChildren)
    if checksAssumptions { try Assumptions.check(stat, line: reply.line) }
    return stat
  }
}
