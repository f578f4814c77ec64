import OperationHistory
import Testing

@testable import Linearizability

/// Histories that an engine once got wrong, each linearizable.
@Suite struct RegressionTests {
  private typealias Interval = (ModelOperation, invocation: Int32, completion: Int32)

  private static func value(_ number: Int64) -> ValueID {
    ValueID(smallInteger: number) ?? .null
  }

  private static func write(_ number: Int64) -> ModelOperation {
    ModelOperation(.write, value(number))
  }

  private static func read(_ number: Int64) -> ModelOperation {
    ModelOperation(.read, value(number))
  }

  private static func cas(_ from: Int64, _ to: Int64, succeeds: Bool = true) -> ModelOperation {
    ModelOperation(succeeds ? .cas : .failedCas, value(from), value(to))
  }

  private func expectHolds(_ intervals: [Interval]) {
    let entries = intervals.enumerated().map { index, interval in
      Entry(
        interval.0, invocation: interval.invocation, completion: interval.completion,
        source: Int32(index))
    }
    let model = BuiltInModel(.register, values: ValueTable())
    #expect(BruteForce.isLinearizable(entries, model: model))
    for engine in Engine.all where engine.isComplete {
      let result = engine.run(
        Partition(key: .absent, entries: entries), model, SearchBudget())
      #expect(result.verdict == .holds, "\(engine.name)")
    }
  }

  @Test("A write of the present value hides another one before a cas needs it")
  func awayAndBackUnseen() {
    expectHolds([
      (Self.write(0), 0, 1), (Self.write(2), 2, 7), (Self.cas(0, 4), 3, 5),
      (Self.write(0), 4, 6), (Self.read(4), 8, 9),
    ])
  }

  @Test("A failed cas has its moment between two writes, the second of the present value")
  func awayAndBackForFailedCas() {
    expectHolds([
      (Self.write(0), 0, 5), (Self.write(2), 1, 2), (Self.cas(2, 1, succeeds: false), 3, 7),
      (Self.write(2), 4, 6), (Self.read(2), 8, 9),
    ])
    expectHolds([
      (Self.write(2), 0, 1), (Self.write(0), 2, 6), (Self.cas(2, 1, succeeds: false), 3, 7),
      (Self.write(2), 4, 5), (Self.read(2), 8, 9),
    ])
  }

  @Test("The same, by an indeterminate write")
  func awayByIndeterminateWrite() {
    expectHolds([
      (Self.write(1), 2, 5), (Self.write(3), 6, .max), (Self.cas(1, 0, succeeds: false), 7, 15),
      (Self.write(1), 11, 13), (Self.cas(1, 1), 16, 22),
    ])
  }

  @Test("A chain of indeterminate swaps of which nobody needs the last, nor so any other")
  func idleChain() {
    for length in [1, 2, 3, 7, 8, 9, 12] {
      // write 1; cas 1 → 2?; cas 2 → 3? …; and a cas from 1 that succeeds.
      var intervals: [Interval] = [(Self.write(1), 0, 1)]
      for link in 1...length {
        intervals.append((Self.cas(Int64(link), Int64(link) + 1), Int32(link) + 1, .max))
      }
      let place = Int32(length) + 2
      expectHolds(intervals + [(Self.cas(1, 0), place, place + 1)])
    }
  }
}
