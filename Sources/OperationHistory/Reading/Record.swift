/// What one record of a file says: a line of JSON, a map of EDN, a line of a log.
struct Record {
  /// What a field of a record is for.
  enum Field: UInt8 {
    case type, process, function, key, path, value, error, time, id, index, other
  }

  /// The `type`.
  enum EventType: UInt8 {
    case missing, invoke, ok, fail, info, other
  }

  /// The `process`.
  enum Actor: UInt8 {
    case missing, client, nemesis, other
  }

  var type = EventType.missing
  var actor = Actor.missing
  var process: Int64 = 0
  /// The `f`, a string or a symbol in a record that is right.
  var function = ValueID.absent
  var id: Int64?
  var time: Int64?
  var key = ValueID.absent
  var value = ValueID.absent
  var error = ValueID.absent
  /// Where the record and its type, process and function begin, for errors.
  var start = 0
  var typeStart = 0
  var processStart = 0
  var functionStart = 0
  /// The line of `start`.
  var line = 0
  private var seen: UInt16 = 0

  init(start: Int, line: Int) {
    self.start = start
    self.line = line
  }

  /// Notes that the record has this field; false if it had it before.
  @inline(__always)
  mutating func insert(_ field: Field) -> Bool {
    let bit = UInt16(1) << UInt16(field.rawValue)
    defer { seen |= bit }
    return seen & bit == 0
  }
}

/// The names that records are made of, as values of a reader's table.
///
/// JSON has them as strings, EDN as keywords; both are known.
struct KnownNames {
  private var fields: [(name: ValueID, field: Record.Field)] = []
  private var types: [(name: ValueID, type: Record.EventType)] = []
  private var nemesis: [ValueID] = []
  private var recipes: [ValueID] = []

  /// The names whose meaning depends on the format: native files have paths, others an index.
  init(_ values: inout ValueTable, isNative: Bool) {
    let fieldNames: [(String, Record.Field)] = [
      ("type", .type), ("process", .process), ("f", .function), ("key", .key), ("value", .value),
      ("error", .error), ("time", .time), ("op", .id),
      isNative ? ("path", .path) : ("index", .index),
    ]
    let typeNames: [(String, Record.EventType)] = [
      ("invoke", .invoke), ("ok", .ok), ("fail", .fail), ("info", .info),
    ]
    for (name, field) in fieldNames {
      fields.append((values.intern(.string(name)), field))
      fields.append((values.intern(.symbol(name)), field))
    }
    for (name, type) in typeNames {
      types.append((values.intern(.string(name)), type))
      types.append((values.intern(.symbol(name)), type))
    }
    recipes = ["acquired", "released", "effect"].map { values.intern(.string($0)) }
    nemesis = [values.intern(.string("nemesis")), values.intern(.symbol("nemesis"))]
  }

  func field(_ name: ValueID) -> Record.Field {
    fields.first { $0.name == name }?.field ?? .other
  }

  func type(_ name: ValueID) -> Record.EventType {
    types.first { $0.name == name }?.type ?? .other
  }

  /// Whether a function is none: recipes tell of what happened in lines of their own, which
  /// complete no invocation.
  func isRecipe(_ function: ValueID) -> Bool {
    recipes.contains(function)
  }

  func isNemesis(_ process: ValueID) -> Bool {
    nemesis.contains(process)
  }
}
