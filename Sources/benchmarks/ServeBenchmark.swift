import Glibc
import LinnaeusBase

/// `benchmarks serve`: throughput, latency and processor time of `linnaeus serve`, beside Apache
/// ZooKeeper in the same run if it is asked for and installed.
///
/// The load comes from `zkload.c` of the public tools, a client without a library that uses one
/// thread. Each cell of the table is measured on one server, then on the other, again and again;
/// what is printed are medians. With Apache's the null server is measured, too, for the load client,
/// the loopback device and the disk are limits of their own; where Apache syncs, it does. The last
/// column tells which targets the cell misses, and whether a server that does nothing misses them as
/// well. Of reads 70 % of its throughput is enough.
struct ServeBenchmark {
  private let shared: String
  private let executable: String
  private var seconds = 3.0
  private var rounds = 1
  private var sessions = [1, 10, 100]
  private var outstanding = [1, 100]
  private var operations = ["get", "set", "create", "mix90"]
  private var forceSync = [true, false]
  private var withApache = false

  init(_ arguments: [String]) throws {
    guard let shared = getenv("LINNAEUS_SHARED").map({ String(cString: $0) }) else {
      throw BenchmarkError(message: "LINNAEUS_SHARED must name the folder with tools/zkload.c")
    }
    self.shared = shared
    executable = ownFolder() + "/linnaeus"
    var rest = arguments[...]
    func numbers(_ text: String?) throws -> [Int] {
      try (text ?? "").split(separator: ",").map { Int(try positiveNumber(String($0))) }
    }
    while let argument = rest.popFirst() {
      switch argument {
      case "--apache": withApache = true
      case "--seconds": seconds = try positiveNumber(rest.popFirst())
      case "--rounds": rounds = Int(try positiveNumber(rest.popFirst()))
      case "--sessions": sessions = try numbers(rest.popFirst())
      case "--outstanding": outstanding = try numbers(rest.popFirst())
      case "--operations":
        operations = (rest.popFirst() ?? "").split(separator: ",").map(String.init)
      case "--force-sync":
        switch rest.popFirst() {
        case "yes": forceSync = [true]
        case "no": forceSync = [false]
        default: throw BenchmarkError(message: "--force-sync takes yes or no")
        }
      default: throw BenchmarkError(message: "unknown argument '\(argument)'")
      }
    }
    try refuseDebugBuild()
  }

  // MARK: The table

  func run() throws -> Int32 {
    mkdir(".build", 0o777)
    mkdir(folder, 0o777)
    guard try shell("gcc -O2 -o \(folder)/zkload '\(shared)/tools/zkload.c'") == .exit(0) else {
      throw BenchmarkError(message: "gcc could not build zkload.c")
    }
    var head = "| forceSync | operation | sessions × outstanding | op/s | p50 | p99 | CPU/op |"
    var rule = "|---|---|---|---|---|---|---|"
    if withApache {
      head += " Apache op/s | p50 | p99 | CPU/op | null op/s | p99 | CPU/op |"
      head += " op/s ratio | p99 ratio | CPU ratio | of null | targets |"
      rule += "---|---|---|---|---|---|---|---|---|---|---|---|"
    }
    print(head + "\n" + rule)
    for isForced in forceSync {
      for operation in operations {
        for (count, depth) in cells { try row(isForced, operation, count, depth) }
      }
    }
    return 0
  }

  private var cells: [(Int, Int)] {
    sessions.flatMap { count in outstanding.map { (count, $0) } }
  }

  private func row(_ isForced: Bool, _ operation: String, _ count: Int, _ depth: Int) throws {
    var ours: [Measurement] = []
    var apache: [Measurement] = []
    var null: [Measurement] = []
    for _ in 0..<rounds {
      ours.append(try measureOurs(isForced, operation, count, depth))
      guard withApache else { continue }
      apache.append(try measureApache(isForced, operation, count, depth))
      null.append(try measureNullServer(isForced, operation, count, depth))
    }
    var line = "| \(isForced ? "yes" : "no") | \(operation) | \(count) × \(depth) |"
    let mine = Measurement.median(ours)
    line += mine.columns
    if withApache {
      let other = Measurement.median(apache)
      let limit = Measurement.median(null)
      func ratio(_ left: Double, _ right: Double) -> String {
        right == 0 ? "–" : "\((left / right * 1000).rounded() / 1000)"
      }
      line += other.columns + " \(Int(limit.throughput)) | \(Int(limit.p99)) µs |"
      line += " \((limit.processor * 100).rounded() / 100) µs |"
      line += " \(ratio(mine.throughput, other.throughput)) |"
      line += " \(ratio(mine.p99, other.p99)) | \(ratio(mine.processor, other.processor)) |"
      line += " \(ratio(mine.throughput, limit.throughput)) |"
      let missed = missedTargets(
        mine, other, limit, isTop: count == 100 && depth == 100, isRead: operation == "get",
        syncs: syncs(isForced, operation))
      line += missed.isEmpty ? " kept |" : " missed: \(missed.joined(separator: ", ")) |"
    }
    print(line)
    fflush(nil)
  }

  /// The targets that a cell misses, and of each whether a server that does nothing misses it, too.
  private func missedTargets(
    _ mine: Measurement, _ apache: Measurement, _ null: Measurement, isTop: Bool, isRead: Bool,
    syncs: Bool
  ) -> [String] {
    let multiple = isTop ? (isRead ? 6.0 : 4) : 2
    func misses(_ measured: Measurement) -> [(name: String, isMissed: Bool)] {
      let isEnough = !isTop && !syncs && measured.throughput >= 0.7 * null.throughput
      return [
        ("op/s", measured.throughput < multiple * apache.throughput && !isEnough),
        ("p99", measured.p99 > apache.p99 / 3),
        ("CPU", measured.processor > apache.processor / 6),
      ]
    }
    return zip(misses(mine), misses(null)).compactMap { own, limit in
      own.isMissed ? own.name + (limit.isMissed ? " (null, too)" : "") : nil
    }
  }

  // MARK: Servers

  private var folder: String { ".build/benchmarks" }
  private let ourPort = 29_181
  private let apachePort = 29_182
  private let nullPort = 29_183

  private func measureOurs(
    _ isForced: Bool, _ operation: String, _ count: Int, _ depth: Int
  ) throws -> Measurement {
    let data = "\(folder)/serve-data"
    _ = try shell("rm -rf '\(data)' && mkdir '\(data)'")
    return try measure(
      executable,
      [
        "serve", "--port", "\(ourPort)", "--data", data, "--force-sync", isForced ? "yes" : "no",
        "--log-level", "error",
      ], port: ourPort, operation, count, depth)
  }

  private func measureNullServer(
    _ isForced: Bool, _ operation: String, _ count: Int, _ depth: Int
  ) throws -> Measurement {
    let log = syncs(isForced, operation) ? ["--log", "\(folder)/null-server.log"] : []
    return try measure(
      ownFolder() + "/benchmarks", ["null-server", "--port", "\(nullPort)"] + log, port: nullPort,
      operation, count, depth)
  }

  /// Whether the cell's operations wait for the disk.
  private func syncs(_ isForced: Bool, _ operation: String) -> Bool {
    isForced && operation != "get"
  }

  /// Starts a server, loads it, and ends it.
  private func measure(
    _ executable: String, _ arguments: [String], port: Int, _ operation: String, _ count: Int,
    _ depth: Int
  ) throws -> Measurement {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let server = try ChildProcess(executable, arguments, input: null, output: null, error: 2)
    defer {
      server.send(SIGTERM)
      _ = server.wait()
    }
    try waitForPort(port)
    return try load(port: port, server: server.id, operation, count, depth)
  }

  private func measureApache(
    _ isForced: Bool, _ operation: String, _ count: Int, _ depth: Int
  ) throws -> Measurement {
    let data = "\(folder)/apache-data"
    let tools = "\(shared)/tools/apache"
    let flags = "-Dzookeeper.forceSync=\(isForced ? "yes" : "no")"
    let start = "ZK_JVMFLAGS='\(flags)' '\(tools)/start-standalone.sh' \(apachePort) '\(data)'"
    guard try shell("\(start) > /dev/null") == .exit(0) else {
      throw BenchmarkError(message: "Apache ZooKeeper did not start")
    }
    defer { _ = try? shell("'\(tools)/stop.sh' '\(data)' > /dev/null") }
    let bytes = try InputBytes(path: "\(data)/pid")
    let text = withExtendedLifetime(bytes) { String(decoding: bytes.bytes, as: UTF8.self) }
    guard let id = pid_t(text.filter(\.isNumber)) else {
      throw BenchmarkError(message: "Apache's pid file holds '\(text)'")
    }
    return try load(port: apachePort, server: id, operation, count, depth)
  }

  private func waitForPort(_ port: Int) throws {
    let probe =
      "for i in $(seq 500); do (exec 3<>/dev/tcp/127.0.0.1/\(port)) 2>/dev/null && exit 0;"
      + " sleep 0.01; done; exit 1"
    guard
      try ChildProcess("bash", ["-c", probe], input: 0, output: 1, error: 2).wait().ending
        == .exit(0)
    else { throw BenchmarkError(message: "nothing listens on port \(port)") }
  }

  private func load(
    port: Int, server: pid_t, _ operation: String, _ count: Int, _ depth: Int
  ) throws -> Measurement {
    let output = "\(folder)/zkload.json"
    let before = processorSeconds(server)
    let command =
      "'\(folder)/zkload' -h 127.0.0.1:\(port) -s \(count) -p \(depth) -t \(seconds) -w 1"
      + " -o \(operation) -d 100 > '\(output)'"
    guard try shell(command) == .exit(0) else {
      throw BenchmarkError(message: "zkload failed: \(command)")
    }
    let spent = processorSeconds(server) - before
    let bytes = try InputBytes(path: output)
    let text = withExtendedLifetime(bytes) { String(decoding: bytes.bytes, as: UTF8.self) }
    // The second of warming up costs processor time, too.
    return Measurement(text, processorSeconds: spent * seconds / (seconds + 1))
  }

  private func shell(_ command: String) throws -> ChildProcess.Ending {
    try ChildProcess("sh", ["-c", command], input: 0, output: 1, error: 2).wait().ending
  }
}

/// What one run of the load client found.
private struct Measurement {
  var throughput = 0.0
  var p50 = 0.0
  var p99 = 0.0
  /// Microseconds of the server's processor time for an operation.
  var processor = 0.0

  init(_ json: String, processorSeconds: Double) {
    func number(_ key: String, after start: String = "") -> Double? {
      guard let from = start.isEmpty ? json.startIndex : place(of: start),
        let name = place(of: "\"\(key)\":", from: from)
      else { return nil }
      return Double(json[name...].prefix { $0.isNumber || $0 == "." })
    }
    func place(of text: String, from: String.Index? = nil) -> String.Index? {
      var rest = json[(from ?? json.startIndex)...]
      while !rest.isEmpty {
        if rest.hasPrefix(text) { return rest.index(rest.startIndex, offsetBy: text.count) }
        rest = rest.dropFirst()
      }
      return nil
    }
    throughput = number("ops_per_s") ?? 0
    // Of a mix, the writes are what may be slow.
    let kind = place(of: "\"write_us\":") == nil ? "\"read_us\":" : "\"write_us\":"
    p50 = number("p50", after: kind) ?? 0
    p99 = number("p99", after: kind) ?? 0
    processor = processorSeconds * 1e6 / max(1, number("ops") ?? 1)
  }

  private init() {}

  static func median(_ all: [Measurement]) -> Measurement {
    func middle(_ key: (Measurement) -> Double) -> Double {
      let sorted = all.map(key).sorted()
      return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
    var result = Measurement()
    result.throughput = middle(\.throughput)
    result.p50 = middle(\.p50)
    result.p99 = middle(\.p99)
    result.processor = middle(\.processor)
    return result
  }

  var columns: String {
    " \(Int(throughput)) | \(Int(p50)) µs | \(Int(p99)) µs | \((processor * 100).rounded() / 100) µs |"
  }
}

/// User and system time that a process has spent, from `/proc/PID/stat`.
private func processorSeconds(_ id: pid_t) -> Double {
  guard let bytes = try? InputBytes(path: "/proc/\(id)/stat") else { return 0 }
  let text = withExtendedLifetime(bytes) { String(decoding: bytes.bytes, as: UTF8.self) }
  // The name, in brackets, may hold blanks.
  guard let end = text.lastIndex(of: ")") else { return 0 }
  let fields = text[end...].split(separator: " ")
  guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
    return 0
  }
  return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
}
