import ClientSession
import Jute
import LinnaeusBase
import OperationHistory

@testable import Workload

/// Clients and a tiny server in virtual time, with a network that delays and breaks.
struct TinyWorld {
  struct Faults {
    /// How long a message is on its way at most, in nanoseconds.
    var delay = 1_000_000
    /// One of how many deliveries breaks the connection instead; 0 for none.
    var breaks = 0
    /// One of how many deliveries ends the session on the server; 0 for none.
    var expires = 0
    /// One of how many steps a client is away for some seconds; 0 for none.
    var pauses = 0
  }

  struct Link {
    var number: Int
    var client: Int
    var up: [(at: Int64, bytes: [UInt8])] = []
    var down: [(at: Int64, bytes: [UInt8])] = []
    var isOpen = true
  }

  var server = TinyServer()
  var record = RunRecord(
    history: HistoryRecorder(
      servers: (1...3).map { (ServerID(rawValue: $0), "127.0.0.1:218\($0)") }, source: "a test"))
  var clients: [ClientProcess]
  var effects: [SessionEffects]
  var links: [Link?]
  var awayUntil: [Int64]
  var now: Int64 = 0
  var random: SeededRandom
  var faults: Faults
  private var lastLink = 0

  init(_ options: WorkloadOptions, seed: UInt64, faults: Faults = Faults()) {
    random = SeededRandom(seed: seed)
    self.faults = faults
    clients = (0..<options.clients).map {
      ClientProcess(
        client: $0, options: options, servers: (1...3).map { ServerID(rawValue: $0) }, seed: seed)
    }
    effects = Array(repeating: SessionEffects(), count: options.clients)
    links = Array(repeating: nil, count: options.clients)
    awayUntil = Array(repeating: 0, count: options.clients)
  }

  private var instant: Instant { Instant(nanoseconds: now) }

  private mutating func delay() -> Int64 { now + 1 + Int64(random.below(faults.delay)) }

  /// Runs until all clients have finished, or the time is over; false in that case.
  mutating func run(untilNanoseconds end: Int64) throws -> Bool {
    for client in clients.indices { try advance(client) }
    while now < end {
      if clients.allSatisfy(\.isFinished) { return true }
      guard let next = nextEvent() else { return false }
      now = max(now, next.at)
      expireAway()
      if next.isDeadline {
        try advance(next.client)
      } else {
        try deliver(next.client)
      }
    }
    return clients.allSatisfy(\.isFinished)
  }

  /// Ends the sessions of clients that have been away for longer than their time.
  private mutating func expireAway() {
    for client in awayUntil.indices where awayUntil[client] > now {
      guard now > awayUntil[client] - 800_000_000, let link = links[client],
        let connection = server.connections[link.number], !connection.isClosed
      else { continue }
      server.end(connection.session)
      server.connections[link.number]?.isClosed = true
      collect()
    }
  }

  private func nextEvent() -> (at: Int64, client: Int, isDeadline: Bool)? {
    var next: (at: Int64, client: Int, isDeadline: Bool)?
    for client in clients.indices {
      if let deadline = clients[client].nextDeadline {
        let at = max(deadline.nanoseconds, awayUntil[client])
        if at < next?.at ?? .max { next = (at, client, true) }
      }
      guard let link = links[client] else { continue }
      if let at = link.up.first?.at, at < next?.at ?? .max { next = (at, client, false) }
      if let arrival = link.down.first?.at {
        let at = max(arrival, awayUntil[client])
        if at < next?.at ?? .max { next = (at, client, false) }
      }
    }
    return next
  }

  private mutating func advance(_ client: Int) throws {
    clients[client].advance(to: instant, into: &effects[client], record: &record)
    try settle(client)
  }

  private mutating func deliver(_ client: Int) throws {
    guard var link = links[client] else { return }
    if faults.pauses > 0, random.chance(1, in: faults.pauses) {
      awayUntil[client] = now + 3_000_000_000
    }
    if faults.breaks > 0, random.chance(1, in: faults.breaks) { return try breakLink(client) }
    if faults.expires > 0, random.chance(1, in: faults.expires),
      let session = server.connections[link.number]?.session
    {
      server.end(session)
      return try breakLink(client)
    }
    if let (at, bytes) = link.up.first, at <= now {
      link.up.removeFirst()
      links[client] = link
      if link.isOpen { try server.receive(bytes, on: link.number) }
      collect()
      return
    }
    guard let (_, bytes) = link.down.first else { return }
    link.down.removeFirst()
    links[client] = link
    if bytes.isEmpty { return try breakLink(client) }
    // A client that was away is told the time first.
    try advance(client)
    guard links[client]?.number == link.number else { return }
    bytes.withBorrowedBytes {
      clients[client].receive($0, now: instant, into: &effects[client], record: &record)
    }
    try settle(client)
  }

  /// The connection is gone, and what is on its way to the server may still arrive.
  private mutating func breakLink(_ client: Int) throws {
    guard let link = links[client] else { return }
    if random.chance(1, in: 2) {
      for (_, bytes) in link.up { try server.receive(bytes, on: link.number) }
    }
    close(client)
    collect()
    clients[client].disconnected(now: instant, into: &effects[client], record: &record)
    try settle(client)
  }

  private mutating func close(_ client: Int) {
    if let link = links[client] { server.connections[link.number]?.isClosed = true }
    links[client] = nil
  }

  /// Puts on their way what the server has to send.
  private mutating func collect() {
    for client in links.indices {
      guard let link = links[client], let connection = server.connections[link.number] else {
        continue
      }
      if !connection.output.isEmpty {
        let at = max(delay(), link.down.last?.at ?? 0)
        links[client]?.down.append((at, connection.output))
        server.connections[link.number]?.output = []
      }
      if connection.isClosed, link.isOpen {
        let at = max(delay(), links[client]?.down.last?.at ?? 0)
        links[client]?.down.append((at, []))
        links[client]?.isOpen = false
      }
    }
  }

  private mutating func settle(_ client: Int) throws {
    while true {
      let wanted = effects[client]
      effects[client].removeAll()
      if !wanted.output.isEmpty, links[client] != nil {
        for message in try Self.messages(in: wanted.output) {
          let at = max(delay(), links[client]?.up.last?.at ?? 0)
          links[client]?.up.append((at, message))
        }
      }
      if wanted.closesConnection {
        // What was sent before still arrives.
        if let link = links[client] {
          for (_, bytes) in link.up { try server.receive(bytes, on: link.number) }
        }
        close(client)
      }
      guard wanted.connectsTo != nil else { return }
      if faults.breaks > 0, random.chance(1, in: 10) {
        clients[client].disconnected(now: instant, into: &effects[client], record: &record)
      } else {
        lastLink += 1
        links[client] = Link(number: lastLink, client: client)
        clients[client].connected(now: instant, into: &effects[client], record: &record)
      }
    }
  }

  static func messages(in output: [UInt8]) throws -> [[UInt8]] {
    try output.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      var messages: [[UInt8]] = []
      while !reader.isAtEnd { messages.append(try reader.buffer()?.array ?? []) }
      return messages
    }
  }

  /// The history so far, read back.
  func history() throws(HistoryError) -> History {
    try record.history.bytes.withBorrowedBytes { (bytes) throws(HistoryError) in
      try HistoryReader.read(bytes.buffer, format: .native)
    }
  }
}
