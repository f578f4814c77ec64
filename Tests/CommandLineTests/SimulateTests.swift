import LinnaeusBase
import Testing

@Suite("Simulations")
struct SimulateTests {
  @Test("A seed is the same in another process, and on any number of processors")
  func repeats() throws {
    let runs = try (0..<2).map { _ in try Program.run("simulate", "--seed", "3", "--servers", "3") }
    #expect(runs[0].ending == .exit(0), "\(runs[0].output)\(runs[0].errors)")
    #expect(runs[0].output.contains("trace 0x"))
    #expect(runs[0].output == runs[1].output)
    let campaigns = try ["1", "2"].map { jobs in
      try Program.run(
        "simulate", "--seeds", "1..6", "--servers", "1", "--jobs", jobs, "--format", "json")
    }
    #expect(campaigns[0].ending == .exit(0), "\(campaigns[0].output)\(campaigns[0].errors)")
    #expect(campaigns[0].lines.count == 7)
    #expect(campaigns[0].output == campaigns[1].output)
    #expect(campaigns[0].errors.isEmpty, "progress is for terminals")
  }

  @Test("A planted bug is found, made smaller, and the command that is printed repeats it")
  func planted() throws {
    let scratch = try Scratch()
    let run = try Program.run(
      "simulate", "--seeds", "1..200", "--servers", "1", "--mutant", "acknowledge-before-sync",
      "--minimise", "3s", "--output", scratch.path)
    #expect(run.ending == .exit(1), "\(run.output)\(run.errors)")
    let again = try #require(run.lines.first { $0.hasPrefix("again: linnaeus ") })
    let words = again.split(separator: " ").dropFirst(2).map(String.init)
    let repeated = try Program.Started(words, input: "").finish()
    #expect(repeated.ending == .exit(1), "\(repeated.output)\(repeated.errors)")
    let promise = try #require(run.output.firstRange(of: ", broken at"))
    let name = run.output[..<promise.lowerBound].split(separator: "\n").last ?? ""
    #expect(repeated.output.contains(name), "\(name)")
    let history = try #require(run.lines.first { $0.hasPrefix("history: ") }).dropFirst(9)
    let check = try Program.run("check", "--model", "znode", String(history))
    #expect([.exit(0), .exit(1)].contains(check.ending), "\(check.errors)")
    // Without the bug the same schedule is harmless.
    let place = try #require(words.firstIndex(of: "--mutant"))
    var sound = words
    sound.removeSubrange(place...place + 1)
    let clean = try Program.Started(sound, input: "").finish()
    #expect(!clean.output.contains("violated"), "\(clean.output)")
  }

  @Test("Mutants are tried one by one, and the table says which are not caught")
  func mutants() throws {
    let run = try Program.run(
      "simulate", "--mutants", "--seeds", "1..2", "--servers", "1", "--operations", "20",
      "--clients", "1", "--faults", "none", "--format", "json")
    #expect(run.ending == .exit(1), "\(run.errors)")
    #expect(run.lines.count >= 23)
    #expect(run.lines.first?.hasPrefix(#"{"mutant":"zookeeper-3911","#) == true)
    #expect(run.lines.allSatisfy { $0.contains(#""operations":"#) }, "\(run.output)")
  }

  @Test("A run's history, options and log can be seen")
  func files() throws {
    let scratch = try Scratch()
    let run = try Program.run(
      "simulate", "--seed", "2", "--servers", "3", "--history", "\(scratch.path)/h.jsonl",
      "--trace",
      "\(scratch.path)/t", "--twice")
    #expect(run.ending == .exit(0), "\(run.output)\(run.errors)")
    let check = try Program.run("check", "--model", "znode", "\(scratch.path)/h.jsonl")
    #expect(check.ending == .exit(0), "\(check.output)")
    #expect(try scratch.read("t").contains("server 1"))
    let options = try Program.run("simulate", "--seed", "2", "--print-options")
    #expect(
      options.output.contains("network.delayNanoseconds") && options.output.contains("voters"))
    let schedule = try scratch.write("voters 3\nclients 2\noperations 300\n", to: "s")
    let small = try Program.run("simulate", "--seed", "2", "--schedule", schedule)
    #expect(small.output.hasPrefix("seed 2: 3 servers"), "\(small.output)\(small.errors)")
    #expect(small.output.contains("2 clients") && small.output.contains(", 0 faults"))
  }

  @Test("Exit codes: void, malformed, unreadable, and what never happened")
  func exitCodes() throws {
    let void = try Program.run("simulate", "--operations", "20", "--faults", "none")
    #expect(void.ending == .exit(2))
    let scratch = try Scratch()
    let bad = try scratch.write("at 1 crush server=1\n", to: "bad")
    let malformed = try Program.run("simulate", "--schedule", bad)
    #expect(malformed.ending == .exit(65))
    #expect(malformed.errors.contains("bad:1: expected one of crash, power-loss"))
    #expect(
      try Program.run("simulate", "--schedule", "\(scratch.path)/none").ending == .exit(66))
    let coverage = try Program.run(
      "simulate", "--seeds", "1..1", "--servers", "1", "--faults", "none", "--require-coverage")
    #expect(coverage.ending == .exit(1))
    #expect(coverage.errors.contains("never happened: "))
  }

  @Test(
    "A wrong option names itself and the allowed values",
    arguments: [
      (["--seed", "x"], "--seed takes a number"), (["--seeds", "5..1"], "--seeds takes a range"),
      (["--seeds", "5"], "1..5000"), (["--servers", "0"], "--servers takes a number from 1 to 9"),
      (["--observers", "x"], "0 to 9"), (["--clients", "100"], "1 to 99"),
      (["--operations", "0"], "--operations"), (["--jobs", "0"], "--jobs"),
      (["--faults", "crush"], "did you mean 'crash'?"),
      (["--faults", "crash,"], "all, none, crash"),
      (["--mutant", "zookeeper-3912"], "did you mean 'zookeeper-3911'?"),
      (["--format", "xml"], "text, json"), (["--minimise", "soon"], "no duration"),
      (["--seeds", "1..2", "--history", "h"], "--history is of one run"), (["x"], "options only"),
      (["--mutants", "--mutant", "zookeeper-3911"], "--mutant is of one"),
    ] as [([String], String)])
  func usage(arguments: [String], hint: String) throws {
    let run = try Program.Started(["simulate"] + arguments, input: "").finish()
    #expect(run.ending == .exit(64))
    #expect(run.errors.contains(hint), "\(run.errors)")
    #expect(run.output.isEmpty)
  }
}
