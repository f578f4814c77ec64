import OperationHistory

/// A small history that breaks a level, and so proves that a larger one does.
public struct ShrunkHistory: Sendable {
  /// What is left, in the native format.
  public var history: History
  /// Whether without any one of its reads and syncs, or without the answer of any one of its writes,
  /// it would not surely break the level.
  public var isMinimal: Bool
}

/// Reduces a history to what is needed to break a level.
///
/// It only takes away what cannot break a level that is kept (design.md, *Shrinking*): all that was
/// called after some moment; reads and syncs; the paths that have nothing to do with the rest; and
/// answers of writes, which then perhaps happened.
///
/// - Parameters:
///   - history: a history whose replies have zxids.
///   - level: the level that it breaks.
///   - isOver: whether time is up.
/// - Returns: nil if the level is not surely broken.
/// - Throws: `HistoryError` for a history that is none of ZooKeeper's.
/// - Complexity: O(n log n) in the size of the history, then a check of what is left for each try.
public func shrink(
  _ history: History, breaking level: Level, isOver: () -> Bool = { false }
) throws(HistoryError) -> ShrunkHistory? {
  guard var shrink = try ConsistencyShrink(history, level: level) else { return nil }
  try shrink.keepWhatMatters()
  var isMinimal = false
  while !isMinimal, !isOver() {
    let hasDropped = try shrink.drop(isOver: isOver)
    let hasLost = try shrink.loseAnswers(isOver: isOver)
    isMinimal = !hasDropped && !hasLost && !isOver()
  }
  return ShrunkHistory(history: shrink.history, isMinimal: isMinimal && shrink.hasFewWrites)
}

/// A history that breaks a level, and becomes smaller.
private struct ConsistencyShrink {
  private(set) var history: History
  private let level: Level
  /// Whether the file leaves requests out: then only what does not rest on the tree counts.
  private let hasGap: Bool

  init?(_ history: History, level: Level) throws(HistoryError) {
    self.level = level
    let report = try ConsistencyReport(history)
    guard report.keeps(level) == false else { return nil }
    hasGap = report.columns.gap != nil
    self.history = history
    self.history.format = .native
  }

  private func isBroken(_ history: History) -> Bool {
    do {
      let report = try ConsistencyReport(history)
      return report.findings.contains {
        level.isBroken(by: $0) && !(hasGap && $0.restsOnState)
      }
    } catch {
      return false
    }
  }

  /// Takes a smaller history if it breaks the level too; whether it does.
  private mutating func accept(_ smaller: History) -> Bool {
    guard isBroken(smaller) else { return false }
    history = smaller
    return true
  }

  // MARK: Large parts

  /// Leaves out what is later than the first violation, paths that have nothing to do with it, and
  /// what tells of watches where it is about none.
  mutating func keepWhatMatters() throws(HistoryError) {
    let report = try ConsistencyReport(history)
    let findings = report.findings.filter {
      level.isBroken(by: $0) && !(hasGap && $0.restsOnState)
    }
    var named: [Int32] = []
    var end = Int32.max
    for finding in findings {
      let own = self.named(finding, report)
      guard let last = own.map(place).max(), last < end else { continue }
      (named, end) = (own, last)
    }
    let watches = findings.contains { $0.property == .watches }
    for place in [end, .max] {
      let columns = try ZooKeeperHistory(history)
      var smaller = without(history, watches: !watches, after: place)
      let unknowns = UnknownWrites(columns)
      let tree = RequestReplay(columns, unknowns: unknowns, chains: []).tree
      let groups = PathGroups(columns, tree)
      let kept = Set(named.compactMap { groups.group(of: Int($0)) })
      let matters = history.operations.indices.filter { request in
        named.contains(Int32(request)) || columns.kinds[request] == .sync
          || groups.group(of: request).map(kept.contains) ?? false
      }
      let ids = Set(matters.map { history.operations[$0].id })
      let all = smaller
      smaller.operations.removeAll { !ids.contains($0.id) }
      if accept(try reread(smaller)) { return }
      if accept(try reread(all)) { return }
    }
  }

  /// The operations that a finding names, and those that show the places of lost writes among them.
  private func named(_ finding: Finding, _ report: ConsistencyReport) -> [Int32] {
    let own = [finding.operation, finding.other, finding.third].filter { $0 >= 0 }
    return own + report.pins.filter { own.contains($0.request) }.map(\.shownBy)
  }

  /// The place in real time at which an operation was answered, or called if it was not.
  private func place(_ request: Int32) -> Int32 {
    let operation = history.operations[Int(request)]
    return operation.completion == .max ? operation.invocation : operation.completion
  }

  /// The history without what watches do, and what is called or answered after a place in real time.
  ///
  /// The numbers of requests go too, since there will be gaps.
  private func without(_ history: History, watches: Bool, after place: Int32) -> History {
    var smaller = history
    var names: Set<Value> = [.string("xid")]
    if watches { names.insert(.string("watch")) }
    smaller.operations = history.operations.filter { $0.invocation <= place }.map { operation in
      var operation = operation
      if operation.completion > place { operation.loseAnswer() }
      if case .map(let fields)? = fields(operation.invocationFields, history) {
        let rest = fields.filter { !names.contains($0.name) }
        if rest.count < fields.count {
          operation.invocationFields = smaller.values.intern(.map(rest))
        }
      }
      return operation
    }
    smaller.annotations = history.annotations.filter { annotation in
      guard let fields = AnnotationFields(annotation) else { return false }
      switch fields["type"] {
      case .string("connect"), .string("disconnect"), .string("expired"): return true
      case .string("watch"): return !watches
      default: return false
      }
    }
    return smaller
  }

  private func fields(_ id: ValueID, _ history: History) -> Value? {
    id == .absent ? nil : history.values[id]
  }

  /// The history as a file would have it, its places in real time closed up.
  private func reread(_ history: History) throws(HistoryError) -> History {
    var history = history
    let lines = history.operations.flatMap { [$0.invocationLine, $0.completionLine] }
      .filter { $0 > 0 }.sorted()
    var sessions: Set<Value> = []
    for operation in history.operations {
      guard case .map(let fields)? = fields(operation.invocationFields, history) else { continue }
      if let session = fields.first(where: { $0.name == .string("session") }) {
        sessions.insert(session.value)
      }
    }
    history.annotations.removeAll { annotation in
      AnnotationFields(annotation)?["session"].map { !sessions.contains($0) } ?? true
    }
    for index in history.annotations.indices {
      let line = history.annotations[index].line
      history.annotations[index].position = Int32(lines.partitioningIndex { $0 >= line })
    }
    let bytes = HistoryWriter.write(history, as: .native)
    var result: Result<History, HistoryError> = .success(history)
    bytes.withUnsafeBytes { bytes in
      do throws(HistoryError) {
        result = .success(try HistoryReader.read(bytes, format: .native))
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }

  // MARK: Single operations

  /// Whether an operation may be left out: it changes nothing, and set no watch that fires.
  private func isDroppable(_ operation: HistoryOperation) -> Bool {
    let kind = OperationKind(function: history.name(of: operation))
    guard !kind.isWrite else { return false }
    guard case .map(let fields)? = fields(operation.invocationFields, history) else { return true }
    return !fields.contains { $0.name == .string("watch") }
      && !["addWatch", "removeWatches"].contains(history.name(of: operation))
  }

  /// Leaves out reads and syncs, many at a time first (Zeller and Hildebrandt, 2002); whether any.
  mutating func drop(isOver: () -> Bool) throws(HistoryError) -> Bool {
    var hasDropped = false
    var size = history.operations.count
    while size > 0 {
      var start = 0
      while start < history.operations.count, !isOver() {
        let end = min(start + size, history.operations.count)
        let rest = history.operations[start..<end].filter { !isDroppable($0) }
        guard rest.count < end - start else {
          start = end
          continue
        }
        var smaller = history
        smaller.operations.replaceSubrange(start..<end, with: rest)
        if accept(smaller) {
          hasDropped = true
          start += rest.count
        } else {
          start = end
        }
      }
      size = size == 1 ? 0 : (size + 1) / 2
    }
    if hasDropped { history = try reread(history) }
    return hasDropped
  }

  /// So many lost writes are too many to look for their places again and again.
  private static let writeLimit = 60

  /// Whether there are so few writes that their answers were tried to be done without.
  var hasFewWrites: Bool {
    history.operations.count {
      OperationKind(function: history.name(of: $0)).isWrite
    } <= Self.writeLimit
  }

  /// Takes the answers of writes away one by one; whether of any.
  mutating func loseAnswers(isOver: () -> Bool) throws(HistoryError) -> Bool {
    var hasLost = false
    guard hasFewWrites else { return false }
    for index in history.operations.indices.reversed()
    where history.operations[index].outcome == .ok && !isOver() {
      let kind = OperationKind(function: history.name(of: history.operations[index]))
      guard kind.isWrite else { continue }
      var smaller = history
      smaller.operations[index].loseAnswer()
      if accept(smaller) { hasLost = true }
    }
    if hasLost { history = try reread(history) }
    return hasLost
  }
}
