/// What can be wrong with transactions: a single observation that should not be, or a cycle of
/// dependencies.
///
/// Cycles are Adya's (*Weak Consistency: A Generalized Theory and Optimistic Implementations for
/// Distributed Transactions*, 1999), extended as Elle does by the order of processes and by real
/// time; the rest are Elle's as well (Kingsbury and Alvaro, VLDB 2020).
public enum TransactionAnomaly: Hashable, Sendable {
  /// An anomaly that is no cycle.
  case direct(Direct)
  /// A cycle of dependencies, and what else than reads and writes its edges rest on.
  case cycle(Cycle, Order)

  /// Anomalies that one transaction, or two, show by themselves.
  public enum Direct: UInt8, CaseIterable, Sendable {
    /// A read shows something that nobody wrote.
    case garbageRead
    /// A read shows the same element twice.
    case duplicateElements
    /// Versions that each must come before the other.
    case cyclicVersions
    /// Two reads of a list of which neither begins with the other.
    case incompatibleOrder
    /// A read shows what a transaction wrote that did not happen.
    case abortedRead
    /// A read shows what its writer overwrote in the same transaction.
    case intermediateRead
    /// A version that rests on one of a transaction that did not happen.
    case dirtyUpdate
    /// Two transactions read the same version and both replaced it.
    case lostUpdate
    /// A transaction contradicts its own steps.
    case `internal`
  }

  /// Classes of cycles, by their edges; each contains no cycle of those before it.
  public enum Cycle: UInt8, CaseIterable, Sendable {
    /// Of write-write edges only.
    case g0
    /// Of write-write and write-read edges.
    case g1c
    /// With one read-write edge.
    case gSingle
    /// With several read-write edges of which no two follow each other.
    case gNonadjacent
    /// With read-write edges that follow each other.
    case g2Item
  }

  /// What orders transactions besides what they read and wrote.
  public enum Order: UInt8, CaseIterable, Sendable {
    /// Nothing.
    case none
    /// Their order in each process.
    case process
    /// Real time.
    case realTime
  }

  /// All, the worst first.
  public static let allCases: [TransactionAnomaly] =
    Direct.allCases.map { .direct($0) }
    + Order.allCases.flatMap { order in Cycle.allCases.map { .cycle($0, order) } }

  /// The field's name, such as `G1a` or `G-single-realtime`.
  public var name: String {
    switch self {
    case .direct(let direct): direct.name
    case .cycle(let cycle, .none): cycle.name
    case .cycle(let cycle, .process): cycle.name + "-process"
    case .cycle(let cycle, .realTime): cycle.name + "-realtime"
    }
  }

  /// What it means, in a sentence.
  public var sentence: String {
    switch self {
    case .direct(let direct): return direct.sentence
    case .cycle(let cycle, let order):
      let with =
        switch order {
        case .none: ""
        case .process: ", the order of each process's transactions included"
        case .realTime: ", real time included"
        }
      return cycle.sentence + with + "."
    }
  }
}

extension TransactionAnomaly.Direct {
  /// The field's name.
  public var name: String {
    switch self {
    case .garbageRead: "garbage-read"
    case .duplicateElements: "duplicate-elements"
    case .cyclicVersions: "cyclic-versions"
    case .incompatibleOrder: "incompatible-order"
    case .abortedRead: "G1a"
    case .intermediateRead: "G1b"
    case .dirtyUpdate: "dirty-update"
    case .lostUpdate: "lost-update"
    case .internal: "internal"
    }
  }

  /// What it means, in a sentence.
  public var sentence: String {
    switch self {
    case .garbageRead: "A read shows what nobody wrote."
    case .duplicateElements: "A read shows an element twice that was appended once."
    case .cyclicVersions: "Versions of one object each come before the other."
    case .incompatibleOrder: "Two reads of one object disagree about the order of its versions."
    case .abortedRead: "A read shows the write of a transaction that did not happen."
    case .intermediateRead: "A read shows a state in the middle of another transaction."
    case .dirtyUpdate:
      "A transaction that happened built on a version of one that did not happen."
    case .lostUpdate: "Two transactions read the same version and both replaced it."
    case .internal: "A transaction contradicts what it did itself before."
    }
  }
}

extension TransactionAnomaly.Cycle {
  /// Adya's name.
  public var name: String {
    switch self {
    case .g0: "G0"
    case .g1c: "G1c"
    case .gSingle: "G-single"
    case .gNonadjacent: "G-nonadjacent"
    case .g2Item: "G2-item"
    }
  }

  /// What it means: the sentence lacks its full stop.
  fileprivate var sentence: String {
    switch self {
    case .g0: "Transactions' writes come before each other in a circle"
    case .g1c: "Transactions' writes and reads come before each other in a circle"
    case .gSingle: "In a circle of dependencies one read misses a write"
    case .gNonadjacent: "In a circle of dependencies reads miss writes, never two in a row"
    case .g2Item: "In a circle of dependencies reads miss writes"
    }
  }
}
