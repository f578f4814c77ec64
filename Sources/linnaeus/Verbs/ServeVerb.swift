import Glibc
import LinnaeusBase
import Replica
import Server

/// `linnaeus serve`: runs a ZooKeeper server.
struct ServeVerb: Verb {
  /// The words of `--log-level`.
  enum Level: String, CaseIterable {
    case debug, info, warning, error

    var level: Effects.Level {
      switch self {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    }
  }

  enum Answer: String, CaseIterable {
    case yes, no
  }

  static let help = VerbHelp(
    name: "serve",
    overview: "Run a ZooKeeper server.",
    discussion: [
      """
      With a zoo.cfg it runs as Apache ZooKeeper would; options go before what the file says. \
      Without --data it keeps its data in a new folder below the folder for temporary files, and \
      without --port it takes a free port of 127.0.0.1. Its address is printed on standard output \
      as soon as clients can connect; it ends on SIGTERM and SIGINT.
      """
    ],
    usage: "[<options>] [<zoo.cfg>]",
    arguments: [("<zoo.cfg>", "A configuration file as Apache ZooKeeper reads it.")],
    options: [
      Option("--port", value: "<port>", "Where clients connect; 0 is a free port."),
      Option("--data", value: "<folder>", "Where transactions and snapshots are kept."),
      Option(
        "--address", value: "<host>",
        "The address to listen on. (default: all, with --port or a zoo.cfg)"),
      Option("--admin-port", value: "<port>", "Serve /commands there over HTTP."),
      Option("--metrics-port", value: "<port>", "Serve /metrics there for Prometheus."),
      Option(
        "--force-sync", value: "<yes|no>",
        "Whether replies wait until the disk has what they tell. (default: yes)"),
      Option(
        "--log-level", value: "<level>",
        "The least that is logged: debug, info, warning or error. (default: info)"),
    ])

  private let file: String?
  private let port: Int?
  private let data: String?
  private let address: String?
  private let adminPort: Int?
  private let metricsPort: Int?
  private let forceSync: Bool?
  private let level: Effects.Level

  init(_ arguments: ParsedArguments) throws(UsageError) {
    guard arguments.operands.count <= 1 else {
      throw UsageError(message: "serve takes one zoo.cfg")
    }
    file = arguments.operands.first
    port = try Self.port("--port", arguments)
    data = arguments["--data"]
    address = arguments["--address"]
    adminPort = try Self.port("--admin-port", arguments)
    metricsPort = try Self.port("--metrics-port", arguments)
    forceSync = try arguments.choice("--force-sync", of: Answer.self).map { $0 == .yes }
    level = try arguments.choice("--log-level", of: Level.self)?.level ?? .info
    if data == "" { throw UsageError(message: "--data takes a folder") }
  }

  private static func port(
    _ name: String, _ arguments: ParsedArguments
  ) throws(UsageError) -> Int? {
    guard let text = arguments[name] else { return nil }
    guard let port = Int(text), (0...65535).contains(port) else {
      throw UsageError(message: "\(name) takes a port from 0 to 65535, not '\(text)'")
    }
    return port
  }

  func run() -> ExitCode {
    // Before there is any other thread, so that none of them takes the signals.
    System.holdBackSignals()
    let log = ServerLog.standardError(level: level)
    do {
      let configuration = try configuration(log)
      let server = try ZooKeeperServer(configuration, log: log)
      guard System.startThread({ Self.stopOnSignal(server, log) }) else {
        System.complain("linnaeus: no thread can be started\n")
        return .unreadable
      }
      try server.run { announce(server) }
      return .success
    } catch let error as ConfigurationError {
      System.complain("linnaeus: \(error)\n")
      return error.file.isEmpty ? .usage : .malformed
    } catch let error as ServerError {
      System.complain("linnaeus: \(error)\n")
      if case .recovery = error { return .malformed }
      return .unreadable
    } catch {
      System.complain("linnaeus: \(error)\n")
      return .unreadable
    }
  }

  private static func stopOnSignal(_ server: ZooKeeperServer, _ log: ServerLog) {
    _ = System.nextSignal(withinMilliseconds: nil)
    server.stop()
    // Whoever asks again does not want to wait.
    if let number = System.nextSignal(withinMilliseconds: nil) { System.die(of: number) }
  }

  /// What the file says, and what the options say instead.
  private func configuration(_ log: ServerLog) throws -> ServerConfiguration {
    var configuration = ServerConfiguration()
    if let file {
      let bytes = try InputBytes(path: file)
      let (parsed, warnings) = try bytes.withBytes {
        try ServerConfiguration.parse(Array($0), file: file)
      }
      for warning in warnings { log.warn("\(warning)") }
      configuration = parsed
    } else {
      configuration.tickMilliseconds = 2000
      configuration.maxConnectionsPerAddress = 0
      configuration.client = .init(host: port == nil ? "127.0.0.1" : nil, port: port ?? 0)
      configuration.dataDirectory = try data ?? ServerConfiguration.makeTemporaryFolder()
    }
    if let port { configuration.client.port = port }
    if let data {
      configuration.dataDirectory = data
      configuration.logDirectory = nil
    }
    if let address { configuration.client.host = address }
    // Administration has no passwords: it is for this machine unless a file says otherwise.
    if let adminPort {
      configuration.admin = .init(host: configuration.admin?.host ?? "127.0.0.1", port: adminPort)
    }
    if let metricsPort {
      configuration.metrics = .init(
        host: configuration.metrics?.host ?? "127.0.0.1", port: metricsPort)
    }
    if let forceSync { configuration.forceSync = forceSync }
    try configuration.validate()
    return configuration
  }

  /// One line for whoever started it without saying where.
  private func announce(_ server: ZooKeeperServer) {
    var line = "linnaeus serves \(server.clientAddress) from \(server.configuration.dataDirectory)"
    if let admin = server.adminAddress {
      line += ", http://\(admin)\(server.configuration.adminCommandURL)"
    }
    if let metrics = server.metricsAddress { line += ", http://\(metrics)/metrics" }
    // Whoever does not read it knows the address already.
    _ = Output.print(line + "\n")
  }
}
