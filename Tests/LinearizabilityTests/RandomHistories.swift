import Linearizability
import LinnaeusBase
import OperationHistory

/// Concurrent histories of a real object: linearizable by construction, unless they are mutated.
///
/// It is a discrete-event simulation. Each client invokes an operation, which takes effect at a
/// random moment inside its interval, and returns. One whose end nobody saw may take effect later,
/// or never, and its client goes on as another process.
struct RandomHistories {
  var model = ModelName.register
  var clients = 4
  var operations = 100
  /// How many operations in a thousand end without anybody knowing how.
  var indeterminate = 0
  /// How many values there are; 0 makes every value written a new one.
  var values = 4
  /// Whether a key-value history appends.
  var appends = false
  /// More than one makes a history of many objects in one partition.
  var keys = 1
  /// How long clients pause, compared with an operation's 100.
  var pause = 10
  /// How many mutations are tried.
  var mutations = 0
  var seed: UInt64 = 0

  func make() -> (partition: Partition, model: BuiltInModel) {
    var simulation = HistorySimulation(self)
    simulation.run()
    var random = simulation.random
    var entries = simulation.finishedEntries
    for _ in 0..<mutations { mutate(&entries, &random) }
    var model = BuiltInModel(model, values: simulation.values)
    model.permits = Int64(HistorySimulation.permits)
    model.missingIsEmpty = appends
    model.keyed = keys > 1
    return (Partition(key: .absent, entries: entries), model)
  }

  /// Changes something that may make the history a violation.
  private func mutate(_ entries: inout [Entry], _ random: inout SeededRandom) {
    guard entries.count > 1 else { return }
    let index = random.below(entries.count)
    let like = entries.indices.filter {
      entries[$0].operation.action == entries[index].operation.action
        && entries[$0].isIndeterminate == entries[index].isIndeterminate
    }
    let other = like[random.below(like.count)]
    switch random.below(4) {
    case 0:
      let operation = entries[index].operation
      entries[index].operation = entries[other].operation
      entries[other].operation = operation
    case 1: entries[index].operation = entries[other].operation
    case 2: entries.remove(at: index)
    default: shorten(index, in: &entries, &random)
    }
  }

  /// Lets an operation end earlier: just after another event of its interval.
  private func shorten(_ index: Int, in entries: inout [Entry], _ random: inout SeededRandom) {
    guard !entries[index].isIndeterminate else { return }
    let length = Int(entries[index].completion - entries[index].invocation)
    let end = entries[index].invocation + Int32(random.below(length))
    // Places are doubled, so that there is room between any two.
    for other in entries.indices {
      entries[other].invocation *= 2
      if !entries[other].isIndeterminate { entries[other].completion *= 2 }
    }
    entries[index].completion = end * 2 + 1
    let places = entries.flatMap { [$0.invocation, $0.completion] }.filter { $0 != .max }.sorted()
    var number: [Int32: Int32] = [:]
    for place in places { number[place] = Int32(number.count) }
    for other in entries.indices {
      entries[other].invocation = number[entries[other].invocation] ?? 0
      entries[other].completion = number[entries[other].completion] ?? .max
    }
  }
}

/// One run of the simulation.
private struct HistorySimulation {
  static let permits = 3

  private enum Step {
    case invoke, takeEffect, complete
  }

  private struct Client {
    var step = Step.invoke
    var time: Int
    var process: Int
    var entry = 0
    var isLost = false
    var retries = 0
    /// What it holds of a lock.
    var held: ModelOperation?
  }

  let options: RandomHistories
  var random: SeededRandom
  var values = ValueTable()
  private var entries: [Entry?] = []
  private var objects: [ReferenceObject]
  private var clients: [Client] = []
  /// Effects of operations that their clients gave up.
  private var late: [(time: Int, operation: ModelOperation)] = []
  private var place: Int32 = 0
  private var nextUnique: Int64 = 1

  init(_ options: RandomHistories) {
    self.options = options
    random = SeededRandom(seed: options.seed)
    objects = (0..<options.keys).map { _ in
      ReferenceObject(
        options.model, appends: options.appends,
        permits: options.model == .mutex ? 1 : Self.permits)
    }
    for process in 0..<options.clients {
      clients.append(Client(time: random.below(100), process: process))
    }
  }

  var finishedEntries: [Entry] { entries.compactMap { $0 } }

  mutating func run() {
    var started = 0
    while let next = clients.indices.min(by: { clients[$0].time < clients[$1].time }) {
      takeLateEffects(before: clients[next].time)
      switch clients[next].step {
      case .invoke:
        guard started < options.operations else {
          clients[next].time = .max
          if clients.allSatisfy({ $0.time == .max }) { return }
          continue
        }
        started += 1
        invoke(next)
      case .takeEffect: takeEffect(next)
      case .complete: complete(next)
      }
    }
  }

  private mutating func takeLateEffects(before time: Int) {
    for index in late.indices where late[index].time < time {
      _ = perform(late[index].operation)
    }
    late.removeAll { $0.time < time }
  }

  private mutating func perform(_ call: ModelOperation) -> ModelOperation? {
    let object = call.key.smallInteger.map { Int($0) } ?? 0
    return objects[object].perform(call, &values)
  }

  private mutating func invoke(_ index: Int) {
    clients[index].entry = entries.count
    clients[index].isLost = random.chance(options.indeterminate, in: 1000)
    clients[index].retries = 0
    clients[index].step = .takeEffect
    clients[index].time += 1 + random.below(100)
    entries.append(
      Entry(nextCall(clients[index]), invocation: place, completion: .max, source: place))
    place += 1
  }

  private mutating func takeEffect(_ index: Int) {
    let client = clients[index]
    guard let call = entries[client.entry]?.operation else { return }
    if client.isLost {
      // A lock that nobody knows to be taken would stop the history, so that is rare.
      let isLikely = call.action != .acquire || random.chance(1, in: 8)
      if isLikely, random.chance(2, in: 3) {
        late.append((client.time + random.below(500), call))
      }
      giveUp(index)
      return
    }
    guard let done = perform(call) else {
      clients[index].retries += 1
      clients[index].time += 20
      if client.retries == 20 { giveUp(index) }
      return
    }
    if done.action == .acquire { clients[index].held = done }
    if done.action == .release { clients[index].held = nil }
    entries[client.entry]?.operation = done
    clients[index].step = .complete
    clients[index].time += 1 + random.below(100)
  }

  private mutating func complete(_ index: Int) {
    entries[clients[index].entry]?.completion = place
    place += 1
    clients[index].step = .invoke
    clients[index].time += random.below(2 * options.pause + 1)
  }

  /// Leaves the client's operation indeterminate, and goes on as a new process.
  private mutating func giveUp(_ index: Int) {
    if let entry = entries[clients[index].entry] {
      entries[clients[index].entry]?.operation = entry.operation
      if let known = entry.operation.withoutResult {
        entries[clients[index].entry]?.operation = known
      } else {
        entries[clients[index].entry] = nil
      }
    }
    clients[index].process += options.clients
    clients[index].held = nil
    clients[index].step = .invoke
    clients[index].time += random.below(100)
  }

  // MARK: What clients do

  private mutating func nextCall(_ client: Client) -> ModelOperation {
    let key =
      options.keys > 1
      ? values.intern(integer: Int64(random.below(options.keys))) : ValueID.absent
    let share = random.below(10)
    var call: ModelOperation
    switch options.model {
    case .register, .keyValue: call = storeCall(share, key)
    case .set:
      call =
        switch share {
        case 0..<3: ModelOperation(.add, newValue())
        case 3..<5: ModelOperation(.remove, knownValue())
        case 5..<9: ModelOperation(.contains, knownValue())
        default: ModelOperation(.read)
        }
    case .counter:
      let amount = values.intern(integer: Int64(random.below(5)) - 1)
      call = share < 5 ? ModelOperation(.add, amount) : ModelOperation(.read)
    case .queue, .stack, .priorityQueue:
      call = share < 5 ? ModelOperation(.insert, newValue()) : ModelOperation(.extract)
    case .mutex, .semaphore:
      if let held = client.held { return ModelOperation(.release, held.first, key: held.key) }
      let operand = options.model == .mutex ? client.process : 1 + random.below(2)
      call = ModelOperation(.acquire, values.intern(integer: Int64(operand)))
    case .listAppend:
      call = share < 5 ? ModelOperation(.append, newValue()) : ModelOperation(.read)
    case .znode: preconditionFailure("another module makes histories of znodes")
    }
    call.key = key
    return call
  }

  private mutating func storeCall(_ share: Int, _ key: ValueID) -> ModelOperation {
    switch share {
    case 0..<4: return ModelOperation(.read)
    case 4..<6: return ModelOperation(.write, newValue())
    case 6 where options.model == .keyValue: return ModelOperation(.delete)
    case 7..<9 where options.appends: return ModelOperation(.append, newValue())
    default:
      let object = key.smallInteger.map { Int($0) } ?? 0
      let from = random.chance(1, in: 2) ? objects[object].current(&values) : knownValue()
      return ModelOperation(.cas, from, newValue())
    }
  }

  private mutating func newValue() -> ValueID {
    guard options.values == 0 else { return value(Int64(random.below(options.values))) }
    nextUnique += 1
    return value(nextUnique - 1)
  }

  private mutating func knownValue() -> ValueID {
    value(Int64(random.below(options.values == 0 ? Int(nextUnique) : options.values)))
  }

  private mutating func value(_ number: Int64) -> ValueID {
    options.appends ? values.intern(.string("\(number) ")) : values.intern(integer: number)
  }
}
