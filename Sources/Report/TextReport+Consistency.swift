import Consistency

extension TextReport {
  /// What stands below the line with the verdict: levels, then what is broken, then what was found
  /// out of lost writes.
  func render(_ summary: ConsistencySummary) -> String {
    var text = "  " + levels(summary) + "\n"
    let required = summary.guarantees.flatMap(\.broken)
    var told: Set<String> = []
    for broken in required where told.insert(broken.number + broken.name).inserted {
      text += render(broken, examples: isBrief ? 1 : broken.examples.count)
    }
    guard !isBrief else { return text }
    for broken in summary.broken where told.insert(broken.number + broken.name).inserted {
      text += render(broken, examples: 1)
    }
    for cycle in summary.cycles { text += render(cycle) }
    if let staleness = summary.staleness { text += "  \(staleness)\n" }
    if summary.unknownWrites > 0 {
      let writes = wording(summary.unknownWrites, "write")
      text += "  \(writes) without an answer; what shows that some of it happened:\n"
      let shown = summary.pinned + summary.explanations
      if shown.isEmpty { text += "    nothing\n" }
      for sentence in shown.prefix(candidateLimit) {
        text += wrapped(sentence, indent: 4, hanging: 2)
      }
      if shown.count > candidateLimit {
        text += "    … and \(grouped(shown.count - candidateLimit)) more\n"
      }
    }
    return text
  }

  private func render(_ cycle: ReportedCycle) -> String {
    let isShortest = cycle.shortest == CycleWitness.Shortness.globally.rawValue
    var text = wrapped(
      "cycle \(cycle.anomaly), forbidden by \(cycle.levels.joined(separator: ", ")); none"
        + " \(isShortest ? "" : "with its first step ")is shorter:", indent: 2, hanging: 2)
    for edge in cycle.edges {
      text += wrapped("\(edge.kind): \(edge.sentence)", indent: 4, hanging: 2)
    }
    return text
  }

  private func levels(_ summary: ConsistencySummary) -> String {
    switch (summary.strongest, summary.weakestBroken) {
    case (let strongest?, let broken?): "keeps \(strongest), breaks \(broken)"
    case (let strongest?, nil): "keeps \(strongest)"
    case (nil, let broken?): "breaks \(broken)"
    case (nil, nil): "keeps no level for sure, breaks none for sure"
    }
  }

  private func render(_ broken: ConsistencySummary.BrokenProperty, examples: Int) -> String {
    var head = broken.number.isEmpty ? broken.name : "\(broken.number) \(broken.name)"
    if !broken.number.isEmpty { head += broken.isUncertain ? ", perhaps broken" : ", broken" }
    if broken.count > 1 || !broken.number.isEmpty {
      head += broken.count == 1 ? " once" : " \(grouped(broken.count)) times"
    }
    if !broken.classes.isEmpty {
      head += " ("
      let classes = broken.classes.map { "class \($0.name): \(grouped($0.count))" }
      head += classes.joined(separator: ", ")
      head += ")"
    }
    var text = wrapped("\(head): \(broken.sentence)", indent: 2, hanging: 2)
    for example in broken.examples.prefix(examples) {
      text += wrapped(example, indent: 4, hanging: 2)
    }
    return text
  }
}
