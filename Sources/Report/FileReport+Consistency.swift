import Consistency
import Linearizability
import OperationHistory

extension FileReport {
  /// Tells which of ZooKeeper's guarantees a history keeps.
  ///
  /// - Parameters:
  ///   - file: the file's name.
  ///   - report: what was found.
  ///   - requirements: what was asked for.
  ///   - staleness: how old the reads were, if that is to be told.
  ///   - cycles: the cycles that are to be told.
  ///   - exampleLimit: how many violations of a property are told in sentences.
  public init(
    file: String, report: ConsistencyReport, requirements: [Requirement],
    staleness: StalenessSummary? = nil, cycles: [CycleWitness] = [], exampleLimit: Int = 3
  ) {
    let guarantees = requirements.map { requirement in
      ConsistencySummary.Guarantee(
        name: requirement.name, verdict: ReportedVerdict(report.verdict(of: requirement)),
        broken: Self.broken(report, exampleLimit) { report.breaks($0, requirement) })
    }
    // What is broken is worse than what is not known.
    let worst = [ReportedVerdict.violated, .unknown].first { verdict in
      guarantees.contains { $0.verdict == verdict }
    }
    self.init(file: file, verdict: worst ?? .holds)
    model = "zookeeper"
    operations = report.columns.kinds.count
    guarantee = requirements.map(\.name).joined(separator: ",")
    reason =
      guarantees.first { $0.verdict == worst }?.broken.first { broken in
        broken.isUncertain == (worst == .unknown)
      }?.examples.first
    consistency = ConsistencySummary(
      strongest: report.strongest?.rawValue, weakestBroken: report.weakestBroken?.rawValue,
      guarantees: guarantees,
      broken: Self.broken(report, exampleLimit, uncertain: []) { _ in true },
      cycles: cycles.map { ReportedCycle($0, report) },
      pinned: report.pins.map(report.sentence),
      explanations: report.explanations.map(report.sentence),
      unknownWrites: report.unknownWrites, staleness: staleness.map(Self.sentence))
  }

  private static func sentence(_ staleness: StalenessSummary) -> String {
    let reads = wording(staleness.reads, "read")
    guard staleness.laggingViews > 0 else { return "\(reads), none with a lagging view" }
    var text = "\(reads), \(grouped(staleness.laggingViews)) with a lagging view, "
    guard staleness.staleReads > 0 else { return text + "none of them stale" }
    text += "\(grouped(staleness.staleReads)) of them stale: by up to"
    text += " \(wording(Int(staleness.versions.max), "version"))"
    let seconds = Double(staleness.nanoseconds.max) / 1e9
    return seconds > 0 ? text + " and \(wording(seconds: seconds))" : text
  }

  private static func broken(
    _ report: ConsistencyReport, _ limit: Int, uncertain: [Finding]? = nil,
    where isIncluded: (Finding) -> Bool
  ) -> [ConsistencySummary.BrokenProperty] {
    var result: [ConsistencySummary.BrokenProperty] = []
    for (findings, isUncertain) in [
      (report.findings, false), (uncertain ?? report.undecided, true),
    ] {
      for property in Property.allCases {
        let own = findings.filter { $0.property == property && isIncluded($0) }
        guard let first = own.first, !result.contains(where: { $0.number == property.number })
        else { continue }
        let named = [first.operation, first.other, first.third].filter { $0 >= 0 }
        result.append(
          ConsistencySummary.BrokenProperty(
            number: property.number, name: property.name, sentence: property.sentence,
            source: property.source, count: own.count, isUncertain: isUncertain,
            examples: own.prefix(limit).map(report.sentence),
            operations: named.map { report.columns.history.operations[Int($0)].id },
            classes: property == .freshAfterSync ? classes(own, report) : []))
      }
    }
    return result
  }

  private static func classes(
    _ findings: [Finding], _ report: ConsistencyReport
  ) -> [(name: String, count: Int)] {
    SyncClass.allCases.compactMap { sync in
      let count = findings.count { report.syncClass($0) == sync }
      return count == 0 ? nil : (sync.rawValue, count)
    }
  }
}

extension ReportedVerdict {
  init(_ verdict: Verdict) {
    self =
      switch verdict {
      case .holds: .holds
      case .violated: .violated
      case .unknown: .unknown
      }
  }
}
