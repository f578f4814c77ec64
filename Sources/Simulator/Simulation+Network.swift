import LinnaeusBase

/// What travels between hosts, and where it goes when it arrives.
extension Simulation {
  func isServer(_ host: Int32) -> Bool { Int(host) < servers.count }

  /// A request for a connection has come to the other host.
  mutating func requestArrives(_ event: Event) {
    let connection = event.subject
    guard network.isCurrent(connection, event.generation) else { return }
    let (asking, asked) = (
      network.ends[Int(connection) * 2], network.ends[Int(connection) * 2 + 1]
    )
    guard asking.state == .open else { return network.release(connection) }
    let server = Int(asked.host)
    guard network.isReachable(asking.host, asked.host), servers[server].hasPower else {
      if now >= network.deadlines[Int(connection)] {
        network.release(connection)
        return isServer(asking.host)
          ? linkEnds(Int(asking.host), connection * 2, asking.slot)
          : clientIsCutOff(asking.slot, connection * 2)
      }
      // As if it were sent again, and arrived as soon as it could: who asked gives up some time.
      return queue.schedule(
        .connect, at: now + options.network.retransmissionNanoseconds, subject: connection,
        generation: event.generation)
    }
    switch network.kinds[Int(connection)] {
    case .client:
      guard servers[server].acceptsClients, admits(asking.slot, server) else {
        return network.refuse(connection, now: now, queue: &queue)
      }
      let slot = servers[server].takeSlot(end: connection * 2 + 1)
      network.accept(connection, slot: slot, now: now, queue: &queue)
      offer(
        ServerInput(
          kind: .connected, number: slot,
          generation: servers[server].slots[Int(slot)].generation),
        to: server)
    case .quorum:
      guard servers[server].isUp else {
        return network.refuse(connection, now: now, queue: &queue)
      }
      let link = servers[server].takeLink(end: connection * 2 + 1)
      network.accept(connection, slot: link, now: now, queue: &queue)
      offer(linkInput(.linkAccepted, server, link), to: server)
    }
  }

  /// Whether a server takes a client; some want none but a leader, or none that leads.
  private func admits(_ client: Int32, _ server: Int) -> Bool {
    let takers = options.role(of: Int(client))?.takers ?? .all
    guard takers != .all, servers[server].setup.configuration != nil else { return true }
    return (takers == .leaders) == (servers[server].leadsEpoch != 0)
  }

  /// What comes next on a pipe may have arrived.
  mutating func pieceArrives(_ event: Event) {
    let pipe = event.subject
    guard network.isCurrent(pipe >> 1, event.generation) else { return }
    network.disarm(pipe)
    let (sender, receiver) = (network.ends[Int(pipe)], network.ends[Int(pipe ^ 1)])
    if network.isBlocked(sender.host, receiver.host) {
      counters[.stalls] += 1
      return network.stall(pipe, now: now)
    }
    if receiver.state == .vanished {
      return reachNobody(pipe, receiver)
    }
    while network.isCurrent(pipe >> 1, event.generation),
      var segment = network.takeArrived(pipe, now: now)
    {
      if network.ends[Int(pipe ^ 1)].state == .open || segment.content == .end {
        deliverInParts(&segment, to: pipe ^ 1)
      }
      network.recycle(&segment.bytes)
    }
    if network.isCurrent(pipe >> 1, event.generation) { network.arm(pipe, queue: &queue) }
  }

  /// Something arrives at a host that has forgotten the connection, or has no power.
  private mutating func reachNobody(_ pipe: Int32, _ receiver: ConnectionEnd) {
    if isServer(receiver.host), !servers[Int(receiver.host)].hasPower {
      return network.stall(pipe, now: now)
    }
    network.forget(pipe ^ 1, now: now, queue: &queue)
  }

  /// Bytes come in other pieces than they were sent in.
  private mutating func deliverInParts(_ segment: inout Segment, to end: Int32) {
    let isSplit =
      options.network.oneSplitIn > 0 && segment.bytes.count > 1
      && network.random.chance(1, in: options.network.oneSplitIn)
    guard isSplit else { return deliver(&segment, to: end) }
    let count = 1 + network.random.below(segment.bytes.count - 1)
    var first = Segment(
      time: segment.time, content: .data, bytes: Array(segment.bytes[..<count]))
    segment.bytes.removeFirst(count)
    deliver(&first, to: end)
    // The first part may have ended the connection.
    if network.ends[Int(end)].state == .open { deliver(&segment, to: end) }
  }

  private mutating func deliver(_ segment: inout Segment, to end: Int32) {
    let (host, slot) = (network.ends[Int(end)].host, network.ends[Int(end)].slot)
    let kind = network.kinds[Int(end >> 1)]
    if segment.content == .end {
      let wasOpen = network.finish(end)
      guard wasOpen else { return }
      if kind == .quorum { return linkEnds(Int(host), end, slot) }
      return isServer(host) ? endOfServer(Int(host), end, slot) : clientIsCutOff(slot, end)
    }
    guard isServer(host) else {
      let client = Int(slot)
      guard clients[client].end == end else { return }
      return segment.content == .opened
        ? clientIsConnected(client) : clientReceives(client, segment.bytes)
    }
    if kind == .quorum { return linkReceives(Int(host), end, slot, &segment) }
    guard segment.content == .data else { return }
    trace.fold(UInt64(segment.bytes.count))
    receive(&segment.bytes, server: Int(host), slot: slot)
  }

  private mutating func endOfServer(_ server: Int, _ end: Int32, _ slot: Int32) {
    guard servers[server].isUp, servers[server].slots[Int(slot)].end == end else { return }
    offer(
      ServerInput(
        kind: .disconnected, number: slot,
        generation: servers[server].slots[Int(slot)].generation), to: server)
  }

  /// Whatever a split held up and none does any more goes on; some connections break instead.
  mutating func resumeStalled() {
    for pipe in network.pipes.indices where network.pipes[pipe].stalledSince >= 0 {
      let pipe = Int32(pipe)
      let (from, to) = (network.ends[Int(pipe)].host, network.ends[Int(pipe ^ 1)].host)
      guard !network.isBlocked(from, to) else { continue }
      if isServer(to), network.ends[Int(pipe ^ 1)].state == .vanished,
        !servers[Int(to)].hasPower
      {
        continue
      }
      network.resume(pipe, now: now, queue: &queue)
      if network.random.chance(1, in: 4) {
        network.breakUp(pipe >> 1, now: now, queue: &queue)
      }
    }
    for from in servers.indices {
      for to in servers.indices where !network.isBlocked(Int32(from), Int32(to)) {
        election.release(from: from, to: to, now: now, queue: &queue)
      }
    }
  }
}
