import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

/// No relaxation takes an order away: tried on random linearizable partitions, rule by rule.
@Suite("Relaxations keep every order")
struct RelaxationTests {
  /// Random linearizable partitions, each with what `relax` makes of it.
  private func tryAll(
    _ test: TestModel, _ rule: UInt64, minimum: Int = 20,
    _ relax: (Relaxation, [Entry], inout SeededRandom) -> [[Entry]]
  ) {
    let relaxation = Relaxation(test.model)
    var applied = 0
    for seed in 0..<UInt64(Effort.scaled(250)) {
      var random = SeededRandom(seed: seed << 8 | rule)
      let entries = test.randomEntries(
        3 + random.below(5), processes: 2 + random.below(3), changed: random.below(2),
        using: &random)
      guard BruteForce.isLinearizable(entries, model: test.model) else { continue }
      for relaxed in relax(relaxation, entries, &random) {
        applied += 1
        #expect(
          BruteForce.isLinearizable(relaxed, model: test.model),
          "seed \(seed), \(test): \(nativeLines(entries, model: test.model)) → \(relaxed)")
      }
    }
    #expect(applied >= minimum, "\(test): the rule was hardly ever applied")
  }

  @Test("1: an observation goes", arguments: TestModel.all.filter(\.hasObservations))
  func dropObservation(_ test: TestModel) {
    tryAll(test, 1) { relaxation, entries, _ in
      entries.indices.filter { relaxation.isObservation(entries[$0].operation) }
        .map { index in entries.enumerated().filter { $0.offset != index }.map(\.element) }
    }
  }

  @Test("2: a definite operation becomes indeterminate", arguments: TestModel.all)
  func makeIndeterminate(_ test: TestModel) {
    tryAll(test, 2) { relaxation, entries, _ in
      entries.indices.map { index in
        var relaxed = entries
        relaxed[index] = relaxation.indeterminate(entries[index])
        return relaxed
      }
    }
  }

  @Test("3: an indeterminate operation that began last goes", arguments: TestModel.all)
  func dropAfterEnd(_ test: TestModel) {
    tryAll(test, 3, minimum: 5) { _, entries, _ in
      let last = Relaxation.lastCompletion(entries)
      return entries.indices.filter {
        entries[$0].isIndeterminate && entries[$0].invocation > last
      }.map { index in entries.enumerated().filter { $0.offset != index }.map(\.element) }
    }
  }

  @Test("4: what nobody saw goes", arguments: TestModel.all.filter(\.isSeparable) + [.mixed])
  func dropUnseen(_ test: TestModel) {
    tryAll(test, 4) { relaxation, entries, random in
      (0..<4).map { _ in
        // Any choice of what stays is allowed that keeps what it sees.
        let stays = entries.map { _ in random.chance(2, in: 3) }
        let chosen = zip(entries, stays).filter(\.1).map(\.0)
        let sights = relaxation.sights(chosen)
        let kept = zip(entries, stays).compactMap { entry, stays -> Entry? in
          if stays || relaxation.isObservation(entry.operation) { return stays ? entry : nil }
          return relaxation.isUnseen(entry.operation, by: sights) ? nil : entry
        }
        // Those that had to stay may have seen what was to go.
        let seen = relaxation.sights(kept)
        let isSound = entries.allSatisfy { entry in
          kept.contains(entry) || relaxation.isObservation(entry.operation)
            || relaxation.isUnseen(entry.operation, by: seen)
        }
        return isSound ? kept : entries
      }
    }
  }

  @Test("4: all operations that name a value go", arguments: TestModel.all.filter(\.isByValue))
  func dropValue(_ test: TestModel) {
    tryAll(test, 5) { relaxation, entries, _ in
      relaxation.groupsByValue(entries, entries.map(\.operation)).map { group in
        entries.enumerated().filter { !group.contains($0.offset) }.map(\.element)
      }
    }
  }

  @Test(
    "5: the past before a write goes", arguments: TestModel.all.filter(\.hasPlainWrites) + [.mixed])
  func cutPast(_ test: TestModel) {
    tryAll(test, 6) { relaxation, entries, _ in
      entries.indices.filter {
        !entries[$0].isIndeterminate && relaxation.isPlainWrite(entries[$0].operation)
      }.map { relaxation.cut(entries, after: $0).compactMap { $0 } }
    }
  }

  @Test("A truncated history", arguments: TestModel.all)
  func truncate(_ test: TestModel) {
    tryAll(test, 7) { relaxation, entries, _ in
      let end = entries.map(\.invocation).max() ?? 0
      return (0...end).map { relaxation.truncated(entries, at: $0).entries }
    }
  }
}

@Suite("Exhaustive search")
struct ExhaustiveSearchTests {
  @Test("It agrees with all orders, and knows the states between", arguments: TestModel.all)
  func agrees(_ test: TestModel) {
    for seed in 0..<UInt64(Effort.scaled(150)) {
      var random = SeededRandom(seed: seed)
      let entries = test.randomEntries(
        2 + random.below(6), processes: 3, changed: random.below(3), using: &random)
      let expected = BruteForce.isLinearizable(entries, model: test.model)
      #expect(
        hasOrderExhaustively(entries, model: test.model) == expected, "seed \(seed), \(test)")
    }
  }

  @Test("Past its limits it does not answer")
  func limits() {
    var values = ValueTable()
    let one = values.intern(integer: 1)
    let model = BuiltInModel(.counter, values: values)
    let entries = (0..<129).map {
      Entry(ModelOperation(.add, one), invocation: $0 * 2, completion: $0 * 2 + 1, source: $0)
    }
    #expect(hasOrderExhaustively(entries, model: model) == nil)
    #expect(hasOrderExhaustively(Array(entries.prefix(128)), model: model) == true)
    #expect(hasOrderExhaustively(Array(entries.prefix(20)), model: model, stepLimit: 5) == nil)
  }
}

extension TestModel {
  var hasObservations: Bool {
    let relaxation = Relaxation(model)
    return calls.joined().contains { relaxation.isObservation($0) }
  }
  var isSeparable: Bool { Relaxation(model).separation != .none }
  var isByValue: Bool { Relaxation(model).separation == .byValue }
  var hasPlainWrites: Bool {
    let relaxation = Relaxation(model)
    return calls.joined().contains { relaxation.isPlainWrite($0) }
  }
}
