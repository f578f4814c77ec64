import LinnaeusBase

/// How a server runs: what `zoo.cfg` and the command line say.
///
/// The values at first are Apache ZooKeeper's, save that the administration's ports are shut.
public struct ServerConfiguration: Sendable {
  /// A port to listen on.
  public struct Endpoint: Hashable, Sendable {
    /// A name or an address; nil is all addresses.
    public var host: String?
    /// 0 lets the system choose.
    public var port: Int

    /// Takes both.
    public init(host: String? = nil, port: Int) {
      self.host = host
      self.port = port
    }
  }

  /// Where snapshots are, and transactions too unless ``logDirectory`` says otherwise.
  public var dataDirectory = ""
  /// Where transactions are logged; nil is ``dataDirectory``.
  public var logDirectory: String?
  /// Where clients connect.
  public var client = Endpoint(port: 2181)
  /// How many connections may wait to be accepted; nil is a good many.
  public var listenBacklog: Int?

  /// The unit of time.
  public var tickMilliseconds = 3000
  /// The shortest session timeout that is granted; nil is 2 ticks.
  public var minSessionTimeoutMilliseconds: Int?
  /// The longest session timeout that is granted; nil is 20 ticks.
  public var maxSessionTimeoutMilliseconds: Int?

  /// How many connections one address may have; 0 is any number.
  public var maxConnectionsPerAddress = 60
  /// How many connections there may be; 0 is any number.
  public var maxConnections = 0
  /// How many requests may be in work before connections are not read on.
  public var globalOutstandingLimit = 1000
  /// The longest packet of a client, in bytes.
  public var maxPacketBytes = 0xfffff

  /// Whether replies wait until the disk has what they tell.
  public var forceSync = true
  /// After how many transactions a snapshot is written, at the latest.
  public var snapCount = 100_000
  /// How often empty containers and overdue znodes are looked for.
  public var containerCheckMilliseconds = 60_000
  /// How many of them are removed in a minute at most.
  public var containersPerMinute = 10_000
  /// By how much a log grows at a time, in kilobytes.
  public var preallocationKilobytes = 65_536
  /// After how many kilobytes of transactions a snapshot is written; 0 or less is never.
  public var snapSizeLimitKilobytes = 4_194_304
  /// After how many kilobytes a log is followed by another; less than 0 is never.
  public var logSizeLimitKilobytes = -1
  /// How many snapshots are kept where older ones are removed.
  public var snapshotsToRetain = 3
  /// How often old snapshots and logs are removed; 0 is never.
  public var purgeIntervalHours = 0

  /// Which four-letter words are answered.
  public var fourLetterWords = FourLetterWhitelist.onlyServer
  /// Whether znodes may have a time to live.
  public var extendedTypesEnabled = false
  /// Whether quotas refuse writes.
  public var enforceQuota = false
  /// Whether transactions and snapshots carry a digest of the tree.
  public var digestEnabled = true
  /// `user:digest` of who may do everything.
  public var superDigest: String?
  /// What session passwords are made from.
  public var sessionSecret: Int64 = 0xB341_5C00

  /// The port of the administration's commands; nil if there is none.
  public var admin: Endpoint?
  /// The path under which those commands are.
  public var adminCommandURL = "/commands"
  /// The port of the figures for Prometheus; nil if there is none.
  public var metrics: Endpoint?

  /// Apache's values, without a data directory.
  public init() {}

  /// The shortest session timeout that is granted.
  public var grantedMinSessionTimeout: Int { minSessionTimeoutMilliseconds ?? 2 * tickMilliseconds }
  /// The longest session timeout that is granted.
  public var grantedMaxSessionTimeout: Int {
    maxSessionTimeoutMilliseconds ?? 20 * tickMilliseconds
  }

  /// Makes a data directory in the system's folder for temporary files; nobody removes it.
  ///
  /// - Returns: Its path.
  /// - Throws: The error of `mkdtemp`.
  public static func makeTemporaryFolder() throws(SystemError) -> String {
    try FileCalls.makeTemporaryFolder()
  }

  /// Where Apache keeps snapshots below the data directory.
  public var snapshotFolder: String { dataDirectory + "/version-2" }
  /// Where Apache keeps logs.
  public var logFolder: String { (logDirectory ?? dataDirectory) + "/version-2" }
}

/// Which four-letter words are answered.
public enum FourLetterWhitelist: Hashable, Sendable {
  /// Every one (`*`).
  case all
  /// These.
  case words([String])

  /// Apache's default.
  public static let onlyServer = FourLetterWhitelist.words(["srvr"])

  /// Whether the word is answered.
  public func allows(_ word: String) -> Bool {
    switch self {
    case .all: true
    case .words(let words): words.contains(word)
    }
  }
}
