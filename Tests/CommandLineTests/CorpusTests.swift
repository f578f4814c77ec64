import LinnaeusBase
import Testing

@Suite("Corpora")
struct CorpusTests {
  static let good = "{\"linnaeus\":1,\"model\":\"register\"}\n"
  static let bad =
    good + """
      {"type":"invoke","process":0,"f":"read"}
      {"type":"ok","process":0,"f":"read","value":2}

      """

  private static func entry(_ name: String, _ verdict: String) -> String {
    "\"\(name)\":{\"model\":\"register\",\"verdicts\":{\"linearizable\":\"\(verdict)\"}}"
  }

  private func check(_ list: [String], _ files: [String: String]) throws -> Program.Run {
    let scratch = try Scratch()
    for (name, text) in files { try scratch.write(text, to: name) }
    try scratch.write("{\(list.joined(separator: ",\n"))}", to: "expected.json")
    return try Program.run("check", scratch.path)
  }

  @Test("What is expected is no failure, be it violated or malformed")
  func asExpected() throws {
    let run = try check(
      [
        Self.entry("a/good.jsonl", "holds"), Self.entry("a/bad.jsonl", "violated"),
        Self.entry("none.jsonl", "malformed"),
      ], ["a/good.jsonl": Self.good, "a/bad.jsonl": Self.bad, "none.jsonl": "{"])
    #expect(run.ending == .exit(0), "\(run.output)")
    #expect(run.output.contains("which lists 3 histories"))
    #expect(run.output.contains("all as expected"))
  }

  @Test("Another verdict, a missing file and one too many are differences")
  func differences() throws {
    let other = try check([Self.entry("a.jsonl", "holds")], ["a.jsonl": Self.bad])
    #expect(other.ending == .exit(1))
    #expect(other.output.contains("differs: expected holds"))
    #expect(other.output.contains("1 difference"))
    let missing = try check([Self.entry("a.jsonl", "holds")], [:])
    #expect(missing.ending == .exit(1))
    #expect(missing.output.contains("a.jsonl: missing"))
    let unlisted = try check([], ["a.jsonl": Self.good])
    #expect(unlisted.ending == .exit(1))
    #expect(unlisted.output.contains("does not list it"))
  }

  @Test("A list that makes no sense is malformed, and what it lacks is said")
  func malformedList() throws {
    #expect(try check(["]"], [:]).ending == .exit(65))
    let noVerdicts = try check(["\"a.jsonl\":{}"], ["a.jsonl": Self.good])
    #expect(noVerdicts.ending == .exit(65))
    #expect(noVerdicts.errors.contains("verdicts"))
    #expect(try check([Self.entry("a.jsonl", "maybe")], [:]).ending == .exit(65))
  }

  @Test("A guarantee that cannot be decided is a difference")
  func undecidable() throws {
    let run = try check(
      ["\"a.jsonl\":{\"verdicts\":{\"sequential\":\"holds\"}}"], ["a.jsonl": Self.good])
    #expect(run.ending == .exit(1))
    #expect(run.output.contains("sequential"))
  }
}
