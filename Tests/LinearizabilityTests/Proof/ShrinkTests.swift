import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

@Suite("Shrinking")
struct ShrinkTests {
  /// Every partition that is one relaxation away.
  private func furtherRelaxations(_ entries: [Entry], model: BuiltInModel) -> [[Entry]] {
    let relaxation = Relaxation(model)
    let last = Relaxation.lastCompletion(entries)
    func without(_ gone: Set<Int>) -> [Entry] {
      entries.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    }
    var results: [[Entry]] = []
    for (index, entry) in entries.enumerated() {
      let others = without([index])
      let maySimplyGo =
        relaxation.isObservation(entry.operation)
        || entry.isIndeterminate && entry.invocation > last
        || relaxation.separation == .bySight
          && relaxation.isUnseen(entry.operation, by: relaxation.sights(others))
      if maySimplyGo { results.append(others) }
      if !entry.isIndeterminate {
        var relaxed = entries
        relaxed[index] = relaxation.indeterminate(entry)
        results.append(relaxed)
      }
    }
    if relaxation.separation == .byValue {
      results += relaxation.groupsByValue(entries, entries.map(\.operation)).map {
        without(Set($0))
      }
    }
    return results
  }

  @Test("What remains is violated and minimal", arguments: TestModel.all)
  func minimal(_ test: TestModel) {
    var shrunkCount = 0
    for seed in 0..<UInt64(Effort.scaled(150)) {
      var random = SeededRandom(seed: seed)
      let entries = test.randomEntries(
        4 + random.below(7), processes: 2 + random.below(3), changed: 1 + random.below(3),
        using: &random)
      guard !BruteForce.isLinearizable(entries, model: test.model) else { continue }
      let shrunk = shrink(
        Partition(key: .absent, entries: entries), model: test.model, violatedBy: .max,
        budget: SearchBudget())
      shrunkCount += 1
      let story: Comment = """
        seed \(seed), \(test): \(nativeLines(entries, model: test.model))
        became \(nativeLines(shrunk.entries, model: test.model))
        """
      #expect(!BruteForce.isLinearizable(shrunk.entries, model: test.model), story)
      #expect(shrunk.isMinimal, story)
      for further in furtherRelaxations(shrunk.entries, model: test.model) {
        #expect(BruteForce.isLinearizable(further, model: test.model), "\(story) and \(further)")
      }
    }
    #expect(shrunkCount > 5)
  }

  @Test("A stale read among many operations leaves three", arguments: [300, 12_000])
  func staleRead(_ count: Int) {
    var values = ValueTable()
    let stale = count / 2
    let numbers = (0..<count).map { values.intern(integer: Int64($0)) }
    var entries: [Entry] = []
    for index in 0..<count {
      let place = Int32(index) * 4
      let source = Int32(index) * 2
      entries.append(
        Entry(
          ModelOperation(.write, numbers[index]), invocation: place, completion: place + 1,
          source: source))
      let read = index == stale ? numbers[stale - 10] : numbers[index]
      entries.append(
        Entry(
          ModelOperation(.read, read), invocation: place + 2, completion: place + 3,
          source: source + 1))
    }
    let model = BuiltInModel(.register, values: values)
    let shrunk = shrink(
      Partition(key: .absent, entries: entries), model: model, violatedBy: .max,
      budget: SearchBudget())
    #expect(shrunk.isMinimal)
    #expect(shrunk.entries.map(\.operation.action) == [.write, .write, .read])
    #expect(shrunk.entries.first?.source == Int32(stale - 10) * 2)
    #expect(shrunk.entries.last?.source == Int32(stale) * 2 + 1)
    #expect(shrunk.checks < 300, "\(shrunk.checks) checks")
  }

  @Test("Of many keys the violated one remains")
  func keyed() {
    var values = ValueTable()
    let one = values.intern(integer: 1)
    let keys = (5...7).map { values.intern(integer: $0) }
    var model = BuiltInModel(.register, values: values)
    model.keyed = true
    var entries: [Entry] = []
    for key in keys {
      let place = Int32(entries.count) * 2
      entries.append(
        Entry(
          ModelOperation(.write, one, key: key), invocation: place, completion: place + 1,
          source: place / 2))
      let answer = key == keys[1] ? .null : one
      entries.append(
        Entry(
          ModelOperation(.read, answer, key: key), invocation: place + 2, completion: place + 3,
          source: place / 2 + 1))
    }
    let shrunk = shrink(
      Partition(key: .absent, entries: entries), model: model, violatedBy: .max,
      budget: SearchBudget())
    #expect(shrunk.key == keys[1])
    #expect(shrunk.entries.map(\.source) == [2, 3])
    #expect(shrunk.isMinimal)
  }

  @Test("Without time, the whole comes back and is not called minimal")
  func noTime() {
    let test = TestModel(.register)
    let one = test.calls[1][0].first
    let entries = [
      Entry(ModelOperation(.read, one), invocation: 0, completion: 1, source: 0),
      Entry(ModelOperation(.write, one), invocation: 2, completion: 3, source: 1),
    ]
    let budget = SearchBudget()
    budget.cancel()
    let shrunk = shrink(
      Partition(key: .absent, entries: entries), model: test.model, violatedBy: .max,
      budget: budget)
    #expect(!shrunk.isMinimal)
    #expect(shrunk.entries == entries)
  }
}
