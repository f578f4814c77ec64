import LinnaeusBase

/// The texts of four-letter words, to the letter as Apache ZooKeeper 3.8 writes them: monitoring
/// tools parse them.
enum FourLetterReplies {
  static func srvr(_ figures: ServerFigures) -> String {
    "Zookeeper version: \(ServerFigures.version)\n" + summary(figures)
  }

  static func stat(_ figures: ServerFigures, clients: [ServerFigures.Client]) -> String {
    var text = "Zookeeper version: \(ServerFigures.version)\nClients:\n"
    for client in clients { text += line(client, isBrief: true) }
    return text + "\n" + summary(figures)
  }

  static func cons(_ clients: [ServerFigures.Client]) -> String {
    clients.map { line($0, isBrief: false) }.joined() + "\n"
  }

  private static func summary(_ figures: ServerFigures) -> String {
    let latency = figures.latency
    return """
      Latency min/avg/max: \(Int(latency.shortest))/\(rounded(latency.mean))/\(Int(latency.longest))
      Received: \(figures.packetsReceived)
      Sent: \(figures.packetsSent)
      Connections: \(figures.connectionCount)
      Outstanding: \(figures.outstanding)
      Zxid: \(figures.lastZxid)
      Mode: standalone
      Node count: \(figures.nodeCount)

      """
  }

  private static func line(_ client: ServerFigures.Client, isBrief: Bool) -> String {
    // In the brackets: what the selector of Java's server waits for, reading or nothing.
    var text =
      " \(client.peer)[\(client.isRead ? 1 : 0)](queued=\(client.queued)"
      + ",recved=\(client.received),sent=\(client.sent)"
    if !isBrief, client.session != 0 {
      text += ",sid=0x\(hexadecimal(client.session)),lop=\(client.lastOperation)"
      text += ",est=\(client.established),to=\(client.timeoutMilliseconds)"
      if client.lastCxid >= 0 { text += ",lcxid=0x\(String(client.lastCxid, radix: 16))" }
      let latency = client.latency
      text += ",lzxid=\(client.lastZxid),lresp=\(client.lastResponse)"
      text += ",llat=\(Int(latency.mean)),minlat=\(Int(latency.shortest))"
      text += ",avglat=\(Int(latency.mean)),maxlat=\(Int(latency.longest))"
    }
    return text + ")\n"
  }

  static func mntr(_ figures: ServerFigures) -> String {
    MonitorFigure.all(figures).map { "zk_\($0.name)\t\($0.value)\n" }.joined()
  }

  static func envi(_ entries: [(name: String, value: String)]) -> String {
    "Environment:\n" + entries.map { "\($0.name)=\($0.value)\n" }.joined()
  }

  static func conf(
    _ configuration: ServerConfiguration, port: Int, sizes: (data: Int, log: Int)
  ) -> String {
    entries(configuration, port: port, sizes: sizes).map { "\($0.name)=\($0.value)\n" }.joined()
  }

  /// What `conf` lists, in its order.
  static func entries(
    _ configuration: ServerConfiguration, port: Int, sizes: (data: Int, log: Int)
  ) -> [(name: String, value: String)] {
    var entries: [(name: String, value: String)] = [("clientPort", "\(port)")]
    entries.append(("secureClientPort", "-1"))
    entries.append(("dataDir", configuration.snapshotFolder))
    entries.append(("dataDirSize", "\(sizes.data)"))
    entries.append(("dataLogDir", configuration.logFolder))
    entries.append(("dataLogSize", "\(sizes.log)"))
    entries.append(("tickTime", "\(configuration.tickMilliseconds)"))
    entries.append(("maxClientCnxns", "\(configuration.maxConnectionsPerAddress)"))
    entries.append(("minSessionTimeout", "\(configuration.grantedMinSessionTimeout)"))
    entries.append(("maxSessionTimeout", "\(configuration.grantedMaxSessionTimeout)"))
    entries.append(("clientPortListenBacklog", "\(configuration.listenBacklog ?? -1)"))
    entries.append(("serverId", "0"))
    return entries
  }

  static func dump(
    sessions: [ServerFigures.Expiry], ephemerals: [(session: Int64, paths: [[UInt8]])],
    connections: [ServerFigures.Expiry]
  ) -> String {
    var text = "SessionTracker dump:\nSession \(sets(sessions))"
    text += "ephemeral nodes dump:\nSessions with Ephemerals (\(ephemerals.count)):\n"
    for (session, paths) in ephemerals {
      text += "0x\(hexadecimal(session)):\n"
      for path in paths { text += "\t\(String(decoding: path, as: UTF8.self))\n" }
    }
    return text + "Connections dump:\nConnections \(sets(connections))"
  }

  private static func sets(_ expiries: [ServerFigures.Expiry]) -> String {
    let count = expiries.reduce(0) { $0 + $1.entries.count }
    var text = "Sets (\(expiries.count))/(\(count)):\n"
    for expiry in expiries {
      text += "\(expiry.entries.count) expire at \(SystemClock.javaText(expiry.wall)):\n"
      for entry in expiry.entries { text += "\t\(entry)\n" }
    }
    return text
  }

  static func wchs(_ summary: (connections: Int, paths: Int, watches: Int)) -> String {
    "\(summary.connections) connections watching \(summary.paths) paths\n"
      + "Total watches:\(summary.watches)\n"
  }

  static func wchp(_ watches: [(path: [UInt8], sessions: [Int64])]) -> String {
    var text = ""
    for (path, sessions) in watches {
      text += String(decoding: path, as: UTF8.self) + "\n"
      for session in sessions { text += "\t0x\(hexadecimal(session))\n" }
    }
    return text + "\n"
  }

  static func wchc(_ watches: [(session: Int64, paths: [[UInt8]])]) -> String {
    var text = ""
    for (session, paths) in watches {
      text += "0x\(hexadecimal(session))\n"
      for path in paths { text += "\t\(String(decoding: path, as: UTF8.self))\n" }
    }
    return text + "\n"
  }
}
