/// What a function does to the object of a model, before its outcome is looked at.
enum Role: UInt8 {
  case read, write, cas, append, delete, add, subtract, remove, contains
  case insert, extract, acquire, release
  /// The history never calls it, or the model does not know it.
  case none
}

extension ModelName {
  /// The names under which histories call what this model does; the first of each row is the one
  /// that documents use.
  var vocabulary: [(role: Role, names: [String])] {
    switch self {
    case .register: Self.registerRows
    case .keyValue:
      Self.registerRows + [(.append, ["append"]), (.delete, ["delete", "del", "remove", "unset"])]
    case .set:
      [
        (.add, ["add", "insert"]), (.remove, ["remove", "delete", "discard"]),
        (.contains, ["contains", "member", "has"]), (.read, Self.readNames + ["elements"]),
      ]
    case .counter:
      [
        (.add, ["add", "increment", "incr", "inc"]),
        (.subtract, ["decrement", "decr", "dec", "subtract"]), (.read, Self.readNames),
      ]
    case .queue:
      [
        (.insert, ["enqueue", "insert", "offer", "push", "put"]),
        (.extract, ["dequeue", "poll", "pop", "take"]),
      ]
    case .stack: [(.insert, ["push"]), (.extract, ["pop"])]
    case .priorityQueue:
      [
        (.insert, ["insert", "enqueue", "push", "add"]),
        (
          .extract,
          ["delete-min", "deleteMin", "extract-min", "extractMin", "dequeue", "pop", "poll"]
        ),
      ]
    case .mutex, .semaphore:
      [(.acquire, ["acquire", "lock"]), (.release, ["release", "unlock"])]
    case .listAppend: [(.append, ["append"]), (.read, Self.readNames)]
    case .znode: []
    }
  }

  static let readNames = ["read", "get", "r"]
  static let writeNames = ["write", "put", "set", "w"]
  static let casNames = ["cas", "compare-and-set", "compareAndSet", "compare-and-swap"]

  private static let registerRows: [(role: Role, names: [String])] = [
    (.read, readNames), (.write, writeNames), (.cas, casNames),
  ]

  /// What the function of that name does; nil if this model has no such function.
  func role(of function: String) -> Role? {
    vocabulary.first { $0.names.contains(function) }?.role
  }
}
