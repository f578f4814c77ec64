import LinnaeusBase
import Replica
import Tree

extension ServerLoop {
  /// The answer of the administration's port.
  mutating func adminResponse(to request: HTTPRequest) -> HTTPResponse {
    let root = configuration.adminCommandURL
    var path = request.path
    if path.count > 1, path.hasSuffix("/") { path.removeLast() }
    if path == root {
      let links = AdminCommand.allCases.map {
        "<a href=\"\(root)/\($0.rawValue)\">\($0.rawValue)</a>\n<br/>\n"
      }
      return HTTPResponse(
        status: 200, contentType: "text/html;charset=utf-8", body: links.joined())
    }
    guard path.hasPrefix(root + "/") else { return .error(404) }
    let name = String(path.dropFirst(root.count + 1))
    guard let command = AdminCommand(name: name) else {
      return .json(
        JSONText.object([("command", .text(name)), ("error", .text("Unknown command: \(name)"))])
          .written + "\n", status: 404)
    }
    let members = members(of: command, request.query)
    return .json(
      JSONText.object([("command", .text(command.rawValue)), ("error", .null)] + members)
        .written + "\n")
  }

  /// The answer of the port for Prometheus.
  func metricsResponse(to request: HTTPRequest) -> HTTPResponse {
    guard request.path == "/metrics" else { return .error(404) }
    return HTTPResponse(
      status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
      body: MonitorFigure.prometheus(figures()))
  }

  private mutating func members(
    of command: AdminCommand, _ query: [String: String]
  ) -> [(name: String, value: JSONText)] {
    switch command {
    case .ruok, .observerConnectionStatReset, .systemProperties: return []
    case .isReadOnly: return [("read_only", .bool(false))]
    case .hash: return [("digests", .list([]))]
    case .leader: return [("is_leader", .bool(true)), ("leader_id", .number(0))]
    case .votingView: return [("current_config", .object([]))]
    case .zabstate: return [("zabstate", .text("standalone"))]
    case .getTraceMask: return [("tracemask", .number(counters.traceMask))]
    case .setTraceMask:
      if let mask = query["traceMask"].flatMap({ Int64($0) }) { counters.traceMask = mask }
      return [("tracemask", .number(counters.traceMask))]
    case .connectionStatReset:
      replica.resetConnectionStatistics()
      return []
    case .statReset:
      replica.resetStatistics()
      counters.words = 0
      return []
    case .configuration: return configurationMembers()
    case .initialConfiguration: return [("initial_configuration", .text(""))]
    case .environment: return ServerEnvironment.entries.map { ($0.name, .text($0.value)) }
    case .dirs:
      let sizes = directorySizes()
      return [("datadir_size", .number(sizes.data)), ("logdir_size", .number(sizes.log))]
    case .lastSnapshot: return lastSnapshotMembers()
    case .monitor:
      return MonitorFigure.all(figures()).map {
        ($0.name, $0.kind == .text ? .text($0.value) : .number($0.value))
      }
    case .connections: return [("connections", clientList()), ("secure_connections", .list([]))]
    case .serverStats: return statisticsMembers()
    case .stats:
      return statisticsMembers()
        + [("connections", clientList()), ("secure_connections", .list([]))]
    case .dump: return dumpMembers()
    case .watchSummary:
      let summary = replica.tree.watchSummary
      return [
        ("num_connections", .number(summary.connections)), ("num_paths", .number(summary.paths)),
        ("num_total_watches", .number(summary.watches)),
      ]
    case .watches:
      return [
        (
          "session_id_to_watched_paths",
          .object(
            replica.tree.watchesByWatcher.map {
              ("0x" + hexadecimal(session(of: $0.watcher)), .list($0.paths.map(Self.text)))
            })
        )
      ]
    case .watchesByPath:
      return [
        (
          "path_to_session_ids",
          .object(
            replica.tree.watchesByPath.map {
              (
                String(decoding: $0.path, as: UTF8.self),
                .list($0.watchers.map { .text("0x" + hexadecimal(session(of: $0))) })
              )
            })
        )
      ]
    }
  }

  private static func text(_ path: [UInt8]) -> JSONText {
    .text(String(decoding: path, as: UTF8.self))
  }

  private func configurationMembers() -> [(name: String, value: JSONText)] {
    let names = [
      "clientPort": "client_port", "secureClientPort": "secure_client_port", "dataDir": "data_dir",
      "dataDirSize": "data_dir_size", "dataLogDir": "data_log_dir",
      "dataLogSize": "data_log_size", "tickTime": "tick_time",
      "maxClientCnxns": "max_client_cnxns", "minSessionTimeout": "min_session_timeout",
      "maxSessionTimeout": "max_session_timeout",
      "clientPortListenBacklog": "client_port_listen_backlog", "serverId": "server_id",
    ]
    return FourLetterReplies.entries(configuration, port: clientPort, sizes: directorySizes())
      .map { name, value in
        (names[name] ?? name, Int(value) == nil ? .text(value) : .number(value))
      }
  }

  private func lastSnapshotMembers() -> [(name: String, value: JSONText)] {
    let last = FileCalls.newestFile(in: configuration.snapshotFolder, prefix: "snapshot.")
    let zxid = last.map { "0x\($0.name.dropFirst("snapshot.".count))" } ?? "-1"
    return [("zxid", .text(zxid)), ("timestamp", .number(last?.modified ?? 0))]
  }

  private func statisticsMembers() -> [(name: String, value: JSONText)] {
    let figures = figures()
    let latency = figures.latency
    return [
      ("version", .text(ServerFigures.version)), ("read_only", .bool(false)),
      (
        "server_stats",
        .object([
          ("packets_sent", .number(figures.packetsSent)),
          ("packets_received", .number(figures.packetsReceived)),
          ("max_latency", .number(Int(latency.longest))),
          ("min_latency", .number(Int(latency.shortest))),
          ("avg_latency", .number(rounded(latency.mean))),
          ("server_state", .text("standalone")),
          ("outstanding_requests", .number(figures.outstanding)),
          ("num_alive_client_connections", .number(figures.connectionCount)),
          ("data_dir_size", .number(directorySizes().data)),
          ("log_dir_size", .number(directorySizes().log)),
          ("last_processed_zxid", .number(figures.lastZxid.rawValue)),
          ("uptime", .number(figures.uptimeMilliseconds)),
        ])
      ),
      ("node_count", .number(figures.nodeCount)),
    ]
  }

  private func clientList() -> JSONText {
    .list(
      clients().map { client in
        .object([
          ("remote_socket_address", .text(String(client.peer.dropFirst()))),
          ("interest_ops", .number(client.isRead ? 1 : 0)),
          ("outstanding_requests", .number(client.queued)),
          ("packets_received", .number(client.received)),
          ("packets_sent", .number(client.sent)),
          ("session_id", .number(client.session)),
          ("last_operation", .text(client.lastOperation)),
          ("established", .text(SystemClock.wallText(client.established))),
          ("session_timeout", .number(client.timeoutMilliseconds)),
          ("last_cxid", .number(client.lastCxid)),
          ("last_zxid", .number(client.lastZxid.rawValue)),
          ("last_response_time", .number(client.lastResponse)),
          ("min_latency", .number(Int(client.latency.shortest))),
          ("avg_latency", .number(Int(client.latency.mean))),
          ("max_latency", .number(Int(client.latency.longest))),
        ])
      })
  }

  private func dumpMembers() -> [(name: String, value: JSONText)] {
    let expiries = sessionExpiries().map { expiry in
      (name: "\(expiry.wall)", value: JSONText.list(expiry.entries.map { .text($0) }))
    }
    let ephemerals = replica.tree.ephemeralsBySession.map { session, paths in
      (name: "0x" + hexadecimal(session), value: JSONText.list(paths.map(Self.text)))
    }
    let connections = connectionExpiries().map { expiry in
      (name: "\(expiry.wall)", value: JSONText.list(expiry.entries.map { .text($0) }))
    }
    return [
      ("expiry_time_to_session_ids", .object(expiries)),
      ("session_id_to_ephemeral_paths", .object(ephemerals)),
      ("expiry_time_to_connections", .object(connections)),
    ]
  }
}
