import Linearizability
import OperationHistory
import Testing

/// At most six operations of one model whose histories are all tried.
struct Alphabet: Sendable, CustomTestStringConvertible {
  var name: String
  var model: BuiltInModel
  var operations: [ModelOperation]

  var testDescription: String { name }

  /// Makes an alphabet; operations are built over a table of values that they may add to.
  private init(
    _ name: String, _ model: ModelName, configure: (inout BuiltInModel) -> Void = { _ in },
    _ build: (inout ValueTable) -> [ModelOperation]
  ) {
    self.name = name
    var values = ValueTable()
    operations = build(&values)
    self.model = BuiltInModel(model, values: values)
    configure(&self.model)
    precondition(operations.count <= 6, "an alphabet has at most six operations")
  }

  /// All alphabets: at least one for each model.
  static let all: [Alphabet] =
    registers + keyValues + sets + queues + locks + [
      Alphabet("counter", .counter) { values in
        [1, 2, -1].map { ModelOperation(.add, values.intern(integer: $0)) }
          + [0, 1, 2].map { ModelOperation(.read, values.intern(integer: $0)) }
      },
      Alphabet("list-append", .listAppend) { values in
        let (one, two) = (values.intern(integer: 1), values.intern(integer: 2))
        return [ModelOperation(.append, one), ModelOperation(.append, two)]
          + [[], [one], [one, two], [two, one]].map {
            ModelOperation(.read, values.intern(list: $0))
          }
      },
    ]

  private static let registers: [Alphabet] = [
    Alphabet("register", .register) { values in
      let (one, two) = (values.intern(integer: 1), values.intern(integer: 2))
      return [
        ModelOperation(.read, one), ModelOperation(.read, two), ModelOperation(.write, one),
        ModelOperation(.write, two), ModelOperation(.cas, one, two),
        ModelOperation(.failedCas, one),
      ]
    },
    Alphabet("register from null", .register) { values in
      let one = values.intern(integer: 1)
      return [
        ModelOperation(.read, .null), ModelOperation(.read, one), ModelOperation(.write, one),
        ModelOperation(.cas, .null, one), ModelOperation(.cas, one, one),
        ModelOperation(.failedCas, .null),
      ]
    },
    Alphabet("register with swaps to and fro", .register) { values in
      let (one, two) = (values.intern(integer: 1), values.intern(integer: 2))
      return [
        ModelOperation(.cas, one, two), ModelOperation(.cas, two, one),
        ModelOperation(.write, one), ModelOperation(.failedCas, two), ModelOperation(.read, one),
        ModelOperation(.write, .null),
      ]
    },
    Alphabet("registers of two keys", .register, configure: { $0.keyed = true }) { values in
      let (one, left, right) = (
        values.intern(integer: 1), values.intern(.string("l")), values.intern(.string("r"))
      )
      return [left, right].flatMap { key in
        [
          ModelOperation(.read, one, key: key), ModelOperation(.write, one, key: key),
          ModelOperation(.read, .null, key: key),
        ]
      }
    },
  ]

  private static let keyValues: [Alphabet] = [
    Alphabet("key-value", .keyValue) { values in
      let (one, two) = (values.intern(integer: 1), values.intern(integer: 2))
      return [
        ModelOperation(.read, .null), ModelOperation(.read, two), ModelOperation(.write, one),
        ModelOperation(.delete), ModelOperation(.cas, one, two), ModelOperation(.failedCas, one),
      ]
    },
    Alphabet("key-value that appends", .keyValue, configure: { $0.missingIsEmpty = true }) {
      values in
      let text = ["", "a", "ab", "b"].map { values.intern(.string($0)) }
      return [
        ModelOperation(.append, text[1]), ModelOperation(.append, text[3]),
        ModelOperation(.write, text[1]), ModelOperation(.read, text[2]),
        ModelOperation(.read, text[0]), ModelOperation(.cas, text[2], text[3]),
      ]
    },
    Alphabet("text that is only appended to", .keyValue, configure: { $0.missingIsEmpty = true }) {
      values in
      let text = ["", "a", "bc", "abc", "bca", "ab"].map { values.intern(.string($0)) }
      return [
        ModelOperation(.append, text[1]), ModelOperation(.append, text[2]),
        ModelOperation(.read, text[3]), ModelOperation(.read, text[4]),
        ModelOperation(.read, text[1]), ModelOperation(.read, text[0]),
      ]
    },
    Alphabet("text that is compared", .keyValue, configure: { $0.missingIsEmpty = true }) {
      values in
      let text = ["a", "b", "ab"].map { values.intern(.string($0)) }
      return [
        ModelOperation(.append, text[0]), ModelOperation(.append, text[1]),
        ModelOperation(.cas, text[1], text[0]), ModelOperation(.failedCas, text[1]),
        ModelOperation(.read, text[0]), ModelOperation(.read, text[2]),
      ]
    },
    Alphabet("text that can be cut in two ways", .keyValue, configure: { $0.missingIsEmpty = true })
    {
      values in
      let text = ["a", "ab", "b", "aba", "abab"].map { values.intern(.string($0)) }
      return [
        ModelOperation(.append, text[0]), ModelOperation(.append, text[1]),
        ModelOperation(.append, text[2]), ModelOperation(.read, text[1]),
        ModelOperation(.read, text[3]), ModelOperation(.read, text[4]),
      ]
    },
    Alphabet(
      "two keys that append", .keyValue,
      configure: {
        $0.missingIsEmpty = true
        $0.keyed = true
      }
    ) { values in
      let text = ["", "a", "aa"].map { values.intern(.string($0)) }
      let (left, right) = (values.intern(.string("l")), values.intern(.string("r")))
      return [
        ModelOperation(.append, text[1], key: left), ModelOperation(.read, text[2], key: left),
        ModelOperation(.delete, key: left), ModelOperation(.append, text[1], key: right),
        ModelOperation(.read, text[1], key: right), ModelOperation(.read, text[0], key: left),
      ]
    },
  ]

  private static let sets: [Alphabet] = [
    Alphabet("set of one", .set) { values in
      let one = values.intern(integer: 1)
      return [
        ModelOperation(.add, one), ModelOperation(.remove, one, .true),
        ModelOperation(.remove, one, .false), ModelOperation(.contains, one, .true),
        ModelOperation(.contains, one, .false), ModelOperation(.remove, one),
      ]
    },
    Alphabet("set of two", .set) { values in
      let (one, two) = (values.intern(integer: 1), values.intern(integer: 2))
      return [ModelOperation(.add, one), ModelOperation(.add, two), ModelOperation(.remove, one)]
        + [[], [two], [one, two]].map { ModelOperation(.read, values.intern(list: $0)) }
    },
  ]

  private static let queues: [Alphabet] = [ModelName.queue, .stack, .priorityQueue].flatMap {
    model in
    [
      Alphabet(model.rawValue, model) { values in
        let (one, two) = (values.intern(integer: 1), values.intern(integer: 2))
        return [
          ModelOperation(.insert, one), ModelOperation(.insert, two),
          ModelOperation(.extract, one), ModelOperation(.extract, two),
          ModelOperation(.extract, .null),
        ]
      },
      Alphabet("\(model.rawValue) of three", model) { values in
        let numbers = [1, 2, 3].map { values.intern(integer: $0) }
        return numbers.map { ModelOperation(.insert, $0) }
          + numbers.map { ModelOperation(.extract, $0) }
      },
    ]
  }

  private static let locks: [Alphabet] = [ModelName.mutex, .semaphore].map { model in
    Alphabet(model.rawValue, model, configure: { $0.permits = 2 }) { values in
      [1, 2].map { values.intern(integer: $0) }.flatMap {
        [ModelOperation(.acquire, $0), ModelOperation(.release, $0)]
      }
    }
  }
}
