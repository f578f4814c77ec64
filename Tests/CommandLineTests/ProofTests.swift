import LinnaeusBase
import Testing

/// Certificates, shrinking and conversion, from one run of the program to the next.
@Suite("Proofs")
struct ProofTests {
  static let names = ["stale-read", "overlapping-reads", "queue-duplicate", "key-value-long-fork"]

  @Test("A certificate that check writes is valid; of another history it is not", arguments: names)
  func certificate(name: String) throws {
    let scratch = try Scratch()
    let file = "\(scratch.path)/certificate"
    let history = Program.textbook(name)
    let check = try Program.run("check", "--certificate", file, history)
    #expect(check.ending == .exit(check.output.contains(": linearizable") ? 0 : 1))
    let valid = try Program.run("verify", file, history)
    #expect(valid.ending == .exit(0), "\(valid.output)\(valid.errors)")
    #expect(valid.output.contains(": valid: "))
    let other = try Program.run("verify", file, Program.textbook("lost-update"))
    #expect(other.ending == .exit(1))
    #expect(other.output.contains(": invalid: "))
  }

  @Test("An order that was tampered with is invalid, and what is no certificate malformed")
  func tampered() throws {
    let scratch = try Scratch()
    let history = Program.textbook("overlapping-reads")
    _ = try Program.run("check", "--certificate", "\(scratch.path)/good", history)
    let good = try scratch.read("good")
    let start = try #require(good.firstRange(of: "\"order\":["))
    let end = try #require(good[start.upperBound...].firstIndex(of: "]"))
    let order = good[start.upperBound..<end].split(separator: ",")
    for swap in [order.reversed().map(String.init), Array(order.dropFirst().map(String.init))] {
      let bad = good.replacingCharacters(
        in: start.upperBound..<end, with: swap.joined(separator: ","))
      let file = try scratch.write(bad, to: "bad")
      #expect(try Program.run("verify", file, history).ending == .exit(1), "\(bad)")
    }
    let nonsense = try scratch.write("{\"certificate\":", to: "nonsense")
    #expect(try Program.run("verify", nonsense, history).ending == .exit(65))
    #expect(try Program.run("verify", "\(scratch.path)/none", history).ending == .exit(66))
  }

  @Test("Of several histories the certificates go into a folder")
  func folder() throws {
    let scratch = try Scratch()
    let run = try Program.run(
      "check", "--certificate", "\(scratch.path)/proofs", "\(Program.root)/Histories")
    #expect(run.ending == .exit(0), "\(run.output)\(run.errors)")
    for name in Self.names {
      let file = "\(scratch.path)/proofs/textbook/\(name).jsonl.certificate"
      let verify = try Program.run("verify", file, Program.textbook(name))
      #expect(verify.ending == .exit(0), "\(verify.output)\(verify.errors)")
    }
  }

  @Test("A shrunk history is violated, small, and tells where it comes from")
  func shrink() throws {
    let scratch = try Scratch()
    let file = "\(scratch.path)/small.jsonl"
    let shrink = try Program.run("shrink", Program.textbook("stale-read"), "-o", file)
    #expect(shrink.ending == .exit(0), "\(shrink.errors)")
    #expect(try scratch.read("small.jsonl").contains("\"source\":\"linnaeus shrink "))
    let check = try Program.run("check", file)
    #expect(check.ending == .exit(1))
    #expect(check.output.contains("(register, "))
    // What is minimal shrinks to itself.
    let again = try Program.run("shrink", file, "-o", "\(scratch.path)/again.jsonl")
    #expect(again.ending == .exit(0))
    let counts = try ["small", "again"].map { try scratch.read("\($0).jsonl").count { $0 == "\n" } }
    #expect(counts[0] == counts[1])
  }

  @Test("What is linearizable has nothing to shrink: 65")
  func nothingToShrink() throws {
    let run = try Program.run("shrink", Program.textbook("overlapping-reads"))
    #expect(run.ending == .exit(65))
    #expect(run.errors.contains("nothing to shrink"))
  }

  @Test(
    "A history keeps its verdict in every format", arguments: ["native", "edn", "jsonl"], names)
  func convert(format: String, name: String) throws {
    let scratch = try Scratch()
    let file = "\(scratch.path)/converted.\(format == "native" ? "jsonl" : format)"
    let convert = try Program.run("convert", "--to", format, "-o", file, Program.textbook(name))
    #expect(convert.ending == .exit(0), "\(convert.errors)")
    let before = try Program.run("check", Program.textbook(name))
    let model = name.hasPrefix("queue") ? "queue" : name.hasPrefix("key") ? "key-value" : "register"
    let after = try Program.run("check", "--model", model, file)
    #expect(before.ending == after.ending, "\(after.output)\(after.errors)")
    // And once more through a pipe, back to where it came from.
    let text = try scratch.read("converted.\(format == "native" ? "jsonl" : format)")
    let back = try Program.run("convert", "--to", "native", "-", input: text)
    #expect(back.ending == .exit(0))
    let end = try Program.run("check", "--model", model, "-", input: back.output)
    #expect(end.ending == before.ending)
  }

  @Test("--shrink shows the minimal sub-history on a time line")
  func checkShrink() throws {
    let run = try Program.run("check", "--shrink", Program.textbook("stale-read"))
    #expect(run.output.contains("minimal sub-history ("))
    #expect(run.output.contains("├"))
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
