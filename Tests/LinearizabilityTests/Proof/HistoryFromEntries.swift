import LinnaeusBase
import OperationHistory

@testable import Linearizability

/// A native history of some objects' entries, without times: line order decides.
///
/// The n-th operation has the number `ids(n)`.
func makeHistory(
  _ objects: [(key: Value?, entries: [Entry])], model: BuiltInModel,
  ids: (Int) -> Int64 = { Int64($0) }
) throws -> History {
  struct Event {
    var place: Int
    var id: Int64
    var process: Int64
    var key: Value?
    var entry: Entry
    var isCompletion: Bool
  }
  var events: [Event] = []
  var number = 0
  for (object, content) in objects.enumerated() {
    for entry in content.entries {
      let owner = model.name == .mutex ? entry.operation.first.smallInteger : nil
      var event = Event(
        place: Int(entry.invocation) * objects.count + object, id: ids(number),
        process: owner ?? Int64(number), key: content.key, entry: entry, isCompletion: false)
      number += 1
      events.append(event)
      guard !entry.isIndeterminate else { continue }
      event.place = Int(entry.completion) * objects.count + object
      event.isCompletion = true
      events.append(event)
    }
  }
  events.sort { $0.place < $1.place }
  var builder = HistoryBuilder(format: .native)
  builder.values = model.values
  builder.setHeader([
    .init(.string("linnaeus"), .integer(1)), .init(.string("model"), .string(model.name.rawValue)),
    .init(
      .string("parameters"), .map([.init(.string("permits"), .integer(model.permits))])),
  ])
  for (line, event) in events.enumerated() {
    let call = recorded(event.entry.operation, model, &builder.values)
    guard let function = builder.function(named: call.function) else { continue }
    let isFailure = event.entry.operation.action == .failedCas
    var recorded = HistoryEvent(
      event.isCompletion ? .completion(isFailure ? .fail : .ok) : .invocation,
      process: event.process, function: function, line: line + 2, id: event.id)
    if let key = event.key { recorded.key = builder.values.intern(key) }
    recorded.value = event.isCompletion ? call.result : call.argument
    try builder.append(recorded)
  }
  return try builder.finish()
}

/// How a recorder writes an operation.
private func recorded(
  _ operation: ModelOperation, _ model: BuiltInModel, _ values: inout ValueTable
) -> (function: String, argument: ValueID, result: ValueID) {
  let first = operation.first
  let absent = ValueID.absent
  let (isQueue, isStack) = (model.name == .queue, model.name == .stack)
  switch operation.action {
  case .read: return ("read", absent, first)
  case .write: return ("write", first, absent)
  case .cas: return ("cas", values.intern(list: [first, operation.second]), absent)
  case .failedCas:
    return ("cas", values.intern(list: [first, values.intern(.string("other"))]), absent)
  case .append: return ("append", first, absent)
  case .delete: return ("delete", absent, absent)
  case .add: return ("add", first, absent)
  case .remove: return ("remove", first, operation.second)
  case .contains: return ("contains", first, operation.second)
  case .insert: return (isQueue ? "enqueue" : isStack ? "push" : "insert", first, absent)
  case .extract: return (isQueue ? "dequeue" : isStack ? "pop" : "delete-min", absent, first)
  case .acquire: return ("acquire", model.name == .mutex ? absent : first, absent)
  case .release: return ("release", model.name == .mutex ? absent : first, absent)
  case .step: return ("step", first, absent)
  }
}

/// Random objects with keys 10, 11, … or, if there is but one, with none.
func randomObjects(
  _ test: TestModel, count: Int, operations: Int, changed: Int, using random: inout SeededRandom
) -> [(key: Value?, entries: [Entry])] {
  (0..<count).map { object in
    let entries = test.randomEntries(
      2 + random.below(operations), processes: 3, changed: changed, using: &random)
    return (count == 1 ? nil : .integer(Int64(10 + object)), entries)
  }
}
