import Linearizability
import OperationHistory
import Testing

/// A call and how it ended, one after the other: the shortest way to write a history.
struct Call: Sendable {
  var function: String
  var argument: Value?
  var outcome: Outcome
  var result: Value?
  var key: Value?
  var error: Value?
  var process: Int64

  init(
    _ function: String, _ argument: Value? = nil, _ outcome: Outcome = .ok,
    _ result: Value? = nil, key: Value? = nil, error: Value? = nil, process: Int64 = 0
  ) {
    self.function = function
    self.argument = argument
    self.outcome = outcome
    self.result = result
    self.key = key
    self.error = error
    self.process = process
  }
}

/// A history of calls that follow one another: call n has lines 2n + 1 and 2n + 2.
func history(
  _ calls: [Call], format: HistoryFormat = .native, header: [(String, Value)] = []
) throws -> History {
  var builder = HistoryBuilder(format: format)
  if !header.isEmpty {
    builder.setHeader(header.map { Value.Field(.string($0.0), $0.1) })
  }
  for (index, call) in calls.enumerated() {
    let number = builder.function(named: call.function)
    let function = try #require(number)
    for kind in [HistoryEvent.Kind.invocation, .completion(call.outcome)] {
      let isInvocation = if case .invocation = kind { true } else { false }
      var event = HistoryEvent(
        kind, process: call.process, function: function, line: 2 * index + (isInvocation ? 1 : 2),
        id: Int64(index))
      let value = isInvocation ? call.argument : call.result
      event.value = value.map { builder.values.intern($0) } ?? .absent
      event.key = call.key.map { builder.values.intern($0) } ?? .absent
      if !isInvocation { event.error = call.error.map { builder.values.intern($0) } ?? .absent }
      try builder.append(event)
    }
  }
  return try builder.finish()
}

/// What a model sees of histories.
@Suite struct CompileTests {
  /// A model, calls, and what is left of them in words.
  struct Row: Sendable, CustomTestStringConvertible {
    var model: ModelName
    var calls: [Call]
    var expected: [String]
    var header: [(String, Value)] = []

    var testDescription: String { "\(model.rawValue): \(expected.joined(separator: "; "))" }
  }

  static let rows: [Row] = [
    Row(
      model: .register,
      calls: [
        Call("read", nil, .ok, .null), Call("write", .integer(4)),
        Call("cas", .list([.integer(1), .integer(2)])),
        Call("cas", .list([.integer(1), .integer(2)]), .fail), Call("r", nil, .ok, .integer(3)),
      ], expected: ["read → null", "write 4", "cas 1 → 2", "failed cas from 1", "read → 3"]),
    // What failed or never answered and would have changed nothing is left out.
    Row(
      model: .register,
      calls: [
        Call("read", nil, .fail), Call("read", nil, .info), Call("write", .integer(1), .fail),
        Call("write", .integer(2), .info),
        Call("cas", .list([.integer(1), .integer(2)]), .info),
        Call("cas", .list([.integer(1), .integer(1)]), .info),
      ], expected: ["write 2?", "cas 1 → 2?"]),
    // An answer of false, or an error, is a failed compare-and-set as well.
    Row(
      model: .keyValue,
      calls: [
        Call("compare-and-set", .list([.integer(1), .integer(2)]), .ok, .boolean(false)),
        Call("cas", .list([.integer(3), .integer(2)]), .ok, nil, error: .string("BadVersion")),
        Call("put", .integer(7)), Call("delete"), Call("get", nil, .ok, .null),
      ],
      expected: [
        "failed cas from 1", "failed cas from 3", "write 7", "delete", "read → null",
      ]),
    Row(
      model: .keyValue,
      calls: [
        Call("append", .string("a"), .ok, .string("a")), Call("get", .null, .ok, .string("")),
      ], expected: ["append \"a\"", "read → \"\""]),
    // A set is read in any order; a removal that repeats its element tells nothing.
    Row(
      model: .set,
      calls: [
        Call("add", .integer(1)), Call("remove", .integer(1), .ok, .integer(1)),
        Call("remove", .integer(2), .ok, .boolean(false)),
        Call("contains", .integer(2), .ok, .boolean(true)),
        Call("contains", .integer(2), .info), Call("remove", .integer(3), .info),
        Call("read", nil, .ok, .list([.integer(3), .integer(1), .integer(2)])),
      ],
      expected: [
        "add 1", "remove 1", "remove 2 → false", "contains 2 → true", "remove 3?",
        "read → [1, 2, 3]",
      ]),
    Row(
      model: .counter,
      calls: [
        Call("add", .integer(5)), Call("increment"), Call("decr", .integer(2)),
        Call("add", .integer(0), .info), Call("read", nil, .ok, .integer(4)),
      ], expected: ["add 5", "add 1", "add -2", "read → 4"]),
    Row(
      model: .queue,
      calls: [
        Call("enqueue", .string("x")), Call("dequeue", nil, .ok, .string("x")),
        Call("dequeue", nil, .ok, .null), Call("dequeue", nil, .info), Call("dequeue", nil, .fail),
      ],
      expected: ["enqueue \"x\"", "dequeue → \"x\"", "dequeue → null", "dequeue → unknown?"]),
    Row(
      model: .stack, calls: [Call("push", .integer(1)), Call("pop", nil, .ok, .integer(1))],
      expected: ["push 1", "pop → 1"]),
    Row(
      model: .priorityQueue,
      calls: [Call("insert", .integer(1)), Call("delete-min", nil, .ok, .integer(1))],
      expected: ["insert 1", "delete-min → 1"]),
    Row(
      model: .mutex,
      calls: [Call("acquire", process: 7), Call("unlock", process: 7), Call("lock", nil, .fail)],
      expected: ["acquire by process 7", "release by process 7"]),
    Row(
      model: .semaphore,
      calls: [Call("acquire", .integer(2)), Call("release"), Call("acquire", .integer(0), .info)],
      expected: ["acquire 2", "release 1"],
      header: [("parameters", .map([.init(.string("permits"), .integer(3))]))]),
    Row(
      model: .listAppend,
      calls: [
        Call("read", nil, .ok, .null), Call("append", .integer(1)),
        Call("read", nil, .ok, .list([.integer(1)])),
      ], expected: ["read → []", "append 1", "read → [1]"]),
  ]

  @Test("Each model's operations", arguments: rows)
  func operations(_ row: Row) throws {
    let history = try history(row.calls, header: row.header)
    let compiled = try CompiledHistory(history, model: row.model)
    let words = compiled.partitions.flatMap(\.entries).map {
      describe($0.operation, model: compiled.model) + ($0.isIndeterminate ? "?" : "")
    }
    #expect(words == row.expected)
    #expect(!compiled.isInferred)
  }

  // MARK: Errors

  /// A model, calls, and the error that they make.
  struct Misfit: Sendable, CustomTestStringConvertible {
    var model: ModelName
    var calls: [Call]
    var line: Int
    var says: String

    var testDescription: String { "\(model.rawValue): \(says)" }
  }

  static let misfits: [Misfit] = [
    Misfit(
      model: .register, calls: [Call("write", .integer(1)), Call("read")], line: 4,
      says: "an `ok` read has a `value`"),
    Misfit(
      model: .register, calls: [Call("enqueue", .integer(1))], line: 2,
      says: "the model register has no such operation"),
    Misfit(model: .register, calls: [Call("write")], line: 2, says: "`value` is missing"),
    Misfit(
      model: .register, calls: [Call("cas", .integer(1))], line: 2, says: "a list of two"),
    Misfit(
      model: .register, calls: [Call("cas", .list([.integer(1)]), .fail)], line: 2,
      says: "a list of two"),
    Misfit(
      model: .register, calls: [Call("read", nil, .ok, .null, error: .string("NoNode"))], line: 2,
      says: "no `error`"),
    Misfit(
      model: .keyValue, calls: [Call("append", .string("x")), Call("put", .integer(1))], line: 4,
      says: "1 is no string"),
    Misfit(
      model: .keyValue, calls: [Call("append", .string("x")), Call("get", nil, .ok, .null)],
      line: 4, says: "null is no string"),
    Misfit(
      model: .set, calls: [Call("read", nil, .ok, .integer(1))], line: 2, says: "1 is no list"),
    Misfit(
      model: .set, calls: [Call("contains", .integer(1), .ok, .integer(1))], line: 2,
      says: "true or false"),
    Misfit(
      model: .set, calls: [Call("remove", .integer(1), .ok, .integer(2))], line: 2,
      says: "true or false"),
    Misfit(
      model: .counter, calls: [Call("add", .decimal(0.5))], line: 2, says: "0.5 is no integer"),
    Misfit(
      model: .counter, calls: [Call("add", .integer(.max)), Call("add", .integer(1))], line: 4,
      says: "64 bits"),
    Misfit(
      model: .counter, calls: [Call("decr", .integer(.min))], line: 2, says: "64 bits"),
    Misfit(
      model: .queue, calls: [Call("enqueue", .null)], line: 2, says: "null cannot be put in"),
    Misfit(model: .stack, calls: [Call("pop")], line: 2, says: "the answer has a `value`"),
    Misfit(
      model: .priorityQueue, calls: [Call("insert", .string("x"))], line: 2,
      says: "\"x\" is no integer"),
    Misfit(
      model: .listAppend, calls: [Call("read", nil, .ok, .integer(1))], line: 2,
      says: "1 is no list"),
  ]

  @Test("What does not fit is refused with its line", arguments: misfits)
  func misfit(_ row: Misfit) throws {
    let history = try history(row.calls)
    let error = #expect(throws: ModelError.self) {
      try CompiledHistory(history, model: row.model)
    }
    guard case .misfit(let line, let message) = try #require(error) else {
      Issue.record("the error is \(String(describing: error))")
      return
    }
    #expect(line == row.line)
    #expect(message.contains(row.says), "it says: \(message)")
  }

  @Test("A semaphore needs its permits, and not a negative number of them")
  func permits() throws {
    let calls = [Call("acquire", .integer(-1))]
    #expect(throws: ModelError.self) { try CompiledHistory(history(calls), model: .semaphore) }
    for permits in [Value.integer(-1), .string("3")] {
      let header: [(String, Value)] = [
        ("parameters", .map([.init(.string("permits"), permits)]))
      ]
      #expect(throws: ModelError.misfit(line: 1, message: "`permits` is a natural number")) {
        try CompiledHistory(history([], header: header), model: .semaphore)
      }
    }
    let three: [(String, Value)] = [("parameters", .map([.init(.string("permits"), .integer(3))]))]
    let error = #expect(throws: ModelError.self) {
      try CompiledHistory(history(calls, header: three), model: .semaphore)
    }
    #expect(error?.description == "2: acquire: -1 is no number of permits")
  }

  // MARK: Failed compare-and-set

  @Test("Failed compare-and-sets count as the history's rule says")
  func failedCas() throws {
    let pair = Value.list([.integer(1), .integer(2)])
    let calls = [Call("cas", pair, .fail), Call("cas", pair, .fail, error: .symbol("timeout"))]
    func count(_ format: HistoryFormat, _ rule: FailedCasRule?) throws -> [Int] {
      var history = try history(calls, format: format)
      if let rule { history.failedCas = rule }
      let compiled = try CompiledHistory(history, model: .register)
      return [compiled.partitions[0].entries.count, compiled.failedCasDropped]
    }
    #expect(try count(.native, nil) == [2, 0])
    #expect(try count(.edn, nil) == [1, 1])
    #expect(try count(.edn, .observed) == [2, 0])
    #expect(try count(.native, .dropped) == [0, 2])
  }

  // MARK: Keys and order

  @Test("Keys make partitions, by first appearance")
  func partitions() throws {
    let history = try history(
      [.string("b"), .string("a"), .integer(3), .string("b"), .integer(-9), nil].map {
        Call("write", .integer(1), key: $0)
      })
    let split = try CompiledHistory(history, model: .register)
    #expect(
      split.partitions.map { $0.key == .absent ? nil : history.values[$0.key] } == [
        .string("b"), .string("a"), .integer(3), .integer(-9), nil,
      ])
    #expect(split.partitions.map { $0.entries.map(\.source) } == [[0, 3], [1], [2], [4], [5]])
    #expect(!split.model.keyed)

    let whole = try CompiledHistory(history, model: .register, partitioned: false)
    #expect(whole.model.keyed)
    #expect(whole.partitions.map(\.key) == [.absent])
    #expect(whole.partitions[0].entries.map(\.operation.key) == history.operations.map(\.key))
  }

  @Test("One key alone needs no keyed model")
  func oneKey() throws {
    let history = try history([Call("write", .integer(1), key: .string("k"))])
    let whole = try CompiledHistory(history, model: .register, partitioned: false)
    #expect(!whole.model.keyed)
    #expect(whole.partitions.map(\.key) == history.operations.map(\.key))
  }

  @Test("Entries ascend by invocation, though lines of a timed file may not")
  func order() throws {
    var builder = HistoryBuilder(format: .native)
    let number = builder.function(named: "write")
    let function = try #require(number)
    for (index, time) in [300, 100, 200].enumerated() {
      for kind in [HistoryEvent.Kind.invocation, .completion(.ok)] {
        var event = HistoryEvent(
          kind, process: Int64(index), function: function, line: index + 1, time: Int64(time))
        event.value = builder.values.intern(integer: Int64(time))
        try builder.append(event)
      }
    }
    let compiled = try CompiledHistory(builder.finish(), model: .register)
    #expect(compiled.partitions[0].entries.map(\.source) == [1, 2, 0])
  }

  @Test("Large integers, owners and counters beyond 31 bits")
  func largeIntegers() throws {
    let large = Int64.max / 2
    let counter = try CompiledHistory(
      history([Call("add", .integer(large)), Call("read", nil, .ok, .integer(large))]),
      model: .counter)
    #expect(checkLinearizability(counter).verdict == .holds)
    let mutex = try CompiledHistory(
      history([Call("acquire", process: .max), Call("release", process: .max)]), model: .mutex)
    #expect(checkLinearizability(mutex).verdict == .holds)
    let queue = try CompiledHistory(
      history(
        [large, 3, -large].map { Call("insert", .integer($0)) }
          + [-large, 3, large].map { Call("delete-min", nil, .ok, .integer($0)) }),
      model: .priorityQueue)
    #expect(checkLinearizability(queue).verdict == .holds)
  }

  @Test("A set read that names an element twice is a violation, in any order it holds")
  func setReads() throws {
    func verdict(_ read: [Int64]) throws -> Verdict {
      checkLinearizability(
        try CompiledHistory(
          history([
            Call("add", .integer(2)), Call("add", .integer(1)),
            Call("read", nil, .ok, .list(read.map { .integer($0) })),
          ]), model: .set)
      ).verdict
    }
    #expect(try verdict([1, 2]) == .holds)
    #expect(try verdict([2, 1]) == .holds)
    #expect(try verdict([1, 2, 2]) == .violated)
    #expect(try verdict([1]) == .violated)
  }
}
