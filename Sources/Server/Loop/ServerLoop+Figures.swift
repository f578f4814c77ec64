import Jute
import LinnaeusBase
import Replica
import Sockets
import Tree

extension ServerLoop {
  /// Everything that costs little to know.
  func figures() -> ServerFigures {
    let statistics = replica.statistics
    let tree = replica.tree
    var figures = ServerFigures()
    figures.wall = wall
    figures.uptimeMilliseconds = wall - startedWall
    figures.packetsReceived = Int64(statistics.packetsReceived) + counters.words
    figures.packetsSent = Int64(statistics.packetsSent) + counters.words
    figures.latency = .init(statistics.latency)
    figures.outstanding = replica.outstandingRequests
    figures.lastZxid = tree.lastZxid
    figures.nodeCount = tree.nodeCount
    figures.watchCount = tree.watchCount
    figures.ephemeralCount = tree.ephemeralCount
    figures.sessionCount = tree.sessions.count
    figures.approximateDataSize = tree.approximateDataSize
    figures.connectionCount = connectionCount
    figures.expiredSessions = statistics.expiredSessions
    figures.descriptorLimit = descriptorLimit
    figures.openDescriptors = FileCalls.openDescriptors()
    figures.counters = counters
    figures.treeDigest = tree.digest
    return figures
  }

  /// The sizes of the data directories, which take a walk over their files.
  func directorySizes() -> (data: Int, log: Int) {
    (
      FileCalls.size(of: configuration.snapshotFolder),
      FileCalls.size(of: configuration.logFolder)
    )
  }

  /// Every connection, by slot.
  func clients() -> [ServerFigures.Client] {
    var clients: [ServerFigures.Client] = []
    for index in connections.indices where connections[index].phase != .closed {
      let slot = Int32(index)
      var client = ServerFigures.Client()
      client.peer = "/" + peer(slot)
      client.established = connections[index].establishedWall
      client.isRead = !connections[index].isHeld && !connections[index].isAnswered
      client.received = connections[index].packetsReceived
      if let known = replica.connectionStatistics(slot) {
        client.session = known.session
        client.queued = known.outstanding
        client.sent = Int64(known.packetsSent)
        client.lastOperation = ServerFigures.abbreviation(of: known.lastOpcode)
        client.timeoutMilliseconds = known.timeoutMilliseconds
        client.lastCxid = known.lastXid
        client.lastZxid = known.lastZxid
        client.lastResponse = known.lastResponse
        client.latency = .init(known.latency)
        if connections[index].phase == .session { client.received = Int64(known.packetsReceived) }
      }
      clients.append(client)
    }
    return clients
  }

  /// When sessions expire unless they are heard of.
  func sessionExpiries() -> [ServerFigures.Expiry] {
    replica.sessionExpiries.map { expiry, sessions in
      ServerFigures.Expiry(
        wall: wall + expiry - now.milliseconds,
        entries: sessions.map { "0x" + hexadecimal($0) })
    }
  }

  /// Connections by the end of their time: of those with a session, that of the session.
  func connectionExpiries() -> [ServerFigures.Expiry] {
    var byTime: [Int64: [String]] = [:]
    for client in clients() {
      let limit =
        client.session == 0
        ? Limits.idleMilliseconds : Int64(max(0, client.timeoutMilliseconds))
      let tick = Int64(configuration.tickMilliseconds)
      let time = ((wall + limit) / tick + 1) * tick
      byTime[time, default: []].append(
        "ip: \(client.peer) sessionId: 0x\(hexadecimal(client.session))")
    }
    return byTime.keys.sorted().map { .init(wall: $0, entries: byTime[$0] ?? []) }
  }

  /// The session of a watcher.
  func session(of watcher: Int32) -> Int64 {
    replica.connectionStatistics(watcher)?.session ?? 0
  }
}

extension ServerFigures.Durations {
  init(_ statistics: LatencyStatistics) {
    self.init(
      nanoseconds: statistics.count, total: statistics.total, shortest: statistics.shortest,
      longest: statistics.longest)
  }
}

extension ServerFigures {
  /// The four letters by which Apache's `cons` names the last operation.
  static func abbreviation(of opcode: Opcode) -> String {
    switch opcode {
    case .ping: "PING"
    case .createSession: "SESS"
    case .closeSession: "CLOS"
    case .create, .create2, .createContainer, .createTTL: "CREA"
    case .delete, .deleteContainer: "DELE"
    case .exists: "EXIS"
    case .getData: "GETD"
    case .setData: "SETD"
    case .getACL: "GETA"
    case .setACL: "SETA"
    case .getChildren, .getChildren2: "GETC"
    case .getAllChildrenNumber: "GETACN"
    case .getEphemerals: "GETE"
    case .sync: "SYNC"
    case .check: "CHEC"
    case .multi: "MULT"
    case .multiRead: "MLTR"
    case .reconfig: "RECO"
    case .setWatches: "SETW"
    case .setWatches2: "STW2"
    case .checkWatches: "CHKW"
    case .removeWatches: "REMW"
    case .addWatch: "ADDW"
    case .whoAmI: "HOMI"
    default: "NA"
    }
  }
}
