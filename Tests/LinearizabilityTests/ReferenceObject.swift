import Linearizability
import LinnaeusBase
import OperationHistory

/// One object of each kind, written without the models, for the generator to run.
struct ReferenceObject {
  let model: ModelName
  let appends: Bool
  var permits: Int
  private var value = ValueID.null
  private var text = ""
  private var items: [ValueID] = []
  private var number: Int64 = 0

  init(_ model: ModelName, appends: Bool, permits: Int) {
    self.model = model
    self.appends = appends
    self.permits = permits
  }

  /// What a read would answer now, for calls that aim at it.
  func current(_ values: inout ValueTable) -> ValueID {
    switch model {
    case .register: return value
    case .keyValue: return appends ? values.intern(.string(text)) : value
    case .counter: return values.intern(integer: number)
    case .set: return values.intern(list: items.sorted { $0.raw < $1.raw })
    default: return values.intern(list: items)
    }
  }

  /// Does what is asked; returns the call with its result, or nil if it has to wait.
  mutating func perform(_ call: ModelOperation, _ values: inout ValueTable) -> ModelOperation? {
    var done = call
    switch call.action {
    case .read: done.first = current(&values)
    case .write: set(call.first, values)
    case .cas, .failedCas:
      if current(&values) == call.first {
        set(call.second, values)
      } else {
        done = ModelOperation(.failedCas, call.first, key: call.key)
      }
    case .append:
      if model == .keyValue { text += string(call.first, values) } else { items.append(call.first) }
    case .delete:
      value = .null
      text = ""
    case .add:
      if model == .counter {
        number += values.integer(call.first) ?? 0
      } else if !items.contains(call.first) {
        items.append(call.first)
      }
    case .remove:
      done.second = items.contains(call.first) ? .true : .false
      items.removeAll { $0 == call.first }
    case .contains: done.second = items.contains(call.first) ? .true : .false
    case .insert: items.append(call.first)
    case .extract: done.first = extract(values)
    case .acquire, .release: return performLock(call, values)
    case .step: return nil
    }
    return done
  }

  private mutating func set(_ new: ValueID, _ values: ValueTable) {
    if appends { text = string(new, values) } else { value = new }
  }

  private func string(_ value: ValueID, _ values: ValueTable) -> String {
    if case .string(let text) = values[value] { text } else { "" }
  }

  private mutating func extract(_ values: ValueTable) -> ValueID {
    guard !items.isEmpty else { return .null }
    switch model {
    case .stack: return items.removeLast()
    case .priorityQueue:
      let numbers = items.map { values.integer($0) ?? 0 }
      let least = numbers.indices.min { numbers[$0] < numbers[$1] } ?? 0
      return items.remove(at: least)
    default: return items.removeFirst()
    }
  }

  private mutating func performLock(
    _ call: ModelOperation, _ values: ValueTable
  ) -> ModelOperation? {
    let wanted = model == .mutex ? 1 : Int(values.integer(call.first) ?? 0)
    if call.action == .release {
      permits += wanted
    } else {
      guard wanted <= permits else { return nil }
      permits -= wanted
    }
    return call
  }
}
