import Linearizability
import OperationHistory

/// Checks a certificate of a level of isolation against the history that it is about.
///
/// It uses nothing of what found the proof: steps are read anew from the lines of the history.
///
/// - Parameters:
///   - certificate: what is to be checked.
///   - history: what was read from the bytes.
///   - digest: the SHA-256 of those bytes, in hexadecimal.
/// - Returns: whether it proves its verdict, with a sentence.
/// - Complexity: O(n) in the size of the history, for each step of a cycle.
public func verify(
  _ certificate: TransactionCertificate, history: History, digest: String
) -> Verification {
  verification(of: certificate.history, digest: digest) { () throws(Doubt) in
    let verification = try TransactionVerification(history, certificate)
    return switch certificate.proof {
    case .order(let order): try verification.verify(order)
    case .cycle(let cycle): try verification.verify(cycle)
    }
  }
}

/// The proof of one certificate, beside the steps of the history.
struct TransactionVerification {
  /// One step of a transaction.
  struct Step {
    var isRead: Bool
    var key: ValueID
    var value: ValueID
  }

  let history: History
  let isList: Bool
  private let level: IsolationLevel
  private let byID: [Int64: Int]

  init(_ history: History, _ certificate: TransactionCertificate) throws(Doubt) {
    self.history = history
    isList = certificate.model == .listAppend
    level = certificate.level
    var byID: [Int64: Int] = [:]
    for (index, operation) in history.operations.enumerated() { byID[operation.id] = index }
    self.byID = byID
  }

  private func index(_ id: Int64) throws(Doubt) -> Int {
    guard let index = byID[id] else { throw .invalid("the history has no op \(id)") }
    return index
  }

  /// The steps of a transaction; a read of one that is not `ok` tells nothing and is left out.
  func steps(_ index: Int) throws(Doubt) -> [Step] {
    let operation = history.operations[index]
    let isOk = operation.outcome == .ok
    var steps: [Step] = []
    for step in history.values.list(isOk ? operation.result : operation.argument) ?? [] {
      guard let parts = history.values.list(step).map(Array.init), parts.count == 3,
        let name = history.values.symbol(parts[0]) ?? history.values.string(parts[0])
      else { throw .notChecked("op \(operation.id) has a step that is not three values") }
      let isRead = name.elementsEqual("r".utf8) || name.elementsEqual("read".utf8)
      if !isRead || isOk { steps.append(Step(isRead: isRead, key: parts[1], value: parts[2])) }
    }
    return steps
  }

  /// What a read of a list showed.
  func list(_ value: ValueID) -> [ValueID] { history.values.list(value).map(Array.init) ?? [] }

  // MARK: Orders

  /// Does all transactions of an order over again.
  ///
  /// - Returns: what was checked.
  func verify(_ order: [Int64]) throws(Doubt) -> String {
    var isPlaced = [Bool](repeating: false, count: history.operations.count)
    var state: [ValueID: [ValueID]] = [:]
    /// The latest invocation among those placed so far, of each process and of all.
    var latest: [Int64: Int32] = [:]
    for id in order {
      let index = try index(id)
      let operation = history.operations[index]
      guard !isPlaced[index] else { throw .invalid("op \(id) stands twice in the order") }
      guard operation.outcome != .fail else { throw .invalid("op \(id) did not happen") }
      isPlaced[index] = true
      // All processes count as one where real time is to be respected.
      let process = level.order == .realTime ? 0 : operation.process
      if level.order != .none, operation.outcome == .ok,
        operation.completion < latest[process] ?? .min
      {
        throw .invalid("op \(id) ended before one began that the order puts before it")
      }
      latest[process] = max(latest[process] ?? .min, operation.invocation)
      try apply(index, to: &state)
    }
    for (index, operation) in history.operations.enumerated()
    where operation.outcome == .ok && !isPlaced[index] {
      throw .invalid("op \(operation.id) is missing from the order")
    }
    return "\(order.count) transactions stand in an order in which each reads what those before it"
      + " wrote"
  }

  private func apply(_ index: Int, to state: inout [ValueID: [ValueID]]) throws(Doubt) {
    for step in try steps(index) {
      if !step.isRead {
        if isList {
          state[step.key, default: []].append(step.value)
        } else {
          state[step.key] = [step.value]
        }
        continue
      }
      let now = state[step.key] ?? []
      let isRight = isList ? list(step.value) == now : step.value == now.first ?? .null
      guard isRight else {
        throw .invalid(
          "op \(history.operations[index].id) would not have read what it did where the order has"
            + " it")
      }
    }
  }

  // MARK: Cycles

  /// Looks for each step of a cycle in the history.
  ///
  /// - Returns: what was checked.
  func verify(_ cycle: [ConsistencyCertificate.Edge]) throws(Doubt) -> String {
    guard cycle.count > 1 else { throw .invalid("a cycle has at least two transactions") }
    for (edge, next) in zip(cycle, cycle.dropFirst() + cycle.prefix(1)) where edge.to != next.from {
      throw .invalid("the step to op \(edge.to) is followed by one from op \(next.from)")
    }
    var steps: [Cycle.Step] = []
    for edge in cycle {
      guard let kind = EdgeKind.allCases.first(where: { $0.name == edge.kind }) else {
        throw .invalid("there is no kind `\(edge.kind)`")
      }
      let (from, to) = (try index(edge.from), try index(edge.to))
      steps.append(.init(from: Int32(from), to: Int32(to), kind: kind))
      guard try hasHappened(from) else {
        throw .invalid("nothing shows that op \(edge.from) happened")
      }
      guard try isShown(kind, from, to) else {
        throw .invalid(
          "the history does not show that op \(edge.from) comes before op \(edge.to) (\(edge.kind))"
        )
      }
      let because = (kind == .readWrite ? edge.from : edge.to, kind.shownBy)
      guard (edge.because, edge.field) == because else {
        throw .invalid(
          "`\(edge.field)` of op \(edge.because) is not what shows the step to op \(edge.to)")
      }
    }
    let anomaly = TransactionCycle(Cycle(steps), .globally).anomaly
    guard level.forbids(anomaly) else {
      throw .invalid("\(level.rawValue) does not forbid \(anomaly.name)")
    }
    return
      "each of \(cycle.count) transactions comes before the next, and the last before the first"
  }

  /// Whether a transaction is `ok`, or a read shows something that it wrote.
  private func hasHappened(_ index: Int) throws(Doubt) -> Bool {
    switch history.operations[index].outcome {
    case .ok: return true
    case .fail: return false
    case .info:
      for step in try steps(index) where !step.isRead {
        let isShown = try reads(of: step.key).contains { read in
          isList ? list(read).contains(step.value) : read == step.value
        }
        if isShown { return true }
      }
      return false
    }
  }

  private func isShown(_ kind: EdgeKind, _ from: Int, _ to: Int) throws(Doubt) -> Bool {
    let (left, right) = (history.operations[from], history.operations[to])
    switch kind {
    case .process:
      return left.process == right.process && left.outcome == .ok
        && left.completion < right.invocation
    case .realTime: return left.outcome == .ok && left.completion < right.invocation
    case .writeWrite, .writeRead, .readWrite:
      guard from != to else { return false }
      let (left, right) = (try steps(from), try steps(to))
      for key in Set(left.map(\.key)).intersection(right.map(\.key)) {
        let (ours, theirs) = (left.filter { $0.key == key }, right.filter { $0.key == key })
        let isShown =
          isList
          ? try isShownByList(kind, key, ours, theirs)
          : isShownByRegister(kind, ours, theirs)
        if isShown { return true }
      }
      return false
    default: return false
    }
  }
}
