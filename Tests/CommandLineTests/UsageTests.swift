import LinnaeusBase
import Testing

@testable import linnaeus

@Suite("Usage")
struct UsageTests {
  @Test("Help is an answer: 0, on standard output, in the sections of Swift's tools")
  func help() throws {
    for arguments in [["help", "check"], ["check", "--help"], ["check", "-h", "--nonsense"]] {
      let run = try Program.Started(arguments, input: "").finish()
      #expect(run.ending == .exit(0))
      #expect(run.output.hasPrefix("OVERVIEW: Decide whether histories are linearizable."))
      for section in ["USAGE: linnaeus check", "ARGUMENTS:", "OPTIONS:"] {
        #expect(run.output.contains(section))
      }
      #expect(run.lines.allSatisfy { $0.utf8.count <= 80 })
    }
    let overview = try Program.run("--help")
    #expect(overview.ending == .exit(0))
    #expect(overview.output.contains("SUBCOMMANDS:"))
    #expect(try Program.run("--version").output.hasPrefix("linnaeus "))
  }

  @Test(
    "What makes no sense is 64, with a hint",
    arguments: [
      ([], "USAGE"), (["chek"], "did you mean 'check'?"), (["check"], "needs a history"),
      (["check", "--modle", "set", "x"], "did you mean '--model'?"),
      (["check", "--model", "regster", "x"], "did you mean 'register'?"),
      (["check", "--model"], "needs a value"), (["check", "--shrink=1", "x"], "takes no value"),
      (["check", "--timeout", "soon", "x"], "no duration"),
      (["check", "--memory", "lots", "x"], "no size"),
      (["check", "--threads", "0", "x"], "--threads"), (["check", "-x", "y"], "unknown option"),
      (["check", "--require", "serialisable", "x"], "serializable"),
      (["verify", "x"], "a certificate and a history"), (["shrink"], "one history"),
      (["convert", "x"], "--to"), (["convert", "--to", "log", "x"], "native, edn, jsonl"),
      (["help", "chekc"], "did you mean 'check'?"),
    ] as [([String], String)])
  func wrong(arguments: [String], hint: String) throws {
    let run = try Program.Started(arguments, input: "").finish()
    #expect(run.ending == .exit(64))
    #expect(run.errors.contains(hint), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test("Options and operands are told apart")
  func parsing() throws {
    let parser = OptionParser(options: [
      Option("--output", short: "-o", value: "<file>", ""), Option("--shrink", ""),
    ])
    let parsed = try parser.parse(["a", "--output=b=c", "-", "--shrink", "--", "--output", "-o"])
    #expect(parsed.operands == ["a", "-", "--output", "-o"])
    #expect(parsed["--output"] == "b=c")
    #expect(parsed.has("--shrink"))
    #expect(try parser.parse(["-ox", "--output", "y"])["--output"] == "y")
    #expect(try parser.parse(["-ox"])["--output"] == "x")
    #expect(throws: UsageError.self) { try parser.parse(["-o"]) }
    #expect(throws: UsageError.self) { try parser.parse(["--out"]) }
  }

  @Test("Durations and sizes")
  func quantities() throws {
    #expect(try parseDuration("500ms") == .milliseconds(500))
    #expect(try parseDuration("1.5s") == .milliseconds(1500))
    #expect(try parseDuration("2m") == .seconds(120))
    #expect(try parseDuration("10") == .seconds(10))
    #expect(try parseSize("512MB") == 512_000_000)
    #expect(try parseSize("2GiB") == 2 << 30)
    #expect(try parseSize("1.5kb") == 1500)
    for text in ["", "s", "-1s", "1e9s", "1 s", "nan", "0s", "9999999999999999999s", "1..2s"] {
      #expect(throws: UsageError.self, "\(text)") { try parseDuration(text) }
    }
    for text in ["", "MB", "-1", "0", "1QB", "99999999999999999999", "1e400", "∞"] {
      #expect(throws: UsageError.self, "\(text)") { try parseSize(text) }
    }
  }

  @Test("The gravest outcome is the exit code")
  func statusOrder() {
    let order: [ExitCode] = [
      .software, .unreadable, .malformed, .usage, .violated, .unknown, .success,
    ]
    for (index, graver) in order.enumerated() {
      for lighter in order[index...] {
        var status = lighter
        status.combine(graver)
        #expect(status == graver)
        status.combine(lighter)
        #expect(status == graver)
      }
    }
  }
}
