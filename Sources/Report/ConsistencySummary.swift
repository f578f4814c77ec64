/// What is known of which guarantees of ZooKeeper, or levels of isolation, a history keeps, in
/// words and numbers.
public struct ConsistencySummary: Sendable {
  /// A guarantee that was asked for, and what was found.
  public struct Guarantee: Sendable {
    /// A level's or a property's name.
    public var name: String
    /// Whether the history keeps it.
    public var verdict: ReportedVerdict
    /// The properties that decide it and are broken, or not known to be kept.
    public var broken: [BrokenProperty]
  }

  /// A property that a history breaks, or perhaps does.
  public struct BrokenProperty: Sendable {
    /// `P9`; empty for an anomaly of transactions, which is no property.
    public var number: String
    /// `fresh-reads`, or `G1a`.
    public var name: String
    /// What it demands.
    public var sentence: String
    /// Where it is promised.
    public var source: String
    /// How many operations break it.
    public var count: Int
    /// Whether something that is not known may explain all of them.
    public var isUncertain: Bool
    /// The first of them, each in a sentence.
    public var examples: [String]
    /// The `op` of each operation that the first example names.
    public var operations: [Int64]
    /// Of kinds that are told apart, how many there are of each.
    public var classes: [(name: String, count: Int)]
  }

  /// The strongest level that is surely kept; nil if not even the weakest is.
  public var strongest: String?
  /// The weakest level that is surely broken.
  public var weakestBroken: String?
  /// What was asked for.
  public var guarantees: [Guarantee]
  /// All that is broken, asked for or not.
  public var broken: [BrokenProperty]
  /// What levels that are broken forbid, where that is a cycle.
  public var cycles: [ReportedCycle]
  /// Writes whose answers were lost and that must have happened, and why, each in a sentence.
  public var pinned: [String]
  /// What else must have happened, each in a sentence.
  public var explanations: [String]
  /// How many writes had their answers lost.
  public var unknownWrites: Int
  /// How old reads were, where the file's replies tell.
  public var staleness: String?
}
