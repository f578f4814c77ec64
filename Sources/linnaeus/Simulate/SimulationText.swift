import Experiments
import OperationHistory
import Report
import Simulator

/// What is said of runs, for people and for programs.
enum SimulationText {
  /// One run: how large it was, and whether it is clean.
  static func line(_ outcome: RunOutcome, options: SimulationOptions) -> String {
    var text = "seed \(outcome.seed): \(wording(options.voters, "server"))"
    if options.observers > 0 { text += ", \(wording(options.observers, "observer"))" }
    text += ", \(wording(options.clients, "client"))"
    text += ", \(wording(outcome.counters[.completedOperations], "operation"))"
    text += ", \(wording(options.schedule.count, "fault"))"
    text += ", \(milliseconds(outcome.virtualNanoseconds)) of virtual time: "
    if !outcome.isClean { return text + "violated\n" }
    if outcome.counters.leftAtlas {
      return text + "beyond the atlas, where only damage is judged: noticed\n"
    }
    return text + (outcome.isVoid ? "void, fewer than 200 operations\n" : "clean\n")
  }

  /// The promises that were broken: of each, how it was seen first.
  static func findings(_ outcome: RunOutcome) -> String {
    var told: [String] = []
    var text = ""
    for finding in outcome.findings where !told.contains(finding.promise) {
      told.append(finding.promise)
      let others = outcome.findings.count { $0.promise == finding.promise } - 1
      text += "  \(finding)\(others > 0 ? " (and \(others) more)" : "")\n"
    }
    return text
  }

  /// Many runs: how much they did together.
  static func line(_ summary: CampaignSummary, seeds: ClosedRange<UInt64>) -> String {
    var text = "seeds \(seeds.lowerBound)..\(seeds.upperBound): \(wording(summary.runs, "run"))"
    text += ", \(wording(summary.counters[.completedOperations], "operation"))"
    text += ", \(grouped(Int(summary.virtualNanoseconds / 1_000_000_000))) s of virtual time: "
    text += summary.violatedRuns == 0 ? "clean" : "\(grouped(summary.violatedRuns)) violated"
    if summary.voidRuns > 0 { text += ", \(grouped(summary.voidRuns)) void" }
    return text + "\n"
  }

  /// How often what happened, and what was judged of it, in two columns.
  static func table(_ counters: RunCounters, _ judged: JudgementCounts) -> String {
    let happened = RunCounter.allCases.map { (words("\($0)"), grouped(counters[$0])) }
    let seen = JudgedKind.allCases.map { (words("\($0)"), grouped(judged[$0])) }
    return table(happened) + "\n  what clients saw, judged:\n" + table(seen)
  }

  private static func table(_ rows: [(String, String)]) -> String {
    let width = rows.map(\.0.count).max() ?? 0
    let numberWidth = rows.map(\.1.count).max() ?? 0
    return rows.map { words, number in
      let gap = String(repeating: " ", count: width - words.count + 2 + numberWidth - number.count)
      return "  \(words)\(gap)\(number)\n"
    }.joined()
  }

  /// `1,234 ms`.
  static func milliseconds(_ nanoseconds: Int64) -> String {
    "\(grouped(Int(nanoseconds / 1_000_000))) ms"
  }

  /// `0x0123456789abcdef`.
  static func trace(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return "0x" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  // MARK: JSON

  /// A run's line for programs.
  static func json(_ outcome: RunOutcome, command: String?) -> String {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    add("seed", .integer(Int64(clamping: outcome.seed)))
    let verdict = !outcome.isClean ? "violated" : outcome.isVoid ? "void" : "clean"
    add("verdict", .string(verdict))
    if outcome.counters.leftAtlas { add("left_atlas", .boolean(true)) }
    add("trace", .string(trace(outcome.traceHash)))
    add("virtual_ns", .integer(outcome.virtualNanoseconds))
    add("events", .integer(Int64(outcome.events)))
    add("violations", .list(outcome.findings.map { json($0) }))
    if let command { add("command", .string(command)) }
    add("counters", json(outcome.counters))
    add("judged", json(outcome.judged))
    return line(fields)
  }

  /// The sum's line for programs.
  static func json(_ summary: CampaignSummary, seeds: ClosedRange<UInt64>) -> String {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    add("seeds", .string("\(seeds.lowerBound)..\(seeds.upperBound)"))
    add("runs", .integer(Int64(summary.runs)))
    add("violated", .integer(Int64(summary.violatedRuns)))
    add("void", .integer(Int64(summary.voidRuns)))
    add("virtual_ns", .integer(summary.virtualNanoseconds))
    add("missing", .list(summary.counters.missing.map { .string("\($0)") }))
    add("counters", json(summary.counters))
    add("judged", json(summary.judged))
    return line(fields)
  }

  private static func json(_ finding: Finding) -> Value {
    var fields: [Value.Field] = []
    func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
    add("promise", .string(finding.promise))
    if let time = finding.time { add("time", .integer(time)) }
    add("message", .string(finding.message))
    return .map(fields)
  }

  private static func json(_ counters: RunCounters) -> Value {
    .map(RunCounter.allCases.map { .init(.string("\($0)"), .integer(Int64(counters[$0]))) })
  }

  private static func json(_ judged: JudgementCounts) -> Value {
    .map(JudgedKind.allCases.map { .init(.string("\($0)"), .integer(Int64(judged[$0]))) })
  }

  /// A name as words: `session moves`.
  static func words(_ name: String) -> String {
    name.reduce(into: "") { words, letter in
      words += letter.isUppercase ? " \(letter.lowercased())" : String(letter)
    }
  }

  /// An object as a line.
  static func line(_ fields: [Value.Field]) -> String {
    var bytes: [UInt8] = []
    appendJSON(.map(fields), to: &bytes)
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }
}
