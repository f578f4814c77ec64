import OperationHistory

/// What every recorder of a connection sees, whatever its server does (P0).
///
/// A file that breaks it was damaged, or is no recording of ZooKeeper's replies: it says nothing of
/// the server, and is refused.
struct Assumptions {
  /// Requests of a session that stand in no line: its xids leave some out.
  struct Gap: Hashable {
    /// The request behind the gap, an index into the history's operations.
    var request: Int32
    /// The xid of the request before it, and its own.
    var before: Int32
    var after: Int32
  }

  private struct Last {
    var xid: Int32 = 0
    var line: Int32 = 0
    var completionLine: Int32 = 0
  }

  /// Clients count from 1, or (the C client) from the time in seconds.
  private static let largestFirst: Int32 = 1_000_000

  private var last: [Last] = []
  /// The first gap.
  private(set) var gap: Gap?

  /// Compares a request with the one before it in its session.
  ///
  /// - Throws: if its xid, or the line of its reply, does not come after that one's.
  mutating func note(
    _ request: Int, session: Int32, xid: Int32?, _ history: History
  ) throws(HistoryError) {
    // Pings, authentications and watches that are set again have negative xids, and no order.
    guard let xid, xid > 0 else { return }
    while last.count <= Int(session) { last.append(Last()) }
    let operation = history.operations[request]
    var before = last[Int(session)]
    if before.line == 0, gap == nil, xid > 1, xid < Self.largestFirst {
      gap = Gap(request: Int32(request), before: 0, after: xid)
    }
    if before.line > 0, xid <= before.xid || xid > before.xid &+ 1 {
      let isNew = Self.connects(history, from: before.line, to: operation.invocationLine)
      if xid <= before.xid {
        guard isNew else {
          throw HistoryError(
            line: Int(operation.invocationLine),
            "the `xid` \(xid) comes after \(before.xid) on the same connection"
              + " (line \(before.line))")
        }
      } else if gap == nil {
        gap = Gap(request: Int32(request), before: before.xid, after: xid)
      }
    }
    if operation.outcome == .ok, operation.completionLine > 0 {
      guard operation.completionLine > before.completionLine else {
        throw HistoryError(
          line: Int(operation.completionLine),
          "this reply comes before that of an earlier request of its session"
            + " (line \(before.completionLine)); a server answers in order")
      }
      before.completionLine = operation.completionLine
    }
    before.xid = xid
    before.line = operation.invocationLine
    last[Int(session)] = before
  }

  /// Whether some session connects between two lines.
  private static func connects(_ history: History, from first: Int32, to last: Int32) -> Bool {
    history.annotations.contains { annotation in
      guard annotation.line > first, annotation.line < last,
        case .map(let fields) = annotation.value
      else { return false }
      return fields.contains { $0.name == .string("type") && $0.value == .string("connect") }
    }
  }

  /// Looks whether an answered zxid can be one.
  static func check(zxid: Int64, isWrite: Bool, line: Int) throws(HistoryError) {
    guard zxid != RecordedStat.unknown, zxid < (isWrite ? 1 : 0) else { return }
    throw HistoryError(
      line: line, "no transaction has the zxid 0x\(String(UInt64(bitPattern: zxid), radix: 16))")
  }

  /// Looks whether a Stat can be one.
  static func check(_ stat: RecordedStat, line: Int) throws(HistoryError) {
    func isKnown(_ zxid: Int64) -> Bool { zxid != RecordedStat.unknown }
    for (name, zxid) in [("mzxid", stat.mzxid), ("pzxid", stat.pzxid)]
    where isKnown(stat.czxid) && isKnown(zxid) && zxid < stat.czxid {
      throw HistoryError(
        line: line, "this `stat` contradicts itself: its `\(name)` is less than its `czxid`")
    }
    let counts = [("dataLength", stat.dataLength), ("numChildren", stat.numChildren)]
    for (name, count) in counts where count != RecordedStat.unknownCount && count < 0 {
      throw HistoryError(line: line, "this `stat` has the negative `\(name)` \(count)")
    }
  }

  /// Looks whether the Stat of a write that stands alone names the write's own transaction.
  static func check(
    _ stat: RecordedStat, of kind: OperationKind, zxid: Int64, line: Int
  ) throws(HistoryError) {
    guard zxid != RecordedStat.unknown else { return }
    var own: [(String, Int64)] = []
    if kind == .create { own = [("czxid", stat.czxid), ("mzxid", stat.mzxid)] }
    if kind == .setData { own = [("mzxid", stat.mzxid)] }
    for (name, other) in own where other != RecordedStat.unknown && other != zxid {
      throw HistoryError(
        line: line,
        "this reply contradicts itself: its `zxid` is not the `\(name)` of what it has written")
    }
  }
}
