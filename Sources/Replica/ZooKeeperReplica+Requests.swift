import Jute
import LinnaeusBase
import Tree
import Zab

/// How requests are sorted into those that become transactions and those that are answered here.
extension ZooKeeperReplica {
  /// Takes a packet of a connection, without its length.
  public mutating func receive(
    _ packet: BorrowedBytes, on slot: Int32, into effects: inout Effects
  ) {
    guard failure == nil, connections.indices.contains(Int(slot)) else { return }
    switch connections[Int(slot)].state {
    case .absent, .closing: return
    case .new:
      count(packetReceivedOn: slot)
      receiveConnect(packet, on: slot, into: &effects)
    case .connecting:
      // Nothing is looked at before the session stands.
      connections[Int(slot)].early.append(packet.array)
    case .established:
      count(packetReceivedOn: slot)
      receiveRequest(packet, on: slot, receivedAt: now, into: &effects)
    }
  }

  /// The session of a connection was heard of; false if it has ended.
  @discardableResult
  mutating func touch(_ slot: Int32) -> Bool {
    guard role == .learning else {
      return sessions.touch(connections[Int(slot)].session, now: now)
    }
    if !connections[Int(slot)].isTouched {
      connections[Int(slot)].isTouched = true
      touchedSlots.append(slot)
    }
    return true
  }

  private mutating func count(packetReceivedOn slot: Int32) {
    statistics.packetsReceived += 1
    connections[Int(slot)].statistics.packetsReceived += 1
  }

  private mutating func receiveRequest(
    _ packet: BorrowedBytes, on slot: Int32, receivedAt: Instant, into effects: inout Effects
  ) {
    var reader = ByteReader(packet)
    let header: RequestHeader
    do throws(ByteReaderError) {
      header = try RequestHeader(from: &reader)
    } catch {
      effects.note(.info, "closing a connection that sent no request: \(error)")
      return close(slot, into: &effects)
    }
    if header.opcode == .auth { return authenticate(&reader, header, on: slot, into: &effects) }
    if header.opcode == .sasl { return answerSASL(&reader, header, on: slot, into: &effects) }
    // A request of a session that has ended is dropped (section 2.2).
    guard touch(slot) else { return }
    connections[Int(slot)].statistics.lastXid = header.xid
    connections[Int(slot)].statistics.lastOpcode = header.opcode
    connections[Int(slot)].statistics.outstanding += 1
    outstandingRequests += 1
    if header.opcode.isWrite, header.opcode != .reconfig || isWellFormedReconfig(reader),
      findReply(to: header, on: slot) == .new
    {
      connections[Int(slot)].waiting.append(
        .write(xid: header.xid, opcode: header.opcode, receivedAt: receivedAt))
      if role == .learning {
        if options.mutations.contains(.refusesFromLocalState),
          refusesLocally(header, reader, on: slot, receivedAt: receivedAt, into: &effects)
        {
          return
        }
        forward(
          header.opcode, session: connections[Int(slot)].session, xid: header.xid,
          reader.takeRest(), on: slot, into: &effects)
      } else {
        prepare(header, reader.takeRest(), on: slot, receivedAt: receivedAt, into: &effects)
      }
    } else if header.opcode == .sync, zab != nil,
      !options.mutations.contains(.answersSyncLocally)
    {
      connections[Int(slot)].waiting.append(.sync(packet.array, receivedAt: receivedAt))
      sync(header, reader.takeRest(), on: slot, into: &effects)
    } else if connections[Int(slot)].waiting.isEmpty {
      answer(header, &reader, on: slot, receivedAt: receivedAt, into: &effects)
    } else {
      let bytes = preparation.expectedReplyBytes(header.opcode, reader, tree)
      connections[Int(slot)].waitingBytes += bytes
      connections[Int(slot)].waiting.append(
        .packet(packet.array, replyBytes: bytes, receivedAt: receivedAt))
    }
  }

  /// The mutation `refusesFromLocalState`.
  private mutating func refusesLocally(
    _ header: RequestHeader, _ body: ByteReader, on slot: Int32, receivedAt: Instant,
    into effects: inout Effects
  ) -> Bool {
    var body = body
    guard header.opcode == .setData, connections[Int(slot)].waiting.count == 1,
      let request = try? SetDataRequest(from: &body), request.version >= 0,
      let version = tree.version(of: request.path), version != request.version
    else { return false }
    _ = connections[Int(slot)].waiting.popFirst()
    reply(to: header.xid, .badVersion, on: slot, receivedAt: receivedAt, into: &effects)
    return true
  }

  /// Apache reads this one request before it gives it a zxid.
  private func isWellFormedReconfig(_ reader: ByteReader) -> Bool {
    var reader = reader
    return (try? ReconfigRequest(from: &reader)) != nil
  }

  /// Takes up what waited, as far as nothing that it waits for is under way.
  mutating func drain(_ slot: Int32, into effects: inout Effects) {
    while connections[Int(slot)].isEstablished, let next = connections[Int(slot)].waiting.first {
      let (packet, receivedAt): ([UInt8], Instant)
      switch next {
      case .write: return
      case .sync(let bytes, let time):
        guard connections[Int(slot)].answeredSyncs > 0 else { return }
        connections[Int(slot)].answeredSyncs -= 1
        (packet, receivedAt) = (bytes, time)
      case .packet(let bytes, let replyBytes, let time):
        connections[Int(slot)].waitingBytes -= replyBytes
        (packet, receivedAt) = (bytes, time)
      }
      _ = connections[Int(slot)].waiting.popFirst()
      packet.withBorrowedBytes { bytes in
        var reader = ByteReader(bytes)
        // Whatever waits was found to have a header.
        guard let header = try? RequestHeader(from: &reader) else { return }
        answer(header, &reader, on: slot, receivedAt: receivedAt, into: &effects)
      }
    }
  }

  /// Answers a request that is no transaction.
  private mutating func answer(
    _ header: RequestHeader, _ body: inout ByteReader, on slot: Int32, receivedAt: Instant,
    into effects: inout Effects
  ) {
    let start = effects.outputs[Int(slot)].count
    var error = ErrorCode.ok
    var xid = header.xid
    switch header.opcode {
    case .ping:
      // Whatever number it came with.
      xid = SpecialXid.ping
      beginReply(slot, into: &effects)
    case .whoAmI:
      beginReply(slot, into: &effects)
      writeIdentities(of: slot, to: &effects.outputs[Int(slot)])
    case .sync:
      beginReply(slot, into: &effects)
      if let path = try? body.string() {
        effects.outputs[Int(slot)].string(path)
      } else {
        error = .marshallingError
      }
    case .reconfig where findReply(to: header, on: slot) == .new:
      beginReply(slot, into: &effects)
      error = .marshallingError
    case _ where header.opcode.isWrite:
      return answerAgain(header, on: slot, receivedAt: receivedAt, into: &effects)
    default:
      guard header.opcode.isRead else {
        return refuseUnknown(header, on: slot, receivedAt: receivedAt, into: &effects)
      }
      let requester = Requester(
        session: connections[Int(slot)].session, watcher: slot,
        identities: connections[Int(slot)].identities)
      // Events that a request brings about come before its reply, so it is written elsewhere.
      if header.opcode == .setWatches || header.opcode == .setWatches2 {
        error = setWatches(header.opcode, &body, requester, into: &effects)
        return reply(
          to: header.xid, error, on: slot, receivedAt: receivedAt, into: &effects)
      }
      beginReply(slot, into: &effects)
      let result = Result { () throws(ByteReaderError) in
        try tree.read(
          header.opcode, &body, for: requester, events: &events,
          into: &effects.outputs[Int(slot)])
      }
      switch result {
      case .success(let answer): error = answer
      case .failure:
        error = .marshallingError
        truncate(slot, to: start, into: &effects)
        beginReply(slot, into: &effects)
      }
    }
    finishReply(
      ReplyHeader(xid: xid, zxid: tree.lastZxid, error: error), on: slot, from: start,
      keepsBody: header.opcode == .multiRead, receivedAt: receivedAt, into: &effects)
  }

  /// Takes back what was written for a connection.
  private func truncate(_ slot: Int32, to count: Int, into effects: inout Effects) {
    effects.outputs[Int(slot)].bytes.removeLast(effects.outputs[Int(slot)].count - count)
  }

  private mutating func setWatches(
    _ opcode: Opcode, _ body: inout ByteReader, _ requester: Requester,
    into effects: inout Effects
  ) -> ErrorCode {
    scratch.bytes.removeAll(keepingCapacity: true)
    do throws(ByteReaderError) {
      let error = try tree.read(
        opcode, &body, for: requester, events: &events, into: &scratch)
      deliverEvents(into: &effects)
      return error
    } catch {
      deliverEvents(into: &effects)
      return .marshallingError
    }
  }

  /// Answers what is no request of clients, and closes (section 2.2).
  private mutating func refuseUnknown(
    _ header: RequestHeader, on slot: Int32, receivedAt: Instant, into effects: inout Effects
  ) {
    let start = effects.outputs[Int(slot)].count
    beginReply(slot, into: &effects)
    finishReply(
      ReplyHeader(xid: header.xid, zxid: Zxid(rawValue: -1), error: .unimplemented), on: slot,
      from: start, receivedAt: receivedAt, into: &effects)
    close(slot, into: &effects)
  }

  // MARK: Authentication

  /// A connection that claims to be more than so many is refused.
  private static let mostIdentities = 100

  private mutating func authenticate(
    _ body: inout ByteReader, _ header: RequestHeader, on slot: Int32, into effects: inout Effects
  ) {
    connections[Int(slot)].statistics.lastXid = header.xid
    connections[Int(slot)].statistics.lastOpcode = header.opcode
    var granted: [Identity]?
    guard let packet = try? AuthPacket(from: &body) else {
      return close(slot, into: &effects)
    }
    granted = options.tree.authentication.authenticate(
      scheme: packet.scheme, credentials: packet.credentials,
      address: connections[Int(slot)].statistics.address)
    for identity in granted ?? [] where !connections[Int(slot)].identities.contains(identity) {
      connections[Int(slot)].identities.append(identity)
      connections[Int(slot)].identityBytes = []
    }
    // Every check of an access-control list goes through them.
    if connections[Int(slot)].identities.count > Self.mostIdentities { granted = nil }
    let start = effects.outputs[Int(slot)].count
    beginReply(slot, into: &effects)
    finishFrame(
      ReplyHeader(xid: header.xid, zxid: .zero, error: granted == nil ? .authFailed : .ok),
      on: slot, from: start, into: &effects)
    if granted == nil { close(slot, into: &effects) }
  }

  /// Without a JAAS configuration, Apache answers with no token.
  private mutating func answerSASL(
    _ body: inout ByteReader, _ header: RequestHeader, on slot: Int32, into effects: inout Effects
  ) {
    guard (try? body.buffer()) != nil else { return close(slot, into: &effects) }
    let start = effects.outputs[Int(slot)].count
    beginReply(slot, into: &effects)
    effects.outputs[Int(slot)].null()
    finishFrame(
      ReplyHeader(xid: header.xid, zxid: .zero, error: .ok), on: slot, from: start,
      into: &effects)
  }

  /// The schemes and users of a connection, without secrets.
  private func writeIdentities(of slot: Int32, to writer: inout ByteWriter) {
    let identities = connections[Int(slot)].identities
    writer.int32(Int32(identities.count))
    for identity in identities {
      writer.string(identity.scheme)
      // Of `user:hash`, the user.
      let isDigest = identity.scheme == Array("digest".utf8)
      writer.string(isDigest ? identity.id.prefix { $0 != UInt8(ascii: ":") } : identity.id[...])
    }
  }
}

extension Opcode {
  /// Whether the request becomes a transaction.
  var isWrite: Bool {
    switch self {
    case .create, .create2, .createContainer, .createTTL, .delete, .deleteContainer, .setData,
      .setACL, .multi, .reconfig, .closeSession, .createSession:
      true
    default: false
    }
  }

  /// Whether the tree answers it.
  var isRead: Bool {
    switch self {
    case .exists, .getData, .getACL, .getChildren, .getChildren2, .getEphemerals,
      .getAllChildrenNumber, .checkWatches, .removeWatches, .addWatch, .setWatches, .setWatches2,
      .multiRead:
      true
    default: false
    }
  }
}
