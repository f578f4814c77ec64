import Glibc
import Jute
import LinnaeusBase

/// `benchmarks footprint`: how much memory `linnaeus serve` takes, how soon it answers, and how soon
/// it is back.
struct FootprintBenchmark {
  private let executable = ownFolder() + "/linnaeus"
  private let folder = ".build/benchmarks"
  private let port = 29_183
  private var operations = 10_000_000
  private var nodes = 1_000_000
  private var rows = ["start", "mix", "snapshot", "log"]
  private var table = TargetTable()

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--operations": operations = try positiveCount(rest.popFirst())
      case "--nodes": nodes = try positiveCount(rest.popFirst())
      case "--rows": rows = (rest.popFirst() ?? "").split(separator: ",").map(String.init)
      default: throw BenchmarkError(message: "unknown argument '\(argument)'")
      }
    }
    try refuseDebugBuild()
  }

  /// Prints the table; 1 if any target is missed.
  mutating func run() throws -> Int32 {
    mkdir(".build", 0o777)
    mkdir(folder, 0o777)
    table.begin()
    if rows.contains("start") { try measureStart() }
    if rows.contains("mix") { try measureMix() }
    if rows.contains("snapshot") { try measureMillion(fromSnapshot: true) }
    if rows.contains("log") { try measureMillion(fromSnapshot: false) }
    return table.isMet ? 0 : 1
  }

  // MARK: The server

  private var data: String { "\(folder)/footprint-data" }

  private func start(snapshotEvery count: Int? = nil) throws -> ChildProcess {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let settings =
      "dataDir=\(data)\nclientPort=\(port)\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"
      + "maxClientCnxns=0\n" + (count.map { "snapCount=\($0)\n" } ?? "")
    let file = open("\(folder)/footprint.cfg", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    _ = Array(settings.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
    return try ChildProcess(
      executable, ["serve", "--log-level", "error", "\(folder)/footprint.cfg"],
      input: null, output: null, error: 2)
  }

  private func end(_ server: ChildProcess, by signal: Int32 = SIGTERM) {
    server.send(signal)
    _ = server.wait()
  }

  private func clear() throws {
    _ = try ChildProcess("rm", ["-rf", data], input: 0, output: 1, error: 2).wait()
    mkdir(data, 0o777)
  }

  private func megabytes(_ bytes: Int?) -> Double { Double(bytes ?? 0) / 1e6 }

  // MARK: The figures

  /// From the start of the process to the reply to a request for a session, the median of nine.
  private mutating func measureStart() throws {
    var times: [Double] = []
    for _ in 0..<9 {
      try clear()
      let begun = ContinuousClock.now
      let server = try start()
      _ = try FootprintClient(port: port)
      times.append(seconds(since: begun) * 1e3)
      end(server)
    }
    times.sort()
    table.row("first reply on an empty directory", times[times.count / 2], "ms", atMost: 30)
  }

  /// Reads, writes, creations and deletions of 1,000 znodes, and watches on them.
  private mutating func measureMix() throws {
    try clear()
    let server = try start()
    defer { end(server) }
    let clients = try Sessions(port: port, count: 10)
    let keys = (0..<1000).map { Array("/footprint/n\($0)".utf8) }
    var values = SeededRandom(seed: 7)
    let data = (0..<100).map { _ in UInt8(truncatingIfNeeded: values.next()) }
    clients.request(0, .create) { $0.footprintCreate(Array("/footprint".utf8), data) }
    try clients.flush()
    for (index, key) in keys.enumerated() {
      clients.request(index % 10, .create) { $0.footprintCreate(key, data) }
    }
    try clients.flush()
    var random = SeededRandom(seed: 8)
    var (peak, errors) = (0, 0)
    let begun = ContinuousClock.now
    for batch in 0..<operations / 2000 {
      var index = 0
      while index < 2000 {
        index += mix(clients, index % 10, keys[random.below(keys.count)], data, random.below(100))
      }
      errors += try clients.flush()
      if batch % 10 == 0 { peak = max(peak, server.anonymousMemory ?? 0) }
    }
    // Whoever asks for a znode between its deletion and its creation is told so.
    guard errors * 10 < operations else {
      throw BenchmarkError(message: "\(errors) of \(operations) operations failed")
    }
    let time = seconds(since: begun)
    table.row(
      "peak RssAnon over \(operations) mixed operations on 1,000 znodes (\(Int(time)) s)",
      megabytes(peak), "MB", atMost: 100)
  }

  /// One or two requests of the mix; how many.
  private func mix(
    _ clients: Sessions, _ client: Int, _ key: [UInt8], _ data: [UInt8], _ kind: Int
  ) -> Int {
    switch kind {
    case ..<50: clients.request(client, .getData) { $0.pathWatchRequest(path: key, watch: false) }
    case ..<75:
      clients.request(client, .setData) { $0.setDataRequest(path: key, data: data, version: -1) }
    case ..<90: clients.request(client, .exists) { $0.pathWatchRequest(path: key, watch: true) }
    case ..<92:
      clients.request(client, .getChildren) { $0.pathWatchRequest(path: key, watch: true) }
    default:
      clients.request(client, .delete) { $0.pathNumberRequest(path: key, number: -1) }
      clients.request(client, .create) { $0.footprintCreate(key, data) }
      return 2
    }
    return 1
  }

  /// Memory with very many znodes, and how soon they are back.
  private mutating func measureMillion(fromSnapshot: Bool) throws {
    let source = fromSnapshot ? "snapshot and log" : "the log alone"
    let every = fromSnapshot ? nil : 1_000_000_000
    try clear()
    var server = try start(snapshotEvery: every)
    var peak = 0
    do {
      let clients = try Sessions(port: port, count: 10)
      let data = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
      for parent in 0..<1000 {
        clients.request(0, .create) { $0.footprintCreate(Array("/m\(parent)".utf8), data) }
      }
      try clients.flush()
      for first in stride(from: 0, to: nodes, by: 2000) {
        for node in first..<min(nodes, first + 2000) {
          let path = Array("/m\(node % 1000)/node-\(node)".utf8)
          clients.request(node % 10, .create) { $0.footprintCreate(path, data) }
        }
        try clients.flush()
        if first % 20_000 == 0 { peak = max(peak, server.anonymousMemory ?? 0) }
      }
    }
    peak = max(peak, server.anonymousMemory ?? 0)
    if fromSnapshot {
      table.row("peak RssAnon while \(nodes) znodes are made", megabytes(peak), "MB", atMost: 400)
    }
    for attempt in 1...3 {
      // Nothing is written at the end, so that the log has all that it had.
      end(server, by: SIGKILL)
      let begun = ContinuousClock.now
      server = try start(snapshotEvery: every)
      _ = try FootprintClient(port: port)
      let time = seconds(since: begun)
      guard attempt == 3 else { continue }
      table.row("\(nodes) znodes recovered from \(source)", time, "s", atMost: 2)
      table.row(
        "RssAnon after that", megabytes(server.anonymousMemory), "MB", atMost: 400)
    }
    end(server)
  }
}

/// Several clients that are served at once.
private struct Sessions {
  private var clients: [FootprintClient] = []

  init(port: Int, count: Int) throws {
    for _ in 0..<count { clients.append(try FootprintClient(port: port)) }
  }

  func request(_ index: Int, _ opcode: Opcode, _ body: (inout ByteWriter) -> Void) {
    clients[index].request(opcode, body)
  }

  /// Sends everything and waits for all replies; how many are errors.
  @discardableResult
  func flush() throws -> Int {
    for client in clients { try client.send() }
    return try clients.reduce(0) { $0 + (try $1.receive()) }
  }
}

extension ByteWriter {
  private static let openACL = ACL.bytes(ACL.open)

  /// A persistent znode that is open to all.
  fileprivate mutating func footprintCreate(_ path: [UInt8], _ data: [UInt8]) {
    createRequest(path: path, data: data, acl: Self.openACL, flags: 0)
  }
}
