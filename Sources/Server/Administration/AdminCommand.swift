/// The pages under `/commands` (zookeeper-protocol.md, section 10).
enum AdminCommand: String, CaseIterable {
  case configuration
  case connectionStatReset = "connection_stat_reset"
  case connections
  case dirs
  case dump
  case environment
  case getTraceMask = "get_trace_mask"
  case hash
  case initialConfiguration = "initial_configuration"
  case isReadOnly = "is_read_only"
  case lastSnapshot = "last_snapshot"
  case leader
  case monitor
  case observerConnectionStatReset = "observer_connection_stat_reset"
  case ruok
  case serverStats = "server_stats"
  case setTraceMask = "set_trace_mask"
  case statReset = "stat_reset"
  case stats
  case systemProperties = "system_properties"
  case votingView = "voting_view"
  case watchSummary = "watch_summary"
  case watches
  case watchesByPath = "watches_by_path"
  case zabstate

  /// The command of that name, which may be the four-letter word for it.
  init?(name: String) {
    if let command = Self(rawValue: name) {
      self = command
      return
    }
    guard let command = Self.synonyms[name] else { return nil }
    self = command
  }

  private static let synonyms: [String: AdminCommand] = [
    "conf": .configuration, "config": .configuration, "crst": .connectionStatReset,
    "cons": .connections, "envi": .environment, "env": .environment, "gtmk": .getTraceMask,
    "icfg": .initialConfiguration, "isro": .isReadOnly, "lsnp": .lastSnapshot, "lead": .leader,
    "mntr": .monitor, "orst": .observerConnectionStatReset, "srvr": .serverStats,
    "stmk": .setTraceMask, "srst": .statReset, "stat": .stats, "sysp": .systemProperties,
    "wchs": .watchSummary, "wchc": .watches, "wchp": .watchesByPath,
  ]
}
