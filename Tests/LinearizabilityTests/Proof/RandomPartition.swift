import LinnaeusBase
import OperationHistory

@testable import Linearizability

/// A model with few values, and the calls that random histories make of it.
struct TestModel: Sendable, CustomStringConvertible {
  /// A call is given by the answers it can have.
  typealias Call = [ModelOperation]

  let model: BuiltInModel
  let calls: [Call]
  let description: String

  static let all: [TestModel] =
    ModelName.allCases.map { TestModel($0) } + [TestModel(.keyValue, appends: true)]

  /// A key that holds a number at times, to which nothing can be appended then.
  static let mixed = TestModel(.keyValue, appends: true, mixed: true)

  init(_ name: ModelName, appends: Bool = false, mixed: Bool = false) {
    var values = ValueTable()
    let numbers = (1...3).map { values.intern(integer: $0) }
    let pairs = numbers.flatMap { a in numbers.map { b in (a, b) } }
    var parameters = (permits: Int64(1), missingIsEmpty: false)
    switch name {
    case .register, .keyValue:
      if appends {
        parameters.missingIsEmpty = true
        let texts = Self.texts().map { values.intern(.string($0)) }
        let letters = ["a", "b"].map { values.intern(.string($0)) }
        calls =
          [(texts + (mixed ? [numbers[0]] : [])).map { ModelOperation(.read, $0) }]
          + (mixed ? [[ModelOperation(.write, numbers[0])]] : [])
          + letters.map { [ModelOperation(.append, $0)] }
          + [[ModelOperation(.write, letters[0])], [ModelOperation(.delete)]]
          + [
            [ModelOperation(.cas, letters[0], letters[1]), ModelOperation(.failedCas, letters[0])]
          ]
      } else {
        calls =
          [([.null] + numbers).map { ModelOperation(.read, $0) }]
          + numbers.map { [ModelOperation(.write, $0)] }
          + pairs.map { [ModelOperation(.cas, $0, $1), ModelOperation(.failedCas, $0)] }
          + (name == .keyValue ? [[ModelOperation(.delete)]] : [])
      }
    case .set:
      let lists = Self.subsets(numbers).map { values.intern(list: $0) }
      calls =
        [lists.map { ModelOperation(.read, $0) }]
        + numbers.flatMap { number -> [Call] in
          [
            [ModelOperation(.add, number)], [ModelOperation(.remove, number, .absent)],
            [ModelOperation(.remove, number, .true), ModelOperation(.remove, number, .false)],
            [ModelOperation(.contains, number, .true), ModelOperation(.contains, number, .false)],
          ]
        }
    case .counter:
      calls =
        [(0...6).map { ModelOperation(.read, values.intern(integer: $0)) }]
        + [0, 1, 2].map { [ModelOperation(.add, values.intern(integer: $0))] }
    case .queue, .stack, .priorityQueue:
      calls =
        numbers.map { [ModelOperation(.insert, $0)] }
        + Array(repeating: ([.null] + numbers).map { ModelOperation(.extract, $0) }, count: 3)
    case .mutex:
      calls = numbers.flatMap { [[ModelOperation(.acquire, $0)], [ModelOperation(.release, $0)]] }
    case .semaphore:
      parameters.permits = 2
      calls = numbers.prefix(2).flatMap {
        [[ModelOperation(.acquire, $0)], [ModelOperation(.release, $0)]]
      }
    case .znode: calls = []
    case .listAppend:
      let lists = Self.sequences(numbers, upTo: 4).map { values.intern(list: $0) }
      calls =
        Array(repeating: lists.map { ModelOperation(.read, $0) }, count: 3)
        + numbers.map { [ModelOperation(.append, $0)] }
    }
    var model = BuiltInModel(name, values: values)
    model.permits = parameters.permits
    model.missingIsEmpty = parameters.missingIsEmpty
    self.model = model
    description =
      mixed ? "key-value, mixed" : appends ? "key-value, appended to" : name.rawValue
  }

  private static func subsets(_ values: [ValueID]) -> [[ValueID]] {
    (0..<1 << values.count).map { mask in
      values.indices.filter { mask >> $0 & 1 == 1 }.map { values[$0] }
    }
  }

  private static func sequences(_ values: [ValueID], upTo length: Int) -> [[ValueID]] {
    guard length > 0 else { return [[]] }
    return [[]]
      + sequences(values, upTo: length - 1).flatMap { rest in values.map { [$0] + rest } }
  }

  private static func texts() -> [String] {
    func texts(_ length: Int) -> [String] {
      length == 0 ? [""] : texts(length - 1).flatMap { ["a" + $0, "b" + $0] }
    }
    return (0...4).flatMap(texts)
  }

  /// Entries of a random run: of as many processes, linearizable unless answers are changed.
  func randomEntries(
    _ count: Int, processes: Int, changed: Int, using random: inout SeededRandom
  ) -> [Entry] {
    func run(_ specification: some Model<ModelOperation>) -> [Entry] {
      var simulation = Simulation(specification)
      return simulation.run(self, count, processes: processes, using: &random)
    }
    var entries = run(model.specification)
    for _ in 0..<changed where !entries.isEmpty {
      let index = random.below(entries.count)
      let operation = entries[index].operation
      guard let call = calls.first(where: { $0.contains(operation) }) else { continue }
      entries[index].operation = call[random.below(call.count)]
    }
    let relaxation = Relaxation(model)
    return entries.filter {
      !($0.isIndeterminate && relaxation.isObservation($0.operation))
    }
  }
}

/// An object whose operations take effect one after another between their calls and returns.
private struct Simulation<M: Model<ModelOperation>> {
  private let model: M
  private var state: M.State

  init(_ model: M) {
    self.model = model
    state = model.initialState
  }

  private struct Open {
    var call: TestModel.Call
    var invocation: Int32
    var answer: ModelOperation?
  }

  mutating func run(
    _ test: TestModel, _ count: Int, processes: Int, using random: inout SeededRandom
  ) -> [Entry] {
    var open: [Open?] = Array(repeating: nil, count: processes)
    var entries: [Entry] = []
    var place: Int32 = 0
    let relaxation = Relaxation(test.model)
    func entry(_ operation: ModelOperation, _ from: Int32, _ to: Int32) -> Entry {
      Entry(operation, invocation: from, completion: to, source: from)
    }
    for _ in 0..<count * 12 where entries.count < count {
      let process = random.below(processes)
      defer { place += 1 }
      guard let begun = open[process] else {
        open[process] = Open(call: test.calls[random.below(test.calls.count)], invocation: place)
        continue
      }
      guard let answer = begun.answer else {
        // Some operations never take effect, and nobody knows.
        if random.chance(1, in: 12) {
          let lost = relaxation.withoutResult(begun.call[0])
          entries.append(entry(lost, begun.invocation, .max))
          open[process] = nil
          continue
        }
        for candidate in begun.call {
          guard let next = model.step(state, candidate) else { continue }
          state = next
          open[process]?.answer = candidate
          break
        }
        if open[process]?.answer == nil { open[process] = nil }
        continue
      }
      let isLost = random.chance(1, in: 12)
      entries.append(
        entry(
          isLost ? relaxation.withoutResult(answer) : answer, begun.invocation,
          isLost ? .max : place))
      open[process] = nil
    }
    return entries.sorted { $0.invocation < $1.invocation }
  }
}
