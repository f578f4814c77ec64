import OperationHistory

/// What the reads of all registers tell: which version came before which, and what cannot be.
///
/// A register does not carry its history as a list does. What is known of the order of its
/// versions: the first is null, and a transaction that reads a version and then writes one has
/// replaced the one by the other (Kingsbury and Alvaro, VLDB 2020, section 5.2).
struct RegisterVersions {
  /// Of each external read the write that it shows, of each final write the one that it replaced.
  ///
  /// It is a step, ``initial`` for null, or ``unknown``.
  private(set) var source: [Int32]
  /// Whether each transaction happened: it is `ok`, or a read shows something that it wrote.
  private(set) var hasHappened: [Bool]
  /// Whether versions are taken to be in the order of real time as well.
  let areKeysLinearizable: Bool
  /// Of each key whether its versions have an order.
  private(set) var isCoherent: [Bool] = []
  /// What cannot be.
  private(set) var findings = TransactionFindings()

  static let initial: Int32 = -1
  static let unknown: Int32 = -2

  private let transactions: TransactionHistory
  private var writerOf = IdentifierTable()
  private var replacers = IdentifierTable()

  /// Looks at all registers.
  ///
  /// - Parameters:
  ///   - transactions: what was done.
  ///   - areKeysLinearizable: whether to take the versions of a register to be in the order of real
  ///     time as well.
  /// - Throws: `HistoryError` if two transactions write the same value to a register.
  /// - Complexity: O(n) expected in the number of steps.
  init(
    _ transactions: TransactionHistory, areKeysLinearizable: Bool
  ) throws(HistoryError) {
    self.transactions = transactions
    self.areKeysLinearizable = areKeysLinearizable
    source = Array(repeating: Self.unknown, count: transactions.kinds.count)
    hasHappened = transactions.history.operations.map { $0.outcome == .ok }
    for key in transactions.keys.indices {
      let steps = transactions.steps(ofKey: key)
      try findWriters(steps)
      for step in steps where isTelling(step) { checkRead(step) }
      checkTransactions(steps)
      checkOrder(steps)
    }
  }

  private func isTelling(_ step: Int32) -> Bool {
    transactions.kinds[Int(step)].isRead && transactions.valueOf[Int(step)] != .absent
  }

  private mutating func findWriters(_ steps: ArraySlice<Int32>) throws(HistoryError) {
    writerOf.removeAll()
    for step in steps where !transactions.kinds[Int(step)].isRead {
      let (other, isNew) = writerOf.insert(transactions.valueOf[Int(step)].raw, step)
      if isNew || transactions.outcome(ofStep: step) == .fail { continue }
      guard transactions.outcome(ofStep: other) == .fail else {
        throw transactions.writtenTwice(step, other)
      }
      writerOf.set(transactions.valueOf[Int(step)].raw, step)
    }
  }

  /// Looks who wrote what a read shows.
  private mutating func checkRead(_ step: Int32) {
    let value = transactions.valueOf[Int(step)]
    let isExternal = transactions.kinds[Int(step)] == .externalRead
    if value == .null {
      if isExternal { source[Int(step)] = Self.initial }
      return
    }
    guard let writer = writerOf.value(of: value.raw) else {
      findings.append(TransactionFinding(.garbageRead, step))
      return
    }
    let transaction = Int(transactions.transactionOf[Int(writer)])
    switch transactions.history.operations[transaction].outcome {
    case .ok: break
    case .info: hasHappened[transaction] = true
    case .fail:
      findings.append(TransactionFinding(.abortedRead, step, writer))
      return
    }
    if transaction == Int(transactions.transactionOf[Int(step)]) {
      // It cannot have read what it has not written yet.
      if isExternal { findings.append(TransactionFinding(.internal, step, writer)) }
      return
    }
    if transactions.kinds[Int(writer)] == .earlierWrite {
      findings.append(TransactionFinding(.intermediateRead, step, writer))
    }
    if isExternal { source[Int(step)] = writer }
  }

  /// Looks at what each transaction did to the register by itself; its steps come one after
  /// another.
  private mutating func checkTransactions(_ steps: ArraySlice<Int32>) {
    replacers.removeAll()
    var rest = steps
    while let own = transactions.popTransaction(from: &rest) {
      if own.count > 1 { checkTransaction(own) }
    }
  }

  private mutating func checkTransaction(_ steps: ArraySlice<Int32>) {
    for step in steps where transactions.kinds[Int(step)] == .laterRead && isTelling(step) {
      let before = transactions.valueOf[Int(transactions.previous[Int(step)])]
      if before != .absent, before != transactions.valueOf[Int(step)] {
        findings.append(TransactionFinding(.internal, step))
      }
    }
    guard let read = steps.first, transactions.kinds[Int(read)] == .externalRead,
      isTelling(read),
      let write = steps.first(where: { transactions.kinds[Int($0)] == .finalWrite })
    else { return }
    source[Int(write)] = source[Int(read)]
    let (other, isNew) = replacers.insert(transactions.valueOf[Int(read)].raw, read)
    if !isNew { findings.append(TransactionFinding(.lostUpdate, read, other, write)) }
  }

  /// Looks for versions that come before themselves, each through the one that it replaced.
  private mutating func checkOrder(_ steps: ArraySlice<Int32>) {
    var isOrdered = true
    // The walk that came by a step, so that each step is visited once.
    replacers.removeAll()
    for step in steps where transactions.kinds[Int(step)] == .finalWrite {
      var current = step
      while current >= 0 {
        let (walk, isNew) = replacers.insert(current, step)
        if !isNew {
          if walk == step {
            isOrdered = false
            findings.append(TransactionFinding(.cyclicVersions, current))
          }
          break
        }
        current = source[Int(last(current))]
      }
    }
    isCoherent.append(isOrdered)
  }

  /// The last write of a write's transaction to the same register, which replaced what it read.
  private func last(_ write: Int32) -> Int32 {
    guard transactions.kinds[Int(write)] == .earlierWrite else { return write }
    let key = transactions.keyOf[Int(write)]
    let transaction = transactions.transactionOf[Int(write)]
    let final = transactions.steps(of: transaction).last { step in
      transactions.keyOf[Int(step)] == key && transactions.kinds[Int(step)] == .finalWrite
    }
    return final ?? write
  }
}
