import ClientSession
import LinnaeusBase
import Workload

/// How clients live and work.
extension Simulation {
  private var instant: Instant { Instant(nanoseconds: now) }

  // MARK: Connections

  private mutating func connect(_ client: Int, to server: ServerID) {
    let host = Int32(server.rawValue) - 1
    let connection = network.connect(
      .client, from: clients[client].host, slot: Int32(client), to: host, now: now, queue: &queue)
    clients[client].end = connection * 2
    clients[client].isOpen = false
  }

  /// The connection that a client asked for stands.
  mutating func clientIsConnected(_ client: Int) {
    clients[client].isOpen = true
    clients[client].connected(at: instant, &record)
    if options.mutants.contains(.forgetsLastZxidSeen) { clients[client].forgetLastZxidSeen() }
    serve(client)
  }

  /// Bytes have come for a client.
  mutating func clientReceives(_ client: Int, _ bytes: [UInt8]) {
    bytes.withBorrowedBytes { borrowed in
      trace.fold(borrowed)
      clients[client].receive(borrowed, at: instant, &record)
    }
    serve(client)
  }

  /// A client's connection is gone, or could not be made.
  mutating func clientIsCutOff(_ slot: Int32, _ end: Int32) {
    let client = Int(slot)
    guard clients[client].end == end else { return }
    clients[client].end = -1
    if !clients[client].isOpen { counters[.failedConnections] += 1 }
    clients[client].disconnected(at: instant, &record)
    serve(client)
  }

  // MARK: Work

  /// A client may have wanted to be woken now.
  mutating func clientWakes(_ event: Event) {
    let client = Int(event.subject)
    guard clients[client].wakesAt == now else { return }
    clients[client].wakesAt = .max
    clients[client].advance(to: instant, &record)
    serve(client)
  }

  /// Does what a client wants.
  mutating func serve(_ client: Int) {
    if !record.answers.isEmpty { takeAnswers(client) }
    let end = clients[client].end
    if !clients[client].effects.output.isEmpty {
      if end >= 0 {
        network.send(&clients[client].effects.output, from: end, now: now, queue: &queue)
      } else {
        clients[client].effects.output.removeAll()
      }
    }
    if clients[client].effects.closesConnection {
      clients[client].effects.closesConnection = false
      if end >= 0 { network.close(end, now: now, queue: &queue) }
      clients[client].end = -1
    }
    if let server = clients[client].effects.connectsTo {
      clients[client].effects.connectsTo = nil
      connect(client, to: server)
    }
    arrangeClient(client)
  }

  private mutating func arrangeClient(_ client: Int) {
    clients[client].updateDeadline()
    guard let deadline = clients[client].deadline else { return }
    // Who is late already looks again in a moment.
    let time = deadline > now ? deadline : now + 1_000_000
    guard time < clients[client].wakesAt else { return }
    clients[client].wakesAt = time
    queue.schedule(.clientTimer, at: time, subject: Int32(client))
  }

  private mutating func takeAnswers(_ client: Int) {
    for answer in record.answers {
      switch answer {
      case .done(let zxid, let isWrite):
        counters[.completedOperations] += 1
        progress[client] += 1
        oracles.answered(zxid, isWrite: isWrite, time: now)
        watchSession(client, zxid)
      case .refused(let zxid):
        // An error is an answer, too.
        counters[.completedOperations] += 1
        counters[.refusedOperations] += 1
        progress[client] += 1
        oracles.answered(zxid, isWrite: false, time: now)
        watchSession(client, zxid)
      case .lost: counters[.lostOperations] += 1
      case .connected(let server, let isResumed):
        let isSame = clients[client].lastServer == server
        counters[!isResumed ? .sessions : isSame ? .sessionResumes : .sessionMoves] += 1
        if clients[client].process.retransmits { counters[.recognitions] += 1 }
        clients[client].lastServer = server
        if !isResumed { clients[client].lastZxid = .zero }
      case .expired: counters[.expirations] += 1
      case .violation(let server, let error):
        oracles.report(
          .clientProtocol, time: now,
          "client \(client + 1) cannot read what server \(server) sends: \(error)")
      }
    }
    record.answers.removeAll(keepingCapacity: true)
  }

  /// A session was told that zxid.
  private mutating func watchSession(_ client: Int, _ zxid: Zxid) {
    // The answer to an `auth` says 0.
    guard zxid > .zero else { return }
    if zxid < clients[client].lastZxid {
      oracles.report(
        .sessionMonotone, time: now,
        "client \(client + 1) is answered with \(zxid) after \(clients[client].lastZxid)")
    }
    clients[client].lastZxid = zxid
  }

  /// Nobody begins anything new.
  mutating func stopClients() {
    for client in clients.indices {
      clients[client].stop(at: instant, &record)
      serve(client)
    }
  }
}
