import OperationHistory

/// Words for what transactions did.
struct TransactionWording {
  let transactions: TransactionHistory
  let versions: TransactionVersions

  // MARK: Names

  /// `op 4 (line 9, process 1)`.
  func transaction(_ index: Int32) -> String {
    let operation = transactions.history.operations[Int(index)]
    var facts = "line \(operation.invocationLine), process \(operation.process)"
    if operation.outcome == .info { facts += ", never answered" }
    if operation.outcome == .fail { facts += ", failed" }
    return "op \(operation.id) (\(facts))"
  }

  /// `op 4`.
  func name(_ index: Int32) -> String { "op \(transactions.history.operations[Int(index)].id)" }

  private func owner(_ step: Int32) -> String {
    transaction(transactions.transactionOf[Int(step)])
  }

  private func key(_ step: Int32) -> String {
    text(transactions.keys[Int(transactions.keyOf[Int(step)])])
  }

  private func value(_ step: Int32) -> String { text(transactions.valueOf[Int(step)]) }

  /// A value as JSON; of a long list its last elements.
  private func text(_ value: ValueID) -> String {
    if let list = transactions.history.values.list(value), list.count > 8 {
      return "[… " + list.suffix(6).map { transactions.text(of: $0) }.joined(separator: ",") + "]"
    }
    return transactions.text(of: value)
  }

  private var isList: Bool { transactions.model == .listAppend }
  private var wrote: String { isList ? "appended" : "wrote" }

  /// `appended 3 to "x"`.
  private func write(_ step: Int32) -> String {
    "\(wrote) \(value(step)) to \(key(step))"
  }

  /// `read "x" as [1,2]`.
  private func read(_ step: Int32) -> String { "read \(key(step)) as \(value(step))" }

  // MARK: Findings

  /// What a finding says, in a sentence.
  func sentence(_ finding: TransactionFinding) -> String {
    let reader = owner(finding.step)
    switch finding.anomaly {
    case .garbageRead:
      return "\(reader) \(read(finding.step)), with \(garbage(finding.step)), which nobody"
        + " \(wrote)."
    case .duplicateElements:
      return "\(reader) \(read(finding.step)), with \(duplicate(finding.step)) twice."
    case .cyclicVersions:
      return "\(reader) \(write(finding.step)), but that version was replaced by one which it"
        + " replaced itself."
    case .incompatibleOrder:
      return "\(reader) \(read(finding.step)), but \(owner(finding.other))"
        + " \(read(finding.other)): neither is a beginning of the other."
    case .abortedRead:
      return "\(reader) \(read(finding.step)), but \(owner(finding.other)), which"
        + " \(write(finding.other)), did not happen."
    case .intermediateRead:
      return "\(reader) \(read(finding.step)), which ends in the middle of"
        + " \(owner(finding.other)): that \(write(finding.other)) and later wrote there again."
    case .dirtyUpdate:
      return "\(reader) \(write(finding.step)) after \(owner(finding.other))"
        + " \(write(finding.other)), which did not happen and yet is still there."
    case .lostUpdate:
      return "\(reader) and \(owner(finding.other)) both \(read(finding.step)), and both then"
        + " wrote there: neither saw the other's write."
    case .internal: return contradiction(finding)
    }
  }

  private func contradiction(_ finding: TransactionFinding) -> String {
    let reader = owner(finding.step)
    guard finding.other < 0 else {
      return "\(reader) \(read(finding.step)) before it \(write(finding.other)) itself."
    }
    let before = transactions.previous[Int(finding.step)]
    guard before >= 0 else { return "\(reader) \(read(finding.step))." }
    let did = transactions.kinds[Int(before)].isRead ? read(before) : write(before)
    return "\(reader) \(did), and then \(read(finding.step))."
  }

  private func elements(_ step: Int32) -> ArraySlice<ValueID> {
    transactions.history.values.list(transactions.valueOf[Int(step)]) ?? []
  }

  private func duplicate(_ step: Int32) -> String {
    var seen: Set<ValueID> = []
    return elements(step).first { !seen.insert($0).inserted }.map(text) ?? "an element"
  }

  private func garbage(_ step: Int32) -> String {
    guard isList else { return value(step) }
    let written = Set(
      transactions.steps(ofKey: Int(transactions.keyOf[Int(step)])).filter {
        !transactions.kinds[Int($0)].isRead
      }.map { transactions.valueOf[Int($0)] })
    return elements(step).first { !written.contains($0) }.map(text) ?? "an element"
  }

  // MARK: Dependencies

  /// Why one transaction comes before another, in a sentence.
  func sentence(_ step: Cycle.Step) -> String {
    let (from, reason, to) = (step.from, step.kind, step.to)
    let operations = transactions.history.operations
    let (left, right) = (transaction(from), transaction(to))
    switch reason {
    case .process:
      return "\(left) ended before \(right), of the same process, began."
    case .realTime:
      return "\(left) was answered (line \(operations[Int(from)].completionLine)) before \(right)"
        + " was called."
    case .writeWrite, .writeRead, .readWrite:
      let found =
        switch versions {
        case .lists(let lists): listSentence(from, reason, to, lists)
        case .registers(let registers): registerSentence(from, reason, to, registers)
        }
      return found ?? "\(left) comes before \(right)."
    default: return "\(left) comes before \(right)."
    }
  }

  private func listSentence(
    _ from: Int32, _ reason: EdgeKind, _ to: Int32, _ versions: ListVersions
  ) -> String? {
    let (left, right) = (transaction(from), transaction(to))
    for pair in pairs(from, to, reason) {
      let key = Int(transactions.keyOf[Int(pair.left)])
      let order = Array(versions.writers[Int(versions.first[key])..<Int(versions.first[key + 1])])
      let place = order.firstIndex(of: pair.right)
      switch reason {
      case .writeWrite:
        guard let earlier = order.firstIndex(of: pair.left),
          last(before: place ?? order.count, order, versions) == from
        else { continue }
        guard let place else {
          return
            "\(left) \(write(pair.left)), and \(right) \(write(pair.right)), which stands in no"
            + " read: it was appended after all that does."
        }
        if place <= earlier { continue }
        return "\(left) \(write(pair.left)), and \(right) appended \(value(pair.right)) after it."
      case .writeRead:
        let length = min(elements(pair.right).count, order.count)
        guard let place = order.firstIndex(of: pair.left), place < length,
          last(before: length, order, versions) == from
        else { continue }
        return "\(left) \(write(pair.left)), and \(right) \(read(pair.right))."
      default:
        let length = elements(pair.left).count
        guard length <= order.count else { continue }
        let next = order[length...].first { $0 >= 0 && versions.happened($0, transactions) }
        if let next, transactions.transactionOf[Int(next)] != to { continue }
        if next == nil, place != nil { continue }
        let appended = "\(left) \(read(pair.left)), and \(right) appended \(value(pair.right))"
        return next == nil
          ? "\(appended), which no read shows: that came after." : "\(appended) after it."
      }
    }
    return nil
  }

  /// The transaction that appended the last of so many elements, among those that happened.
  private func last(before end: Int, _ order: [Int32], _ versions: ListVersions) -> Int32? {
    order[..<end].last { $0 >= 0 && versions.happened($0, transactions) }
      .map { transactions.transactionOf[Int($0)] }
  }

  private func registerSentence(
    _ from: Int32, _ reason: EdgeKind, _ to: Int32, _ versions: RegisterVersions
  ) -> String? {
    let (left, right) = (transaction(from), transaction(to))
    let pairs = pairs(from, to, reason)
    for pair in pairs {
      let source = versions.source[Int(pair.right)]
      switch reason {
      case .writeWrite where source == pair.left:
        return "\(left) \(write(pair.left)), and \(right) read that and then"
          + " \(write(pair.right))."
      case .writeRead where source == pair.left:
        return "\(left) \(write(pair.left)), and \(right) \(read(pair.right))."
      case .readWrite:
        let seen = versions.source[Int(pair.left)]
        guard transactions.kinds[Int(pair.right)] == .finalWrite else { continue }
        if seen >= 0, source == seen {
          return "\(left) \(read(pair.left)), and \(right) read the same and then"
            + " \(write(pair.right))."
        }
        if seen == RegisterVersions.initial, source < 0 {
          return "\(left) \(read(pair.left)), which is what it held before any write, and \(right)"
            + " \(write(pair.right))."
        }
      default: continue
      }
    }
    guard versions.areKeysLinearizable else { return nil }
    for pair in pairs where transactions.kinds[Int(pair.right)] == .finalWrite {
      let write = reason == .readWrite ? versions.source[Int(pair.left)] : pair.left
      guard write >= 0, precedes(transactions.transactionOf[Int(write)], to) else { continue }
      let known =
        reason == .readWrite
        ? "\(left) \(read(pair.left)), which \(owner(write)) wrote"
        : "\(left) \(self.write(write))"
      let writer = name(transactions.transactionOf[Int(write)])
      return "\(known); \(writer) ended before \(right) began, which \(self.write(pair.right))."
    }
    return nil
  }

  private func precedes(_ left: Int32, _ right: Int32) -> Bool {
    let operations = transactions.history.operations
    return operations[Int(left)].outcome == .ok
      && operations[Int(left)].completion < operations[Int(right)].invocation
  }

  /// The steps of two transactions on the same object that a dependency may rest on.
  private func pairs(
    _ from: Int32, _ to: Int32, _ reason: EdgeKind
  ) -> [(left: Int32, right: Int32)] {
    var byKey: [Int32: [Int32]] = [:]
    for left in transactions.steps(of: from) where fits(left, isRead: reason == .readWrite) {
      byKey[transactions.keyOf[Int(left)], default: []].append(left)
    }
    return transactions.steps(of: to).flatMap { right in
      guard fits(right, isRead: reason == .writeRead) else {
        return [(left: Int32, right: Int32)]()
      }
      return (byKey[transactions.keyOf[Int(right)]] ?? []).map { (left: $0, right: right) }
    }
  }

  private func fits(_ step: Int32, isRead: Bool) -> Bool {
    isRead
      ? transactions.kinds[Int(step)] == .externalRead : !transactions.kinds[Int(step)].isRead
  }
}

extension ListVersions {
  fileprivate func happened(_ step: Int32, _ transactions: TransactionHistory) -> Bool {
    hasHappened[Int(transactions.transactionOf[Int(step)])]
  }
}

extension TransactionReport {
  /// How often an anomaly was found; of a class of cycles only one is looked for.
  public func count(of anomaly: TransactionAnomaly) -> Int {
    switch anomaly {
    case .direct(let direct): findings.count(direct)
    case .cycle: cycles.count { $0.anomaly == anomaly }
    }
  }

  /// Cases of an anomaly, each in a sentence, and the `op` of each transaction of the first.
  public func examples(
    of anomaly: TransactionAnomaly.Direct, limit: Int
  ) -> (sentences: [String], operations: [Int64]) {
    let found = findings.examples.filter { $0.anomaly == anomaly }
    return (found.prefix(limit).map(wording.sentence), found.first.map(operations) ?? [])
  }

  /// The `op` of each transaction of a cycle.
  public func operations(of cycle: TransactionCycle) -> [Int64] {
    cycle.cycle.steps.map { transactions.history.operations[Int($0.from)].id }
  }

  /// Why one transaction of a cycle comes before the next, in a sentence.
  public func sentence(_ step: Cycle.Step) -> String { wording.sentence(step) }

  /// What a transaction is called: `op 4 (line 9, process 1)`.
  public func words(for transaction: Int32) -> String { wording.transaction(transaction) }

  private var wording: TransactionWording {
    TransactionWording(transactions: transactions, versions: versions)
  }

  private func operations(_ finding: TransactionFinding) -> [Int64] {
    var ids: [Int64] = []
    for step in [finding.step, finding.other] where step >= 0 {
      let id = transactions.history.operations[Int(transactions.transactionOf[Int(step)])].id
      if !ids.contains(id) { ids.append(id) }
    }
    return ids
  }
}
