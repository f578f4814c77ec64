import ClientSession
import LinnaeusBase

/// How clients live and work.
extension Simulation {
  // MARK: Connections

  /// A client looks for a server.
  mutating func clientConnects(_ event: Event) {
    let client = Int(event.subject)
    guard clients[client].generation == event.generation, clients[client].end < 0 else { return }
    let server = clients[client].random.below(servers.count)
    clients[client].generation &+= 1
    let connection = network.connect(
      .client, from: clients[client].host, slot: Int32(client), to: Int32(server), now: now,
      queue: &queue)
    clients[client].server = Int32(server)
    clients[client].end = connection * 2
    clients[client].isConnected = false
    queue.schedule(
      .clientTimer, at: now + options.network.connectTimeoutNanoseconds, subject: Int32(client),
      generation: clients[client].generation)
  }

  /// The connection that a client asked for stands.
  mutating func clientIsConnected(_ client: Int) {
    clients[client].isConnected = true
    clients[client].generation &+= 1
    clients[client].wakesAt = .max
    clients[client].connected(at: Instant(nanoseconds: now))
    serve(client)
  }

  /// Bytes have come for a client.
  mutating func clientReceives(_ client: Int, _ bytes: [UInt8]) {
    bytes.withBorrowedBytes { borrowed in
      trace.fold(borrowed)
      clients[client].receive(borrowed, at: Instant(nanoseconds: now))
    }
    serve(client)
  }

  /// A client's connection is gone, or could not be made.
  mutating func clientIsCutOff(_ slot: Int32, _ end: Int32) {
    let client = Int(slot)
    guard clients[client].end == end else { return }
    clients[client].end = -1
    if clients[client].isConnected {
      clients[client].disconnected()
      serve(client)
    } else {
      counters[.failedConnections] += 1
    }
    lookForServer(client)
  }

  private mutating func lookForServer(_ client: Int) {
    guard clients[client].end < 0 else { return }
    clients[client].generation &+= 1
    let wait = clients[client].random.exponential(mean: options.reconnectNanoseconds)
    queue.schedule(
      .clientConnect, at: now + 1 + wait, subject: Int32(client),
      generation: clients[client].generation)
  }

  /// A client may have wanted to be woken now.
  mutating func clientWakes(_ event: Event) {
    let client = Int(event.subject)
    guard clients[client].generation == event.generation, clients[client].end >= 0 else { return }
    if !clients[client].isConnected {
      network.close(clients[client].end, now: now, queue: &queue)
      clients[client].end = -1
      counters[.failedConnections] += 1
      return lookForServer(client)
    }
    guard clients[client].wakesAt == now else { return }
    clients[client].wakesAt = .max
    clients[client].advance(to: Instant(nanoseconds: now))
    serve(client)
  }

  // MARK: Work

  /// Takes a session's news, gives it what to do, and sends what it wants to send.
  mutating func serve(_ client: Int) {
    while !clients[client].effects.news.isEmpty { takeNews(client) }
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
      if end >= 0 {
        network.close(end, now: now, queue: &queue)
        clients[client].end = -1
        lookForServer(client)
      }
    }
    guard let deadline = clients[client].session.nextDeadline?.nanoseconds,
      deadline < clients[client].wakesAt
    else { return }
    clients[client].wakesAt = max(deadline, now + 1)
    queue.schedule(
      .clientTimer, at: clients[client].wakesAt, subject: Int32(client),
      generation: clients[client].generation)
  }

  private mutating func takeNews(_ client: Int) {
    var news: [SessionNews] = []
    swap(&news, &clients[client].effects.news)
    for item in news {
      switch item {
      case .completed(let id, let outcome): completed(client, id, outcome)
      case .state(let state): entered(client, state)
      case .watch: break
      }
    }
    news.removeAll(keepingCapacity: true)
    if clients[client].effects.news.isEmpty { swap(&news, &clients[client].effects.news) }
  }

  private mutating func entered(_ client: Int, _ state: SessionState) {
    switch state {
    case .connected:
      if clients[client].isEstablished {
        let isSame = clients[client].establishedOn == clients[client].server
        counters[isSame ? .sessionResumes : .sessionMoves] += 1
      } else {
        counters[.sessions] += 1
      }
      clients[client].isEstablished = true
      clients[client].establishedOn = clients[client].server
      fill(client)
    case .expired:
      counters[.expirations] += 1
      clients[client].renew()
    case .disconnected(.violation(let error)):
      oracles.report(
        .clientProtocol, time: now,
        "client \(client + 1) cannot read server "
          + "\(clients[client].server + 1): \(error)")
    case .disconnected, .connecting, .closed: break
    }
  }

  private mutating func completed(_ client: Int, _ id: RequestID, _ outcome: RequestOutcome) {
    let isWrite = clients[client].plan.finish(id)
    switch outcome {
    case .done(_, let zxid):
      counters[.completedOperations] += 1
      progress[client] += 1
      oracles.answered(zxid, isWrite: isWrite, time: now)
    case .refused(_, let zxid):
      counters[.refusedOperations] += 1
      oracles.answered(zxid, isWrite: false, time: now)
    case .lost: counters[.lostOperations] += 1
    }
    scheduleStep(client)
  }

  /// A client goes on after it has thought.
  private mutating func scheduleStep(_ client: Int) {
    let wait = clients[client].plan.think()
    if wait == 0 { return fill(client) }
    queue.schedule(.clientStep, at: now + wait, subject: Int32(client))
  }

  /// A client has thought.
  mutating func clientSteps(_ event: Event) {
    let client = Int(event.subject)
    fill(client)
    serve(client)
  }

  /// Gives a session as many requests as it may have.
  private mutating func fill(_ client: Int) {
    guard phase == .safety || phase == .recovery,
      case .connected = clients[client].session.state
    else { return }
    while clients[client].plan.pending.count < clients[client].plan.depth {
      clients[client].submitNext(at: Instant(nanoseconds: now))
      if options.thinkNanoseconds > 0 { break }
    }
  }
}
