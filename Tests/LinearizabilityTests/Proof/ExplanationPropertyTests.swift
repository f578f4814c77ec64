import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

@Suite("Explanations are true")
struct ExplanationPropertyTests {
  private func describeStates(_ entries: [Entry], around last: Entry, _ model: BuiltInModel)
    -> [String]
  {
    func run<M: Model<ModelOperation>>(_ specification: M) -> [String] {
      var found: Set<M.State> = []
      // Goes through all orders; says whether one can be finished.
      func visit(_ state: M.State, _ rest: [Entry]) -> Bool {
        let earliest = rest.map(\.completion).min() ?? .max
        var ends = earliest == .max
        for index in rest.indices where rest[index].invocation < earliest {
          guard let next = specification.step(state, rest[index].operation) else { continue }
          var others = rest
          others.remove(at: index)
          if visit(next, others) { ends = true }
        }
        if ends, rest.allSatisfy({ $0.completion > last.invocation }) { found.insert(state) }
        return ends
      }
      _ = visit(specification.initialState, entries.filter { $0.source != last.source })
      return found.map { specification.describe($0, values: model.values) }.sorted {
        ($0.utf8.count, $0) < ($1.utf8.count, $1)
      }
    }
    return run(model.specification)
  }

  @Test("The named operation is the one, and the states are those", arguments: TestModel.all)
  func namedOperation(_ test: TestModel) throws {
    var explained = 0
    for seed in 0..<UInt64(Effort.scaled(120)) {
      var random = SeededRandom(seed: seed)
      let objects = randomObjects(test, count: 1, operations: 6, changed: 2, using: &random)
      let history = try makeHistory(objects, model: test.model)
      let compiled = try CompiledHistory(history)
      guard let partition = compiled.partitions.first else { continue }
      let model = compiled.model
      guard !BruteForce.isLinearizable(partition.entries, model: model) else { continue }
      let result = checkLinearizability(partition, model: model, budget: SearchBudget())
      let explanation = try #require(
        explain(partition, result, compiled: compiled, history: history, budget: SearchBudget()))
      let story: Comment = "seed \(seed), \(test): \(nativeLines(partition.entries, model: model))"
      explained += 1
      let last = try #require(
        partition.entries.first { $0.source == explanation.operation }, story)
      let relaxation = Relaxation(model)
      let prefix = relaxation.truncated(partition.entries, at: last.completion).entries
      #expect(!BruteForce.isLinearizable(prefix, model: model), story)
      let before = partition.entries.map {
        $0.completion < last.completion ? $0 : relaxation.indeterminate($0)
      }
      #expect(
        BruteForce.flaw(in: explanation.prefixOrder, of: before, model: model) == nil, story)
      #expect(explanation.states == describeStates(prefix, around: last, model), story)
      #expect(explanation.isEarliest)
    }
    #expect(explained > 5)
  }

  @Test("No reason is ever given for an operation that has a place", arguments: TestModel.all)
  func noFalseReasons(_ test: TestModel) throws {
    var reasons = 0
    for seed in 0..<UInt64(Effort.scaled(250)) {
      var random = SeededRandom(seed: seed)
      let objects = randomObjects(
        test, count: 1, operations: 7, changed: random.below(2), using: &random)
      let history = try makeHistory(objects, model: test.model)
      let compiled = try CompiledHistory(history)
      guard let partition = compiled.partitions.first else { continue }
      let isLinearizable = BruteForce.isLinearizable(partition.entries, model: compiled.model)
      for entry in partition.entries where !entry.isIndeterminate {
        let scene = Scene(
          key: .absent, entries: partition.entries, last: entry, model: compiled.model,
          history: history)
        guard let reason = scene.knownReason() else { continue }
        reasons += 1
        #expect(
          !isLinearizable,
          """
          seed \(seed), \(test): \(nativeLines(partition.entries, model: compiled.model))
          \(scene.who(entry)) \(scene.did(entry)), but \(reason)
          """)
      }
    }
    #expect(reasons > 0 || test.model.name == .semaphore)
  }

  @Test("Of many keys, the operation of the violated one is named")
  func keyed() throws {
    let test = TestModel(.register)
    let write = test.calls[1][0]
    let read = test.calls[0][0]
    let good = [Entry(write, invocation: 0, completion: 1, source: 0)]
    let bad = good + [Entry(read, invocation: 2, completion: 3, source: 1)]
    let history = try makeHistory(
      [(.string("a"), good), (.string("b"), bad)], model: test.model)
    let compiled = try CompiledHistory(history, partitioned: false)
    let partition = try #require(compiled.partitions.first)
    let result = checkLinearizability(partition, model: compiled.model, budget: SearchBudget())
    let explanation = try #require(
      explain(partition, result, compiled: compiled, history: history, budget: SearchBudget()))
    #expect(explanation.operation == 2)
    #expect(explanation.prefixOrder == [1])
    #expect(explanation.summary.contains("read null"))
  }

  @Test("What is unknown is told")
  func unknown() throws {
    let test = TestModel(.register)
    var entries: [Entry] = []
    for place in 0..<Int32(4) {
      entries.append(
        Entry(test.calls[1][0], invocation: place * 2, completion: place * 2 + 1, source: place))
    }
    let history = try makeHistory([(nil, entries)], model: test.model)
    let partition = Partition(key: .absent, entries: entries)
    var result = PartitionResult(verdict: .unknown, decidedBy: "test")
    result.limit = .memory
    #expect(
      unknownSummary(result, partition: partition, history: history)
        == "The memory limit was reached.")
    result.progress = SearchProgress(
      verifiedUpTo: 4, order: [0, 1], hardestWindow: 4...6, obstacles: [2])
    #expect(
      unknownSummary(result, partition: partition, history: history)
        == "The memory limit was reached. The 2 of 4 operations that had ended by line 5 have an"
        + " order together. The search was hardest between lines 6 and 8. In the way was operation"
        + " 2 (line 6).")
  }
}
