import Experiments
import LinnaeusBase
import Report
import Simulator

/// `linnaeus simulate --scenario`: a run that tells a story.
struct ScenarioRun {
  let scenario: Scenario
  let historyPath: String?

  /// Tells the story, and writes what the clients did.
  func run() -> ExitCode {
    let result = scenario.run()
    let status = Output.print(filled(scenario.script.story, width: 100) + "\n")
    guard let historyPath else { return status }
    do {
      try System.write(result.history, toFile: historyPath)
    } catch {
      return FileFailure(error).complain()
    }
    return status
  }

  /// The text in lines of so many characters at most, unless a word is longer.
  private func filled(_ text: String, width: Int) -> String {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].count + word.count >= width { lines.append("") }
      lines[lines.count - 1] += lines[lines.count - 1].isEmpty ? word : " \(word)"
    }
    return lines.joined(separator: "\n")
  }
}
