import Glibc
import LinnaeusBase
import Testing

/// Limits and interruptions, on histories that nobody decides in time.
@Suite("Limits")
struct LimitTests {
  /// Additions that all run at the same time, and a read that some of them may explain: to decide
  /// it is to solve a subset sum.
  static func subsetSum(count: Int, seed: UInt64) -> String {
    var random = SeededRandom(seed: seed)
    var text = "{\"linnaeus\":1,\"model\":\"counter\"}\n"
    var sum = 0
    for process in 0..<count {
      let number = random.below(1 << 50)
      if process.isMultiple(of: 2) { sum += number }
      text += "{\"type\":\"invoke\",\"process\":\(process),\"f\":\"add\",\"value\":\(number)}\n"
    }
    // One off a sum that exists.
    text += "{\"type\":\"invoke\",\"process\":\(count),\"f\":\"read\"}\n"
    text += "{\"type\":\"ok\",\"process\":\(count),\"f\":\"read\",\"value\":\(sum + 1)}\n"
    for process in 0..<count {
      text += "{\"type\":\"ok\",\"process\":\(process),\"f\":\"add\"}\n"
    }
    return text
  }

  @Test("A time limit is kept to within a second, and the answer is unknown: 2")
  func timeout() throws {
    let run = try Program.run(
      "check", "--timeout", "500ms", "-", input: Self.subsetSum(count: 60, seed: 1))
    #expect(run.ending == .exit(2), "\(run.output)\(run.errors)")
    #expect(run.output.contains("-: unknown ("))
    #expect(run.output.contains("the time limit was reached"))
    #expect(run.seconds < 2.5, "\(run.seconds) s")
  }

  @Test("What was verified is told, and what is in the way there, not what comes later")
  func partialAnswer() throws {
    func addition(_ process: Int) -> [String] {
      ["invoke", "ok"].map { type in
        "{\"type\":\"\(type)\",\"process\":\(process),\"f\":\"add\",\"value\":0}\n"
      }
    }
    var lines = Self.subsetSum(count: 60, seed: 4).split(separator: "\n").map { "\($0)\n" }
    lines.insert(contentsOf: (0..<40).flatMap(addition), at: 1)
    lines += (0..<40).flatMap(addition)
    let run = try Program.run("check", "--timeout", "500ms", "-", input: lines.joined())
    #expect(run.ending == .exit(2), "\(run.output)\(run.errors)")
    #expect(run.output.contains("the first 40 of 141 completed operations are linearizable"))
    #expect(run.output.contains("verified up to line 81"), "\(run.output)")
    #expect(run.output.contains("read → "), "\(run.output)")
    #expect(!run.output.contains("add 0 (line 20"), "\(run.output)")
  }

  @Test("A memory limit is kept to within a tenth")
  func memory() throws {
    let input = try Scratch.anonymousFile(Self.subsetSum(count: 60, seed: 2))
    defer { close(input) }
    let limit = 24_000_000
    let started = try Program.Started(
      ["check", "--memory", "24MB", "--timeout", "60s", "-"], input: input)
    var peak = 0
    let end = ContinuousClock.now + .seconds(65)
    while ContinuousClock.now < end, let now = started.process.anonymousMemory {
      peak = max(peak, now)
      usleep(2000)
    }
    let run = try started.finish()
    #expect(run.ending == .exit(2), "\(run.output)\(run.errors)")
    #expect(run.output.contains("the memory limit was reached"))
    // At so small a limit a table that doubles is worth more than a tenth.
    #expect(peak < limit + limit / 10 + 8_000_000, "\(peak) bytes")
  }

  @Test("An interruption ends the search with what is known: 2", arguments: [SIGINT, SIGTERM])
  func interruption(signal: Int32) throws {
    let input = try Scratch.anonymousFile(Self.subsetSum(count: 60, seed: 3))
    defer { close(input) }
    let started = try Program.Started(
      ["check", "--format", "json", "-", Program.textbook("stale-read")], input: input)
    usleep(700_000)
    started.process.send(signal)
    let run = try started.finish()
    #expect(run.ending == .exit(1), "the file that was decided is violated: \(run.output)")
    #expect(run.lines.count == 2)
    #expect(run.lines.first?.contains("\"verdict\":\"unknown\"") == true)
    #expect(run.lines.first?.contains("interrupted") == true)
    #expect(run.seconds < 2.5, "\(run.seconds) s")
  }

  @Test("A pipe that says nothing does not outlive the time limit")
  func silentPipe() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe2Close(&ends))
    defer { for end in ends { close(end) } }
    let run = try Program.Started(["check", "--timeout", "300ms", "-"], input: ends[0]).finish()
    #expect(run.ending == .exit(2))
    #expect(run.seconds < 2, "\(run.seconds) s")
  }

  @Test("A reader that goes away is no trap, and the exit code stays true")
  func brokenPipe() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe2Close(&ends))
    close(ends[0])
    let input = try Scratch.anonymousFile("")
    defer { close(input) }
    let run = try Program.Started(
      ["check", Program.textbook("stale-read")], input: input, output: ends[1]
    ).finish()
    #expect(run.ending == .exit(1))
    #expect(run.errors.isEmpty)
  }

  @Test(
    "On a terminal there is progress, and colour unless NO_COLOR says no",
    arguments: [[], ["NO_COLOR=1"]])
  func terminal(environment: [String]) throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe2Close(&ends))
    defer { for end in ends { close(end) } }
    // What posix_openpt, unlockpt and ptsname do, which Glibc's module does not show.
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var lock: CInt = 0
    var number: CInt = 0
    let setLock: UInt = 0x4004_5431
    let getNumber: UInt = 0x8004_5430
    try #require(
      master >= 0 && ioctl(master, setLock, &lock) == 0 && ioctl(master, getNumber, &number) == 0)
    defer { close(master) }
    let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    let copy = fcntl(slave, F_DUPFD_CLOEXEC, 0)
    try #require(slave >= 0 && copy >= 0)
    let run = try Program.Started(
      ["check", "--timeout", "500ms", "-", Program.textbook("stale-read")], input: ends[0],
      output: slave, errors: copy, environment: environment
    ).finish()
    #expect(run.ending == .exit(1))
    var bytes = [UInt8](repeating: 0, count: 65_536)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    let count = read(master, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    #expect(text.contains(" of 2 files, "), "\(text)")
    #expect(text.contains("\u{1B}[33munknown\u{1B}[0m") == environment.isEmpty, "\(text)")
  }

  /// A pipe whose ends no other child inherits.
  private func pipe2Close(_ ends: inout [Int32]) -> Bool {
    guard pipe(&ends) == 0 else { return false }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return true
  }
}
