import LinnaeusBase
import OperationHistory

/// A random history of some format, with everything that the format can hold.
func randomHistory(_ random: inout SeededRandom, format: HistoryFormat) throws -> History {
  var builder = HistoryBuilder(format: format)
  let isNative = format == .native
  let style = Style(
    isTimed: random.chance(2, in: 3), hasIDs: random.chance(1, in: 2),
    hasKeys: random.chance(1, in: 2),
    hasPaths: isNative && random.chance(1, in: 2), isTangled: random.chance(1, in: 3))
  if isNative {
    var header: [Value.Field] = [.init(.string("linnaeus"), .integer(1))]
    if random.chance(1, in: 2) { header.append(.init(.string("skew_ns"), .integer(3))) }
    builder.setHeader(header)
    if style.hasKeys && style.hasPaths { builder.setKeysArePaths() }
  }
  var line = isNative ? 1 : 0
  var time: Int64 = 0
  var open: [(id: Int64, process: Int64, function: FunctionID, key: ValueID)] = []
  var ids = (0..<40).map { Int64($0 * 7 % 40) }
  for _ in 0..<random.below(40) {
    line += 1
    time += Int64(style.isTangled ? random.below(9) - 2 : 1 + random.below(9))
    let process = Int64(random.below(5)) - 1
    if random.chance(1, in: 8) {
      builder.annotate(randomAnnotation(&random, isNative: isNative), line: line)
    } else if let index = open.indices.randomElement(using: &random), random.chance(1, in: 2) {
      let begun = open.remove(at: index)
      let outcome: Outcome = [.ok, .ok, .fail, .info][random.below(4)]
      // Times of an operation must ascend, whatever the others are.
      time = max(time, builder.history.operations.map(\.invocationTime).max() ?? time)
      var event = HistoryEvent(
        .completion(outcome), process: begun.process, function: begun.function, line: line,
        id: style.hasIDs ? begun.id : nil, time: style.isTimed ? time : nil)
      event.key = begun.key
      event.value = randomID(&random, &builder)
      if outcome != .ok { event.error = randomID(&random, &builder) }
      event.fields = randomFields(&random, &builder)
      try builder.append(event)
    } else if style.hasIDs || !open.contains(where: { $0.process == process }), !ids.isEmpty {
      guard let function = builder.function(named: ["read", "cas", "a b", ""][random.below(4)])
      else { continue }
      let key =
        style.hasKeys ? builder.values.intern(.string(["/a", "é"][random.below(2)])) : .absent
      let id = ids.removeFirst()
      open.append((id, process, function, key))
      var event = HistoryEvent(
        .invocation, process: process, function: function, line: line,
        id: style.hasIDs ? id : nil, time: style.isTimed ? time : nil)
      event.key = key
      event.value = randomID(&random, &builder)
      event.fields = randomFields(&random, &builder)
      try builder.append(event)
    }
  }
  return try builder.finish()
}

private struct Style {
  var isTimed: Bool
  var hasIDs: Bool
  var hasKeys: Bool
  var hasPaths: Bool
  var isTangled: Bool
}

private func randomID(_ random: inout SeededRandom, _ builder: inout HistoryBuilder) -> ValueID {
  if random.chance(1, in: 4) { return .absent }
  let value = randomValue(&random, depth: 2, symbols: builder.history.format == .edn)
  // Were all values pairs, Jepsen's formats would take their halves for keys.
  if case .list(let elements) = value, elements.count == 2 { return .absent }
  return builder.values.intern(value)
}

private func randomFields(
  _ random: inout SeededRandom, _ builder: inout HistoryBuilder
) -> ValueID {
  guard random.chance(1, in: 3) else { return .absent }
  let names = ["node", "a b", "x\"y", "é"].prefix(1 + random.below(4))
  let isEDN = builder.history.format == .edn
  let fields = names.map { name in
    Value.Field(
      isEDN && name == "node" ? .symbol(name) : .string(name),
      randomValue(&random, depth: 2, symbols: isEDN))
  }
  return builder.values.intern(.map(fields))
}

private func randomAnnotation(_ random: inout SeededRandom, isNative: Bool) -> Value {
  let isWatch = isNative && random.chance(1, in: 2)
  return .map([
    .init(.string("type"), .string(isWatch ? "watch" : "info")),
    .init(.string("process"), isWatch ? .integer(2) : .string("nemesis")),
    .init(.string("f"), .string("kill")),
    .init(.string("value"), randomValue(&random, depth: 2, symbols: false)),
  ])
}

/// What must survive every conversion: the operations by their ids, with all they say, and which
/// precedes which.
func fingerprint(_ history: History) -> [String] {
  let operations = history.operations.sorted { $0.id < $1.id }
  return operations.map { operation in
    let values = [
      operation.key, operation.argument, operation.result, operation.error,
      operation.invocationFields, operation.completionFields,
    ].map { $0 == .absent ? "-" : json(history.values[$0]) }
    let earlier = operations.filter { $0.completion < operation.invocation }.map(\.id)
    return "\(operation.id) \(operation.process) \(history.name(of: operation))"
      + " \(values.joined(separator: " ")) \(operation.outcome) after \(earlier)"
      + " \(history.failedCasIsObservation(operation) && operation.outcome == .fail)"
  }
}

/// The annotations, as far as every conversion keeps them.
func annotations(_ history: History) -> [String] {
  history.annotations.map { "\($0.position) \(json($0.value))" }
}
