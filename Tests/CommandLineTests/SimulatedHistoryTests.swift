import LinnaeusBase
import Testing

@testable import linnaeus

/// `Histories/simulated` is what the simulator makes, to the byte.
@Suite("Simulated histories")
struct SimulatedHistoryTests {
  /// The file of each, and the command that makes it, which is what the list says of how it was made.
  private static func commands() throws -> [(path: String, arguments: [String])] {
    let folder = "\(Program.root)/Histories/"
    let list = try Scratch.text(ofFile: folder + "expected.json")
    return list.split(separator: "\n").compactMap { line in
      let words = line.split(separator: "\"")
      guard words.count > 3, words[1].hasPrefix("simulated/") else { return nil }
      let command = words[words.count - 2].split(separator: " ").dropFirst()
      return (folder + words[1], command.map(String.init))
    }
  }

  /// `LINNAEUS_EXPECTED=write` writes all of them again: read the difference.
  ///
  /// Only scenarios are compared: another simulator draws other runs from the same seeds.
  @Test("Each scenario is made again by the command that the list names")
  func golden() throws {
    let scratch = try Scratch()
    let isWriting = System.isSet("LINNAEUS_EXPECTED")
    let commands = try Self.commands().filter { isWriting || $0.arguments.contains("--scenario") }
    #expect(commands.count >= 10)
    for (path, arguments) in commands {
      let target = isWriting ? path : scratch.path + "/history.jsonl"
      let run = try Program.Started(arguments + ["--history", target], input: "").finish()
      #expect(run.ending == .exit(0), "\(arguments): \(run.errors)")
      guard !isWriting else { continue }
      #expect(
        try Scratch.text(ofFile: target) == Scratch.text(ofFile: path),
        "linnaeus \(arguments.joined(separator: " ")) makes another history than \(path)")
    }
  }

  @Test("A scenario tells its story; a wrong name names the others")
  func stories() throws {
    let told = try Program.run("simulate", "--scenario", "deposed-leader")
    #expect(told.ending == .exit(0))
    #expect(told.output.contains("ZOOKEEPER-1675"))
    #expect(told.lines.allSatisfy { $0.count <= 100 })
    let all = try Program.run("simulate", "--scenario", "all")
    #expect(all.output.contains("outlived-lock-fenced"))
    let wrong = try Program.run("simulate", "--scenario", "deposed")
    #expect(wrong.ending == .exit(64))
    #expect(wrong.errors.contains("deposed-leader, deposed-leader-quorum-sync"))
    let mixed = try Program.run("simulate", "--scenario", "deposed-leader", "--seed", "2")
    #expect(mixed.ending == .exit(64))
    #expect(mixed.errors.contains("--seed does not go with --scenario"))
    let help = try Program.run("help", "simulate")
    #expect(help.output.contains("resent-write-twice"))
  }
}
