/// A figure by its name in Apache's metrics: `mntr`, the page `monitor` and Prometheus list them.
struct MonitorFigure {
  /// What the figure may do, in Prometheus's words.
  enum Kind: String {
    /// It goes up and down.
    case gauge
    /// It only grows.
    case counter
    /// It is no number.
    case text
  }

  var name: String
  var value: String
  var kind: Kind

  /// Those of Apache's that mean something here, in the order of its `mntr`.
  static func all(_ figures: ServerFigures) -> [MonitorFigure] {
    let counters = figures.counters
    return [
      text("version", ServerFigures.version),
      text("server_state", "standalone"),
      gauge("ephemerals_count", figures.ephemeralCount),
      gauge("num_alive_connections", figures.connectionCount),
      MonitorFigure(name: "avg_latency", value: rounded(figures.latency.mean), kind: .gauge),
      gauge("outstanding_requests", figures.outstanding),
      gauge("znode_count", figures.nodeCount),
      gauge("global_sessions", figures.sessionCount),
      counter("packets_sent", figures.packetsSent),
      counter("packets_received", figures.packetsReceived),
      MonitorFigure(name: "connection_drop_probability", value: "0.0", kind: .gauge),
      gauge("watch_count", figures.watchCount),
      gauge("min_latency", Int(figures.latency.shortest)),
      gauge("max_file_descriptor_count", figures.descriptorLimit),
      gauge("approximate_data_size", figures.approximateDataSize),
      gauge("open_file_descriptor_count", figures.openDescriptors),
      gauge("local_sessions", 0),
      gauge("uptime", Int(figures.uptimeMilliseconds)),
      gauge("max_latency", Int(figures.latency.longest)),
      counter("stale_sessions_expired", Int64(figures.expiredSessions)),
      counter("sessionless_connections_expired", counters.sessionlessExpired),
      counter("connection_rejected", counters.connectionsRejected),
      counter("connection_drop_count", counters.connectionsEnded),
      counter("connection_request_count", counters.connectionsAccepted),
      counter("bytes_received_count", counters.bytesReceived),
      counter("response_bytes", counters.bytesSent),
    ]
  }

  private static func text(_ name: String, _ value: String) -> MonitorFigure {
    MonitorFigure(name: name, value: value, kind: .text)
  }

  private static func gauge(_ name: String, _ value: Int) -> MonitorFigure {
    MonitorFigure(name: name, value: "\(value)", kind: .gauge)
  }

  private static func counter(_ name: String, _ value: Int64) -> MonitorFigure {
    MonitorFigure(name: name, value: "\(value)", kind: .counter)
  }

  /// The text format of Prometheus.
  static func prometheus(_ figures: ServerFigures) -> String {
    var text = ""
    for figure in all(figures) where figure.kind != .text {
      text += "# HELP \(figure.name) \(figure.name)\n"
      text += "# TYPE \(figure.name) \(figure.kind.rawValue)\n"
      text += "\(figure.name) \(figure.value)\n"
    }
    return text
  }
}
