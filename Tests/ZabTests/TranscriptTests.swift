import Glibc
import LinnaeusBase
import Testing

@testable import Zab

/// Small scenarios and what everybody says and does in them, line by line.
///
/// `ZAB_TRANSCRIPTS=write` writes them again, into `Transcripts.swift`: read the difference.
@Suite(.serialized) struct TranscriptTests {
  /// Everything takes next to no time, so that only the order of things shows.
  private static func make(
    participants: Int = 3, observers: Int = 0, commitLogCount: Int = 6,
    readsLogs: Bool = false
  ) -> Ensemble {
    var options = EnsembleOptions()
    options.participants = participants
    options.observers = observers
    options.commitLogCount = commitLogCount
    options.readsLogs = readsLogs
    options.workloadPause = 0
    options.networkDelay = 1
    options.diskDelay = 4
    options.isTraced = true
    return Ensemble(options)
  }

  private static func separate(_ server: Int, _ ensemble: Ensemble) {
    for other in ensemble.servers.indices where other != server { ensemble.cut(server, other) }
  }

  /// By name, what happens; the trace begins when the last part does.
  private static let scenarios: [(name: String, run: @Sendable () -> Ensemble)] = [
    (
      "election",
      {
        let ensemble = make()
        ensemble.run(until: 30_000)
        return ensemble
      }
    ),
    (
      "broadcast",
      {
        let ensemble = make(observers: 1)
        ensemble.run(until: 460_000)
        ensemble.trace = []
        ensemble.propose(2)
        ensemble.sync(0)
        ensemble.run(until: 470_000)
        return ensemble
      }
    ),
    (
      "difference",
      {
        let ensemble = make()
        ensemble.run(until: 160_000)
        ensemble.crash(0)
        ensemble.propose(2)
        ensemble.propose(2)
        ensemble.run(until: 180_000)
        ensemble.trace = []
        ensemble.start(0)
        ensemble.run(until: 200_000)
        return ensemble
      }
    ),
    (
      "truncation",
      {
        let ensemble = make()
        ensemble.run(until: 160_000)
        separate(2, ensemble)
        ensemble.propose(2)
        ensemble.run(until: 170_000)
        ensemble.crash(2)
        ensemble.run(until: 1_200_000)
        ensemble.propose(1)
        ensemble.run(until: 1_210_000)
        ensemble.trace = []
        ensemble.heal()
        ensemble.start(2)
        ensemble.run(until: 1_300_000)
        return ensemble
      }
    ),
    ("snapshot", { fallBehind(make(commitLogCount: 1)) }),
    ("history from the log", { fallBehind(make(commitLogCount: 1, readsLogs: true)) }),
    (
      "deposed leader",
      {
        let ensemble = make()
        ensemble.run(until: 160_000)
        ensemble.trace = []
        separate(2, ensemble)
        ensemble.sync(2)
        ensemble.run(until: 1_400_000)
        return ensemble
      }
    ),
  ]

  /// A server lacks more than its leader has in memory.
  private static func fallBehind(_ ensemble: Ensemble) -> Ensemble {
    ensemble.run(until: 160_000)
    ensemble.crash(0)
    for step in 1...4 {
      ensemble.propose(2)
      ensemble.run(until: 160_000 + Int64(step) * 1_000)
    }
    ensemble.trace = []
    ensemble.start(0)
    ensemble.run(until: 200_000)
    return ensemble
  }

  private static func transcript(_ run: () -> Ensemble) -> String {
    let ensemble = run()
    // Pings go on and on, and say nothing new.
    let lines = ensemble.trace.filter { !$0.contains(" ping ") }
    return (lines + [ensemble.violation ?? "\(ensemble.committed.count) committed"])
      .joined(separator: "\n")
  }

  @Test(arguments: scenarios.map(\.name))
  func isAsWritten(_ name: String) {
    guard Effort.environment("ZAB_TRANSCRIPTS") == nil else { return }
    guard let scenario = Self.scenarios.first(where: { $0.name == name }) else { return }
    let lines = Self.transcript(scenario.run).split(separator: "\n")
    let expected = (Transcripts.all[name] ?? "").split(separator: "\n")
    for place in 0..<max(lines.count, expected.count) {
      let line = place < lines.count ? lines[place] : "(nothing)"
      let known = place < expected.count ? expected[place] : "(nothing)"
      guard line == known else {
        Issue.record("\(name), line \(place + 1): \(line), where \(known) was expected")
        return
      }
    }
  }

  @Test func writesTranscripts() {
    guard Effort.environment("ZAB_TRANSCRIPTS") == "write" else { return }
    var source = """
      // What scenarios of TranscriptTests say; written with ZAB_TRANSCRIPTS=write.

      enum Transcripts {
        static let all: [String: String] = [

      """
    for (name, run) in Self.scenarios {
      let text = Self.transcript(run).split(separator: "\n").map { "      \($0)\n" }.joined()
      source += "    \"\(name)\": \"\"\"\n\(text)      \"\"\",\n"
    }
    source += "  ]\n}\n"
    let path = #filePath.replacingOccurrence(of: "TranscriptTests.swift", with: "Transcripts.swift")
    guard let file = fopen(path, "w") else { return }
    fputs(source, file)
    fclose(file)
  }
}

extension String {
  /// This text with its end replaced.
  fileprivate func replacingOccurrence(of end: String, with other: String) -> String {
    hasSuffix(end) ? dropLast(end.count) + other : self
  }
}
