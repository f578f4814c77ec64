import OperationHistory

/// An operation as people write it: `read → 3`, `write 4`, `cas 1 → 2`, `failed cas from 1`.
public func describe(_ operation: ModelOperation, model: BuiltInModel) -> String {
  func text(_ value: ValueID) -> String { model.values.describe(value) }
  let first = text(operation.first)
  let phrase: String
  switch operation.action {
  case .read: phrase = "read → \(first)"
  case .write: phrase = "write \(first)"
  case .cas: phrase = "cas \(first) → \(text(operation.second))"
  case .failedCas: phrase = "failed cas from \(first)"
  case .append: phrase = "append \(first)"
  case .delete: phrase = "delete"
  case .add: phrase = "add \(first)"
  case .remove:
    phrase = "remove \(first)" + (operation.second == .absent ? "" : " → \(text(operation.second))")
  case .contains: phrase = "contains \(first) → \(text(operation.second))"
  case .insert:
    phrase = "\(name(.insert, of: model.name)) \(first)"
  case .extract:
    phrase =
      name(.extract, of: model.name) + (operation.first == .absent ? " → unknown" : " → \(first)")
  case .acquire: phrase = "acquire" + operand(operation, model)
  case .release: phrase = "release" + operand(operation, model)
  case .step: phrase = model.brought.describe(operation)
  }
  return operation.key == .absent ? phrase : "\(phrase) of key \(text(operation.key))"
}

private func operand(_ operation: ModelOperation, _ model: BuiltInModel) -> String {
  let value = model.values.describe(operation.first)
  return model.name == .mutex ? " by process \(value)" : " \(value)"
}

private func name(_ action: ModelOperation.Action, of model: ModelName) -> String {
  switch (model, action) {
  case (.queue, .insert): "enqueue"
  case (.queue, _): "dequeue"
  case (.stack, .insert): "push"
  case (.stack, _): "pop"
  case (_, .insert): "insert"
  case (_, _): "delete-min"
  }
}

extension ValueTable {
  /// The value as people write it: `3`, `"x"`, `[1, 2]`.
  public func describe(_ value: ValueID) -> String {
    value == .absent ? "unknown" : describeValue(self[value])
  }
}

/// The value as people write it; close to JSON, on one line.
///
/// Of long lists and texts the middle is left out: reports stay small whatever the history holds.
func describeValue(_ value: Value) -> String {
  switch value {
  case .null: return "null"
  case .boolean(let value): return value ? "true" : "false"
  case .integer(let value): return "\(value)"
  case .decimal(let value): return "\(value)"
  case .string(let text):
    guard text.utf8.count > longestText else { return quoted(text) }
    let (start, end) = (text.prefix(longestText / 2), text.suffix(longestText / 4))
    return quoted(start + "…" + end) + " (\(text.utf8.count) bytes)"
  case .symbol(let name): return name
  case .bytes(let bytes): return "\(bytes.count) bytes"
  case .list(let elements):
    guard elements.count > longestList else {
      return "[" + elements.map(describeValue).joined(separator: ", ") + "]"
    }
    let (start, end) = (elements.prefix(longestList / 2), elements.suffix(longestList / 4))
    return "[" + start.map(describeValue).joined(separator: ", ") + ", … "
      + end.map(describeValue).joined(separator: ", ") + "] (\(elements.count) elements)"
  case .map(let fields):
    let entries = fields.map { "\(describeValue($0.name)): \(describeValue($0.value))" }
    return "{" + entries.joined(separator: ", ") + "}"
  }
}

/// How many elements of a list are told, and how many bytes of a text.
private let (longestList, longestText) = (48, 240)

private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": result += "\\\(scalar)"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
