import OperationHistory
import Testing

@testable import Linearizability

/// Histories that an engine once got wrong, each linearizable.
@Suite struct RegressionTests {
  @Test("A write of the present value hides another one before a cas needs it")
  func awayAndBackUnseen() {
    expect(
      .holds,
      [
        (.write(0), 0, 1), (.write(2), 2, 7), (.cas(0, 4), 3, 5), (.write(0), 4, 6),
        (.read(4), 8, 9),
      ])
  }

  @Test("A failed cas has its moment between two writes, the second of the present value")
  func awayAndBackForFailedCas() {
    expect(
      .holds,
      [
        (.write(0), 0, 5), (.write(2), 1, 2), (.failedCas(2), 3, 7), (.write(2), 4, 6),
        (.read(2), 8, 9),
      ])
    expect(
      .holds,
      [
        (.write(2), 0, 1), (.write(0), 2, 6), (.failedCas(2), 3, 7), (.write(2), 4, 5),
        (.read(2), 8, 9),
      ])
  }

  @Test("The same, by an indeterminate write")
  func awayByIndeterminateWrite() {
    expect(
      .holds,
      [
        (.write(1), 2, 5), (.write(3), 6, .max), (.failedCas(1), 7, 15), (.write(1), 11, 13),
        (.cas(1, 1), 16, 22),
      ])
  }

  @Test("A write of the present value hides another one at its last chance, for a later failed cas")
  func hiddenAtLastChance() {
    expect(
      .holds,
      [
        (.write(1), 0, 2), (.cas(1, 2), 1, 3), (.write(1), 4, 7), (.write(2), 5, 6),
        (.failedCas(1), 8, 9),
      ])
  }

  @Test("A write that nobody reads follows one that is read, for a later failed cas")
  func leftAtLastChance() {
    expect(
      .holds,
      [
        (.write(0), 0, 9), (.read(0), 1, 4), (.write(1), 2, 7), (.write(2), 3, 6),
        (.read(1), 5, 10), (.failedCas(1), 8, 11),
      ])
  }

  @Test("A chain of indeterminate swaps of which nobody needs the last, nor so any other")
  func idleChain() {
    for length in [1, 2, 3, 7, 8, 9, 12] {
      // write 1; cas 1 → 2?; cas 2 → 3? …; and a cas from 1 that succeeds.
      var intervals: [Interval] = [(.write(1), 0, 1)]
      for link in 1...length {
        intervals.append((.cas(Int64(link), Int64(link) + 1), Int32(link) + 1, .max))
      }
      let place = Int32(length) + 2
      expect(.holds, intervals + [(.cas(1, 0), place, place + 1)])
    }
  }
}
