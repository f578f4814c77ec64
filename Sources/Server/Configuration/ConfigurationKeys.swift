/// What a key of `zoo.cfg` means.
enum ConfigurationKey {
  /// Sets something; the value is checked.
  case setting(@Sendable (inout ConfigurationDraft, ConfigurationValue) throws -> Void)
  /// Of no consequence for a server that runs alone, as with Apache's.
  case accepted
  /// Something that is not there: said in a warning, with the reason.
  case unsupported(String)

  /// The meaning of a key without `zookeeper.` before it; nil if nobody knows it.
  static func named(_ key: String) -> ConfigurationKey? {
    if let known = table[key] { return known }
    for (prefix, meaning) in prefixes where key.hasPrefix(prefix) { return meaning }
    return nil
  }

  /// All keys, to find one that a misspelt one may have meant.
  static var names: [String] { table.keys.sorted() }

  private static let table: [String: ConfigurationKey] = {
    var table = files.merging(limits) { first, _ in first }
    table.merge(sessions) { first, _ in first }
    table.merge(features) { first, _ in first }
    table.merge(administration) { first, _ in first }
    table.merge(unsupported) { first, _ in first }
    for key in withoutConsequence { table[key] = .accepted }
    return table
  }()

  private static let files: [String: ConfigurationKey] = [
    "dataDir": .setting { $0.server.dataDirectory = try $1.text() },
    "dataLogDir": .setting { $0.server.logDirectory = try $1.text() },
    "znode.container.checkIntervalMs": .setting {
      $0.server.containerCheckMilliseconds = try $1.integer(1...Int(Int32.max))
    },
    "znode.container.maxPerMinute": .setting {
      $0.server.containersPerMinute = try $1.integer(1...Int(Int32.max))
    },
    "snapCount": .setting { $0.server.snapCount = try $1.integer(2...Int(Int32.max)) },
    "preAllocSize": .setting {
      $0.server.preallocationKilobytes = try $1.integer(1...Int(Int32.max))
    },
    "snapSizeLimitInKb": .setting {
      $0.server.snapSizeLimitKilobytes = try $1.integer(-1...Int.max / 1024)
    },
    "txnLogSizeLimitInKb": .setting {
      $0.server.logSizeLimitKilobytes = try $1.integer(-1...Int.max / 1024)
    },
    "forceSync": .setting { $0.server.forceSync = try $1.yesOrNo() },
    "autopurge.snapRetainCount": .setting {
      // Apache takes 3 for any smaller number.
      $0.server.snapshotsToRetain = max(3, try $1.integer(0...Int(Int32.max)))
    },
    "autopurge.purgeInterval": .setting {
      $0.server.purgeIntervalHours = try $1.integer(0...Int(Int32.max))
    },
  ]

  private static let limits: [String: ConfigurationKey] = [
    "clientPort": .setting { $0.clientPort = try $1.integer(0...65535) },
    "clientPortAddress": .setting { $0.server.client.host = try $1.text() },
    "clientPortListenBacklog": .setting {
      let backlog = try $1.integer(-1...Int(Int32.max))
      $0.server.listenBacklog = backlog < 0 ? nil : backlog
    },
    "maxClientCnxns": .setting {
      $0.server.maxConnectionsPerAddress = try $1.integer(0...Int(Int32.max))
    },
    "maxCnxns": .setting { $0.server.maxConnections = try $1.integer(0...Int(Int32.max)) },
    "globalOutstandingLimit": .setting {
      $0.server.globalOutstandingLimit = try $1.integer(1...Int(Int32.max))
    },
    "jute.maxbuffer": .setting {
      $0.server.maxPacketBytes = try $1.integer(1024...Int(Int32.max) / 2)
    },
  ]

  private static let sessions: [String: ConfigurationKey] = [
    "tickTime": .setting { $0.server.tickMilliseconds = try $1.integer(1...Int(Int32.max) / 20) },
    "minSessionTimeout": .setting {
      let value = try $1.integer(-1...Int(Int32.max))
      $0.server.minSessionTimeoutMilliseconds = value < 0 ? nil : value
    },
    "maxSessionTimeout": .setting {
      let value = try $1.integer(-1...Int(Int32.max))
      $0.server.maxSessionTimeoutMilliseconds = value < 0 ? nil : value
    },
    "sessionSecret": .setting { $0.server.sessionSecret = try $1.secret() },
    "superDigest": .setting { $0.server.superDigest = try $1.superDigest() },
    "DigestAuthenticationProvider.superDigest": .setting {
      $0.server.superDigest = try $1.superDigest()
    },
  ]

  private static let features: [String: ConfigurationKey] = [
    "extendedTypesEnabled": .setting { $0.server.extendedTypesEnabled = try $1.bool() },
    "enforceQuota": .setting { $0.server.enforceQuota = try $1.bool() },
    "digest.enabled": .setting { $0.server.digestEnabled = try $1.bool() },
    "4lw.commands.whitelist": .setting { $0.server.fourLetterWords = try $1.words() },
    "standaloneEnabled": .setting { $0.standaloneEnabled = try $1.bool() },
    "reconfigEnabled": .setting { _ = try $1.bool() },
    "dynamicConfigFile": .setting { _, value in
      throw value.error("names the members of an ensemble; ensembles are not served yet")
    },
  ]

  private static let administration: [String: ConfigurationKey] = [
    "admin.enableServer": .setting { $0.adminEnabled = try $1.bool() },
    "admin.serverPort": .setting { $0.adminPort = try $1.integer(0...65535) },
    "admin.serverAddress": .setting { $0.adminHost = try $1.host() },
    "admin.commandURL": .setting { $0.server.adminCommandURL = try $1.urlPath() },
    "admin.idleTimeout": .accepted,
    "admin.portUnification": .unsupported("the admin server has no TLS"),
    "admin.forceHttps": .unsupported("the admin server has no TLS"),
    "metricsProvider.className": .setting { $0.metricsEnabled = try $1.metricsProvider() },
    "metricsProvider.httpPort": .setting { $0.metricsPort = try $1.integer(0...65535) },
    "metricsProvider.httpHost": .setting { $0.metricsHost = try $1.host() },
    "metricsProvider.exportJvmInfo": .accepted,
  ]

  private static let prefixes: [(String, ConfigurationKey)] = [
    ("ssl.", .unsupported("TLS is not there yet")),
    ("quorum.auth.", .unsupported("ensembles are not served yet")),
    ("authProvider.", .unsupported("authentication providers of Java's cannot be loaded")),
    ("jvm.pause.", .accepted),
  ]

  private static let unsupported: [String: ConfigurationKey] = [
    "secureClientPort": .unsupported("TLS is not there yet"),
    "secureClientPortAddress": .unsupported("TLS is not there yet"),
    "client.portUnification": .unsupported("TLS is not there yet"),
    "jaas.config": .unsupported("SASL answers as Apache's server does without JAAS"),
    "skipACL": .unsupported("access-control lists are always checked"),
    "sessionRequireClientSASLAuth": .unsupported("SASL is not there"),
  ]

  private static let withoutConsequence = [
    "initLimit", "syncLimit", "electionAlg", "electionPortBindRetry", "peerType", "syncEnabled",
    "connectToLearnerMasterLimit", "quorumListenOnAllIPs", "cnxTimeout", "observerMasterPort",
    "localSessionsEnabled", "localSessionsUpgradingEnabled", "readonlymode.enabled",
    "multiAddress.enabled", "multiAddress.reachabilityCheckEnabled",
    "multiAddress.reachabilityCheckTimeoutMs", "sslQuorum", "portUnification",
    "sslQuorumReloadCertFiles", "leaderServes", "serverCnxnFactory", "traceFile",
    "preferIPv4Stack", "commitProcessor.numWorkerThreads", "commitProcessor.shutdownTimeout",
    "nio.numSelectorThreads", "nio.numWorkerThreads", "nio.directBufferBytes",
    "nio.sessionlessCnxnTimeout", "nio.shutdownTimeout", "fsync.warningthresholdms",
    "warningThresholdMs", "requestThrottleLimit", "requestThrottleStallTime",
    "requestThrottleDropStale", "requestStaleLatencyCheck", "requestStaleConnectionCheck",
    "closeSessionTxn.enabled", "watchManagerName", "clientTcpKeepAlive", "snapshot.trust.empty",
    "maxBatchSize", "flushDelay", "maxWriteQueuePollTime", "maxResponseCacheSize",
    "maxGetChildrenResponseCacheSize", "throttledOpWaitTime", "server.id", "initialize",
  ]
}
