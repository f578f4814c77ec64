import OperationHistory

/// What the reads of all lists tell: in which order elements were appended, and what cannot be.
///
/// A list that only grows carries its own history: the longest read of a list is the order of its
/// versions, and every other read must be a beginning of it (*traceability* in Kingsbury and
/// Alvaro, VLDB 2020, section 3). Where two reads disagree only what all of them have in common is
/// taken for the order.
struct ListVersions {
  /// Of each key where its versions begin in `writers`, and at last the number of all.
  private(set) var first: [Int32] = [0]
  /// The steps that appended the elements of each list, in their order; -1 for what nobody wrote.
  private(set) var writers: [Int32] = []
  /// Of each key whether all its reads agree, so that what they lack was appended later.
  private(set) var isCoherent: [Bool] = []
  /// Whether each transaction happened: it is `ok`, or a read shows something that it wrote.
  private(set) var hasHappened: [Bool]
  /// What cannot be.
  private(set) var findings = TransactionFindings()

  private let transactions: TransactionHistory
  private let values: ValueTable
  // Of the list that is being looked at:
  /// Who appended an element.
  private var writerOf = IdentifierTable()
  /// The step that shows the longest list, and that list.
  private var longest: (step: Int32, list: ArraySlice<ValueID>) = (-1, [])
  /// How much of it all reads agree about.
  private var agreed = 0
  /// The lists by length that are known to be its beginnings, to compare them once.
  private var beginnings: [ValueID] = []
  /// The place of each of its elements.
  private var placeOf = IdentifierTable()
  private var replacers = IdentifierTable()
  private var seen = IdentifierTable()

  /// Looks at all lists.
  ///
  /// - Throws: `HistoryError` if two transactions append the same element to a list: its reads
  ///   would not tell which of them they show.
  /// - Complexity: O(n) expected in the number of steps and the length of all that was read.
  init(_ transactions: TransactionHistory) throws(HistoryError) {
    self.transactions = transactions
    values = transactions.history.values
    hasHappened = transactions.history.operations.map { $0.outcome == .ok }
    first.reserveCapacity(transactions.keys.count + 1)
    for key in transactions.keys.indices {
      let steps = transactions.steps(ofKey: key)
      try findWriters(steps)
      findLongest(steps)
      takeOrder()
      for step in steps where isTelling(step) { compare(step) }
      storeOrder()
      checkTransactions(steps)
    }
  }

  // MARK: One list

  /// Whether a step is a read that tells what it saw.
  private func isTelling(_ step: Int32) -> Bool {
    transactions.kinds[Int(step)].isRead && transactions.valueOf[Int(step)] != .absent
  }

  /// What a read saw; null is the list that nobody has appended to.
  private func list(_ step: Int32) -> ArraySlice<ValueID> {
    values.list(transactions.valueOf[Int(step)]) ?? []
  }

  private mutating func findWriters(_ steps: ArraySlice<Int32>) throws(HistoryError) {
    writerOf.removeAll()
    for step in steps where !transactions.kinds[Int(step)].isRead {
      let (other, isNew) = writerOf.insert(transactions.valueOf[Int(step)].raw, step)
      if isNew { continue }
      // What did not happen may have been tried again.
      if transactions.outcome(ofStep: step) == .fail { continue }
      guard transactions.outcome(ofStep: other) == .fail else {
        throw transactions.writtenTwice(step, other)
      }
      writerOf.set(transactions.valueOf[Int(step)].raw, step)
    }
  }

  private mutating func findLongest(_ steps: ArraySlice<Int32>) {
    longest = (-1, [])
    for step in steps where isTelling(step) {
      let list = list(step)
      if longest.step < 0 || list.count > longest.list.count { longest = (step, list) }
    }
  }

  /// Goes through the longest list, as far as no element comes twice.
  private mutating func takeOrder() {
    agreed = longest.list.count
    placeOf.removeAll()
    beginnings.removeAll(keepingCapacity: true)
    beginnings.append(contentsOf: repeatElement(.absent, count: longest.list.count + 1))
    for (place, element) in longest.list.enumerated() {
      let number = Int32(truncatingIfNeeded: place)
      if !placeOf.insert(element.raw, number).isNew {
        findings.append(TransactionFinding(.duplicateElements, longest.step))
        agreed = place
        // What comes after it is looked at, but orders nothing.
        checkElements(longest.step, longest.list.dropFirst(place))
        return
      }
      checkElement(longest.step, element)
    }
  }

  /// Compares a read with the longest one.
  private mutating func compare(_ step: Int32) {
    let list = list(step)
    let value = transactions.valueOf[Int(step)]
    if beginnings[list.count] != value {
      let base = longest.list.startIndex
      var same = 0
      while same < list.count, list[list.startIndex + same] == longest.list[base + same] {
        same += 1
      }
      if same == list.count {
        if value != .null { beginnings[list.count] = value }
      } else {
        findings.append(TransactionFinding(.incompatibleOrder, step, longest.step))
        agreed = min(agreed, same)
        checkElements(step, list.dropFirst(same))
        checkDuplicates(step, list)
      }
    }
    guard let last = list.last, let writer = writerOf.value(of: last.raw),
      transactions.kinds[Int(writer)] == .earlierWrite,
      transactions.transactionOf[Int(writer)] != transactions.transactionOf[Int(step)],
      transactions.outcome(ofStep: writer) != .fail
    else { return }
    findings.append(TransactionFinding(.intermediateRead, step, writer))
  }

  private mutating func checkElements(_ step: Int32, _ elements: ArraySlice<ValueID>) {
    for element in elements { checkElement(step, element) }
  }

  /// Looks who wrote what a read shows.
  private mutating func checkElement(_ step: Int32, _ element: ValueID) {
    guard let writer = writerOf.value(of: element.raw) else {
      findings.append(TransactionFinding(.garbageRead, step))
      return
    }
    let transaction = Int(transactions.transactionOf[Int(writer)])
    switch transactions.history.operations[transaction].outcome {
    case .ok: break
    case .info: hasHappened[transaction] = true
    case .fail: findings.append(TransactionFinding(.abortedRead, step, writer))
    }
  }

  /// Looks for an element that a list has twice which is no beginning of the longest.
  private mutating func checkDuplicates(_ step: Int32, _ list: ArraySlice<ValueID>) {
    seen.removeAll()
    for element in list where !seen.insert(element.raw, 0).isNew {
      findings.append(TransactionFinding(.duplicateElements, step))
      return
    }
  }

  private mutating func storeOrder() {
    isCoherent.append(agreed == longest.list.count)
    var aborted: Int32 = -1
    for element in longest.list.prefix(agreed) {
      let writer = writerOf.value(of: element.raw) ?? -1
      writers.append(writer)
      guard writer >= 0 else { continue }
      if transactions.outcome(ofStep: writer) == .fail {
        aborted = writer
      } else if aborted >= 0 {
        findings.append(TransactionFinding(.dirtyUpdate, writer, aborted))
        aborted = -1
      }
    }
    first.append(Int32(truncatingIfNeeded: writers.count))
  }

  // MARK: One transaction

  /// Looks at what each transaction did to the list by itself; its steps come one after another.
  private mutating func checkTransactions(_ steps: ArraySlice<Int32>) {
    replacers.removeAll()
    var rest = steps
    while let own = transactions.popTransaction(from: &rest) {
      if own.count > 1 { checkTransaction(own) }
    }
  }

  private mutating func checkTransaction(_ steps: ArraySlice<Int32>) {
    for step in steps where transactions.kinds[Int(step)] == .laterRead && isTelling(step) {
      if !agreesWithItself(step) { findings.append(TransactionFinding(.internal, step)) }
    }
    guard let read = steps.first, transactions.kinds[Int(read)] == .externalRead,
      isTelling(read), let write = steps.last(where: { !transactions.kinds[Int($0)].isRead })
    else { return }
    let list = list(read)
    let value = list.isEmpty ? ValueID.null : transactions.valueOf[Int(read)]
    let (other, isNew) = replacers.insert(value.raw, read)
    if !isNew { findings.append(TransactionFinding(.lostUpdate, read, other, write)) }
    // What it has not appended yet it cannot have read.
    for step in steps where !transactions.kinds[Int(step)].isRead {
      if shows(read, transactions.valueOf[Int(step)]) {
        findings.append(TransactionFinding(.internal, read, step))
      }
    }
  }

  /// Whether an element stands in the list that a read shows.
  private func shows(_ read: Int32, _ element: ValueID) -> Bool {
    let list = list(read)
    guard list.isEmpty || beginnings[list.count] == transactions.valueOf[Int(read)] else {
      return list.contains(element)
    }
    return placeOf.value(of: element.raw).map { $0 < list.count } ?? false
  }

  /// Whether a read shows what the same transaction read before, and appended since.
  private func agreesWithItself(_ read: Int32) -> Bool {
    var rest = list(read)
    var step = transactions.previous[Int(read)]
    while step >= 0 {
      if transactions.kinds[Int(step)].isRead {
        if isTelling(step) { return rest == list(step) }
      } else {
        guard rest.popLast() == transactions.valueOf[Int(step)] else { return false }
      }
      step = transactions.previous[Int(step)]
    }
    return true
  }
}

extension TransactionHistory {
  /// The error that two steps write the same value to one object.
  func writtenTwice(_ step: Int32, _ other: Int32) -> HistoryError {
    let later = history.operations[Int(transactionOf[Int(step)])]
    let earlier = history.operations[Int(transactionOf[Int(other)])]
    let verb = model == .listAppend ? "appended" : "written"
    return HistoryError(
      line: Int(later.invocationLine),
      "\(text(of: valueOf[Int(step)])) is \(verb) to \(text(of: keys[Int(keyOf[Int(step)])])) here"
        + " and at line \(earlier.invocationLine); no value may be \(verb) twice to one key, or"
        + " reads do not tell which of them they show")
  }
}
