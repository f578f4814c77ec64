import OperationHistory

/// What the objects of a history of transactions are.
///
/// Both are those of Jepsen's Elle (Kingsbury and Alvaro, *Elle: Inferring Isolation Anomalies from
/// Experimental Observations*, VLDB 2020): objects whose reads tell which writes came before.
public enum TransactionModel: String, CaseIterable, Sendable {
  /// Lists that are appended to and read whole: a read shows every append before it, in order.
  case listAppend = "list-append"
  /// Registers to which no value is written twice: a read shows the write before it.
  case register = "rw-register"

  /// The name of the function whose value is a transaction.
  public static let function = "txn"

  /// The model of a history of transactions; nil if it is none.
  ///
  /// ``listAppend`` is also the name of a model for single operations, so that only an operation
  /// `txn` makes a history one of transactions; ``register`` is not.
  ///
  /// - Parameters:
  ///   - name: the model that was asked for; nil is the one that the header names, or else the one
  ///     that the first step which is no read tells, with lists where there are only reads.
  ///   - history: any history.
  /// - Returns: the model, and whether nobody named it.
  /// - Complexity: O(n) in the number of operations, and O(1) for most histories.
  public static func find(
    _ name: String?, in history: History
  ) -> (model: TransactionModel, isInferred: Bool)? {
    var name = name
    if name == nil, case .string(let text)? = history.headerField("model") { name = text }
    if name == Self.register.rawValue { return (.register, false) }
    let function = history.functions.firstIndex(of: Self.function)
    guard let function, history.operations.contains(where: { Int($0.function.raw) == function })
    else { return nil }
    if let name { return TransactionModel(rawValue: name).map { ($0, false) } }
    return (infer(history), true)
  }

  /// The model that the operations tell.
  private static func infer(_ history: History) -> TransactionModel {
    var names = StepNames()
    for operation in history.operations {
      for value in [operation.argument, operation.result] {
        for step in history.values.list(value) ?? [] {
          guard let name = history.values.list(step)?.first else { continue }
          switch names.action(name, history.values) {
          case .append: return .listAppend
          case .write: return .register
          case .read, nil: continue
          }
        }
      }
    }
    return .listAppend
  }
}

/// What a step of a transaction does.
enum StepAction: UInt8 {
  case read, append, write
}

/// The names of steps, remembered by their values' numbers.
struct StepNames {
  private var known: [(name: ValueID, action: StepAction)] = []

  /// What a name stands for, a string of JSON or a keyword of EDN; nil if it is no name of a step.
  mutating func action(_ name: ValueID, _ values: ValueTable) -> StepAction? {
    for entry in known where entry.name == name { return entry.action }
    guard let text = values.symbol(name) ?? values.string(name) else { return nil }
    let action: StepAction
    switch String(decoding: text, as: UTF8.self) {
    case "r", "read": action = .read
    case "append": action = .append
    case "w", "write": action = .write
    default: return nil
    }
    known.append((name, action))
    return action
  }
}
