import Glibc
import LinnaeusBase
import OperationHistory
import Testing

@Suite("check")
struct CheckTests {
  static let linearizable = Program.textbook("overlapping-reads")
  static let violated = Program.textbook("stale-read")

  @Test("One file's verdict is the exit code")
  func oneFile() throws {
    let good = try Program.run("check", Self.linearizable)
    #expect(good.ending == .exit(0))
    #expect(good.output.hasPrefix("\(Self.linearizable): linearizable (register, 4 operations, "))
    #expect(good.lines.count == 1 && good.errors.isEmpty)
    let bad = try Program.run("check", Self.violated)
    #expect(bad.ending == .exit(1))
    #expect(bad.output.hasPrefix("\(Self.violated): not linearizable (register, 3 operations, "))
  }

  @Test("The textbook is as expected, and the program says first what it compares with")
  func textbook() throws {
    let run = try Program.run("check", "\(Program.root)/Histories")
    #expect(run.ending == .exit(0), "\(run.output)\(run.errors)")
    #expect(run.lines.first?.hasPrefix("comparing with ") == true)
    #expect(run.lines.last?.contains("all as expected") == true)
  }

  @Test("Without its list the textbook is a folder like any other")
  func noExpected() throws {
    let run = try Program.run("check", "--no-expected", "\(Program.root)/Histories/textbook")
    #expect(run.ending == .exit(1))
    #expect(!run.output.contains("comparing"))
  }

  @Test("Standard input is a file too")
  func standardInput() throws {
    let text = """
      {"linnaeus":1,"model":"register"}
      {"type":"invoke","process":0,"f":"write","value":1}
      {"type":"ok","process":0,"f":"write","value":1}
      {"type":"invoke","process":0,"f":"read"}
      {"type":"ok","process":0,"f":"read","value":2}

      """
    let run = try Program.run("check", "-", input: text)
    #expect(run.ending == .exit(1))
    #expect(run.output.hasPrefix("-: not linearizable (register, 2 operations"))
    #expect(try Program.run("check", "-", "-", input: text).ending == .exit(64))
  }

  @Test("A malformed file is named with line and column, and gives 65")
  func malformed() throws {
    let scratch = try Scratch()
    let file = try scratch.write(
      "{\"linnaeus\":1,\"model\":\"register\"}\n{\"type\":\"invoke\",\"process\":0,\"f\":}\n",
      to: "bad.jsonl")
    let run = try Program.run("check", file)
    #expect(run.ending == .exit(65))
    #expect(run.output.hasPrefix("\(file):2:"), "\(run.output)")
    #expect(run.output.contains(": malformed: "))
  }

  @Test("Of several files each is decided, and the code is the gravest one's")
  func several() throws {
    let scratch = try Scratch()
    let malformed = try scratch.write("{\"type\":\n", to: "bad.jsonl")
    let missing = "\(scratch.path)/missing.jsonl"
    let two = try Program.run("check", Self.linearizable, Self.violated)
    #expect(two.ending == .exit(1))
    #expect(two.lines.last?.hasPrefix("2 histories: 1 linearizable, 1 not (") == true)
    let three = try Program.run("check", malformed, Self.violated, Self.linearizable)
    #expect(three.ending == .exit(65))
    #expect(three.output.contains("\(Self.violated): not linearizable"))
    let four = try Program.run("check", missing, malformed, Self.violated, Self.linearizable)
    #expect(four.ending == .exit(66))
    #expect(four.errors.contains("\(missing): No such file or directory"))
    #expect(four.lines.last?.hasPrefix("4 histories: 1 linearizable, 1 not, 1 malformed,") == true)
  }

  @Test("A folder stands for its histories, recursively and by name")
  func folder() throws {
    let scratch = try Scratch()
    let text = "{\"linnaeus\":1,\"model\":\"register\"}\n"
    for name in ["b.jsonl", "a/z.jsonl", "a/y.jsonl", "c.log.bak", "README.md", ".hidden.jsonl"] {
      try scratch.write(name == "c.log.bak" ? "x" : text, to: name)
    }
    let run = try Program.run("check", scratch.path)
    #expect(run.ending == .exit(0))
    #expect(
      run.lines.dropLast().map { $0.prefix { $0 != ":" }.dropFirst(scratch.path.count + 1) }
        == ["a/y.jsonl", "a/z.jsonl", "b.jsonl"])
    #expect(run.errors.contains("c.log.bak was left out"))
    #expect(!run.errors.contains("README"))
  }

  @Test("A folder that cannot be read, or holds nothing, is said")
  func emptyFolder() throws {
    let scratch = try Scratch()
    let run = try Program.run("check", scratch.path)
    #expect(run.ending == .exit(66))
    #expect(run.errors.contains("holds no history"))
  }

  @Test("Operations that fit several models are a matter of usage: 64, and the candidates")
  func ambiguous() throws {
    let text = """
      {"type":"invoke","process":0,"f":"add","value":1,"time":1}
      {"type":"ok","process":0,"f":"add","value":1,"time":2}

      """
    let run = try Program.run("check", "-", input: text)
    #expect(run.ending == .exit(64))
    #expect(run.errors.contains("set") && run.errors.contains("counter"))
    #expect(try Program.run("check", "--model", "set", "-", input: text).ending == .exit(0))
  }

  @Test("States are those of the whole history, whatever a smaller one would show")
  func statesOfLongHistory() throws {
    var text = "{\"linnaeus\":1,\"model\":\"register\"}\n"
    for value in 0..<200 {
      for type in ["invoke", "ok"] {
        text += "{\"type\":\"\(type)\",\"process\":0,\"f\":\"write\",\"value\":\(value)}\n"
      }
    }
    text += "{\"type\":\"invoke\",\"process\":0,\"f\":\"read\"}\n"
    text += "{\"type\":\"ok\",\"process\":0,\"f\":\"read\",\"value\":777}\n"
    let run = try Program.run("check", "-", input: text)
    #expect(run.ending == .exit(1))
    #expect(run.output.contains("states possible there: 199\n"), "\(run.output)")
  }

  @Test("A report stays small where values are large")
  func largeValues() throws {
    let list = (0..<2_000).map(String.init).joined(separator: ",")
    let text = """
      {"linnaeus":1,"model":"set"}
      {"type":"invoke","process":0,"f":"read"}
      {"type":"ok","process":0,"f":"read","value":[\(list)]}

      """
    let run = try Program.run("check", "--shrink", "-", input: text)
    #expect(run.ending == .exit(1))
    #expect(run.output.contains("1998, 1999] (2000 elements)"), "\(run.output)")
    #expect(run.output.utf8.count < 2_000)
  }

  @Test("JSON has the documented fields, one object a line, malformed files too")
  func json() throws {
    let scratch = try Scratch()
    let malformed = try scratch.write("{\"type\":\n", to: "bad.jsonl")
    let run = try Program.run("check", "--format", "json", Self.violated, malformed)
    #expect(run.ending == .exit(65))
    #expect(run.lines.count == 2)
    var verdicts: [Value?] = []
    for line in run.lines {
      let value = try Array(line.utf8).withUnsafeBytes { try parseJSON($0) }
      guard case .map(let fields) = value else {
        Issue.record("not an object: \(line)")
        continue
      }
      #expect(
        fields.map(\.name)
          == [
            "file", "model", "operations", "guarantee", "verdict", "reason", "witness", "seconds",
          ].map { .string($0) })
      verdicts.append(fields.first { $0.name == .string("verdict") }?.value)
    }
    #expect(verdicts == [.string("violated"), .string("malformed")])
  }

  @Test("JUnit has a test case a file")
  func junit() throws {
    let run = try Program.run("check", "--format", "junit", Self.violated, Self.linearizable)
    #expect(run.ending == .exit(1))
    #expect(run.output.contains("<testsuites tests=\"2\" failures=\"1\" errors=\"0\""))
    #expect(run.output.contains("<failure type=\"violated\""))
  }

  @Test("-o prints into a file; one that cannot be written gives 66")
  func output() throws {
    let scratch = try Scratch()
    let run = try Program.run("check", "-o", "\(scratch.path)/report", Self.linearizable)
    #expect(run.ending == .exit(0) && run.output.isEmpty)
    #expect(try scratch.read("report").contains(": linearizable"))
    let nowhere = try Program.run("check", "-o", "\(scratch.path)/a/b", Self.linearizable)
    #expect(nowhere.ending == .exit(66))
    let full = try Program.run("check", "--output=/dev/full", Self.linearizable)
    #expect(full.ending == .exit(66))
    #expect(full.errors.contains("No space left"))
  }

  @Test("Of one file the notes are told, of many their sums")
  func notes() throws {
    let text = """
      INFO  jepsen.util - 0\t:invoke\t:write\t1
      INFO  jepsen.util - 0\t:ok\t:write\t1

      """
    let one = try Program.run("check", "-", input: text)
    #expect(one.lines.last == "  note: the model was inferred from the operations (--model)")
    let two = try Program.run("check", "-", Self.linearizable, input: text)
    #expect(two.lines.last?.hasPrefix("  note: the model of 1 history was inferred") == true)
  }

  @Test(
    "Jepsen's 102 recordings of etcd have their known verdicts",
    .enabled(if: getenv("LINNAEUS_SHARED") != nil, "LINNAEUS_SHARED is not set"))
  func etcd() throws {
    guard let shared = getenv("LINNAEUS_SHARED") else { return }
    let folder = String(cString: shared) + "/data/jepsen-etcd"
    let expected = try InputBytes(path: folder + "/expected.txt")
    let text = withExtendedLifetime(expected) { String(decoding: expected.bytes, as: UTF8.self) }
    let run = try Program.run("check", folder)
    #expect(run.ending == .exit(1))
    var found: [String: String] = [:]
    for line in run.lines.dropLast() where line.hasPrefix(folder) {
      let parts = line.dropFirst(folder.count + 1).split(separator: ":", maxSplits: 1)
      found[String(parts[0])] = parts[1].hasPrefix(" linearizable") ? "Ok" : "Illegal"
    }
    let lines = text.split(separator: "\n")
    #expect(lines.count == 102)
    for line in lines {
      let words = line.split(separator: " ").map(String.init)
      #expect(found[words[0]] == words[1], "\(words[0])")
    }
  }
}
