import OperationHistory

/// A part of a violated partition that proves the violation.
public struct ShrunkPartition: Sendable {
  /// The object's key; `absent` if the history has but one object.
  public var key: ValueID
  /// What remains, by ascending invocation; definite operations that were relaxed are indeterminate
  /// and have no result.
  public var entries: [Entry]
  /// Whether every further single relaxation makes it linearizable.
  ///
  /// False also if a limit was reached before that was known.
  public var isMinimal: Bool
  /// How often linearizability was checked on the way.
  public var checks: Int
  /// The write, as an index into `History.operations`, whose past was left out unseen; nil if the
  /// past was not cut.
  public var base: Int32?

  /// Makes one.
  public init(
    key: ValueID, entries: [Entry], isMinimal: Bool, checks: Int, base: Int32? = nil
  ) {
    self.key = key
    self.entries = entries
    self.isMinimal = isMinimal
    self.checks = checks
    self.base = base
  }
}

/// Makes a violated partition small by relaxations that keep every order.
///
/// Of a partition of many keys (``BuiltInModel/keyed``) one violated key remains. If the partition
/// is not known to be violated within the budget, it comes back as it is.
///
/// - Parameters:
///   - partition: a partition that is not linearizable.
///   - model: its model.
///   - violatedBy: the end of a prefix that is known to be a violation (``PartitionResult``).
///   - holdsBefore: a place before which all is known to hold (``PartitionResult``).
///   - budget: what may be spent; past it the smallest violation so far is returned.
/// - Returns: the part, whose entries stand in the partition as well, but for what was relaxed.
public func shrink(
  _ partition: Partition, model: BuiltInModel, violatedBy: Int32, holdsBefore: Int32 = .min,
  budget: SearchBudget
) -> ShrunkPartition {
  var oracle = Oracle(model: model, budget: budget)
  let single = violatedKey(of: partition, model: model, oracle: &oracle)
  let relaxation = Relaxation(model)
  guard
    let prefix = oracle.shortestPrefix(
      of: single.entries, violatedBy: violatedBy, holdsBefore: holdsBefore,
      needsOrder: false,
      relaxation: relaxation)
  else {
    return ShrunkPartition(
      key: single.key, entries: single.entries, isMinimal: false, checks: oracle.checks)
  }
  var reduction = Reduction(
    prefix: prefix, of: single.entries, relaxation: relaxation, oracle: oracle)
  reduction.run()
  return ShrunkPartition(
    key: single.key, entries: reduction.remaining, isMinimal: reduction.isMinimal,
    checks: reduction.oracle.checks, base: reduction.base)
}

/// The partition itself, or of one that holds many keys the operations of a violated one.
func violatedKey(of partition: Partition, model: BuiltInModel, oracle: inout Oracle) -> Partition {
  guard model.keyed else { return partition }
  var places: [ValueID: Int] = [:]
  var parts: [Partition] = []
  for entry in partition.entries {
    let key = entry.operation.key
    let place = places[key] ?? parts.count
    if place == parts.count {
      places[key] = place
      parts.append(Partition(key: key, entries: []))
    }
    parts[place].entries.append(entry)
    parts[place].entries[parts[place].entries.count - 1].operation.key = .absent
  }
  return parts.first { oracle.isViolated($0.entries) } ?? partition
}

/// Delta debugging over the relaxations (Zeller and Hildebrandt, "Simplifying and isolating
/// failure-inducing input", 2002).
struct Reduction {
  private enum Step {
    case drop, makeIndeterminate
  }

  private let relaxation: Relaxation
  private(set) var oracle: Oracle
  /// What remains of each entry of the prefix.
  private var current: [Entry?]
  /// What the prefix's operations were before they lost their results.
  private let originals: [ModelOperation]
  /// The write whose past went, as an index into `History.operations`.
  private(set) var base: Int32?
  private(set) var isMinimal = false
  /// How many single steps of this round are neither violations nor linearizable for all we know.
  private var unanswered = 0

  /// Each question of the later steps is about few operations, or is not worth more.
  private static let questionTimeout = Duration.milliseconds(500)
  /// Partitions this small keep the past before a write: it tells the better story.
  private static let smallEnough = 24
  /// How many operations may stay in order to show where a value came from.
  private static let farthestProducer = 4096

  init(
    prefix: ViolatingPrefix, of entries: [Entry], relaxation: Relaxation, oracle: Oracle
  ) {
    self.relaxation = relaxation
    self.oracle = oracle
    current = prefix.entries
    originals = prefix.origins.map { entries[Int($0)].operation }
  }

  var remaining: [Entry] { current.compactMap { $0 } }

  mutating func run() {
    oracle.timeout = Self.questionTimeout
    cutPast()
    while true {
      let before = current
      unanswered = 0
      remove { relaxation, entry, _ in relaxation.isObservation(entry.operation) }
      removeUnseen()
      relax()
      remove { _, entry, last in entry.isIndeterminate && entry.invocation > last }
      guard oracle.budget.limitReached == nil else { return }
      if current == before {
        // This round asked about every single step.
        isMinimal = unanswered == 0
        return
      }
    }
  }

  // MARK: Steps

  /// Replaces what remains if it is a violation still.
  private mutating func attempt(_ candidate: [Entry?]) -> Verdict {
    let verdict = oracle.check(candidate.compactMap { $0 }).verdict
    if verdict == .violated { current = candidate }
    return verdict
  }

  /// Applies a change to as many of the given groups of entries as possible.
  private mutating func reduce(_ groups: [[Int]], _ step: Step) {
    var groups = groups
    var size = groups.count
    while size > 0 {
      var kept: [[Int]] = []
      var start = 0
      while start < groups.count {
        if oracle.budget.limitReached != nil { return }
        let chunk = groups[start..<min(start + size, groups.count)]
        var candidate = current
        for index in chunk.joined() {
          guard let entry = candidate[index] else { continue }
          candidate[index] = step == .drop ? nil : relaxation.indeterminate(entry)
        }
        let verdict = attempt(candidate)
        if verdict != .violated { kept.append(contentsOf: chunk) }
        if verdict == .unknown, chunk.count == 1 { unanswered += 1 }
        start += size
      }
      groups = kept
      size = min(size / 2, groups.count)
    }
  }

  /// Drops as many as possible of the entries that may be dropped one by one.
  private mutating func remove(where mayGo: (Relaxation, Entry, _ last: Int32) -> Bool) {
    let last = Relaxation.lastCompletion(remaining)
    let groups = current.indices.filter { index in
      current[index].map { mayGo(relaxation, $0, last) } ?? false
    }
    reduce(groups.map { [$0] }, .drop)
  }

  /// Drops operations that nobody who remains can have seen.
  private mutating func removeUnseen() {
    switch relaxation.separation {
    case .none: return
    case .bySight:
      let sights = relaxation.sights(remaining)
      remove { relaxation, entry, _ in relaxation.isUnseen(entry.operation, by: sights) }
    case .byValue:
      reduce(relaxation.groupsByValue(current, originals), .drop)
    }
  }

  private mutating func relax() {
    let definite = current.indices.filter { index in
      guard let entry = current[index], !entry.isIndeterminate else { return false }
      return !relaxation.isObservation(entry.operation)
    }
    reduce(definite.map { [$0] }, .makeIndeterminate)
  }

  // MARK: The past

  /// Looks for a late write such that what follows it is a violation by itself.
  ///
  /// It goes back far enough to keep, if that is not too far, a write of the value that the last
  /// operation found.
  private mutating func cutPast() {
    let entries = remaining
    var window = Self.smallEnough
    while window < entries.count {
      defer { window *= 4 }
      let start = min(entries[entries.count - window].invocation, producerOfLast(entries))
      let base = entries.indices.last { index in
        entries[index].completion < start && relaxation.isPlainWrite(entries[index].operation)
      }
      guard let base else { return }
      if attempt(relaxation.cut(entries, after: base)) == .violated {
        self.base = entries[base].source
        return
      }
    }
  }

  /// Where the latest operation began that left what the last operation to end found.
  private func producerOfLast(_ entries: [Entry]) -> Int32 {
    let ended = entries.filter { !$0.isIndeterminate }
    guard let last = ended.max(by: { $0.completion < $1.completion }) else { return .max }
    let sights = relaxation.sights(CollectionOfOne(last))
    let producer = entries.last {
      $0.source != last.source && !relaxation.isUnseen($0.operation, by: sights)
        && !relaxation.isObservation($0.operation)
    }
    guard let producer, entries.suffix(Self.farthestProducer).contains(producer) else {
      return .max
    }
    return producer.invocation
  }
}

extension Relaxation {
  /// The groups of entries that rule 4 lets go together: those that name the same value.
  ///
  /// Lists that were read from a set belong to the group of each of their values; they may go
  /// anyway, so a group takes them with it.
  ///
  /// - Parameters:
  ///   - entries: what remains of each entry.
  ///   - originals: the operations with the results that some have lost, which tell whom they
  ///     concerned.
  /// - Returns: the indices of each group, by first appearance of its value.
  func groupsByValue(_ entries: [Entry?], _ originals: [ModelOperation]) -> [[Int]] {
    var places: [ValueID: Int] = [:]
    var groups: [[Int]] = []
    for (index, entry) in entries.enumerated() {
      guard let entry else { continue }
      if entry.operation.action == .extract, entry.operation.first == .absent,
        !entry.isIndeterminate
      {
        return []
      }
      for value in named(by: originals[index]) where value != .null {
        let place = places[value] ?? groups.count
        if place == groups.count {
          places[value] = place
          groups.append([])
        }
        groups[place].append(index)
      }
    }
    return groups
  }
}
