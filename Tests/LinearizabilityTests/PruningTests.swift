import OperationHistory
import Testing

@testable import Linearizability

/// What makes the rules sound by which the engines prune: for each condition that random histories
/// seldom need, one that a search without it gets wrong.
@Suite struct PruningTests {
  @Test("A write is spent at its last chance for a failed cas that opens later")
  func lastChanceForFailedCas() {
    expect(.holds, [(.write(1), 0, 2), (.write(2), 1, 3), (.failedCas(1), 4, 5)])
  }

  @Test("The need of a later cas may be indeterminate")
  func lastChanceForIndeterminateCas() {
    expect(
      .holds,
      [
        (.cas(0, 1), 0, .max), (.write(1), 1, .max), (.cas(1, 0), 2, 3), (.write(0), 4, 7),
        (.failedCas(0), 5, 6), (.read(0), 8, 9),
      ])
  }

  @Test("An indeterminate swap is worth a step if it enables one")
  func enablingSwap() {
    expect(
      .holds,
      [
        (.cas(1, 2), 0, .max), (.cas(0, 1), 1, .max), (.write(2), 2, .max), (.cas(2, 0), 3, 4),
        (.write(2), 5, .max), (.cas(2, 0), 6, 7), (.read(2), 8, 9),
      ])
  }

  @Test("Swaps from one value to different ones are no twins")
  func swapsToDifferentValues() {
    expect(
      .holds,
      [
        (.cas(nil, 1), 0, .max), (.cas(nil, 2), 1, .max), (.cas(2, 5), 2, 3), (.cas(5, 9), 4, 5),
        (.failedCas(5), 6, 7),
      ])
  }

  @Test("A twin that is spent does not hold back the next")
  func spentTwin() {
    expect(
      .holds,
      [
        (.write(1), 0, 2), (.cas(2, 1), 1, 6), (.write(1), 3, 8), (.cas(1, 2), 4, 11),
        (.cas(1, 2), 5, 9), (.cas(1, 2), 7, 10),
      ])
  }

  @Test("Of two writes of one value the one that returns first is spent first")
  func writeTwins() {
    expect(
      .holds,
      [
        (.cas(1, 2), 0, 3), (.write(1), 1, 4), (.write(1), 2, 6), (.read(2), 5, 8),
        (.read(1), 7, 9),
      ])
  }

  @Test("A write that was hidden need not be spent, even where nothing else could be")
  func soleStep() {
    expect(
      .holds,
      [
        (.write(0), 0, 5), (.read(0), 1, 3), (.write(1), 2, 4), (.failedCas(1), 6, 7),
        (.failedCas(0), 8, 12), (.write(0), 9, 11), (.cas(0, 1), 10, 13),
      ])
  }

  @Test("Two swaps from one value are a violation once both have returned")
  func lostUpdateInTime() {
    expect(.violated, [(.cas(nil, 1), 0, 1), (.cas(nil, 2), 2, 3), (.read(nil), 4, 5)])
  }

  // MARK: Dominance

  @Test("To have spent less does not make up for spending another write")
  func dominanceBySpent() {
    expect(
      .holds,
      [
        (.write(0), 0, 3), (.write(1), 1, 5), (.read(1), 2, 4), (.cas(1, 0), 6, 9),
        (.cas(0, 1), 7, 8), (.cas(1, 0), 10, 11),
      ])
  }

  @Test("To have spent less does not make up for a read that waits")
  func dominanceBySatisfied() {
    // Without write 1 at its last chance, the read of 1 has to wait for the indeterminate one,
    // after which nothing brings 4 back.
    expect(
      .holds,
      [
        (.write(3), 0, 2), (.write(1), 1, 5), (.read(1), 3, 19), (.read(3), 6, 11),
        (.write(4), 7, 8), (.write(3), 9, 17), (.write(4), 10, 16), (.read(4), 12, 13),
        (.write(4), 14, 15), (.write(1), 18, .max), (.read(4), 20, 21),
      ])
  }

  @Test("To have spent less does not make up for a cas still to be spent")
  func dominanceByDefiniteCas() {
    // The same with a cas from 1 for the read of 1, and more writes spent besides.
    expect(
      .holds,
      [
        (.write(3), 0, 2), (.write(1), 1, 5), (.cas(1, 7), 3, 27), (.read(3), 6, 11),
        (.write(5), 7, 8), (.write(3), 9, 24), (.read(5), 12, 17), (.write(4), 13, 14),
        (.write(5), 15, 23), (.write(4), 16, 22), (.read(4), 18, 19), (.write(4), 20, 21),
        (.write(1), 25, .max), (.read(4), 28, 29),
      ])
  }

  @Test("Of any model: different observations made are no dominance")
  func dominanceByObservations() {
    // Which of the two reads must have been made when the counter is back at 0 shows later.
    for last in [-1, 1] as [Int64] {
      expect(
        .holds,
        [
          (.add(1), 0, 4), (.add(-1), 1, 5), (.read(1), 2, 8), (.read(-1), 3, 9),
          (.add(last), 6, 7),
        ], model: BuiltInModel(.counter, values: ValueTable()))
    }
  }

  @Test("Of any model: an indeterminate operation used up is no dominance")
  func dominanceByIndeterminate() {
    var values = ValueTable()
    let one = values.intern(integer: 1)
    expect(
      .holds,
      [
        (ModelOperation(.remove, one), 0, 3), (ModelOperation(.add, one), 1, .max),
        (ModelOperation(.contains, one, .true), 2, 5),
        (ModelOperation(.remove, one, .true), 4, 6),
      ], model: BuiltInModel(.set, values: values))
  }

  // MARK: Narrow frontiers

  @Test("A layer that takes too much work is cut")
  func workLimit() {
    var values = ValueTable()
    let text = ["0 ", "1 ", "2 ", "1 0 1 1 0 2 "].map { values.intern(.string($0)) }
    func append(_ number: Int) -> ModelOperation { ModelOperation(.append, text[number]) }
    var model = BuiltInModel(.keyValue, values: values)
    model.missingIsEmpty = true
    expect(
      .holds,
      [
        (ModelOperation(.read, text[3]), 0, 9), (append(2), 1, 11),
        (ModelOperation(.write, text[1]), 2, 13), (ModelOperation(.write, text[1]), 3, .max),
        (append(2), 4, 10), (append(0), 5, 12), (append(1), 6, 15), (append(1), 7, 14),
        (append(0), 8, 17), (ModelOperation(.read, text[3]), 16, 18),
      ], model: model)
  }

  @Test("A frontier that chose wrongly at the very beginning goes back there")
  func earlyChoice() {
    // The cas is better spent late, for the read of 2, but spending it at once looks better: the
    // swap from 9 hides that nothing else will set 2. So many layers lie between that checkpoints
    // are thinned.
    let length: Int32 = 2500
    let end = 2 * length + 4
    var intervals: [Interval] = [(.write(1), 0, 2), (.cas(1, 2), 1, end + 6)]
    for place in 0..<length {
      intervals.append((.write(3), 2 * place + 3, 2 * place + 4))
    }
    intervals += [
      (.write(1), end, end + 1), (.cas(9, 2), end + 2, .max), (.read(2), end + 3, end + 5),
    ]
    for width in [1, 2, 2048] {
      var portfolio = Portfolio(engines: [.wideFrontier, .registerSpace], budget: SearchBudget())
      portfolio.wideWidth = width
      let result = portfolio.decide(
        Partition(key: .absent, entries: intervals.entries),
        model: BuiltInModel(.register, values: ValueTable()))
      #expect(result.verdict == .holds, "width \(width)")
    }
  }
}
