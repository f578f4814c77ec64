import Jute
import LinnaeusBase
import Tree
import Zab

/// A client that gets its session once a transaction is applied.
struct Resumption: Sendable {
  var zxid: Zxid
  var session: Int64
  var slot: Int32
  var generation: UInt32
}

/// How requests are recognised that clients send again after they have lost their connection
/// (``ReplyTable``).
///
/// A session's write is known to the server that the session is connected to, if it was ever done:
/// the leader lets a session move only once everything is committed that it had proposed before, and
/// refuses what comes the old way afterwards. And whatever a learner does not know, the leader does:
/// it looks before it prepares a request, at what it has done and at what it has proposed.
extension ZooKeeperReplica {
  /// Lets the clients have their sessions that waited until what they had sent before was applied.
  mutating func resumeWaiting(into effects: inout Effects) {
    while let first = resumptions.first, first.zxid <= tree.lastZxid {
      resumptions.removeFirst()
      guard connections[Int(first.slot)].generation == first.generation else { continue }
      finishConnecting(first.slot, session: first.session, into: &effects)
    }
  }

  /// Whether every server that may come to lead keeps replies.
  var everyoneKnowsExtensions: Bool { zab?.peersKnowExtensions ?? true }

  /// Whether what the session sends again is recognised here.
  func recognisesRepetitions(of session: Int64) -> Bool {
    everyoneKnowsExtensions && replies.contains(session)
  }

  /// What is known of a write that a client sends, perhaps again.
  func findReply(to header: RequestHeader, on slot: Int32) -> ReplyTable.Finding {
    replies.isEmpty || options.mutations.contains(.forgetsReplies)
      ? .new : replies.find(connections[Int(slot)].session, xid: header.xid)
  }

  /// Whether a write that a learner forwards is under way or done already, so that nothing is to be
  /// prepared: whoever waits for it is answered when the first one is applied.
  func isRepetition(_ header: RequestHeader, of session: Int64) -> Bool {
    guard !replies.isEmpty, header.opcode != .createSession,
      !options.mutations.contains(.forgetsReplies)
    else { return false }
    if replies.isPrepared(session, xid: header.xid) { return true }
    guard case .known = replies.find(session, xid: header.xid) else { return false }
    return true
  }

  /// Whether nobody knows any more whether a write was done.
  func isForgotten(_ header: RequestHeader, of session: Int64) -> Bool {
    !replies.isEmpty && replies.find(session, xid: header.xid) == .forgotten
      && !options.mutations.contains(.forgetsReplies)
  }

  /// Answers a write that was done before, as it was answered then or would have been.
  mutating func answerAgain(
    _ header: RequestHeader, on slot: Int32, receivedAt: Instant, into effects: inout Effects
  ) {
    let start = effects.outputs[Int(slot)].count
    beginReply(slot, into: &effects)
    var answer = ReplyHeader(xid: header.xid, zxid: tree.lastZxid, error: .sessionExpired)
    if case .known(let reply) = findReply(to: header, on: slot) {
      answer = ReplyHeader(xid: header.xid, zxid: reply.zxid, error: reply.error)
      effects.outputs[Int(slot)].append(reply.body)
    }
    finishReply(answer, on: slot, from: start, receivedAt: receivedAt, into: &effects)
  }
}
