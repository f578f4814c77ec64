import Jute

/// Requests without an answer: first those that were sent, then those that wait, each in the order
/// in which they were submitted.
struct PendingRequests: Sendable {
  /// A request that was sent.
  struct Sent: Sendable {
    /// The number that the client knows; nil for a request of the session itself.
    let id: RequestID?
    let xid: Int32
    let request: SessionRequest

    /// Whether it may be sent again on another connection: credentials belong to one connection,
    /// and what the session itself asked for it asks for anew.
    var isRepeatable: Bool {
      switch request {
      case .auth, .sasl, .setWatches: false
      default: id != nil
      }
    }

    /// Whether it is done once however often it is sent.
    var isWrite: Bool {
      switch request {
      case .create, .delete, .setData, .setACL, .multi, .reconfig, .closeSession: true
      default: false
      }
    }
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

  /// Whether nothing waits to be sent.
  var nothingWaits: Bool { firstWaiting == waiting.count }

  /// The xid of the next request that has one of its own.
  var nextXid: Int32 {
    // Negative numbers have meanings of their own.
    lastXid == Int32.max ? 1 : lastXid + 1
  }

  /// Appends a request that waits to be sent.
  mutating func add(_ request: SessionRequest) -> RequestID {
    let id = nextID()
    waiting.append((id, request))
    return id
  }

  /// Counts a request as sent that nothing waits in front of.
  mutating func addSent(_ request: SessionRequest) -> (id: RequestID, sent: Sent) {
    let id = nextID()
    let sending = Sent(id: id, xid: takeXid(for: request), request: request)
    sent.append(sending)
    return (id, sending)
  }

  /// Counts a request of the session itself as sent.
  mutating func addOwn(_ request: SessionRequest) -> Sent {
    let sending = Sent(id: nil, xid: takeXid(for: request), request: request)
    sent.append(sending)
    return sending
  }

  /// Counts a request that was sent on an earlier connection as sent again, with the same xid.
  mutating func addAgain(_ request: Sent) {
    sent.append(request)
  }

  private mutating func nextID() -> RequestID {
    lastID += 1
    return RequestID(rawValue: lastID)
  }

  /// The first that waits, which counts as sent from now on.
  mutating func nextToSend() -> Sent? {
    guard firstWaiting < waiting.count else { return nil }
    let (id, request) = waiting[firstWaiting]
    firstWaiting += 1
    if firstWaiting == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      firstWaiting = 0
    }
    let sending = Sent(id: id, xid: takeXid(for: request), request: request)
    sent.append(sending)
    return sending
  }

  private mutating func takeXid(for request: SessionRequest) -> Int32 {
    switch request {
    case .auth: return SpecialXid.auth
    case .setWatches: return SpecialXid.setWatches
    default:
      lastXid = nextXid
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
      if firstSent == sent.count {
        sent.removeAll(keepingCapacity: firstSent <= 1024)
        firstSent = 0
      } else if firstSent >= 64, firstSent * 2 > sent.count {
        sent.removeFirst(firstSent)
        firstSent = 0
      }
    } else {
      sent.remove(at: index)
    }
    return request
  }

  /// All that were sent, which are pending no more.
  mutating func takeSent() -> [Sent] {
    defer {
      sent.removeAll()
      firstSent = 0
    }
    return Array(sent[firstSent...])
  }

  /// Those that were sent and cannot be sent again, which are pending no more.
  ///
  /// They include the reads in front of a write. The write may have been done, and would not be done
  /// again; a read that is run again would see it, and more, though it was asked for before.
  mutating func takeUnrepeatable() -> [Sent] {
    let all = takeSent()
    let lastWrite = all.lastIndex(where: \.isWrite) ?? 0
    var lost: [Sent] = []
    for (index, request) in all.enumerated() {
      if request.isRepeatable, request.isWrite || index >= lastWrite {
        sent.append(request)
      } else {
        lost.append(request)
      }
    }
    return lost
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
