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
      try measure(count, "20 clients", TransactionGenerator())
      count *= 10
    }
    try measure(
      largest, "one of 1000 reads stale", TransactionGenerator(staleness: 1_000), expected: 1)
    try measure(
      largest, "500 clients, snapshot isolation",
      TransactionGenerator(processes: 500, lists: 1_000, isFromSnapshots: true), expected: 1)
    return table.isMet ? 0 : 1
  }

  /// Times the check of a history.
  ///
  /// - Parameters:
  ///   - count: how many transactions it has.
  ///   - name: what is particular to it.
  ///   - generator: what makes it.
  ///   - expected: the exit code that is right.
  /// - Throws: `SystemError` if the program cannot be started.
  private mutating func measure(
    _ count: Int, _ name: String, _ generator: TransactionGenerator, expected: Int32 = 0
  ) throws {
    let file = name.filter { $0.isLetter || $0.isNumber }
    let path = ".build/benchmarks/transactions-\(count)-\(file).jsonl"
    if access(path, R_OK) != 0 {
      var generator = generator
      generator.write(count, to: path + ".part")
      rename(path + ".part", path)
    }
    var status = stat()
    stat(path, &status)
    var times: [Double] = []
    var peak = 0
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
    let what = "\(count) list-append transactions, \(name), \(status.st_size >> 20) MB"
    // The target for a million, and its share for fewer.
    table.row(what, median, "s", atMost: max(0.1, 5 * Double(count) / 1_000_000))
    table.row("  a second", Double(count) / median, "1/s")
    table.row("  peak RssAnon", Double(peak) / 1_000_000, "MB")
  }
}

/// Makes histories of list-append transactions as Elle's generator does.
///
/// A transaction has one to four steps on so many lists at a time, each of which is left for a new
/// one after 32 appends. It happens at the moment at which it is answered.
private struct TransactionGenerator {
  private struct Step {
    var key: Int
    /// The element to append; 0 for a read.
    var element: Int
    /// How long the list was when the transaction was called.
    var length: Int
  }

  private let processes: Int
  private let staleness: Int
  private let isFromSnapshots: Bool
  private var random = SeededRandom(seed: 1)
  private var text: [UInt8] = []
  /// The lists that are in use.
  private var active: [Int]
  /// What every list holds, and how many elements were drawn for it.
  private var lists: [[Int]]
  private var drawn: [Int]
  private var clock = 0

  /// Chooses what is particular to a history.
  ///
  /// - Parameters:
  ///   - processes: how many transactions are under way at the same time.
  ///   - lists: how many lists are in use at the same time.
  ///   - staleness: one of so many transactions reads what was before the last append; 0 for none.
  ///   - isFromSnapshots: whether transactions read what was when they were called; of two that
  ///     append to one list the first wins.
  init(
    processes: Int = 20, lists: Int = 10, staleness: Int = 0, isFromSnapshots: Bool = false
  ) {
    self.processes = processes
    self.staleness = staleness
    self.isFromSnapshots = isFromSnapshots
    active = Array(0..<lists)
    self.lists = Array(repeating: [], count: lists)
    drawn = Array(repeating: 0, count: lists)
  }

  /// Writes a history of so many transactions.
  mutating func write(_ count: Int, to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    defer { close(file) }
    text.append(contentsOf: "{\"linnaeus\":1,\"model\":\"list-append\"}\n".utf8)
    var running = [[Step]?](repeating: nil, count: processes)
    var started = 0
    var ended = 0
    while ended < count {
      let process = random.below(processes)
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
    let length = lists[key].count
    guard random.chance(1, in: 2) else { return Step(key: key, element: 0, length: length) }
    drawn[key] += 1
    if drawn[key] == 32 {
      active[place] = lists.count
      lists.append([])
      drawn.append(0)
    }
    return Step(key: key, element: drawn[key], length: length)
  }

  /// Appends the line of a call, or does the transaction and appends the line of its answer.
  private mutating func append(_ process: Int, _ steps: [Step], isAnswer: Bool) {
    let isLost =
      isFromSnapshots && steps.contains { $0.element > 0 && lists[$0.key].count > $0.length }
    let type = isAnswer ? isLost ? "fail" : "ok" : "invoke"
    let isDone = isAnswer && !isLost
    let isStale = isDone && staleness > 0 && random.below(staleness) == 0
    append("{\"type\":\"\(type)\",\"process\":\(process),\"f\":\"txn\",\"value\":[")
    for (index, step) in steps.enumerated() {
      if index > 0 { append(",") }
      if step.element > 0 {
        append("[\"append\",\(step.key),\(step.element)]")
        if isDone { lists[step.key].append(step.element) }
      } else if isDone {
        appendRead(step, steps, isStale: isStale && index == 0)
      } else {
        append("[\"r\",\(step.key),null]")
      }
    }
    append("],\"time\":\(clock)}\n")
  }

  private mutating func appendRead(_ step: Step, _ steps: [Step], isStale: Bool) {
    var seen = isStale ? lists[step.key].dropLast() : lists[step.key][...]
    // What it appended itself is all that is new to a list in a snapshot.
    let appends = steps.contains { $0.key == step.key && $0.element > 0 }
    if isFromSnapshots, !appends { seen = seen.prefix(step.length) }
    append("[\"r\",\(step.key),[")
    for (place, element) in seen.enumerated() { append(place > 0 ? ",\(element)" : "\(element)") }
    append("]]")
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
