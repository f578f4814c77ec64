import OperationHistory
import Testing

@testable import Linearizability

/// Which model a history tells of.
@Suite struct InferenceTests {
  /// Calls, and the model that they fit, or several.
  struct Row: Sendable, CustomTestStringConvertible {
    var calls: [Call]
    var models: [ModelName]
    var header: [(String, Value)] = []
    var format = HistoryFormat.native

    var testDescription: String {
      calls.map(\.function).joined(separator: " ") + ": "
        + models.map(\.rawValue).joined(separator: " or ")
    }
  }

  private static let one = Value.integer(1)
  private static let read = Call("read", nil, .ok, one)
  private static let readList = Call("read", nil, .ok, .list([one]))
  private static let pair = Value.list([one, one])
  private static let permits: [(String, Value)] = [
    ("parameters", .map([.init(.string("permits"), .integer(2))]))
  ]

  static let rows: [Row] = [
    Row(calls: [read, Call("write", one)], models: [.register]),
    Row(calls: [read, Call("write", one), Call("cas", pair)], models: [.register]),
    Row(calls: [Call("w", one), Call("r", nil, .ok, one)], models: [.register]),
    Row(calls: [Call("get", nil, .ok, one), Call("put", one)], models: [.keyValue]),
    Row(
      calls: [Call("get", nil, .ok, .string("")), Call("append", .string("x"))],
      models: [.keyValue]),
    Row(
      calls: [
        Call("get", nil, .ok, .string("")), Call("put", .string("")), Call("append", .string("x")),
      ],
      models: [.keyValue]),
    Row(calls: [read, Call("write", one), Call("delete")], models: [.keyValue]),
    Row(calls: [Call("append", one), readList], models: [.listAppend]),
    Row(
      calls: [Call("append", one), Call("read", nil, .ok, .null)], models: [.keyValue, .listAppend]),
    Row(calls: [Call("add", one), read], models: [.set, .counter]),
    Row(calls: [Call("add", one), readList], models: [.set]),
    Row(calls: [Call("add", one)], models: [.set, .counter]),
    Row(calls: [Call("add", one), Call("remove", one)], models: [.set]),
    Row(calls: [Call("add", one), Call("contains", one, .ok, .boolean(true))], models: [.set]),
    Row(calls: [Call("increment"), read], models: [.counter]),
    Row(calls: [Call("enqueue", one), Call("dequeue", nil, .ok, one)], models: [.queue]),
    Row(calls: [Call("enqueue", one)], models: [.queue]),
    Row(calls: [Call("push", one), Call("pop", nil, .ok, one)], models: [.stack]),
    Row(calls: [Call("insert", one), Call("delete-min", nil, .ok, one)], models: [.priorityQueue]),
    Row(calls: [Call("acquire"), Call("release")], models: [.mutex]),
    Row(calls: [Call("acquire", one), Call("release", one)], models: [.mutex, .semaphore]),
    Row(calls: [Call("acquire"), Call("release")], models: [.semaphore], header: permits),
    Row(calls: [read], models: [.register, .keyValue, .counter]),
    Row(calls: [readList], models: [.set, .listAppend]),
    Row(calls: [read], models: [.register], format: .log),
    Row(calls: [], models: [.register]),
    // What nobody completed or what failed tells of the model all the same.
    Row(calls: [Call("write", one, .fail), Call("cas", pair, .info)], models: [.register]),
    Row(calls: [Call("transfer", one), read], models: []),
    Row(calls: [Call("enqueue", one), read], models: []),
  ]

  @Test("From the operations", arguments: rows)
  func inference(_ row: Row) throws {
    let history = try history(row.calls, format: row.format, header: row.header)
    do throws(ModelError) {
      let compiled = try CompiledHistory(history)
      #expect([compiled.model.name] == row.models)
      #expect(compiled.isInferred)
    } catch {
      switch error {
      case .ambiguous(let models): #expect(models == row.models)
      case .unknownModel: #expect(row.models.isEmpty)
      case .misfit: Issue.record("\(error)")
      }
    }
  }

  @Test("The header names it; an argument overrides the header")
  func header() throws {
    let calls = [Call("add", .integer(1)), Call("read", nil, .ok, .integer(1))]
    let named = try history(calls, header: [("model", .string("counter"))])
    let compiled = try CompiledHistory(named)
    #expect(compiled.model.name == .counter)
    #expect(!compiled.isInferred)
    let overridden = try history(calls, header: [("model", .string("queue"))])
    #expect(try CompiledHistory(overridden, model: .counter).model.name == .counter)
  }

  @Test("Unknown models are refused by name")
  func unknown() throws {
    func message(_ model: Value) throws -> String? {
      let history = try history([], header: [("model", model)])
      let error = #expect(throws: ModelError.self) { try CompiledHistory(history) }
      return error?.description
    }
    #expect(
      try message(.string("zookeeper"))?
        .hasPrefix("this build does not have the model zookeeper yet") == true)
    #expect(
      try message(.string("znode"))?.contains("is not one of the module Linearizability") == true)
    #expect(
      try message(.string("tree"))?.hasPrefix("there is no model tree; the models are") == true)
    #expect(try message(.integer(1)) == "the header's `model` is no string")
  }

  @Test("An ambiguous inference names the candidates")
  func ambiguous() {
    #expect(
      ModelError.ambiguous([.set, .counter]).description
        == "the operations fit several models (set, counter); name one with --model")
  }

  @Test("The model of each rule knows all the rule's functions")
  func rules() {
    for rule in BuiltInModel.rules {
      for model in rule.models {
        for function in rule.functions {
          #expect(model.role(of: function) != nil, "\(model.rawValue) has no \(function)")
        }
      }
      #expect(Set(rule.oneOf).isSubset(of: rule.functions))
    }
  }

  @Test("No name stands for two roles of one model")
  func vocabulary() {
    for model in ModelName.allCases {
      let names = model.vocabulary.flatMap(\.names)
      #expect(Set(names).count == names.count, "\(model.rawValue)")
    }
  }
}
