import Linearizability
import OperationHistory

/// A partition as native JSON lines, to be pasted into a file or a regression test.
func nativeLines(_ entries: [Entry], model: BuiltInModel) -> String {
  var lines = ["{\"linnaeus\":1,\"model\":\"\(model.name.rawValue)\"\(parameters(model))}"]
  var events: [(place: Int32, entry: Int, isCompletion: Bool)] = []
  for (index, entry) in entries.enumerated() {
    events.append((entry.invocation, index, false))
    if entry.completion != .max { events.append((entry.completion, index, true)) }
  }
  for event in events.sorted(by: { $0.place < $1.place }) {
    let operation = entries[event.entry].operation
    let (name, argument, result) = call(operation, model)
    var type = event.isCompletion ? "ok" : "invoke"
    if operation.action == .failedCas, event.isCompletion { type = "fail" }
    let isLock = operation.action == .acquire || operation.action == .release
    let process =
      model.name == .mutex && isLock
      ? json(operation.first, model) : "\(event.entry)"
    let key = operation.key == .absent ? "" : ",\"key\":\(json(operation.key, model))"
    let value = event.isCompletion ? result : argument
    lines.append(
      "{\"type\":\"\(type)\",\"op\":\(event.entry),\"process\":\(process),\"f\":\"\(name)\"\(key)"
        + (value.map { ",\"value\":\($0)" } ?? "") + "}")
  }
  return lines.joined(separator: "\n")
}

private func parameters(_ model: BuiltInModel) -> String {
  model.name == .semaphore ? ",\"parameters\":{\"permits\":\(model.permits)}" : ""
}

private func call(
  _ operation: ModelOperation, _ model: BuiltInModel
) -> (name: String, argument: String?, result: String?) {
  let first = operation.first == .absent ? nil : json(operation.first, model)
  let second = operation.second == .absent ? nil : json(operation.second, model)
  let pair = "[\(first ?? "null"),\(second ?? "\"anything\"")]"
  let isQueue = model.name == .queue
  let isStack = model.name == .stack
  switch operation.action {
  case .read: return ("read", nil, first)
  case .write: return ("write", first, nil)
  case .cas, .failedCas: return ("cas", pair, nil)
  case .append: return ("append", first, nil)
  case .delete: return ("delete", nil, nil)
  case .add: return ("add", first, nil)
  case .remove: return ("remove", first, second)
  case .contains: return ("contains", first, second)
  case .insert: return (isQueue ? "enqueue" : isStack ? "push" : "insert", first, nil)
  case .extract: return (isQueue ? "dequeue" : isStack ? "pop" : "delete-min", nil, first)
  case .acquire: return ("acquire", model.name == .mutex ? nil : first, nil)
  case .release: return ("release", model.name == .mutex ? nil : first, nil)
  case .step: return ("step", first, nil)
  }
}

private func json(_ value: ValueID, _ model: BuiltInModel) -> String {
  func text(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .string(let text): "\"\(text)\""
    case .list(let elements): "[" + elements.map(text).joined(separator: ",") + "]"
    default: "\"\(value)\""
    }
  }
  return text(model.values[value])
}
