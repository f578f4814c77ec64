import Linearizability
import LinnaeusBase
import OperationHistory
import Testing

/// Every engine against brute force on small histories: all of them, or a fair sample.
///
/// Up to three operations are always tried in full, though below `LINNAEUS_EFFORT=10` the engines
/// take turns. From 10 on, each engine decides each history, and those of four are tried in full.
/// From 100 on those of five are tried in full too, with the engines in turns: there are 200 million
/// of them. What is not tried in full is sampled, the more the effort.
@Suite struct ExhaustiveTests {
  @Test("Interval orders are counted by the Fishburn numbers")
  func intervalOrders() {
    #expect((1...6).map { IntervalOrder.all($0).count } == [1, 2, 5, 15, 53, 217])
    for count in 1...5 {
      let orders = IntervalOrder.all(count)
      #expect(Set(orders).count == orders.count)
    }
  }

  @Test("Every history of up to five operations", arguments: Alphabet.all)
  func everyHistory(_ alphabet: Alphabet) {
    var comparison = Comparison(alphabet.model, name: alphabet.name)
    for count in 1...5 {
      let orders = IntervalOrder.all(count)
      if count <= 3 || Effort.factor >= (count == 4 ? 10 : 100) {
        for order in orders {
          order.forEachHistory(alphabet) {
            comparison.check($0, seed: nil, inTurns: count == 5)
          }
        }
      } else {
        for number in 0..<Effort.scaled(250) {
          let seed = UInt64(count) << 32 | UInt64(number)
          var random = SeededRandom(seed: seed)
          let order = orders[random.below(orders.count)]
          comparison.check(order.randomHistory(alphabet, &random), seed: seed)
        }
      }
    }
    // An alphabet bites if both verdicts are common.
    #expect(comparison.linearizable * 50 > comparison.histories)
    #expect(comparison.linearizable * 50 < comparison.histories * 49)
  }
}
