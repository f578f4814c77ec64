import Glibc
import LinnaeusBase

/// `benchmarks check`: runs the release build of `linnaeus check` as whole processes.
///
/// Time is the median of several runs, from before the process is started until it has ended. The
/// peak of RssAnon, the memory that no file backs, is polled every millisecond in one more run,
/// because polling would disturb the timing.
struct CheckBenchmark {
  private let rows: [CheckRow]
  private let runs: Int
  private let onlyLists: Bool
  private let shared: String?
  private let executable: String
  private let inputs: String

  init(_ arguments: [String]) throws {
    var pattern = ""
    var runs = 5
    var onlyLists = false
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--rows": pattern = rest.popFirst() ?? ""
      case "--runs": runs = rest.popFirst().flatMap { Int($0) } ?? 0
      case "--list": onlyLists = true
      default: throw BenchmarkError(message: "unknown argument '\(argument)'")
      }
    }
    guard (1...1000).contains(runs) else {
      throw BenchmarkError(message: "--runs takes a number from 1 to 1000")
    }
    self.runs = runs
    self.onlyLists = onlyLists
    rows = CheckRow.all.filter { pattern.isEmpty || $0.name.contains(pattern) }
    shared = getenv("LINNAEUS_SHARED").map { String(cString: $0) }
    // This executable stands beside the other one, below `.build`.
    executable = ownFolder() + "/linnaeus"
    inputs = ".build/benchmarks"
    guard access(executable, X_OK) == 0 else {
      throw BenchmarkError(message: "build it first: swift build -c release --product linnaeus")
    }
    try refuseDebugBuild()
  }

  /// Prints the table; 1 if a target is missed or a verdict is wrong.
  func run() throws -> Int32 {
    mkdir(".build", 0o777)
    mkdir(inputs, 0o777)
    print(
      "| input | target | median | peak RssAnon | verdict | kept | command |\n"
        + "|---|---|---|---|---|---|---|")
    var failures = 0
    for row in rows {
      let line = try measure(row)
      print(line.text)
      fflush(nil)
      if !line.isKept { failures += 1 }
    }
    let verdict = failures == 0 ? "all targets kept" : "\(failures) of \(rows.count) targets missed"
    print("\n\(verdict)")
    return failures == 0 ? 0 : 1
  }

  private func measure(_ row: CheckRow) throws -> (text: String, isKept: Bool) {
    let target =
      format(seconds: row.targetSeconds)
      + (row.targetBytes.map { ", \($0 / 1_000_000) MB" } ?? "")
    guard !onlyLists, let shared else {
      let why = onlyLists ? "" : "left out: LINNAEUS_SHARED is not set"
      return ("| \(row.name) | \(target) | | | \(why) | | \(command(row)) |", true)
    }
    let input = try prepare(row, shared: shared)
    let arguments = ["check"] + row.options + [input]
    // The first run warms the file cache and tells the peak.
    let (code, peak) = try peakMemory(arguments)
    var times: [Double] = []
    // An undecided prize takes a minute, each time the same.
    for _ in 0..<(code == 2 ? 1 : runs) { times.append(try time(arguments)) }
    let median = times.sorted()[times.count / 2]
    let isRight = row.codes.contains(code)
    let isKept =
      isRight && median <= row.targetSeconds && peak <= row.targetBytes ?? .max
    let words: [Int32: String] = [0: "linearizable", 1: "not linearizable", 2: "unknown"]
    let verdict = (words[code] ?? "exit code \(code)") + (isRight ? "" : ", WRONG")
    let kept = isKept ? (row.isPrize && code == 2 ? "limits kept" : "yes") : "NO"
    return (
      "| \(row.name) | \(target) | \(format(seconds: median)) |"
        + " \(format(megabytes: peak)) | \(verdict) | \(kept) | \(command(row)) |", isKept
    )
  }

  private func command(_ row: CheckRow) -> String {
    let options = row.options.map { " " + $0 }.joined()
    switch row.source {
    case .data(let path): return "`linnaeus check\(options) \(path)`"
    case .generated(let arguments):
      return "`generate-history.py \(arguments)`"
        + (options.isEmpty ? "" : ", `\(options.dropFirst())`")
    case .firstLines(let arguments): return "`generate-history.py \(arguments) \\| head`"
    }
  }

  // MARK: Inputs

  /// Makes the input if it is not there yet, and tells its path.
  private func prepare(_ row: CheckRow, shared: String) throws -> String {
    switch row.source {
    case .data(let path): return "\(shared)/data/\(path)"
    case .generated(let arguments): return try generate(arguments, shared: shared)
    case .firstLines(let arguments):
      let whole = try generate(arguments, shared: shared)
      let path = whole + ".head"
      _ = try shell("head -n 10 '\(whole)' > '\(path)'")
      return path
    }
  }

  private func generate(_ arguments: String, shared: String) throws -> String {
    let name = arguments.filter { $0 != " " }
    let path = "\(inputs)/history\(name).jsonl"
    guard access(path, R_OK) != 0 else { return path }
    let script = "\(shared)/tools/generate-history.py"
    guard try shell("python3 '\(script)' \(arguments) -o '\(path).part'") == .exit(0) else {
      throw BenchmarkError(message: "\(script) failed")
    }
    rename("\(path).part", path)
    return path
  }

  private func shell(_ command: String) throws -> ChildProcess.Ending {
    try ChildProcess("sh", ["-c", command], input: 0, output: 1, error: 2).wait().ending
  }

  // MARK: Measuring

  private func start(_ arguments: [String]) throws -> ChildProcess {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    return try ChildProcess(executable, arguments, input: null, output: null, error: null)
  }

  private func time(_ arguments: [String]) throws -> Double {
    try start(arguments).wait().seconds
  }

  private func peakMemory(_ arguments: [String]) throws -> (code: Int32, peak: Int) {
    let process = try start(arguments)
    var peak = 0
    // A process that has ended and is not yet waited for has no such line any more.
    while let now = process.anonymousMemory {
      peak = max(peak, now)
      usleep(1000)
    }
    switch process.wait().ending {
    case .exit(let code): return (code, peak)
    case .signal(let number): return (128 + number, peak)
    }
  }

  private func format(seconds: Double) -> String {
    guard seconds < 9.9995 else { return "\((seconds * 10).rounded() / 10) s" }
    return "\((seconds * 10_000).rounded() / 10_000) s"
  }

  private func format(megabytes bytes: Int) -> String {
    "\(Double(bytes / 100_000) / 10) MB"
  }
}
