import Glibc
import LinnaeusBase

/// `benchmarks transactions`: whole runs of `linnaeus check` on histories of transactions.
struct TransactionsBenchmark {
  private var largest = 1_000_000
  private var runs = 3
  private let executable = ownFolder() + "/linnaeus"
  private var table = TargetTable()

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--operations": largest = try positiveCount(rest.popFirst())
      case "--runs": runs = try positiveCount(rest.popFirst())
      default: throw BenchmarkError(message: "unknown argument '\(argument)'")
      }
    }
    guard access(executable, X_OK) == 0 else {
      throw BenchmarkError(message: "build it first: swift build -c release --product linnaeus")
    }
    try refuseDebugBuild()
  }

  /// Prints the table; 1 if a target is missed or a verdict is wrong.
  mutating func run() throws -> Int32 {
    mkdir(".build", 0o777)
    mkdir(".build/benchmarks", 0o777)
    table.begin()
    var count = 10_000
    while count <= largest {
      try measure(count, staleness: 0)
      count *= 10
    }
    try measure(largest, staleness: 1_000)
    return table.isMet ? 0 : 1
  }

  /// Times the check of a history.
  ///
  /// - Parameters:
  ///   - count: how many transactions it has.
  ///   - staleness: one of so many transactions reads what was before the last append; 0 for none.
  /// - Throws: `SystemError` if the program cannot be started.
  private mutating func measure(_ count: Int, staleness: Int) throws {
    let kind = staleness == 0 ? "" : ", one of \(staleness) stale"
    let path = ".build/benchmarks/transactions-\(count)-\(staleness).jsonl"
    if access(path, R_OK) != 0 {
      var generator = TransactionGenerator(staleness: staleness)
      generator.write(count, to: path + ".part")
      rename(path + ".part", path)
    }
    var status = stat()
    stat(path, &status)
    var times: [Double] = []
    var peak = 0
    let expected: Int32 = staleness == 0 ? 0 : 1
    for _ in 0..<runs {
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer { close(null) }
      let process = try ChildProcess(
        executable, ["check", path], input: null, output: null, error: null)
      while let now = process.anonymousMemory {
        peak = max(peak, now)
        usleep(5000)
      }
      let (ending, seconds) = process.wait()
      if ending != .exit(expected) { table.fail("\(path): \(ending), not \(expected)") }
      times.append(seconds)
    }
    let median = times.sorted()[times.count / 2]
    let what = "\(count) list-append transactions\(kind), \(status.st_size >> 20) MB"
    // The target for a million, and its share for fewer.
    table.row(what, median, "s", atMost: max(0.1, 5 * Double(count) / 1_000_000))
    table.row("  a second", Double(count) / median, "1/s")
    table.row("  peak RssAnon", Double(peak) / 1_000_000, "MB")
  }
}

/// Makes histories of list-append transactions as Elle's generator does.
///
/// A transaction has one to four steps on ten lists at a time, each of which is left for a new one
/// after 32 appends. It happens at the moment at which it is answered.
private struct TransactionGenerator {
  private struct Step {
    var key: Int
    /// The element to append; 0 for a read.
    var element: Int
  }

  private let staleness: Int
  private var random = SeededRandom(seed: 1)
  private var text: [UInt8] = []
  /// The lists that are in use.
  private var active = Array(0..<10)
  /// What every list holds, and how many elements were drawn for it.
  private var lists: [[Int]] = Array(repeating: [], count: 10)
  private var drawn = [Int](repeating: 0, count: 10)
  private var clock = 0

  private static let processes = 20

  init(staleness: Int) {
    self.staleness = staleness
  }

  /// Writes a history of so many transactions.
  mutating func write(_ count: Int, to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    defer { close(file) }
    text.append(contentsOf: "{\"linnaeus\":1,\"model\":\"list-append\"}\n".utf8)
    var running = [[Step]?](repeating: nil, count: Self.processes)
    var started = 0
    var ended = 0
    while ended < count {
      let process = random.below(Self.processes)
      clock += 1 + random.below(1000)
      if let steps = running[process] {
        append(process, steps, isAnswer: true)
        running[process] = nil
        ended += 1
      } else if started < count {
        let steps = (0..<1 + random.below(4)).map { _ in draw() }
        append(process, steps, isAnswer: false)
        running[process] = steps
        started += 1
      }
      if text.count > 1 << 20 { flush(file) }
    }
    flush(file)
  }

  private mutating func draw() -> Step {
    let place = random.below(active.count)
    let key = active[place]
    guard random.chance(1, in: 2) else { return Step(key: key, element: 0) }
    drawn[key] += 1
    if drawn[key] == 32 {
      active[place] = lists.count
      lists.append([])
      drawn.append(0)
    }
    return Step(key: key, element: drawn[key])
  }

  /// Appends the line of a call, or does the transaction and appends the line of its answer.
  private mutating func append(_ process: Int, _ steps: [Step], isAnswer: Bool) {
    let isStale = isAnswer && staleness > 0 && random.below(staleness) == 0
    let type = isAnswer ? "ok" : "invoke"
    append("{\"type\":\"\(type)\",\"process\":\(process),\"f\":\"txn\",\"value\":[")
    for (index, step) in steps.enumerated() {
      if index > 0 { append(",") }
      guard step.element == 0 else {
        append("[\"append\",\(step.key),\(step.element)]")
        if isAnswer { lists[step.key].append(step.element) }
        continue
      }
      append("[\"r\",\(step.key),")
      guard isAnswer else {
        append("null]")
        continue
      }
      let seen = isStale && index == 0 ? lists[step.key].dropLast() : lists[step.key][...]
      append("[")
      for (place, element) in seen.enumerated() { append(place > 0 ? ",\(element)" : "\(element)") }
      append("]]")
    }
    append("],\"time\":\(clock)}\n")
  }

  private mutating func append(_ part: String) {
    text.append(contentsOf: part.utf8)
  }

  private mutating func flush(_ file: Int32) {
    text.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = Glibc.write(
          file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
      }
    }
    text.removeAll(keepingCapacity: true)
  }
}
