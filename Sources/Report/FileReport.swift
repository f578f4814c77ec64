import Linearizability
import OperationHistory

/// What a report says of a file, one of the four words that its JSON form uses.
public enum ReportedVerdict: String, CaseIterable, Sendable {
  /// The guarantee is kept; a certificate proves it.
  case holds
  /// The guarantee is broken; a witness proves it.
  case violated
  /// A limit was reached first.
  case unknown
  /// The file is no history, or does not fit the model.
  case malformed
}

/// What is known of one file and one guarantee, without the history itself.
///
/// It holds text and numbers only, so that the reports of many files take little memory, and so
/// that a renderer needs nothing else.
public struct FileReport: Sendable {
  /// The file as the user named it, or as a folder lists it.
  public var file: String
  /// The guarantee that was asked for.
  public var guarantee = "linearizable"
  /// What was found.
  public var verdict: ReportedVerdict
  /// The model, if the file came so far as to have one.
  public var model: String?
  /// How many operations the file has, those that say nothing included.
  public var operations = 0
  /// Why the verdict is what it is, in a sentence; for *malformed* it begins with `line:column:`
  /// where these are known.
  public var reason: String?
  /// Whether nobody named the model.
  public var isModelInferred = false
  /// How many failed cas say nothing, by the rule in force.
  public var failedCasDropped = 0
  /// The rule for failed cas, where the user set it.
  public var failedCas: FailedCasRule?
  /// What else the user should know of how the file was read.
  public var furtherNotes: [String] = []
  /// For *violated*: where and why.
  public var violation: Violation?
  /// For *unknown*: what is known nevertheless.
  public var partialAnswer: PartialAnswer?
  /// For histories of ZooKeeper and of transactions: which guarantees are kept.
  public var consistency: ConsistencySummary?
  /// Wall-clock time, reading included.
  public var seconds = 0.0
  /// What a corpus expects of this file.
  public var expectation = Expectation.none

  /// A report that says a verdict and why.
  public init(file: String, verdict: ReportedVerdict, reason: String? = nil) {
    self.file = file
    self.verdict = verdict
    self.reason = reason
  }

  /// What the user should know of how the file was read.
  public var notes: [String] {
    var notes = furtherNotes
    if isModelInferred { notes.append("the model was inferred from the operations (--model)") }
    switch failedCas {
    case .observed: notes.append("failed cas count as observations, as asked for (--failed-cas)")
    case .dropped, .observedWithoutError, nil:
      guard failedCasDropped > 0 else { break }
      notes.append(
        "\(grouped(failedCasDropped)) failed cas \(failedCasDropped == 1 ? "was" : "were") dropped:"
          + " nobody knows whether \(failedCasDropped == 1 ? "it" : "they") found another value"
          + " (--failed-cas)")
    }
    return notes
  }

  /// The report as it is if only one of its guarantees was asked for.
  func only(_ guarantee: ConsistencySummary.Guarantee) -> FileReport {
    var part = self
    part.guarantee = guarantee.name
    part.verdict = guarantee.verdict
    part.reason = guarantee.broken.first?.examples.first
    part.consistency?.guarantees = [guarantee]
    return part
  }

  /// Whether a corpus expected something else.
  public var isDifference: Bool {
    switch expectation {
    case .none: false
    case .verdict(let expected): expected != verdict
    case .notListed, .missing, .undecidable: true
    }
  }
}

/// What a corpus says of a file.
public enum Expectation: Hashable, Sendable {
  /// The file belongs to no corpus.
  case none
  /// This verdict.
  case verdict(ReportedVerdict)
  /// The file stands in the folder, and the list does not name it.
  case notListed
  /// The list names the file, and the folder does not have it.
  case missing
  /// The list asks for a guarantee that cannot be decided.
  case undecidable(String)
}

/// An operation as a report shows it.
public struct ReportedOperation: Hashable, Sendable {
  /// Its `op` in a native file, elsewhere its index in the history.
  public var id: Int64
  /// The session or client thread.
  public var process: Int64
  /// The line of its invocation.
  public var line: Int32
  /// The call and its result in words: `read → 3`.
  public var text: String
  /// The place of its invocation in the real-time order.
  public var invocation: Int32
  /// The place of its completion there, `Int32.max` if it may happen at any later time or never.
  public var completion: Int32

  /// Makes an operation of a report.
  public init(
    id: Int64, process: Int64, line: Int32, text: String, invocation: Int32, completion: Int32
  ) {
    self.id = id
    self.process = process
    self.line = line
    self.text = text
    self.invocation = invocation
    self.completion = completion
  }
}

/// Where and why a history breaks the guarantee.
public struct Violation: Sendable {
  /// An operation that might have explained the impossible one, and why it does not.
  public struct Candidate: Sendable {
    /// The operation.
    public var operation: ReportedOperation
    /// Why it does not help: a part of a sentence whose subject it is.
    public var reason: String

    /// Makes a candidate.
    public init(operation: ReportedOperation, reason: String) {
      self.operation = operation
      self.reason = reason
    }
  }

  /// The object's key, as JSON; nil if the history has but one object.
  public var key: String?
  /// How many of how many objects break the guarantee.
  public var violatedPartitions = 1
  /// The objects of the history.
  public var partitions = 1
  /// The operation that cannot be placed.
  public var operation: ReportedOperation?
  /// Why, in a sentence for newcomers.
  public var summary = ""
  /// The states that are possible where it would have to be placed.
  public var states: [String] = []
  /// What might have explained what the operation found.
  public var candidates: [Candidate] = []
  /// A small part of the history that breaks the guarantee already.
  public var subhistory: Subhistory?

  /// A violation of which nothing is known yet.
  public init() {}
}

/// A part of a history that breaks the guarantee by itself.
public struct Subhistory: Sendable {
  /// The operations that are left, by invocation.
  public var operations: [ReportedOperation]
  /// Whether any further relaxation makes it linearizable.
  public var isMinimal: Bool

  /// Makes a sub-history.
  public init(operations: [ReportedOperation], isMinimal: Bool) {
    self.operations = operations
    self.isMinimal = isMinimal
  }
}

/// What is known of a history that was not decided.
public struct PartialAnswer: Sendable {
  /// Which limit was reached.
  public var limit: LimitReached
  /// The key of the object of which the rest tells, as JSON; nil if there is but one object.
  public var key: String?
  /// How many objects were not decided.
  public var undecidedPartitions = 1
  /// The objects of the history.
  public var partitions = 1
  /// How many completed operations of that object have an order together.
  public var verifiedOperations = 0
  /// How many completed operations that object has.
  public var completedOperations = 0
  /// The line of the last of those completions; 0 if there is none.
  public var verifiedUpToLine: Int32 = 0
  /// The lines between which the search spent most; nil if it did not come so far.
  public var hardestWindow: ClosedRange<Int32>?
  /// The operations open where the verified prefix ends that could not be placed.
  public var obstacles: [ReportedOperation] = []

  /// A partial answer that knows only why there is no full one.
  public init(limit: LimitReached) {
    self.limit = limit
  }
}
