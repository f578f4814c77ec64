import ClientSession
import Jute
import LinnaeusBase
import OperationHistory

/// Writes a history in the native format as a run goes on (design.md, History).
///
/// A line is complete when the call that writes it returns, and an invocation is written before its
/// request leaves: what was recorded is sound wherever it is cut off.
public struct HistoryRecorder: Sendable {
  private var text = JSONText()
  private var lastOperation: Int64 = 0
  private var lastProcess: Int64 = -1
  /// How many operations were begun.
  public var operationCount: Int64 { lastOperation }
  /// How many operations were answered, errors that are answers included.
  public private(set) var completedCount: Int64 = 0

  /// Begins a history.
  ///
  /// - Parameters:
  ///   - servers: the ensemble's servers and their addresses.
  ///   - source: what made the history, such as the command that repeats it.
  ///   - more: further fields of the first line.
  public init(
    servers: [(id: ServerID, address: String)], source: String,
    more: [(name: String, value: Value)] = []
  ) {
    var header: [(name: String, value: Value)] = [
      ("linnaeus", .integer(1)), ("model", .string("zookeeper")), ("clock", .string("monotonic")),
      ("skew_ns", .integer(0)),
      ("servers", .map(servers.map { .init(.string("\($0.id)"), .string($0.address)) })),
      ("source", .string(source)),
    ]
    header += more
    appendJSON(.map(header.map { .init(.string($0.name), $0.value) }), to: &text.bytes)
    text.append("\n")
  }

  /// What was written so far and not taken.
  public var bytes: [UInt8] { text.bytes }

  /// Hands over what was written since this was last called, for a driver that writes it to a file
  /// as it grows; the room is used again.
  public mutating func drain(_ take: (BorrowedBytes) -> Void) {
    text.bytes.withBorrowedBytes(take)
    text.bytes.removeAll(keepingCapacity: true)
  }

  /// The number of a new session.
  mutating func newProcess() -> Int64 {
    lastProcess += 1
    return lastProcess
  }

  // MARK: Operations

  /// An operation that was begun, as its completion has to name it.
  struct Invocation: Sendable {
    var operation: Int64
    var process: Int64
    var function: StaticString
    var path: [UInt8]?
    /// Whether it is a multi of writes, which can fail in its results.
    var isMulti: Bool
    /// Whether it becomes a transaction.
    var isWrite: Bool
  }

  /// Whose session it is, and on which server.
  struct Place: Sendable {
    var process: Int64
    var session: Int64
    var server: ServerID
  }

  /// Records that a request is about to be sent.
  mutating func invoke(
    _ request: SessionRequest, xid: Int32, at place: Place, now: Instant
  ) -> Invocation {
    lastOperation += 1
    let invocation = Invocation(
      operation: lastOperation, process: place.process, function: request.function,
      path: request.recordedPath, isMulti: request.opcode == .multi,
      isWrite: request.isWrite)
    text.append("{\"type\":\"invoke\",\"op\":")
    begin(invocation)
    text.appendArguments(of: request)
    appendPlace(place)
    text.append(",\"xid\":")
    text.append(Int64(xid))
    end(now)
    return invocation
  }

  /// Records how an operation ended.
  mutating func complete(_ invocation: Invocation, _ outcome: RequestOutcome, now: Instant) {
    switch outcome {
    case .done(let result, let zxid):
      completedCount += 1
      begin("ok", invocation)
      text.appendResult(result, isMulti: invocation.isMulti)
      end(zxid, now)
    case .refused(let error, let zxid):
      let kind = Outcome(replyCode: error.rawValue)
      if kind == .ok { completedCount += 1 }
      begin(kind == .ok ? "ok" : kind == .fail ? "fail" : "info", invocation)
      append(error)
      end(zxid, now)
    case .lost(let loss):
      begin(loss == .neverSent ? "fail" : "info", invocation)
      append(.connectionLoss)
      end(now)
    }
  }

  private mutating func begin(_ type: StaticString, _ invocation: Invocation) {
    text.append("{\"type\":\"")
    text.append(type)
    text.append("\",\"op\":")
    begin(invocation)
  }

  private mutating func begin(_ invocation: Invocation) {
    text.append(invocation.operation)
    text.append(",\"process\":")
    text.append(invocation.process)
    text.append(",\"f\":\"")
    text.append(invocation.function)
    text.append("\"")
    if let path = invocation.path {
      text.append(",\"path\":")
      text.appendText(path)
    }
  }

  private mutating func append(_ error: ErrorCode) {
    text.append(",\"error\":")
    text.appendText(Array(error.name.utf8))
  }

  /// The answer to an `auth` has no zxid of its own and says 0.
  private mutating func end(_ zxid: Zxid, _ now: Instant) {
    guard zxid.rawValue > 0 else { return end(now) }
    text.append(",\"zxid\":")
    text.appendHexadecimal(zxid.rawValue)
    end(now)
  }

  private mutating func end(_ now: Instant) {
    text.append(",\"time\":")
    text.append(now.nanoseconds)
    text.append("}\n")
  }

  private mutating func appendPlace(_ place: Place) {
    text.append(",\"session\":")
    text.appendHexadecimal(place.session)
    text.append(",\"server\":")
    text.append(place.server.rawValue)
  }

  private mutating func begin(line type: StaticString, at place: Place) {
    text.append("{\"type\":\"")
    text.append(type)
    text.append("\",\"process\":")
    text.append(place.process)
    appendPlace(place)
  }

  // MARK: Other lines

  /// Records that a server granted a session.
  mutating func connect(
    at place: Place, lastZxidSeen: Zxid, timeoutMilliseconds: Int32, isResumed: Bool,
    retransmits: Bool, now: Instant
  ) {
    begin(line: "connect", at: place)
    text.append(",\"lastZxidSeen\":")
    text.appendHexadecimal(lastZxidSeen.rawValue)
    text.append(",\"timeout\":")
    text.append(Int64(timeoutMilliseconds))
    text.append(isResumed ? ",\"resumed\":true" : ",\"resumed\":false")
    if retransmits { text.append(",\"retransmission\":true") }
    end(now)
  }

  /// Records that a session has no server any more.
  mutating func disconnect(at place: Place, reason: StaticString, now: Instant) {
    begin(line: "disconnect", at: place)
    text.append(",\"reason\":\"")
    text.append(reason)
    text.append("\"")
    end(now)
  }

  /// Records that a server said that a session has expired.
  mutating func expired(at place: Place, now: Instant) {
    begin(line: "expired", at: place)
    end(now)
  }

  /// Records a watch event; a zxid of −1 was not told.
  mutating func watch(_ event: WatcherEvent, zxid: Zxid, at place: Place, now: Instant) {
    begin(line: "watch", at: place)
    text.append(",\"event\":")
    switch WatchEventKind(rawValue: event.kind) {
    case .created: text.append("\"created\"")
    case .deleted: text.append("\"deleted\"")
    case .dataChanged: text.append("\"dataChanged\"")
    case .childrenChanged: text.append("\"childrenChanged\"")
    case nil: text.append(Int64(event.kind))
    }
    text.append(",\"path\":")
    text.appendText(event.path)
    end(zxid, now)
  }

  /// Records that a lock or an office was acquired, or that it is held no more: `released`, before
  /// it is given back, or because it may be lost.
  mutating func lock(
    _ function: StaticString, _ holding: Holding, isLost: Bool = false, at place: Place,
    now: Instant
  ) {
    begin(line: "ok", at: place)
    text.append(",\"f\":\"")
    text.append(function)
    text.append("\",\"lock\":")
    text.appendText(holding.lock)
    text.append(",\"token\":")
    text.appendHexadecimal(holding.token.rawValue)
    text.append(",\"node\":")
    text.appendText(holding.node)
    if isLost { text.append(",\"lost\":true") }
    end(now)
  }

  /// Records a use of the resource behind a lock.
  mutating func effect(
    on resource: [UInt8], token: Zxid, isAccepted: Bool, at place: Place, now: Instant
  ) {
    begin(line: "ok", at: place)
    text.append(",\"f\":\"effect\",\"resource\":")
    text.appendText(resource)
    text.append(",\"token\":")
    text.appendHexadecimal(token.rawValue)
    text.append(isAccepted ? ",\"accepted\":true" : ",\"accepted\":false")
    end(now)
  }

  /// Records a fault, or anything else that no client did: a line of the process `nemesis`.
  public mutating func nemesis(_ function: String, _ value: Value, now: Instant) {
    text.append("{\"type\":\"info\",\"process\":\"nemesis\",\"f\":")
    text.appendText(Array(function.utf8))
    text.append(",\"value\":")
    appendJSON(value, to: &text.bytes)
    end(now)
  }
}

extension SessionRequest {
  /// Whether a server makes a transaction of it.
  fileprivate var isWrite: Bool {
    switch self {
    case .create, .delete, .setData, .setACL, .multi, .reconfig, .closeSession: true
    default: false
    }
  }
}
