import Linearizability
import OperationHistory

extension ZnodeModel {
  /// Makes operations of one path equal whose difference nobody can have seen: writes whose answers
  /// are lost, and whose data nobody read.
  ///
  /// The search tries equal ones in one order only, where of a dozen different ones each subset
  /// would be a case of its own.
  mutating func unify(_ entries: inout [Entry]) {
    guard entries.contains(where: \.isIndeterminate) else { return }
    var read: Set<ValueID> = []
    for entry in entries {
      for step in steps(of: entry.operation) where step.action == .found { read.insert(step.data) }
    }
    var known: [[ZnodeStep]: ModelOperation] = [:]
    for index in entries.indices where entries[index].isIndeterminate {
      let steps = steps(of: entries[index].operation).map { step in
        var step = step
        let writes = step.action == .create || step.action == .setData
        if writes, !read.contains(step.data) { step.data = Self.unread }
        return step
      }
      let operation = known[steps] ?? add(steps)
      known[steps] = operation
      entries[index].operation = operation
    }
  }
}
