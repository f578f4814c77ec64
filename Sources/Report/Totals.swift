/// The sums over all files of one run.
public struct Totals: Sendable {
  /// How many files were decided, or could not be read; missing ones are not counted.
  public private(set) var files = 0
  /// How many verdicts there are: one for each file, or for each guarantee of it.
  public private(set) var verdicts = 0
  private var lastFile: String?
  /// How many have each verdict.
  public private(set) var counts: [ReportedVerdict: Int] = [:]
  /// How many could not be read.
  public private(set) var unreadable = 0
  /// How many belong to a corpus, missing ones included.
  public private(set) var compared = 0
  /// How many of those are not as expected.
  public private(set) var differences = 0
  /// How many have a model that nobody named.
  public private(set) var inferred = 0
  /// Whether of some file another guarantee was asked for than linearizability.
  public private(set) var hasOtherGuarantees = false
  /// How many failed cas say nothing.
  public private(set) var failedCasDropped = 0
  /// Wall-clock time of the whole run; to be set at its end.
  public var seconds = 0.0

  /// Nothing yet.
  public init() {}

  /// Adds a file.
  public mutating func add(_ report: FileReport) {
    if report.expectation != .none { compared += 1 }
    if report.isDifference { differences += 1 }
    guard report.expectation != .missing else { return }
    verdicts += 1
    // A corpus may ask several guarantees of one file, one after another.
    if report.file != lastFile { files += 1 }
    lastFile = report.file
    if report.isModelInferred { inferred += 1 }
    if report.guarantee != "linearizable" { hasOtherGuarantees = true }
    failedCasDropped += report.failedCasDropped
    counts[report.verdict, default: 0] += 1
  }

  /// Adds a file that could not be read.
  public mutating func addUnreadable() {
    files += 1
    verdicts += 1
    unreadable += 1
  }
}
