import Linearizability

/// What a user may ask of a history: a level, a property, or a promise to single sessions.
public enum Requirement: Hashable, Sendable {
  /// A whole level.
  case level(Level)
  /// One property.
  case property(Property)
  /// A promise to each session for itself.
  case session(SessionGuarantee)

  /// Finds what a name or number (`zookeeper`, `P9`, `fresh-reads`) stands for.
  public init?(name: String) {
    if let level = Level(rawValue: name) {
      self = .level(level)
    } else if let property = Property.allCases.first(where: {
      $0.name == name || $0.number == name || $0.number.lowercased() == name
    }) {
      self = .property(property)
    } else if let guarantee = SessionGuarantee(rawValue: name) {
      self = .session(guarantee)
    } else {
      return nil
    }
  }

  /// What reports call it.
  public var name: String {
    switch self {
    case .level(let level): level.rawValue
    case .property(let property): property.name
    case .session(let guarantee): guarantee.rawValue
    }
  }

  /// Every name that ``init(name:)`` takes, numbers aside.
  public static let names =
    Level.allCases.map(\.rawValue) + SessionGuarantee.allCases.map(\.rawValue)
    + Property.allCases.map(\.name)
}

/// One of the four promises to a single session (Terry and others, *Session Guarantees for Weakly
/// Consistent Replicated Data*, 1994); together they are P3 and P7.
public enum SessionGuarantee: String, CaseIterable, Sendable {
  /// A read sees what its session wrote before.
  case readYourWrites = "read-your-writes"
  /// A read sees what its session saw before.
  case monotonicReads = "monotonic-reads"
  /// A write is done after its session's earlier ones.
  case monotonicWrites = "monotonic-writes"
  /// A write is done after what its session saw before.
  case writesFollowReads = "writes-follow-reads"
}

extension ConsistencyReport {
  /// Whether the history keeps what is asked for.
  public func verdict(of requirement: Requirement) -> Verdict {
    if findings.contains(where: { breaks($0, requirement) }) { return .violated }
    return undecided.contains { breaks($0, requirement) } ? .unknown : .holds
  }

  /// Whether a finding breaks what is asked for.
  public func breaks(_ finding: Finding, _ requirement: Requirement) -> Bool {
    switch requirement {
    case .level(let level): level.isBroken(by: finding)
    case .property(let property): finding.kind == .missingZxid || finding.breaks(property)
    case .session(let guarantee):
      finding.kind == .missingZxid || sessionGuarantee(of: finding) == guarantee
    }
  }

  /// Which promise to a single session a finding of P3 or P7 breaks, by what its two operations are.
  ///
  /// A sync counts as a read: it tells a session what its server has seen.
  func sessionGuarantee(of finding: Finding) -> SessionGuarantee? {
    guard finding.property == .orderedWrites || finding.property == .orderedSessions,
      finding.other >= 0
    else { return nil }
    let isWrite = columns.kinds[Int(finding.operation)].isWrite
    return switch (columns.kinds[Int(finding.other)].isWrite, isWrite) {
    case (true, true): .monotonicWrites
    case (true, false): .readYourWrites
    case (false, true): .writesFollowReads
    case (false, false): .monotonicReads
    }
  }
}
