import LinnaeusBase
import Testing

@testable import linnaeus

@Suite("check of ZooKeeper's guarantees")
struct ZooKeeperCheckTests {
  private static let folder = "\(Program.root)/Histories/simulated"
  private static let deposed = "\(folder)/deposed-leader.jsonl"

  @Test("The default is the level zookeeper; what is stronger must be asked for")
  func levels() throws {
    let kept = try Program.run("check", Self.deposed)
    #expect(kept.ending == .exit(0))
    #expect(kept.output.hasPrefix("\(Self.deposed): zookeeper (zookeeper, 9 operations, "))
    #expect(kept.output.contains("keeps zookeeper, breaks zookeeper+sync"))
    let broken = try Program.run("check", "--require", "zookeeper+sync", Self.deposed)
    #expect(broken.ending == .exit(1))
    #expect(broken.output.hasPrefix("\(Self.deposed): not zookeeper+sync (zookeeper, "))
    #expect(broken.output.contains("P10 fresh-after-sync, broken once (class a: 1)"))
    #expect(broken.output.contains("getData /config (op 5, line 17, session 0x38bcfe6911a0001"))
  }

  @Test("Properties are asked for by name or number, one after another or together")
  func properties() throws {
    for arguments in [
      ["--require", "P1,P10"], ["--require", "unique-writes", "--require", "p10"],
    ] {
      let run = try Program.Started(
        ["check"] + arguments + ["--format", "json", Self.deposed], input: ""
      ).finish()
      #expect(run.ending == .exit(1))
      #expect(run.lines.count == 2)
      #expect(run.lines[0].contains(#""guarantee":"unique-writes","verdict":"holds""#))
      #expect(run.lines[1].contains(#""guarantee":"fresh-after-sync","verdict":"violated""#))
      #expect(run.lines[1].contains(#""operations":[5,3,4]"#))
    }
  }

  @Test("JUnit has a case for each guarantee")
  func junit() throws {
    let run = try Program.run(
      "check", "--require", "zookeeper,P9", "--format", "junit", Self.deposed)
    #expect(run.ending == .exit(1))
    #expect(run.output.contains(#"<testsuites tests="2" failures="1" errors="0""#))
    #expect(run.output.contains(#"deposed-leader.jsonl: fresh-reads""#))
  }

  @Test("Reads may be as old as is allowed")
  func staleness() throws {
    for (bound, code) in [("1version", Int32(0)), ("0versions", 1), ("1s", 0), ("100ms", 1)] {
      let run = try Program.run("check", "--max-staleness", bound, Self.deposed)
      #expect(run.ending == .exit(code), "\(bound): \(run.output)\(run.errors)")
    }
  }

  @Test("A wrong name lists those that are right")
  func wrongNames() throws {
    let wrong = try Program.run("check", "--require", "zookeper", Self.deposed)
    #expect(wrong.ending == .exit(64))
    #expect(wrong.errors.contains("zookeeper+sync") && wrong.errors.contains("convergence"))
    #expect(wrong.errors.contains("did you mean 'zookeeper'?"))
    #expect(try Program.run("check", "--require", "P11", Self.deposed).ending == .exit(64))
    #expect(try Program.run("check", "--max-staleness", "old", Self.deposed).ending == .exit(64))
    let register = Program.textbook("stale-read")
    #expect(try Program.run("check", "--require", "zookeeper", register).ending == .exit(64))
    #expect(try Program.run("shrink", "--model", "zookeeper", Self.deposed).ending == .exit(64))
  }

  @Test("What a file says against itself is malformed, with its line")
  func malformed() throws {
    let text = """
      {"linnaeus":1,"model":"zookeeper"}
      {"type":"invoke","op":1,"process":0,"f":"setData","path":"/a","value":"x"}
      {"type":"ok","op":1,"process":0,"f":"setData","zxid":"0x3","stat":{"mzxid":"0x4"}}

      """
    let run = try Program.Started(["check", "-"], input: text).finish()
    #expect(run.ending == .exit(65))
    #expect(run.output.hasPrefix("-:3: malformed: this reply contradicts itself"))
  }

  @Test("Lost writes that must have happened are told, unless --no-pinning")
  func pinning() throws {
    let file = "\(Self.folder)/session-returns-apache.jsonl"
    let run = try Program.run("check", file)
    #expect(run.ending == .exit(1))
    #expect(run.output.contains("The session came back: setData /config (op 2,"))
    #expect(run.output.contains("happened with that zxid: getData /config"))
    let without = try Program.run("check", "--no-pinning", file)
    #expect(!without.output.contains("happened with that zxid"))
    #expect(without.ending != .exit(0))
  }
}

/// What proves that levels are kept or broken, from one run of the program to the next.
@Suite("Proofs of ZooKeeper's levels")
struct ZooKeeperProofTests {
  private static let deposed = "\(Program.root)/Histories/simulated/deposed-leader.jsonl"

  @Test("Orders and cycles are valid, of another history or another level they are not")
  func certificates() throws {
    let scratch = try Scratch()
    let file = "\(scratch.path)/proof"
    let cases: [(level: String, verdict: String, body: String)] = [
      ("zookeeper", "holds", #"{"order":["#), ("zookeeper+sync", "violated", #"{"cycle":["#),
    ]
    for (level, verdict, body) in cases {
      _ = try Program.run("check", "--require", level, "--certificate", file, Self.deposed)
      let text = try scratch.read("proof")
      #expect(text.contains(#""guarantee":"\#(level)","verdict":"\#(verdict)""#))
      #expect(text.contains(body))
      let valid = try Program.run("verify", file, Self.deposed)
      #expect(valid.ending == .exit(0), "\(valid.output)\(valid.errors)")
      #expect(valid.output.contains(": valid: "))
      let other = try Program.run("verify", file, Program.textbook("zookeeper-stale-read"))
      #expect(other.ending == .exit(1))
      let stranger = level == "zookeeper" ? "zookeeper+sync" : "zookeeper"
      let changed = try scratch.write(
        text.replacing("\"\(level)\",\"verdict", with: "\"\(stranger)\",\"verdict"),
        to: "changed")
      #expect(try Program.run("verify", changed, Self.deposed).ending == .exit(1), "\(level)")
    }
    let nonsense = try scratch.write("{\"certificate\":1,\"model\":\"zookeeper\"}\n", to: "bad")
    #expect(try Program.run("verify", nonsense, Self.deposed).ending == .exit(65))
  }

  @Test("Without a cycle and for properties there is none, and a note says so")
  func none() throws {
    let scratch = try Scratch()
    let twice = "\(Program.root)/Histories/simulated/resent-write-twice.jsonl"
    let cases = [([twice], "no cycle"), (["--require", "P9", Self.deposed], "single")]
    for (arguments, word) in cases {
      let run = try Program.Started(
        ["check", "--certificate", "\(scratch.path)/none"] + arguments, input: ""
      ).finish()
      #expect(run.ending == .exit(1))
      #expect(run.output.contains("note: there is no certificate: "))
      #expect(run.output.contains(word))
      #expect(throws: (any Error).self) { try scratch.read("none") }
    }
  }

  @Test("A cycle is told edge by edge, as text, as JSON and for Graphviz")
  func cycle() throws {
    let scratch = try Scratch()
    let run = try Program.run(
      "check", "--require", "zookeeper+sync", "--graph", "\(scratch.path)/a.dot", Self.deposed)
    #expect(
      run.output.contains("cycle G-single-realtime, forbidden by zookeeper+sync, linearizable"))
    #expect(run.output.contains("rw: getData /config (op 5) read /config at version 0"))
    let json = try Program.run(
      "check", "--require", "zookeeper+sync", "--format", "json", Self.deposed)
    #expect(
      json.output.contains(
        #"{"class":"G-single-realtime","levels":["zookeeper+sync","linearizable"],"shortest""#))
    #expect(json.output.contains(#"{"from":5,"to":3,"kind":"rw","because":[5,"mzxid"],"sentence""#))
    let drawing = try scratch.read("a.dot")
    #expect(drawing.hasPrefix("digraph cycles {\n") && drawing.hasSuffix("}\n"))
    #expect(drawing.contains(#""0.5" -> "0.3" [label="rw""#))
    #expect(drawing.count { $0 == "{" } == drawing.count { $0 == "}" })
  }
}
