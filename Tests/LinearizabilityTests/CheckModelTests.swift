import Linearizability
import LinnaeusBase
import Testing

/// The register of the documentation of `Model`.
private struct Register: Model {
  enum Operation: Hashable, Sendable {
    case read(Int)
    case write(Int)
  }

  let initialState = 0

  func step(_ state: Int, _ operation: Operation) -> Int? {
    switch operation {
    case .read(let value): value == state ? state : nil
    case .write(let value): value
    }
  }

  func isObservation(_ operation: Operation) -> Bool {
    if case .read = operation { true } else { false }
  }
}

/// A bank that refuses transfers from accounts that would be overdrawn.
///
/// Its state is a struct of the user's own, one of its operations has a result that may be unknown,
/// and another sees the whole state at once.
private struct Bank: Model {
  enum Operation: Hashable, Sendable {
    /// Moved an amount, or was refused; nil where nobody knows which.
    case transfer(from: String, to: String, amount: Int, accepted: Bool?)
    /// All balances.
    case statement([String: Int])
  }

  let initialState: [String: Int]

  func step(_ state: [String: Int], _ operation: Operation) -> [String: Int]? {
    switch operation {
    case .statement(let balances): return balances == state ? state : nil
    case .transfer(let from, let to, let amount, let accepted):
      let isCovered = state[from, default: 0] >= amount
      guard accepted == nil || accepted == isCovered else { return nil }
      guard isCovered else { return state }
      var result = state
      result[from, default: 0] -= amount
      result[to, default: 0] += amount
      return result
    }
  }

  func isObservation(_ operation: Operation) -> Bool {
    switch operation {
    case .statement: true
    case .transfer(_, _, _, let accepted): accepted == false
    }
  }
}

@Suite struct CheckModelTests {
  @Test("The documented register and its documented order")
  func register() {
    let operations = [
      TimedOperation(Register.Operation.write(1), invocation: 0, completion: 10),
      TimedOperation(.read(0), invocation: 5, completion: 15),
      TimedOperation(.read(1), invocation: 20, completion: 30),
    ]
    let result = checkLinearizability(operations, model: Register())
    #expect(result.verdict == .holds)
    #expect(result.order == [1, 0, 2])

    var stale = operations
    stale[1].invocation = 16
    stale[1].completion = 17
    #expect(checkLinearizability(stale, model: Register()).verdict == .violated)
  }

  @Test("A model of one's own, with refusals, unknown results and a whole-state read")
  func bank() {
    typealias Timed = TimedOperation<Bank.Operation>
    let bank = Bank(initialState: ["ann": 10, "bob": 0])
    let lost = Timed(
      .transfer(from: "ann", to: "bob", amount: 10, accepted: nil), invocation: 0, completion: nil)
    let refused = Timed(
      .transfer(from: "ann", to: "bob", amount: 5, accepted: false), invocation: 10, completion: 20)
    let poor = Timed(.statement(["ann": 0, "bob": 10]), invocation: 30, completion: 40)
    let rich = Timed(.statement(["ann": 10, "bob": 0]), invocation: 30, completion: 40)

    // The lost transfer explains the refusal, and the first statement; nothing explains the other.
    let result = checkLinearizability([poor, refused, lost], model: bank)
    #expect(result.verdict == .holds)
    #expect(result.order == [2, 1, 0])
    #expect(checkLinearizability([rich, refused, lost], model: bank).verdict == .violated)
    // Without the refusal the transfer may not have happened.
    let unneeded = checkLinearizability([rich, lost], model: bank)
    #expect(unneeded.verdict == .holds)
    #expect(unneeded.order.first == 0)
  }

  @Test("Equal moments overlap; operations may be given in any order")
  func equalMoments() {
    let write = TimedOperation(Register.Operation.write(1), invocation: 5, completion: 5)
    let read = TimedOperation(Register.Operation.read(0), invocation: 5, completion: 9)
    #expect(checkLinearizability([read, write], model: Register()).verdict == .holds)
    #expect(checkLinearizability([write, read], model: Register()).verdict == .holds)
    let later = TimedOperation(Register.Operation.read(0), invocation: 6, completion: 9)
    #expect(checkLinearizability([later, write], model: Register()).verdict == .violated)
    #expect(checkLinearizability([], model: Register()).verdict == .holds)
  }

  @Test("Extreme times do not trap")
  func extremeTimes() {
    let operations = [
      TimedOperation(Register.Operation.write(1), invocation: .min, completion: .max),
      TimedOperation(.read(1), invocation: .max, completion: .min),
    ]
    #expect(checkLinearizability(operations, model: Register()).verdict == .holds)
  }

  @Test("Random histories of the bank, against brute force")
  func randomBank() {
    let bank = Bank(initialState: ["a": 2, "b": 1])
    for seed in 0..<UInt64(Effort.scaled(200)) {
      var random = SeededRandom(seed: seed)
      let operations = (0..<1 + random.below(6)).map { _ in randomOperation(&random) }
      let expected = BruteForce.isLinearizable(
        operations.map {
          ($0.operation, Int32($0.invocation) * 2, $0.completion.map { Int32($0) * 2 } ?? .max)
        }, model: bank)
      let result = checkLinearizability(operations, model: bank)
      #expect(
        (result.verdict == .holds) == expected && result.verdict != .unknown,
        "seed \(seed): \(operations)")
    }
  }

  private func randomOperation(_ random: inout SeededRandom) -> TimedOperation<Bank.Operation> {
    let start = Int64(random.below(12))
    let end = start + Int64(random.below(8))
    let isForth = random.chance(1, in: 2)
    let (from, to) = isForth ? ("a", "b") : ("b", "a")
    switch random.below(3) {
    case 0:
      let amount = random.below(4)
      return TimedOperation(
        .statement(["a": amount, "b": 3 - amount]), invocation: start, completion: end)
    case 1:
      return TimedOperation(
        .transfer(
          from: from, to: to, amount: 1 + random.below(2), accepted: random.chance(2, in: 3)),
        invocation: start, completion: end)
    default:
      return TimedOperation(
        .transfer(from: from, to: to, amount: 1 + random.below(2), accepted: nil),
        invocation: start, completion: random.chance(1, in: 2) ? end : nil)
    }
  }
}
