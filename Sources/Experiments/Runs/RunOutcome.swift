import Simulator

/// What a run has shown, without the run itself.
public struct RunOutcome: Hashable, Sendable {
  /// The run's seed.
  public var seed: UInt64
  /// A fingerprint of everything that happened in it.
  public var traceHash: UInt64
  /// How often what happened.
  public var counters: RunCounters
  /// How much of its history was judged.
  public var judged = JudgementCounts()
  /// The promises that were broken, in the order in which it was seen.
  public var findings: [Finding]
  /// Whether too little was done to say anything.
  public var isVoid: Bool
  /// How long it was, in virtual time.
  public var virtualNanoseconds: Int64
  /// How many events there were.
  public var events: Int
  /// Whether the run was the same when it was run again; true if it was not.
  public var isRepeatable = true

  /// What a simulation has ended with.
  public init(_ result: SimulationResult) {
    seed = result.options.seed
    traceHash = result.traceHash
    counters = result.counters
    findings = result.violations.map { Finding($0) }
    isVoid = result.isVoid
    virtualNanoseconds = result.virtualNanoseconds
    events = result.events
  }

  /// Whether no promise was broken.
  public var isClean: Bool { findings.isEmpty }
}

/// A promise that was broken in a run.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
  /// Which promise; what stays the same while a run is made smaller.
  public var promise: String
  /// What was seen.
  public var message: String
  /// When, in nanoseconds of virtual time; nil if it was seen in the history, afterwards.
  public var time: Int64?

  /// What an oracle saw.
  public init(_ violation: Violation) {
    promise = violation.promise.rawValue
    message = violation.message
    time = violation.time
  }

  /// `committed prefixes agree, broken at 12.000345 s: …`.
  public var description: String {
    "\(promise), broken" + (time.map { " at \(seconds($0)) s" } ?? "") + ": \(message)"
  }
}
