import LinnaeusBase
import Testing

@testable import linnaeus

@Suite("check of transactions")
struct TransactionCheckTests {
  private static let skew = Program.textbook("transactions-write-skew")

  @Test("Strict serializability is required unless another level is asked for")
  func levels() throws {
    let broken = try Program.run("check", Self.skew)
    #expect(broken.ending == .exit(1))
    #expect(
      broken.output.hasPrefix("\(Self.skew): not strict-serializable (list-append, 3 operations, "))
    #expect(broken.output.contains("  keeps strong-snapshot-isolation, breaks repeatable-read\n"))
    #expect(broken.output.contains("  G2-item: In a circle of dependencies reads miss writes.\n"))
    #expect(broken.output.contains("cycle G2-item, forbidden by repeatable-read; none is shorter:"))
    #expect(
      broken.output.contains("rw: op 0 (line 2, process 0) read \"x\" as [], and op 1 (line 3,"))
    let kept = try Program.run("check", "--require", "snapshot-isolation", Self.skew)
    #expect(kept.ending == .exit(0))
    #expect(kept.output.hasPrefix("\(Self.skew): snapshot-isolation (list-append, "))
    let clean = try Program.run("check", Program.textbook("transactions-clean"))
    #expect(clean.ending == .exit(0))
    #expect(clean.output.contains("  keeps strict-serializable\n"))
  }

  @Test("JSON and JUnit have a line and a case for each level asked for")
  func formats() throws {
    let levels = "snapshot-isolation,serializable"
    let json = try Program.run("check", "--require", levels, "--format", "json", Self.skew)
    #expect(json.ending == .exit(1) && json.lines.count == 2)
    #expect(json.lines[0].contains(#""guarantee":"snapshot-isolation","verdict":"holds""#))
    #expect(json.lines[1].contains(#""guarantee":"serializable","verdict":"violated""#))
    #expect(json.lines[1].contains(#""anomaly":"G2-item","certain":true,"count":1,"#))
    #expect(json.lines[1].contains(#""operations":[0,1]"#))
    #expect(json.lines[1].contains(#"{"class":"G2-item","levels":["repeatable-read"]"#))
    #expect(json.lines[1].contains(#"{"from":0,"to":1,"kind":"rw","because":[0,"value"],"#))
    let junit = try Program.run("check", "--require", levels, "--format", "junit", Self.skew)
    #expect(junit.output.contains(#"<testsuites tests="2" failures="1" errors="0""#))
  }

  @Test("The model may be named, and is inferred else")
  func models() throws {
    let text = """
      {:type :invoke, :process 0, :f :txn, :value [[:w :x 1]]}
      {:type :ok, :process 0, :f :txn, :value [[:w :x 1]]}

      """
    let inferred = try Program.run("check", "-", input: text)
    #expect(inferred.ending == .exit(0))
    #expect(inferred.output.contains("strict-serializable (rw-register, 1 operation, "))
    #expect(inferred.output.contains("the model was inferred"))
    let named = try Program.run("check", "--model", "rw-register", "-", input: text)
    #expect(named.ending == .exit(0) && !named.output.contains("inferred"))
    let wrong = try Program.run("check", "--model", "list-append", "-", input: text)
    #expect(wrong.ending == .exit(65))
    #expect(wrong.output.contains("-:2: malformed: step 1 is `w`, but the model list-append has"))
    let none = try Program.run("check", "--model", "register", "-", input: text)
    #expect(none.ending == .exit(65))
    let register = Program.textbook("stale-read")
    let single = try Program.run("check", "--model", "rw-register", register)
    #expect(single.ending == .exit(65) && single.output.contains("expected `txn` as `f`"))
  }

  @Test("Cycles are drawn for Graphviz")
  func graph() throws {
    let folder = try Scratch()
    let run = try Program.run("check", "--graph", "\(folder.path)/cycle.dot", Self.skew)
    #expect(run.ending == .exit(1))
    let dot = try folder.read("cycle.dot")
    #expect(dot.contains("label=\"G2-item, against repeatable-read\""))
    #expect(dot.contains("\"0.0\" -> \"0.1\" [label=\"rw\""))
  }

  @Test("Verdicts are proved by an order or by a cycle")
  func certificates() throws {
    let folder = try Scratch()
    for (name, proof) in [
      ("transactions-clean", "{\"order\":[0,1,2,3]}"), ("transactions-write-skew", "{\"cycle\":[{"),
      ("transactions-register-clean", "{\"order\":["), ("transactions-long-fork", "{\"cycle\":[{"),
    ] {
      let file = Program.textbook(name)
      _ = try Program.run("check", "--certificate", "\(folder.path)/\(name)", file)
      #expect(try folder.read(name).contains(proof), "\(name)")
      let run = try Program.run("verify", "\(folder.path)/\(name)", file)
      #expect(run.ending == .exit(0), "\(run.output)\(run.errors)")
      let other = try Program.run(
        "verify", "\(folder.path)/\(name)", Program.textbook("transactions-g1a"))
      #expect(other.ending == .exit(1))
    }
    let none = try Program.run(
      "check", "--certificate", "\(folder.path)/none", Program.textbook("transactions-g1a"))
    #expect(none.output.contains("there is no certificate: what is broken is no cycle"))
  }

  @Test("What is asked of other histories is not asked of transactions, and the other way round")
  func requirements() throws {
    for arguments in [
      ["check", "--require", "linearizable", Self.skew],
      ["check", "--require", "serializable", Program.textbook("stale-read")],
      ["check", "--model", "zookeeper", "--require", "serializable", Self.skew],
      ["shrink", "--model", "rw-register", Self.skew],
    ] {
      #expect(
        try Program.Started(arguments, input: "").finish().ending == .exit(64), "\(arguments)")
    }
    #expect(try Program.run("shrink", Self.skew).ending == .exit(65))
  }
}
