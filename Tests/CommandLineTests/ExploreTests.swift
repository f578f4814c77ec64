import LinnaeusBase
import Testing

@testable import linnaeus

@Suite("Explorations on the command line")
struct ExploreTests {
  /// `LINNAEUS_EXPECTED=write` writes the expected table again: read the difference.
  @Test("A small table, as it was")
  func golden() throws {
    let scratch = try Scratch()
    let run = try Program.run(
      "explore", "--servers", "3", "--latency", "region", "--duration", "2s", "--reads", "400",
      "--writes", "200", "--pauses", "1", "--splits", "1", "--svg", "\(scratch.path)/s.svg")
    #expect(run.ending == .exit(0), "\(run.errors)")
    #expect(try scratch.read("s.svg").hasPrefix("<svg "))
    guard System.isSet("LINNAEUS_EXPECTED") else {
      #expect(run.output == expectedExploration)
      return
    }
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.map { $0.isEmpty ? "\n" : "  \($0)\n" }.joined()
    let source =
      "// What ExploreTests expects; written with LINNAEUS_EXPECTED=write.\n\n"
      + "let expectedExploration = \"\"\"\n\(text)  \"\"\"\n"
    try System.write(
      Array(source.utf8),
      toFile: "\(Program.root)/Tests/CommandLineTests/ExpectedExploration.swift")
  }

  @Test("For programs it is an object a way")
  func json() throws {
    let run = try Program.run(
      "explore", "--servers", "3", "--duration", "1s", "--reads", "200", "--writes", "50",
      "--format", "json", "--jobs", "2")
    #expect(run.ending == .exit(0), "\(run.errors)")
    #expect(run.lines.count == 4)
    for (line, way) in zip(run.lines, ["plain", "sync", "quorum sync", "leader"]) {
      #expect(line.hasPrefix("{\"way\":\"\(way)\","))
      #expect(line.contains("\"stale_reads\":"))
    }
  }

  @Test(
    "A wrong option names itself and the allowed values",
    arguments: [
      (["--servers", "4"], "--servers takes 3, 5 or 7"), (["--observers", "5"], "0 to 4"),
      (["--latency", "far"], "local, region, world"), (["--pauses", "-1"], "0 to 1000"),
      (["--duration", "1ms"], "100ms to 1h"), (["--reads", "0"], "--reads"),
      (["--seed", "x"], "--seed takes a number"),
      (["--scaling", "--svg", "x"], "--svg does not go"),
      (["x"], "options only"), (["--rate", "5"], "unknown option"),
    ] as [([String], String)])
  func usage(arguments: [String], hint: String) throws {
    let run = try Program.Started(["explore"] + arguments, input: "").finish()
    #expect(run.ending == .exit(64))
    #expect(run.errors.contains(hint), "\(run.errors)")
    #expect(run.output.isEmpty)
  }
}
