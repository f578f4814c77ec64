import LinnaeusBase
import Replica
import Zab

/// What servers say to each other: notifications, and the links of learners to their leader.
extension Simulation {
  // MARK: Election ports

  /// A server has started, or lost its connections: it looks for the others.
  mutating func findPeers(of server: Int) {
    for other in servers.indices where other != server && servers[other].isUp {
      findPeer(server, other)
    }
  }

  private mutating func findPeer(_ one: Int, _ other: Int) {
    let arrival = network.arrival(from: Int32(one), to: Int32(other), bytes: 64, now: now).time
    election.tryConnecting(one, other, at: arrival, queue: &queue)
  }

  mutating func electionConnects(_ event: Event) {
    let (one, other) = (Int(event.subject) / servers.count, Int(event.subject) % servers.count)
    guard servers[one].isUp, servers[other].isUp else {
      _ = election.finishTrying(one, other, succeeds: false)
      return
    }
    let isReachable = network.isReachable(Int32(one), Int32(other))
    let isNew = election.finishTrying(one, other, succeeds: isReachable)
    guard isReachable else {
      return election.tryConnecting(
        one, other, at: now + options.network.retransmissionNanoseconds, queue: &queue)
    }
    guard isNew else { return }
    offer(ServerInput(kind: .electionConnected, number: Int32(other)), to: one)
    offer(ServerInput(kind: .electionConnected, number: Int32(one)), to: other)
  }

  mutating func notificationArrives(_ event: Event) {
    let message = election.message(event.subject)
    if network.isBlocked(message.from, message.to) { return election.holdUp(event.subject) }
    election.drop(event.subject)
    guard servers[Int(message.to)].incarnation == message.incarnation else { return }
    counters[.notifications] += 1
    trace.fold(UInt64(message.bytes.count))
    var input = ServerInput(kind: .notification, number: message.from)
    input.bytes = message.bytes
    offer(input, to: Int(message.to))
  }

  /// Sends what a server has to say on the election ports.
  mutating func sendNotifications(of server: Int) {
    var notifications: [(to: ServerID, message: [UInt8])] = []
    swap(&notifications, &servers[server].effects.peers.notifications)
    for (to, bytes) in notifications {
      let other = Int(to.rawValue) - 1
      guard servers.indices.contains(other), other != server else { continue }
      let arrival = network.arrival(
        from: Int32(server), to: Int32(other), bytes: bytes.count, now: now
      ).time
      let message = ElectionNetwork.Message(
        from: Int32(server), to: Int32(other), incarnation: servers[other].incarnation,
        bytes: bytes)
      if election.send(message, arrival: arrival, queue: &queue) { findPeer(server, other) }
    }
  }

  // MARK: Quorum ports

  /// Sends what a server has written on its links, and closes those that it wants closed.
  mutating func sendLinks(of server: Int) {
    while !servers[server].effects.peers.touched.isEmpty {
      var links: [Int32] = []
      swap(&links, &servers[server].effects.peers.touched)
      for link in links { sendLink(server, link) }
      if servers[server].effects.peers.touched.isEmpty {
        links.removeAll(keepingCapacity: true)
        swap(&links, &servers[server].effects.peers.touched)
      }
    }
  }

  private mutating func sendLink(_ server: Int, _ link: Int32) {
    guard Int(link) < servers[server].links.count else { return }
    let end = servers[server].links[Int(link)].end
    guard end >= 0 else { return }
    if servers[server].effects.peers.outputs[Int(link)].count > 0 {
      trace.fold(UInt64(servers[server].effects.peers.outputs[Int(link)].count))
      servers[server].pay(forBytes: servers[server].effects.peers.outputs[Int(link)].count)
      network.send(
        &servers[server].effects.peers.outputs[Int(link)].bytes, from: end, now: now,
        queue: &queue)
    }
    if servers[server].effects.peers.closing[Int(link)] {
      network.close(end, now: now, queue: &queue)
      servers[server].closeLink(link)
    }
  }

  /// A server wants to connect to another one's quorum port.
  mutating func connectLink(_ server: Int, to id: ServerID) {
    servers[server].effects.connectTo = nil
    if let end = servers[server].abandonConnecting() {
      network.close(end, now: now, queue: &queue)
    }
    let other = Int(id.rawValue) - 1
    guard servers.indices.contains(other) else {
      return offer(ServerInput(kind: .linkFailed), to: server)
    }
    let link = servers[server].takeLink(end: -1)
    let connection = network.connect(
      .quorum, from: Int32(server), slot: link, to: Int32(other), now: now, queue: &queue)
    servers[server].links[Int(link)].end = connection * 2
    servers[server].connecting = link
    servers[server].joinedAt = servers[server].replica.zab?.window.last
  }

  /// Something has come on a link.
  mutating func linkReceives(_ server: Int, _ end: Int32, _ link: Int32, _ segment: inout Segment) {
    guard servers[server].isUp, servers[server].links[Int(link)].end == end else { return }
    if segment.content == .opened {
      servers[server].connecting = -1
      return offer(linkInput(.linkOpened, server, link), to: server)
    }
    guard isIdle(server) else {
      var input = linkInput(.linkBytes, server, link)
      swap(&input.bytes, &segment.bytes)
      return wait(input, server)
    }
    segment.bytes.withBorrowedBytes { borrowed in
      turn(server) { $0.receivePeer(borrowed, on: link) }
    }
  }

  /// A link is gone, or could not be made.
  mutating func linkEnds(_ server: Int, _ end: Int32, _ link: Int32) {
    guard servers[server].isUp, servers[server].links[Int(link)].end == end else { return }
    if servers[server].connecting == link {
      servers[server].connecting = -1
      servers[server].giveBackLink(link)
      return offer(ServerInput(kind: .linkFailed), to: server)
    }
    offer(linkInput(.linkClosed, server, link), to: server)
  }

  func linkInput(_ kind: ServerInput.Kind, _ server: Int, _ link: Int32) -> ServerInput {
    ServerInput(
      kind: kind, number: link, generation: servers[server].links[Int(link)].generation)
  }
}
