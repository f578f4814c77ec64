import LinnaeusBase
import OperationHistory

@testable import Consistency

/// A small history of transactions, run by a database that keeps just one level of isolation.
struct RandomTransactions {
  /// How the database runs transactions.
  enum Engine: CaseIterable {
    /// Each at one moment between its call and its answer.
    case strict
    /// In an order that has nothing to do with real time.
    case serial
    /// From the state at its beginning; the first of two writers of an object wins.
    case strongSnapshot
    /// From any earlier state.
    case snapshot
    /// Each read from what is there, with locks on what is written.
    case readCommitted
    /// Step by step on one state, without taking anything back.
    case dirty

    /// The strongest level that it keeps.
    var level: IsolationLevel? {
      switch self {
      case .strict: .strictSerializable
      case .serial: .serializable
      case .strongSnapshot: .strongSnapshotIsolation
      case .snapshot: .snapshotIsolation
      case .readCommitted: .readCommitted
      case .dirty: nil
      }
    }
  }

  struct Step {
    var key: Int
    /// What is written; nil for a read.
    var written: Int?
    /// What was read: all that was written to the object before.
    var seen: [Int] = []
  }

  struct Transaction {
    var process: Int
    var steps: [Step]
    var outcome = Outcome.ok
    /// Ticks of the clock; no two are the same.
    var invocation = 0
    var completion = 0
  }

  typealias State = [[Int]]

  private(set) var transactions: [Transaction] = []
  let model: TransactionModel
  let engine: Engine
  let keyCount: Int
  private var random: SeededRandom
  private var clock = 0
  private var state: State
  private var earlierStates: [State]
  private var locks: [Int?]

  init(seed: UInt64, engine: Engine, model: TransactionModel, readsAllAtLast: Bool) {
    random = SeededRandom(seed: seed)
    self.engine = engine
    self.model = model
    keyCount = 1 + random.below(3)
    state = Array(repeating: [], count: keyCount)
    earlierStates = [state]
    locks = Array(repeating: nil, count: keyCount)
    var value = 0
    for _ in 0..<3 + random.below(3) {
      let steps = (0..<1 + random.below(3)).map { _ in
        value += 1
        return Step(
          key: random.below(keyCount), written: random.chance(1, in: 2) ? value : nil)
      }
      transactions.append(Transaction(process: 0, steps: steps))
    }
    if engine == .serial { runInAnyOrder() }
    runClock()
    if readsAllAtLast { readAll() }
  }

  // MARK: Running

  private mutating func tick() -> Int {
    clock += 1
    return clock
  }

  private mutating func runInAnyOrder() {
    var rest = Array(transactions.indices)
    while !rest.isEmpty {
      let index = rest.remove(at: random.below(rest.count))
      drawOutcome(index)
      if isDone(index) { runAtOnce(index) }
    }
  }

  /// Which of the indeterminate ones were done is drawn when their outcome is.
  private var undone: Set<Int> = []

  private func isDone(_ index: Int) -> Bool {
    transactions[index].outcome == .ok
      || (transactions[index].outcome == .info && !undone.contains(index))
  }

  private mutating func drawOutcome(_ index: Int) {
    switch random.below(12) {
    case 0: transactions[index].outcome = .fail
    case 1: transactions[index].outcome = .info
    case 2:
      transactions[index].outcome = .info
      undone.insert(index)
    default: break
    }
  }

  private mutating func runAtOnce(_ index: Int) {
    for step in transactions[index].steps.indices { state = run(step, of: index, on: state) }
    earlierStates.append(state)
  }

  private mutating func run(_ step: Int, of index: Int, on state: State) -> State {
    var state = state
    let key = transactions[index].steps[step].key
    if let written = transactions[index].steps[step].written {
      state[key].append(written)
    } else {
      transactions[index].steps[step].seen = state[key]
    }
    return state
  }

  /// A transaction that is under way.
  private struct Run {
    var index: Int
    var next = 0
    /// What it began with, and what it made of it.
    var base: State
    var own: State
  }

  private mutating func runClock() {
    var waiting = Array(transactions.indices)
    if engine == .serial { waiting.shuffle(using: &random) }
    var runs = [Run?](repeating: nil, count: 3)
    var names = [0, 1, 2]
    while !waiting.isEmpty || runs.contains(where: { $0 != nil }) {
      let process = random.below(runs.count)
      guard var run = runs[process] else {
        guard let index = waiting.popLast() else { continue }
        transactions[index].process = names[process]
        transactions[index].invocation = tick()
        if engine != .serial { drawOutcome(index) }
        let base = engine == .snapshot ? earlierStates[random.below(earlierStates.count)] : state
        runs[process] = Run(index: index, base: base, own: base)
        continue
      }
      if run.next < transactions[run.index].steps.count, engine != .serial, engine != .strict {
        advance(&run)
        runs[process] = run
        continue
      }
      finish(run)
      transactions[run.index].completion = tick()
      if transactions[run.index].outcome == .info { names[process] += 10 }
      runs[process] = nil
    }
  }

  /// Does the next step.
  private mutating func advance(_ run: inout Run) {
    let key = transactions[run.index].steps[run.next].key
    switch engine {
    case .dirty: state = self.run(run.next, of: run.index, on: state)
    case .readCommitted:
      if locks[key] != run.index { run.own[key] = state[key] }
      if transactions[run.index].steps[run.next].written != nil {
        if let owner = locks[key], owner != run.index {
          transactions[run.index].outcome = .fail
          run.next = transactions[run.index].steps.count
          return
        }
        locks[key] = run.index
      }
      run.own = self.run(run.next, of: run.index, on: run.own)
    default: run.own = self.run(run.next, of: run.index, on: run.own)
    }
    run.next += 1
  }

  /// Makes what a transaction wrote visible, or nothing of it.
  private mutating func finish(_ run: Run) {
    let keys = Set(transactions[run.index].steps.filter { $0.written != nil }.map(\.key))
    switch engine {
    case .strict: if isDone(run.index) { runAtOnce(run.index) }
    case .serial, .dirty: break
    case .snapshot, .strongSnapshot:
      if keys.contains(where: { state[$0] != run.base[$0] }) {
        transactions[run.index].outcome = .fail
      }
      if isDone(run.index) { publish(run, keys) }
    case .readCommitted:
      if isDone(run.index) { publish(run, keys) }
      for key in locks.indices where locks[key] == run.index { locks[key] = nil }
    }
  }

  private mutating func publish(_ run: Run, _ keys: Set<Int>) {
    for key in 0..<keyCount where keys.contains(key) { state[key] = run.own[key] }
    earlierStates.append(state)
  }

  private mutating func readAll() {
    let steps = (0..<keyCount).map { Step(key: $0, written: nil, seen: state[$0]) }
    transactions.append(
      Transaction(process: 99, steps: steps, invocation: tick(), completion: tick()))
  }

  // MARK: Spoiling

  /// Changes what a read saw, other than those of the last transaction; false if there is none.
  mutating func spoil() -> Bool {
    for _ in 0..<20 {
      let index = random.below(transactions.count)
      let step = random.below(transactions[index].steps.count)
      guard transactions[index].outcome == .ok, transactions[index].process != 99,
        transactions[index].steps[step].written == nil
      else { continue }
      var seen = transactions[index].steps[step].seen
      let all = transactions.flatMap(\.steps).filter {
        $0.key == transactions[index].steps[step].key
      }.compactMap(\.written)
      switch random.below(3) {
      case 0: _ = seen.popLast()
      case 1: if let value = all.randomElement(using: &random) { seen.append(value) }
      default: if seen.count > 1 { seen.swapAt(0, 1) }
      }
      if seen == transactions[index].steps[step].seen { continue }
      transactions[index].steps[step].seen = seen
      return true
    }
    return false
  }

  // MARK: Text

  /// The native file.
  var text: String {
    var events: [(time: Int, line: String)] = []
    for transaction in transactions {
      let type = "\(transaction.outcome)"
      let asked = value(transaction, answered: false)
      let told = transaction.outcome == .ok ? value(transaction, answered: true) : asked
      for (time, type, value) in [
        (transaction.invocation, "invoke", asked), (transaction.completion, type, told),
      ] {
        events.append(
          (
            time,
            "{\"type\":\"\(type)\",\"process\":\(transaction.process),\"f\":\"txn\""
              + ",\"value\":\(value)}"
          ))
      }
    }
    events.sort { $0.time < $1.time }
    return TransactionText.native(events.map(\.line), model: model.rawValue)
  }

  private func value(_ transaction: Transaction, answered: Bool) -> String {
    let steps = transaction.steps.map { step in
      let key = "\"k\(step.key)\""
      if let written = step.written {
        return "[\"\(model == .listAppend ? "append" : "w")\",\(key),\(written)]"
      }
      guard answered else { return "[\"r\",\(key),null]" }
      if model == .register { return "[\"r\",\(key),\(step.seen.last.map(String.init) ?? "null")]" }
      return "[\"r\",\(key),[\(step.seen.map(String.init).joined(separator: ","))]]"
    }
    return "[\(steps.joined(separator: ","))]"
  }
}

extension RandomTransactions {
  /// Whether some order of the transactions explains all reads, by trying every one.
  ///
  /// It has all that are `ok`, and any of those of which nobody knows.
  ///
  /// - Parameters:
  ///   - order: what else the order has to respect.
  ///   - isFromSnapshots: whether the order is that of commits, and a transaction reads from a
  /// state
  ///     before its own: one that has what the order demands, and since which nobody else has
  ///     written what it writes.
  /// - Returns: whether there is one.
  func hasOrder(_ order: TransactionAnomaly.Order, isFromSnapshots: Bool = false) -> Bool {
    let known = transactions.indices.filter { transactions[$0].outcome == .ok }
    let candidates = transactions.indices.filter { transactions[$0].outcome != .fail }
    func precedes(_ left: Int, _ right: Int) -> Bool {
      guard transactions[left].outcome == .ok,
        transactions[left].completion < transactions[right].invocation
      else { return false }
      switch order {
      case .none: return false
      case .process: return transactions[left].process == transactions[right].process
      case .realTime: return true
      }
    }
    func extend(_ placed: [Int], _ states: [State]) -> Bool {
      if known.allSatisfy({ placed.contains($0) }) { return true }
      return candidates.contains { index in
        guard !placed.contains(index),
          !known.contains(where: { !placed.contains($0) && precedes($0, index) })
        else { return false }
        let earliest = (placed.lastIndex { precedes($0, index) } ?? -1) + 1
        let first = isFromSnapshots ? earliest : states.count - 1
        // What comes of it is the same whichever of the snapshots it was.
        let now = states[states.count - 1]
        let after = (first..<states.count).lazy.compactMap {
          applied(index, to: states[$0], now: now)
        }
        return after.first.map { extend(placed + [index], states + [$0]) } ?? false
      }
    }
    return extend([], [Array(repeating: [], count: keyCount)])
  }

  /// The state after a transaction that reads from a snapshot; nil if it would have read something
  /// else, or somebody has written since what it writes.
  private func applied(_ index: Int, to snapshot: State, now: State) -> State? {
    var own = snapshot
    var state = now
    for step in transactions[index].steps {
      if let written = step.written {
        guard snapshot[step.key] == now[step.key] else { return nil }
        own[step.key].append(written)
        state[step.key] = own[step.key]
      } else if transactions[index].outcome == .ok {
        let isSame =
          model == .listAppend
          ? own[step.key] == step.seen : own[step.key].last == step.seen.last
        guard isSame else { return nil }
      }
    }
    return state
  }
}
