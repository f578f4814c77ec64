import OperationHistory

/// A native ZooKeeper history as columns of typed values.
///
/// A *request* is an operation of the history, by its index there. Its *parts* are what it asks of
/// single paths: one for a plain request, one for each element of a multi, none for `sync` and
/// requests that touch no znode. What a recorder left out is unknown: `ValueID.absent`,
/// ``RecordedStat/unknown`` or the first case of an enumeration.
public struct ZooKeeperHistory: Sendable {
  /// What it was read from; names its values, lines and intervals.
  public internal(set) var history: History

  // MARK: Requests

  /// What each request asks for.
  public internal(set) var kinds: [OperationKind] = []
  /// The session of each request, an index into `sessions`.
  public internal(set) var sessionOf: [Int32] = []
  /// The server that each request was sent to; -1 if unknown.
  public internal(set) var servers: [Int32] = []
  /// The zxid of each reply's header.
  public internal(set) var zxids: [Int64] = []
  /// The error of each reply.
  public internal(set) var errors: [ReplyError] = []
  /// Where the parts of each request begin; one more than there are requests.
  public internal(set) var firstPart: [Int32] = [0]

  /// The requests that ask for a watch besides their answer, ascending.
  public internal(set) var watchRequests: [Int32] = []

  // MARK: Parts

  /// What each part asks for.
  public internal(set) var partKinds: [OperationKind] = []
  /// The path of each part, an index into `paths`: of a sequential create the path created, or -1
  /// if that is not known.
  public internal(set) var pathOf: [Int32] = []
  /// The data that each part writes, or was answered; of `getChildren` the list of names.
  public internal(set) var values: [ValueID] = []
  /// The version that each part expects; -1 is any.
  public internal(set) var expectedVersions: [Int32] = []
  /// How each part creates.
  public internal(set) var modes: [CreateMode] = []
  /// The error that each part was answered.
  public internal(set) var partErrors: [ReplyError] = []
  /// The Stat that each part was answered, an index into `stats`; -1 for none.
  public internal(set) var statOf: [Int32] = []
  /// For a sequential create the path that was asked for; else `absent`.
  public internal(set) var prefixes: [ValueID] = []

  // MARK: What they name

  /// The distinct paths.
  public internal(set) var paths: [ValueID] = []
  /// The parent of each path, an index into `paths`; -1 if no request names it.
  public internal(set) var parents: [Int32] = []
  /// The Stats, in the order of their replies.
  public internal(set) var stats: [RecordedStat] = []
  /// The sessions: what ZooKeeper calls them, or ``RecordedStat/unknown`` where the file does not
  /// say, and a process stands for a session.
  public internal(set) var sessions: [Int64] = []

  /// Where a session's xids leave out requests: the history is not all that happened.
  var gap: Assumptions.Gap?

  /// Reads the fields of every operation.
  ///
  /// - Parameters:
  ///   - history: a history in the native format.
  ///   - checksAssumptions: whether a file that contradicts itself (P0) is refused.
  /// - Throws: `HistoryError` for a field of the wrong kind, with the line.
  /// - Complexity: O(n) in the size of the history.
  public init(_ history: History, checksAssumptions: Bool = false) throws(HistoryError) {
    self.history = history
    var reader = ColumnReader(history, checksAssumptions: checksAssumptions)
    try reader.readAll()
    self = reader.columns
    findParents()
  }

  init(empty history: History) {
    self.history = history
  }

  /// Whether a request is an answered write with a transaction of its own.
  ///
  /// Errors that a server may make before it asks the leader (the permission to write is lacking)
  /// are no transactions for sure.
  func hasTransaction(_ request: Int) -> Bool {
    kinds[request].isWrite && errors[request] != .other
      && history.operations[request].outcome == .ok
  }

  /// Whether a request was answered and its place in the order of transactions is not told.
  func lacksZxid(_ request: Int) -> Bool {
    zxids[request] == RecordedStat.unknown && history.operations[request].outcome == .ok
      && (hasTransaction(request) || (kinds[request].isRead && errors[request] != .other))
  }

  /// The parts of a request.
  public func parts(of request: Int) -> Range<Int> {
    Int(firstPart[request])..<Int(firstPart[request + 1])
  }

  /// What a part's Stat says; nothing where there is none.
  func stat(of part: Int) -> RecordedStat {
    statOf[part] < 0 ? RecordedStat() : stats[Int(statOf[part])]
  }

  /// The length of data in bytes; unknown for what no znode holds.
  func length(of value: ValueID) -> Int32 {
    if value == .null { return 0 }
    if let text = history.values.string(value) { return Int32(clamping: text.count) }
    guard value != .absent, case .bytes(let bytes) = history.values[value] else {
      return RecordedStat.unknownCount
    }
    return Int32(clamping: bytes.count)
  }

  private mutating func findParents() {
    var numbers: [ArraySlice<UInt8>: Int32] = [:]
    numbers.reserveCapacity(paths.count)
    let texts = paths.map { history.values.string($0) ?? [] }
    for (index, text) in texts.enumerated() { numbers[text] = Int32(index) }
    parents = texts.map { text in
      guard let slash = text.lastIndex(of: UInt8(ascii: "/")), slash > text.startIndex else {
        return -1
      }
      return numbers[text[..<slash]] ?? -1
    }
  }
}
