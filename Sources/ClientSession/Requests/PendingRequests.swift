import Jute

/// Requests without an answer: first those that were sent, then those that wait, each in the order
/// in which they were submitted.
struct PendingRequests: Sendable {
  /// A request that was sent.
  struct Sent: Sendable {
    let id: RequestID
    let xid: Int32
    let opcode: Opcode
  }

  private var sent: [Sent] = []
  private var firstSent = 0
  private var waiting: [(id: RequestID, request: SessionRequest)] = []
  private var firstWaiting = 0
  private var lastID: Int64 = 0
  private var lastXid: Int32

  /// Nothing yet; the first request gets the xid after `lastXid`.
  init(lastXid: Int32 = 0) {
    self.lastXid = lastXid
  }

  var count: Int { sent.count - firstSent + waiting.count - firstWaiting }

  /// Appends a request that waits to be sent.
  mutating func add(_ request: SessionRequest) -> RequestID {
    lastID += 1
    let id = RequestID(rawValue: lastID)
    waiting.append((id, request))
    return id
  }

  /// The first that waits, which counts as sent from now on; with the xid that it is sent with.
  mutating func nextToSend() -> (xid: Int32, request: SessionRequest)? {
    guard firstWaiting < waiting.count else { return nil }
    let (id, request) = waiting[firstWaiting]
    firstWaiting += 1
    if firstWaiting == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      firstWaiting = 0
    }
    let xid = nextXid(for: request)
    sent.append(Sent(id: id, xid: xid, opcode: request.opcode))
    return (xid, request)
  }

  private mutating func nextXid(for request: SessionRequest) -> Int32 {
    switch request {
    case .auth: return SpecialXid.auth
    case .setWatches: return SpecialXid.setWatches
    default:
      // Negative numbers have meanings of their own.
      lastXid = lastXid == Int32.max ? 1 : lastXid + 1
      return lastXid
    }
  }

  /// The request that an answer belongs to, which is no longer pending.
  ///
  /// Answers come in the order of the requests, but one to `auth` may overtake others
  /// (zookeeper-protocol.md, section 2.2). nil if no request can have that answer.
  mutating func take(xid: Int32) -> Sent? {
    guard firstSent < sent.count else { return nil }
    var index = firstSent
    if xid == SpecialXid.auth {
      while index < sent.count, sent[index].xid != xid { index += 1 }
      guard index < sent.count else { return nil }
    } else {
      // What comes before it may be only an `auth` whose answer is late.
      while index < sent.count, sent[index].xid == SpecialXid.auth { index += 1 }
      guard index < sent.count, sent[index].xid == xid else { return nil }
    }
    let request = sent[index]
    if index == firstSent {
      firstSent += 1
      // An occasional move of what is left keeps the array from growing for ever.
      if firstSent == sent.count || firstSent > 1024 && firstSent * 2 > sent.count {
        sent.removeFirst(firstSent)
        firstSent = 0
      }
    } else {
      sent.remove(at: index)
    }
    return request
  }

  /// All that were sent, which are pending no more.
  mutating func takeSent() -> [RequestID] {
    defer {
      sent.removeAll()
      firstSent = 0
    }
    return sent[firstSent...].map(\.id)
  }

  /// All that wait, which are pending no more.
  mutating func takeWaiting() -> [RequestID] {
    defer {
      waiting.removeAll()
      firstWaiting = 0
    }
    return waiting[firstWaiting...].map(\.id)
  }
}
