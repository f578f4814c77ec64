import OperationHistory

/// Which transactions depend on which, because of what they wrote and read.
///
/// These are Adya's three: *write-write*, from the writer of a version to that of a later one;
/// *write-read*, from the writer of a version to who reads it; *read-write*, from who reads a
/// version to the writer of the next. Only transactions that surely happened have any.
struct TransactionDependencies {
  /// What an edge rests on.
  enum Kind: UInt8 {
    case writeWrite, writeRead, readWrite
  }

  /// The transactions that edges come from; numbers from `count` on are of gaps.
  private(set) var from: [Int32] = []
  /// The transactions that edges lead to.
  private(set) var to: [Int32] = []
  /// What they rest on.
  private(set) var kinds: [Kind] = []
  /// How many transactions there are.
  let count: Int32
  /// How many places there are between many readers and many writers.
  ///
  /// Every reader of one comes before every writer. Of a way over such a place the edge that leaves
  /// it tells; those that lead to it only pass on.
  private(set) var gapCount: Int32 = 0

  private let transactions: TransactionHistory
  private let hasHappened: [Bool]
  /// So many pairs of readers and writers need no gap.
  private static let pairLimit = 16

  private init(_ transactions: TransactionHistory, hasHappened: [Bool]) {
    self.transactions = transactions
    self.hasHappened = hasHappened
    count = Int32(truncatingIfNeeded: transactions.history.operations.count)
  }

  private mutating func append(_ from: Int32, _ to: Int32, _ kind: Kind) {
    // What a transaction did to its own versions is no dependency.
    guard from != to else { return }
    self.from.append(from)
    self.to.append(to)
    kinds.append(kind)
  }

  /// Puts all readers of a version before all writers of what came after it.
  ///
  /// Where many transactions are both, each lost the updates of the others, which is told
  /// elsewhere; then only some of them are put before each other.
  private mutating func append(readers: [Int32], writers: [Int32]) {
    if readers.count * writers.count <= max(Self.pairLimit, readers.count + writers.count) {
      for reader in readers {
        for writer in writers { append(reader, writer, .readWrite) }
      }
      return
    }
    let isReader = Set(readers)
    var both: [Int32] = []
    var onlyWriters: [Int32] = []
    for writer in writers {
      if !isReader.contains(writer) {
        onlyWriters.append(writer)
      } else if both.count < Self.pairLimit {
        both.append(writer)
      }
    }
    let gap = count + gapCount
    gapCount += 1
    for reader in readers {
      for writer in both { append(reader, writer, .readWrite) }
      if !onlyWriters.isEmpty { append(reader, gap, .readWrite) }
    }
    for writer in onlyWriters { append(gap, writer, .readWrite) }
  }

  private func happened(_ step: Int32) -> Int32? {
    let transaction = transactions.transactionOf[Int(step)]
    return hasHappened[Int(transaction)] ? transaction : nil
  }

  // MARK: Lists

  /// The dependencies of transactions on lists.
  ///
  /// - Complexity: O(n) in the number of steps and the length of the longest lists.
  init(_ transactions: TransactionHistory, _ versions: ListVersions) {
    self.init(transactions, hasHappened: versions.hasHappened)
    var before: [Int32] = []
    var after: [Int32] = []
    var isPlaced = [Bool](repeating: false, count: transactions.kinds.count)
    for key in transactions.keys.indices {
      let order = versions.writers[Int(versions.first[key])..<Int(versions.first[key + 1])]
      appendOrder(order, before: &before, after: &after, isPlaced: &isPlaced)
      appendReads(
        key, before: before, after: after, isPlaced: isPlaced,
        isCoherent: versions.isCoherent[key])
    }
  }

  /// Adds the write-write edges of one list, and notes for each length of it the last writer before
  /// and the first one after; -1 for none.
  private mutating func appendOrder(
    _ order: ArraySlice<Int32>, before: inout [Int32], after: inout [Int32],
    isPlaced: inout [Bool]
  ) {
    before.removeAll(keepingCapacity: true)
    after.removeAll(keepingCapacity: true)
    before.append(-1)
    for step in order {
      var last = before[before.count - 1]
      if step >= 0, let writer = happened(step) {
        isPlaced[Int(step)] = true
        if last >= 0 { append(last, writer, .writeWrite) }
        last = writer
      }
      before.append(last)
    }
    after.append(contentsOf: repeatElement(-1, count: before.count))
    for (place, step) in order.enumerated().reversed() {
      after[place] = step >= 0 ? happened(step) ?? after[place + 1] : after[place + 1]
    }
  }

  /// Adds the edges of the reads of one list, and of the appends that none of them shows.
  private mutating func appendReads(
    _ key: Int, before: [Int32], after: [Int32], isPlaced: [Bool], isCoherent: Bool
  ) {
    let steps = transactions.steps(ofKey: key)
    var readersOfAll: [Int32] = []
    for step in steps
    where transactions.kinds[Int(step)] == .externalRead
      && transactions.valueOf[Int(step)] != .absent
    {
      let reader = transactions.transactionOf[Int(step)]
      let length = transactions.history.values.list(transactions.valueOf[Int(step)])?.count ?? 0
      let place = min(length, before.count - 1)
      if before[place] >= 0 { append(before[place], reader, .writeRead) }
      // Of what follows where reads disagree nobody knows.
      guard length == place, isCoherent || length < before.count - 1 else { continue }
      if after[place] >= 0 { append(reader, after[place], .readWrite) }
      if isCoherent, length == before.count - 1 { readersOfAll.append(reader) }
    }
    guard isCoherent else { return }
    // What was appended and no read shows came after all that was read.
    var unseen: [Int32] = []
    for step in steps
    where !transactions.kinds[Int(step)].isRead && !isPlaced[Int(step)] {
      guard let writer = happened(step), unseen.last != writer else { continue }
      unseen.append(writer)
      let last = before[before.count - 1]
      if last >= 0 { append(last, writer, .writeWrite) }
    }
    if !unseen.isEmpty { append(readers: readersOfAll, writers: unseen) }
  }

  // MARK: Registers

  /// The dependencies of transactions on registers.
  ///
  /// - Complexity: O(n) in the number of steps.
  init(_ transactions: TransactionHistory, _ versions: RegisterVersions) {
    self.init(transactions, hasHappened: versions.hasHappened)
    var readers = StepGroups(count: transactions.kinds.count)
    var replacers = readers
    for key in transactions.keys.indices {
      appendRegister(key, versions, &readers, &replacers)
    }
  }

  private mutating func appendRegister(
    _ key: Int, _ versions: RegisterVersions, _ readers: inout StepGroups,
    _ replacers: inout StepGroups
  ) {
    let steps = transactions.steps(ofKey: key)
    var readersOfNull: [Int32] = []
    var sources: [Int32] = []
    for step in steps where transactions.kinds[Int(step)] == .externalRead {
      let source = versions.source[Int(step)]
      let reader = transactions.transactionOf[Int(step)]
      if source == RegisterVersions.initial { readersOfNull.append(reader) }
      guard source >= 0, let writer = happened(source) else { continue }
      append(writer, reader, .writeRead)
      readers.append(reader, to: source)
    }
    guard versions.isCoherent[key] else { return }
    var afterNull: [Int32] = []
    for step in steps where transactions.kinds[Int(step)] == .finalWrite {
      guard let writer = happened(step) else { continue }
      let source = versions.source[Int(step)]
      guard source >= 0, let replaced = happened(source) else {
        // Null comes before all that is not known to have replaced something else.
        afterNull.append(writer)
        continue
      }
      append(replaced, writer, .writeWrite)
      replacers.append(writer, to: source)
      if replacers.isSingle(source) { sources.append(source) }
    }
    if !readersOfNull.isEmpty { append(readers: readersOfNull, writers: afterNull) }
    for source in sources {
      append(readers: readers.members(of: source), writers: replacers.members(of: source))
    }
    if versions.areKeysLinearizable { appendRealTime(steps, readers) }
  }

  /// Puts a register's versions in the order of real time: one that was answered before another was
  /// called comes before it, and so does whoever read it.
  ///
  /// There is a place between writers, and one between readers and writers, for each time at which
  /// something was called after something was answered.
  private mutating func appendRealTime(_ steps: ArraySlice<Int32>, _ readers: StepGroups) {
    var moments: [(place: Int32, step: Int32, isAnswer: Bool)] = []
    var writers: Set<Int32> = []
    for step in steps where transactions.kinds[Int(step)] == .finalWrite {
      guard let writer = happened(step) else { continue }
      let operation = transactions.history.operations[Int(writer)]
      writers.insert(writer)
      moments.append((operation.invocation, step, false))
      if operation.outcome == .ok { moments.append((operation.completion, step, true)) }
    }
    moments.sort { $0.place < $1.place }
    var gaps: (writers: Int32, readers: Int32)?
    var isUsed = false
    for moment in moments {
      let writer = transactions.transactionOf[Int(moment.step)]
      guard moment.isAnswer else {
        guard let gaps else { continue }
        append(gaps.writers, writer, .writeWrite)
        append(gaps.readers, writer, .readWrite)
        isUsed = true
        continue
      }
      var current = (writers: count + gapCount, readers: count + gapCount + 1)
      if let gaps, !isUsed {
        current = gaps
      } else {
        gapCount += 2
        if let gaps {
          append(gaps.writers, current.writers, .writeWrite)
          append(gaps.readers, current.readers, .readWrite)
        }
        isUsed = false
      }
      gaps = current
      append(writer, current.writers, .writeWrite)
      // One that writes there itself could meet its own write; what it replaced is known anyway.
      for reader in readers.members(of: moment.step) where !writers.contains(reader) {
        append(reader, current.readers, .readWrite)
      }
    }
  }
}

/// Transactions by a step that they belong to, as linked lists in arrays.
private struct StepGroups {
  private var head: [Int32]
  private var items: [(transaction: Int32, next: Int32)] = []

  init(count: Int) {
    head = Array(repeating: -1, count: count)
  }

  mutating func append(_ transaction: Int32, to step: Int32) {
    items.append((transaction, head[Int(step)]))
    head[Int(step)] = Int32(truncatingIfNeeded: items.count - 1)
  }

  /// Whether a step has just one member.
  func isSingle(_ step: Int32) -> Bool {
    let first = head[Int(step)]
    return first >= 0 && items[Int(first)].next < 0
  }

  /// The members of a step, the last one first.
  func members(of step: Int32) -> [Int32] {
    var result: [Int32] = []
    var index = head[Int(step)]
    while index >= 0 {
      result.append(items[Int(index)].transaction)
      index = items[Int(index)].next
    }
    return result
  }
}
