import Jute
import LinnaeusBase

extension ZooKeeperSession {
  /// Bytes arrived: any part of one message or of several.
  public mutating func receive(
    _ bytes: BorrowedBytes, now: Instant, into effects: inout SessionEffects
  ) {
    guard isOnline else { return }
    lastReceived = now
    guard !incoming.isEmpty else {
      // As a rule whole messages arrive, and need no copy.
      let end = handleMessages(in: bytes, now: now, &effects)
      if isOnline, end < bytes.count {
        incoming.append(contentsOf: bytes[end..<bytes.count].buffer)
      }
      return
    }
    incoming.append(contentsOf: bytes.buffer)
    // The array is lent from a local, so that handling a message may change the session.
    var taken: [UInt8] = []
    swap(&taken, &incoming)
    let end = taken.withBorrowedBytes { handleMessages(in: $0, now: now, &effects) }
    if isOnline {
      taken.removeFirst(end)
      incoming = taken
    }
  }

  /// Handles what is there as a whole; returns where the first message that is not begins.
  private mutating func handleMessages(
    in bytes: BorrowedBytes, now: Instant, _ effects: inout SessionEffects
  ) -> Int {
    var position = 0
    while isOnline, let end = messageEnd(in: bytes, at: position, now: now, &effects) {
      handle(bytes[position + 4..<end], now: now, &effects)
      position = end
    }
    return position
  }

  /// Where the message that starts at `position` ends; nil if it is not all there.
  private mutating func messageEnd(
    in bytes: BorrowedBytes, at position: Int, now: Instant, _ effects: inout SessionEffects
  ) -> Int? {
    guard bytes.count - position >= 4 else { return nil }
    var length: UInt32 = 0
    for index in position..<position + 4 { length = length << 8 | UInt32(bytes[index]) }
    guard length <= UInt32(clamping: options.maximumMessageLength) else {
      let error = ByteReaderError(position: 0, message: "a message of \(length) bytes")
      disconnect(.violation(error), now: now, &effects)
      return nil
    }
    let end = position + 4 + Int(length)
    return end <= bytes.count ? end : nil
  }

  private mutating func handle(
    _ message: BorrowedBytes, now: Instant, _ effects: inout SessionEffects
  ) {
    var reader = ByteReader(message)
    do throws(ByteReaderError) {
      if case .connecting = state {
        try handleConnectResponse(&reader, now: now, &effects)
      } else {
        try handleReply(&reader, now: now, &effects)
      }
    } catch {
      disconnect(.violation(error), now: now, &effects)
    }
  }

  // MARK: The session

  private mutating func handleConnectResponse(
    _ reader: inout ByteReader, now: Instant, _ effects: inout SessionEffects
  ) throws(ByteReaderError) {
    let response = try ConnectResponse(from: &reader)
    guard response.timeoutMilliseconds > 0, response.session != 0 else {
      enter(.expired, &effects)
      lose(&effects)
      effects.closesConnection = true
      return
    }
    session = response.session
    password = response.password
    timeoutMilliseconds = response.timeoutMilliseconds
    retransmits =
      options.asksForRetransmission && response.protocolVersion == ConnectRequest.retransmission
    search?.succeed()
    let unanswered = requests.takeSent()
    if !retransmits { tellLost(unanswered, &effects) }
    enter(.connected(readOnly: response.readOnly ?? false), &effects)
    restore(now: now, &effects)
    if retransmits {
      for request in unanswered {
        requests.addAgain(request)
        send(request, now: now, &effects)
      }
    }
    sendWaiting(now: now, &effects)
  }

  /// Tells a server what it does not know of the session: credentials first, for watches may need
  /// them, then the watches, so that no answer shows a change before its event.
  private mutating func restore(now: Instant, _ effects: inout SessionEffects) {
    for auth in credentials { send(requests.addOwn(auth), now: now, &effects) }
    guard !watches.isEmpty else { return }
    for list in watches.lists(relativeZxid: lastZxidSeen) {
      effects.news.append(.restoringWatches(list))
      send(requests.addOwn(.setWatches(list)), now: now, &effects)
    }
  }

  // MARK: Replies

  private mutating func handleReply(
    _ reader: inout ByteReader, now: Instant, _ effects: inout SessionEffects
  ) throws(ByteReaderError) {
    let header = try ReplyHeader(from: &reader)
    switch header.xid {
    case SpecialXid.notification:
      let event = try WatcherEvent(from: &reader)
      lastZxidSeen = max(lastZxidSeen, header.zxid)
      watches.fire(event)
      return effects.news.append(.watch(event, zxid: header.zxid))
    case SpecialXid.ping:
      return lastZxidSeen = max(lastZxidSeen, header.zxid)
    default: break
    }
    guard let sent = requests.take(xid: header.xid) else {
      throw ByteReaderError(position: 0, message: "an answer with xid \(header.xid) to nothing")
    }
    try tellAnswer(header, to: sent, &reader, &effects)
    lastZxidSeen = max(lastZxidSeen, header.zxid)
    watches.note(sent.request, answered: header.error)
    switch sent.request {
    case .auth where header.error != .ok: disconnect(.authenticationFailed, now: now, &effects)
    case .auth where sent.id != nil: credentials.append(sent.request)
    case .closeSession where header.error == .ok:
      enter(.closed, &effects)
      lose(&effects)
      effects.closesConnection = true
    default: break
    }
  }

  private func tellAnswer(
    _ header: ReplyHeader, to sent: PendingRequests.Sent, _ reader: inout ByteReader,
    _ effects: inout SessionEffects
  ) throws(ByteReaderError) {
    guard let id = sent.id else {
      if case .setWatches = sent.request {
        effects.news.append(.restoredWatches(header.error, zxid: header.zxid))
      }
      return
    }
    guard header.error == .ok else {
      return effects.news.append(.completed(id, .refused(header.error, zxid: header.zxid)))
    }
    do throws(ByteReaderError) {
      let result = try SessionResult(answering: sent.request.opcode, from: &reader)
      effects.news.append(.completed(id, .done(result, zxid: header.zxid)))
    } catch {
      effects.news.append(.completed(id, .lost(.connectionLost)))
      throw error
    }
  }
}
