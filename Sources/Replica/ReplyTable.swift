import Jute
import LinnaeusBase
import Tree

/// What the last writes of sessions were answered, so that a request which a client sends again is
/// recognised and not done twice.
///
/// This is an extension of ours, which a client asks for in its connect request and a server grants
/// in its response (``mark``). A session that has it begins by a transaction whose request has that
/// number too, so that every server knows it from the log, and Apache's ignore it.
struct ReplyTable: Sendable {
  /// `RTX1`: what clients and servers tell each other by.
  static let mark = ConnectRequest.retransmission

  /// A write that was done.
  struct Reply: Hashable, Sendable {
    var xid: Int32
    var zxid: Zxid
    var error: ErrorCode
    /// The response's body.
    var body: [UInt8]
  }

  private struct Session: Sendable {
    /// Ascending by number from `first` on, and round: that is 0 until there are as many as are kept.
    var replies: [Reply] = []
    var first = 0
    /// Whether older ones than those that are kept were forgotten.
    var hasForgotten = false
    /// The numbers of those that a leader has prepared and that are not applied yet.
    ///
    /// What is sent again is not prepared again, so that they ascend.
    var prepared = FIFO<Int32>()

    func index(_ place: Int) -> Int { (first + place) % replies.count }

    /// A request that came the old way and is refused whoever asks may have a larger number than
    /// what comes the new way after it.
    mutating func insert(_ reply: Reply) {
      if replies.count < ReplyTable.kept {
        replies.append(reply)
      } else {
        replies[first] = reply
        first = (first + 1) % replies.count
        hasForgotten = true
      }
      var place = replies.count - 1
      while place > 0, replies[index(place - 1)].xid > reply.xid {
        replies.swapAt(index(place - 1), index(place))
        place -= 1
      }
    }
  }

  /// So many are kept of each session.
  static let kept = 1_000

  /// Looked up; walked only in order of the numbers.
  private var sessions: [Int64: Session] = [:]

  /// What is known of a request.
  enum Finding: Hashable, Sendable {
    /// It was never done.
    case new
    /// It was done, and that was the answer.
    case known(Reply)
    /// Nobody knows any more.
    case forgotten
  }

  var isEmpty: Bool { sessions.isEmpty }

  /// Whether the session's writes are kept.
  func contains(_ session: Int64) -> Bool { sessions[session] != nil }

  /// What is known of a session's request.
  func find(_ session: Int64, xid: Int32) -> Finding {
    guard let entry = sessions[session] else { return .new }
    // What is sent again is mostly among the last ones.
    for place in entry.replies.indices.reversed() {
      let reply = entry.replies[entry.index(place)]
      if reply.xid == xid { return .known(reply) }
      if reply.xid < xid { return .new }
    }
    return entry.hasForgotten ? .forgotten : .new
  }

  /// Whether a leader has prepared a session's request that is not applied yet.
  func isPrepared(_ session: Int64, xid: Int32) -> Bool {
    guard let prepared = sessions[session]?.prepared else { return false }
    for place in (0..<prepared.count).reversed() {
      guard let number = prepared[place], number > xid else { return prepared[place] == xid }
    }
    return false
  }

  /// Takes note of a request that a leader has prepared.
  mutating func prepare(_ session: Int64, xid: Int32) {
    sessions[session]?.prepared.append(xid)
  }

  /// Forgets what was prepared: nobody leads any more, or someone else does.
  mutating func forgetPrepared() {
    for session in sessions.keys { sessions[session]?.prepared.removeAll() }
  }

  /// Takes note of a transaction that was applied, to that tree.
  mutating func record(_ applied: AppliedTransaction, _ tree: borrowing ZnodeTree) {
    let header = applied.header
    switch header.opcode {
    case .createSession where header.xid == Self.mark: sessions[header.session] = Session()
    case .closeSession: if !sessions.isEmpty { sessions[header.session] = nil }
    default:
      guard !sessions.isEmpty, sessions[header.session] != nil else { return }
      // A request that was refused because it came the wrong way may come the right one.
      guard !applied.hasMoved else { return }
      if sessions[header.session]?.prepared.first == header.xid {
        _ = sessions[header.session]?.prepared.popFirst()
      }
      var body = ByteWriter()
      if header.opcode == .reconfig, applied.result.error == .ok { body.buffer(tree.configuration) }
      let error = applied.writeResponse(to: &body)
      sessions[header.session]?.insert(
        Reply(xid: header.xid, zxid: header.zxid, error: error, body: body.bytes))
    }
  }

  // MARK: On disk and on the wire

  /// All of it: a number of sessions, and of each its id, whether any reply was forgotten, and its
  /// replies from the oldest on.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.int32(Int32(sessions.count))
    for (id, session) in sessions.sorted(by: { $0.key < $1.key }) {
      writer.int64(id)
      writer.bool(session.hasForgotten)
      writer.int32(Int32(session.replies.count))
      for place in session.replies.indices {
        let reply = session.replies[session.index(place)]
        writer.int32(reply.xid)
        writer.zxid(reply.zxid)
        writer.int32(reply.error.rawValue)
        writer.buffer(reply.body)
      }
    }
    return writer.bytes
  }

  init() {}

  /// Reads what ``bytes`` wrote.
  init(from reader: inout ByteReader) throws(ByteReaderError) {
    for _ in 0..<(try reader.count(elementSize: 13) ?? 0) {
      let id = try reader.int64()
      var session = Session()
      session.hasForgotten = try reader.bool()
      for _ in 0..<(try reader.count(elementSize: 20) ?? 0) {
        session.insert(
          Reply(
            xid: try reader.int32(), zxid: try reader.zxid(),
            error: ErrorCode(rawValue: try reader.int32()),
            body: try reader.buffer()?.array ?? []))
      }
      sessions[id] = session
    }
  }
}
