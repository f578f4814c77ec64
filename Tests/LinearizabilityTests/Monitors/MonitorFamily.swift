import Linearizability
import LinnaeusBase
import OperationHistory
import Testing

/// Random histories of one model in the shape that a monitor is made for, more or less.
struct MonitorFamily: Sendable, CustomTestStringConvertible {
  var name: String
  var model: BuiltInModel
  /// Lists of small integers: all for lists, those that ascend for sets.
  var lists: [[Int]: ValueID] = [:]
  var allLists: [ValueID] = []
  /// Chooses a call in a state, and answers it.
  var call:
    @Sendable (_ family: MonitorFamily, _ state: inout State, _ random: inout SeededRandom)
      -> ModelOperation
  /// Whether there are always eight operations, and many of them open at once.
  var isCrowded = false
  /// How often, of a hundred, an operation is indeterminate.
  var indeterminate = 8
  /// How many random histories are tried; those of the families of a model sum up to 20,000.
  var histories = 20_000
  /// Of a thousand histories, at least so many must be decided each way, and at most so many not.
  var leastHolds = 100
  var leastViolated = 50
  var undecided = 0

  var testDescription: String { name }

  /// A container's elements, oldest first, and what was inserted so far.
  struct State {
    var elements: [Int] = []
    var inserted = 0
    var number: Int64 = 0
    /// Who has been given a value of its own.
    var clients: [Int: Int] = [:]
    /// The client that calls.
    var client = 0
  }

  init(
    _ name: String, _ model: ModelName,
    call: @escaping @Sendable (MonitorFamily, inout State, inout SeededRandom) -> ModelOperation
  ) {
    self.name = name
    self.call = call
    var values = ValueTable()
    func extend(_ list: [Int]) -> [[Int]] {
      let first = model == .set ? (list.last ?? 0) + 1 : 1
      guard list.count < 4, first <= 5 else { return [list] }
      return [list] + (first...5).flatMap { extend(list + [$0]) }
    }
    for list in model == .set || model == .listAppend ? extend([]) : [] {
      let value = values.intern(list: list.map { Self.value($0) })
      lists[list] = value
      allLists.append(value)
    }
    self.model = BuiltInModel(model, values: values)
    self.model.permits = 2
  }

  /// The same with more operations at once, of which more are indeterminate.
  func crowded() -> MonitorFamily {
    var family = self
    family.name += ", crowded"
    family.isCrowded = true
    family.indeterminate = 30
    return family
  }

  static func value(_ number: Int) -> ValueID {
    ValueID(smallInteger: Int64(number)) ?? .absent
  }

  /// A history of up to eight operations: linearizable by construction if `mutations` is 0.
  func history(_ random: inout SeededRandom, mutations: Int) -> [Entry] {
    var history = construct(&random)
    for _ in 0..<mutations where history.count > 1 { mutate(&history, &random) }
    return history.filter { !($0.isIndeterminate && $0.operation.withoutResult == nil) }.map {
      var entry = $0
      if entry.isIndeterminate {
        entry.operation = entry.operation.withoutResult ?? entry.operation
      }
      return entry
    }
  }

  private func construct(_ random: inout SeededRandom) -> [Entry] {
    let count = isCrowded ? 8 : 1 + random.below(8)
    let clients = isCrowded ? 4 + random.below(5) : 1 + random.below(count)
    var entries: [Entry] = []
    var state = State()
    // Open operations by client, and indeterminate ones that may still happen.
    var open: [(client: Int, entry: Int, isDone: Bool)] = []
    var idle = Array(0..<clients)
    var place: Int32 = 0
    func perform(_ position: Int) {
      guard !open[position].isDone else { return }
      open[position].isDone = true
      state.client = open[position].client
      entries[open[position].entry].operation = call(self, &state, &random)
    }
    while entries.count < count || open.contains(where: { !entries[$0.entry].isIndeterminate }) {
      let choice = random.below(3)
      if entries.count < count, !idle.isEmpty, choice == 0 || open.isEmpty {
        let client = idle.remove(at: random.below(idle.count))
        let isIndeterminate = random.chance(indeterminate, in: 100)
        open.append((client, entries.count, false))
        entries.append(
          Entry(
            ModelOperation(.read), invocation: place,
            completion: isIndeterminate ? .max : .max - 1, source: Int32(entries.count)))
        place += 1
        // Its client's process is retired, and a new one begins.
        if isIndeterminate { idle.append(clients + entries.count) }
      } else if !open.isEmpty {
        let position = random.below(open.count)
        if choice == 1 {
          perform(position)
        } else if !entries[open[position].entry].isIndeterminate {
          perform(position)
          let ended = open.remove(at: position)
          entries[ended.entry].completion = place
          idle.append(ended.client)
          place += 1
        }
      }
    }
    // What never happened has a call all the same.
    for position in open.indices where !open[position].isDone { perform(position) }
    return entries
  }

  private func mutate(_ history: inout [Entry], _ random: inout SeededRandom) {
    let (one, other) = (random.below(history.count), random.below(history.count))
    if random.chance(1, in: 2) {
      let operation = history[one].operation
      history[one].operation = history[other].operation
      history[other].operation = operation
      return
    }
    var operation = history[one].operation
    switch operation.action {
    case .read:
      guard history[other].operation.action == .read else { return }
      operation.first =
        allLists.isEmpty || random.chance(1, in: 2)
        ? history[other].operation.first : allLists[random.below(allLists.count)]
    case .contains, .remove:
      operation.second = operation.second == .true ? .false : .true
    case .extract: operation.first = history[other].operation.first
    default: return
    }
    history[one].operation = operation
  }
}
