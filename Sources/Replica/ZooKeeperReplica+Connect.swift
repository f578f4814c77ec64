import Jute
import LinnaeusBase
import Tree
import Zab

/// How connections get their sessions (zookeeper-protocol.md, section 2.1).
extension ZooKeeperReplica {
  /// Takes the first packet of a connection.
  mutating func receiveConnect(
    _ packet: BorrowedBytes, on slot: Int32, into effects: inout Effects
  ) {
    var reader = ByteReader(packet)
    let request: ConnectRequest
    do throws(ByteReaderError) {
      request = try ConnectRequest(from: &reader)
    } catch {
      return reject(slot, "sent no connect request: \(error)", into: &effects)
    }
    guard
      request.lastZxidSeen <= tree.lastZxid || options.mutations.contains(.acceptsClientsAhead)
    else {
      return reject(
        slot,
        "has seen zxid \(request.lastZxidSeen), and the last one here is \(tree.lastZxid);"
          + " it must try another server", into: &effects)
    }
    connections[Int(slot)].state = .connecting(request)
    let timeout = options.negotiatedTimeout(request.timeoutMilliseconds)
    connections[Int(slot)].statistics.timeoutMilliseconds = timeout
    if request.session == 0 {
      prepareSession(timeout: timeout, on: slot, into: &effects)
    } else {
      resume(request, timeout: timeout, on: slot, into: &effects)
    }
  }

  private mutating func reject(_ slot: Int32, _ why: String, into effects: inout Effects) {
    let address = connections[Int(slot)].statistics.address
    effects.note(
      .info, "closing the connection of \(String(decoding: address, as: UTF8.self)): it \(why)")
    statistics.connectionsRejected += 1
    close(slot, into: &effects)
  }

  private mutating func resume(
    _ request: ConnectRequest, timeout: Int32, on slot: Int32, into effects: inout Effects
  ) {
    // Any other connection of the session goes, even if the password is wrong.
    if !options.mutations.contains(.keepsEarlierConnections) {
      closeConnections(of: request.session, except: slot, into: &effects)
    }
    let password = SessionPassword.bytes(of: request.session, secret: options.sessionSecret)
    let isRight = password == request.password
    if isRight, role == .learning {
      revalidations.append(
        Revalidation(
          session: request.session, slot: slot, generation: connections[Int(slot)].generation))
      zab?.revalidate(
        session: request.session, timeoutMilliseconds: timeout, into: &effects.peers)
      return carryOutEvents(into: &effects)
    }
    let isAlive = isRight && sessions.check(request.session) == .ok
    if isAlive {
      sessions.add(request.session, timeoutMilliseconds: timeout, now: now)
      moveSession(request.session, to: connections[Int(slot)].owner)
      if request.protocolVersion == ReplyTable.mark, !pending.isEmpty {
        // What it has sent before must be known by then.
        resumptions.append(
          Resumption(
            zxid: lastPrepared, session: request.session, slot: slot,
            generation: connections[Int(slot)].generation))
        return
      }
    }
    finishConnecting(slot, session: isAlive ? request.session : 0, into: &effects)
  }

  /// From now on the session's requests come through that.
  mutating func moveSession(_ session: Int64, to owner: Int64) {
    if options.mutations.contains(.leavesSessionsBehind) { return }
    sessions.setOwner(session, owner)
  }

  /// Answers the connect request of a connection; session 0 says that the session has expired.
  mutating func finishConnecting(_ slot: Int32, session: Int64, into effects: inout Effects) {
    guard case .connecting(let request) = connections[Int(slot)].state else { return }
    var response: ConnectResponse
    if session == 0 {
      response = .expired(readOnly: request.readOnly.map { _ in false })
      connections[Int(slot)].state = .closing
    } else {
      response = ConnectResponse(
        timeoutMilliseconds: connections[Int(slot)].statistics.timeoutMilliseconds,
        session: session,
        password: SessionPassword.bytes(of: session, secret: options.sessionSecret),
        readOnly: request.readOnly.map { _ in false })
      if request.protocolVersion == ReplyTable.mark, recognisesRepetitions(of: session) {
        response.protocolVersion = ReplyTable.mark
      }
      connections[Int(slot)].state = .established
      connections[Int(slot)].statistics.session = session
      sessionSlots[session] = slot
      touch(slot)
    }
    writeConnectResponse(response, on: slot, into: &effects)
    if session == 0 { return effects.close(slot) }
    let early = connections[Int(slot)].early
    connections[Int(slot)].early = []
    for packet in early { packet.withBorrowedBytes { receive($0, on: slot, into: &effects) } }
  }

  /// Writes a response with its length before it.
  mutating func writeConnectResponse(
    _ response: ConnectResponse, on slot: Int32, into effects: inout Effects
  ) {
    let start = effects.outputs[Int(slot)].count
    effects.outputs[Int(slot)].int32(0)
    response.write(to: &effects.outputs[Int(slot)])
    finishFrame(slot, from: start, into: &effects)
  }

  /// Closes the connection of a session: it has one at most.
  mutating func closeConnections(
    of session: Int64, except kept: Int32 = -1, into effects: inout Effects
  ) {
    // They stay among those that wait: the leader answers each of them, and the answer to an earlier
    // one says nothing of what was done since, by way of another server.
    for waiter in revalidations where waiter.session == session && waiter.slot != kept {
      let connection = connections[Int(waiter.slot)]
      if connection.generation == waiter.generation, connection.isConnecting {
        close(waiter.slot, into: &effects)
      }
    }
    for waiter in resumptions where waiter.session == session && waiter.slot != kept {
      if connections[Int(waiter.slot)].generation == waiter.generation {
        close(waiter.slot, into: &effects)
      }
    }
    guard let slot = sessionSlots[session], slot != kept else { return }
    close(slot, into: &effects)
  }

  /// The session has no connection any more, if it was this one.
  mutating func forgetSlot(of session: Int64, _ slot: Int32) {
    if session != 0, sessionSlots[session] == slot { sessionSlots[session] = nil }
  }

  /// Reads nothing more from a connection, and closes it once its output is sent.
  mutating func close(_ slot: Int32, into effects: inout Effects) {
    connections[Int(slot)].state = .closing
    connections[Int(slot)].waiting.removeAll()
    connections[Int(slot)].waitingBytes = 0
    outstandingRequests -= connections[Int(slot)].statistics.outstanding
    connections[Int(slot)].statistics.outstanding = 0
    forgetSlot(of: connections[Int(slot)].session, slot)
    tree.removeWatches(of: slot)
    effects.close(slot)
  }
}
