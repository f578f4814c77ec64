/// Reports for people.
public struct TextReport: Sendable {
  /// Whether verdicts are coloured, for a terminal.
  public var inColour: Bool
  /// Whether of each file only the most important is told, and of notes their sums at the end: for
  /// many files.
  public var isBrief = false
  /// How many operations of a sub-history are listed at most.
  public var listLimit = 40
  /// How many operations that might have explained an impossible one are listed at most.
  public var candidateLimit = 6

  /// Chooses whether to colour.
  public init(inColour: Bool = false) {
    self.inColour = inColour
  }

  private enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case bold = "1"
  }

  private func paint(_ text: String, _ colour: Colour) -> String {
    inColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  // MARK: One file

  /// A file's report: a line with the verdict, then what explains it.
  public func render(_ report: FileReport) -> String {
    var text = headline(report) + "\n"
    if report.isDifference { text += "  " + paint(differenceText(report), .red) + "\n" }
    // A corpus lists what is expected; telling each story again would bury the differences.
    if case .verdict(report.verdict) = report.expectation { return text }
    if !isBrief { for note in report.notes { text += "  note: \(note)\n" } }
    if let violation = report.violation { text += render(violation) }
    if let answer = report.partialAnswer { text += render(answer) }
    if let summary = report.consistency { text += render(summary) }
    return text
  }

  private func headline(_ report: FileReport) -> String {
    if report.expectation == .missing { return "\(report.file): \(paint("missing", .red))" }
    switch report.verdict {
    case .holds:
      return "\(report.file): \(paint(guarantees(report, .holds), .green)) (\(facts(report)))"
    case .violated:
      let broken = guarantees(report, .violated)
      return "\(report.file): \(paint("not " + broken, .red)) (\(facts(report)))"
    case .unknown:
      let asked = report.consistency == nil ? "" : " whether \(guarantees(report, .unknown))"
      return "\(report.file): \(paint("unknown" + asked, .yellow)) (\(facts(report)))"
    case .malformed:
      guard let reason = report.reason else { return "\(report.file): malformed" }
      // `file:12:7: malformed: …` is what editors and CI systems make a link of.
      let place = reason.prefix { $0.isASCII && ($0.isNumber || $0 == ":") }
      let separator = place.isEmpty ? ": " : ":\(place) "
      let message = reason.dropFirst(place.count).drop { $0 == " " }
      return report.file + separator + paint("malformed", .red) + ": " + message
    }
  }

  /// The guarantees that have a verdict, of those asked for.
  private func guarantees(_ report: FileReport, _ verdict: ReportedVerdict) -> String {
    guard let summary = report.consistency else { return report.guarantee }
    let names = summary.guarantees.filter { $0.verdict == verdict }.map(\.name)
    return names.joined(separator: ", ")
  }

  private func facts(_ report: FileReport) -> String {
    var facts: [String] = []
    if let model = report.model { facts.append(model) }
    facts.append(wording(report.operations, "operation"))
    facts.append(wording(seconds: report.seconds))
    return facts.joined(separator: ", ")
  }

  private func differenceText(_ report: FileReport) -> String {
    switch report.expectation {
    case .none: ""
    case .verdict(let expected): "differs: expected \(expected.rawValue)"
    case .notListed: "differs: expected.json does not list it"
    case .missing: "differs: expected.json lists it"
    case .undecidable(let guarantee):
      "differs: expected.json asks for \(guarantee), which cannot be decided"
    }
  }

  // MARK: Why

  private func render(_ violation: Violation) -> String {
    var text = ""
    if violation.partitions > 1 {
      let keys = wording(violation.partitions, "key")
      text += "  \(grouped(violation.violatedPartitions)) of \(keys) not linearizable"
      text += violation.key.map { ", among them \($0)\n" } ?? "\n"
    }
    text += wrapped(violation.summary, indent: 2)
    if !isBrief, !violation.states.isEmpty {
      text += "  states possible there: \(listed(violation.states))\n"
    }
    if !isBrief, !violation.candidates.isEmpty {
      text += "  what might have explained it:\n"
      for candidate in violation.candidates.prefix(candidateLimit) {
        let operation = candidate.operation
        text += wrapped(
          "\(operation.text) (line \(operation.line), process \(operation.process))"
            + " \(candidate.reason)", indent: 4, hanging: 2)
      }
      text += more(violation.candidates.count, than: candidateLimit)
    }
    if let subhistory = violation.subhistory { text += render(subhistory) }
    return text
  }

  private func render(_ subhistory: Subhistory) -> String {
    let count = wording(subhistory.operations.count, "operation")
    var text =
      subhistory.isMinimal
      ? "  minimal sub-history (\(count); relax any one, and it is linearizable):\n"
      : "  sub-history (\(count); perhaps not minimal):\n"
    // The last one is what cannot be.
    let shown = Array(subhistory.operations.suffix(listLimit))
    let before = subhistory.operations.count - shown.count
    if before > 0 { text += "    … after \(wording(before, "other"))\n" }
    for row in Timeline(operations: shown).rows() { text += "    \(row)\n" }
    return text
  }

  private func render(_ answer: PartialAnswer) -> String {
    var text = wrapped(answer.sentence, indent: 2)
    if answer.verifiedUpToLine > 0 {
      text += "  verified up to line \(answer.verifiedUpToLine)\n"
    }
    if !answer.obstacles.isEmpty {
      text += "  in the way there:\n"
      for operation in answer.obstacles.prefix(listLimit) {
        text += "    \(operation.text) (line \(operation.line), process \(operation.process))\n"
      }
      text += more(answer.obstacles.count, than: listLimit)
    }
    if let window = answer.hardestWindow {
      text += "  hardest window: lines \(window.lowerBound) to \(window.upperBound)\n"
    }
    return text
  }

  private func listed(_ items: [String]) -> String {
    let shown = items.prefix(8).joined(separator: ", ")
    return items.count > 8 ? shown + ", and \(items.count - 8) more" : shown
  }

  private func more(_ count: Int, than limit: Int) -> String {
    count > limit ? "    … and \(grouped(count - limit)) more\n" : ""
  }

  // MARK: Many files

  /// What is said before the files of a corpus.
  public func corpusLine(list: String, files: Int) -> String {
    "comparing with \(list), which lists \(wording(files, "history", plural: "histories"))\n"
  }

  /// One line about many files; empty for one file that belongs to no corpus.
  public func summary(_ totals: Totals) -> String {
    guard totals.files > 1 || totals.compared > 0 else { return "" }
    var parts: [String] = []
    for verdict in ReportedVerdict.allCases {
      guard let count = totals.counts[verdict], count > 0 else { continue }
      let words =
        switch verdict {
        case .holds: totals.hasOtherGuarantees ? "as required" : "linearizable"
        case .violated: "not"
        case .unknown: "unknown"
        case .malformed: "malformed"
        }
      parts.append("\(grouped(count)) \(words)")
    }
    if totals.unreadable > 0 { parts.append("\(grouped(totals.unreadable)) unreadable") }
    var text = wording(totals.files, "history", plural: "histories")
    if totals.verdicts > totals.files { text += ", " + wording(totals.verdicts, "verdict") }
    if !parts.isEmpty { text += ": " + parts.joined(separator: ", ") }
    if totals.compared > 0 {
      let differences = wording(totals.differences, "difference")
      text +=
        totals.differences == 0
        ? "; " + paint("all as expected", .green) : "; " + paint(differences, .red)
    }
    text += " (\(wording(seconds: totals.seconds)))\n"
    guard isBrief else { return text }
    if totals.inferred > 0 {
      let histories = wording(totals.inferred, "history", plural: "histories")
      text += "  note: the model of \(histories) was inferred from the operations (--model)\n"
    }
    if totals.failedCasDropped > 0 {
      text += "  note: \(grouped(totals.failedCasDropped)) failed cas were dropped (--failed-cas)\n"
    }
    return text
  }
}

/// Text broken into lines of at most 100 columns, all indented, those after the first by more.
func wrapped(_ text: String, indent: Int, hanging: Int = 0) -> String {
  var result = ""
  for paragraph in text.split(separator: "\n", omittingEmptySubsequences: true) {
    var line = String(repeating: " ", count: indent)
    var width = indent
    var isFirst = true
    for word in paragraph.split(separator: " ", omittingEmptySubsequences: true) {
      let length = word.count
      if !isFirst, width + 1 + length > 100 {
        result += line + "\n"
        line = String(repeating: " ", count: indent + hanging)
        width = indent + hanging
        isFirst = true
      }
      if !isFirst { line += " " }
      line += word
      width += length + (isFirst ? 0 : 1)
      isFirst = false
    }
    result += line + "\n"
  }
  return result
}
