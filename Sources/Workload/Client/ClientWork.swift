import ClientSession
import Jute
import LinnaeusBase

/// A request of a client's work, and what its result is for.
struct PlannedRequest: Sendable {
  var request: SessionRequest
  var intent = Intent.nothing
}

/// What the result of a request is for.
enum Intent: Hashable, Sendable {
  /// The history alone.
  case nothing
  /// The version of a key.
  case key(Int)
  /// A znode that the client made and may remove.
  case ownNode
  /// The recipe with that number.
  case recipe(Int)
}

/// Chooses what a client does next from its random numbers and the results so far.
struct ClientWork: Sendable {
  let options: WorkloadOptions
  let client: Int
  private var random: SeededRandom
  private var lastValue = 0
  private let keys: [[UInt8]]
  /// The last version seen of each key; −1 for none.
  private var versions: [Int32]
  /// The znodes that the client made, oldest first.
  private var ownNodes: [[UInt8]] = []
  private var hasPersistentWatch = false
  /// How many recipes were begun.
  private(set) var recipeCount = 0

  private static let sequential = Array("/s".utf8)

  init(options: WorkloadOptions, client: Int, random: SeededRandom) {
    self.options = options
    self.client = client
    self.random = random
    keys = (0..<max(1, options.keys)).map { Array("/k\($0)".utf8) }
    versions = Array(repeating: -1, count: keys.count)
  }

  /// Where a client writes before a read.
  private var marker: [UInt8] { Array("/m\(client)".utf8) }

  /// What the client creates before it begins: its share of the znodes.
  mutating func preparation() -> [PlannedRequest] {
    var paths = [Self.sequential] + keys
    if options.reads == .afterWrite {
      paths += (0..<options.clients).map { Array("/m\($0)".utf8) }
    }
    return paths.indices.filter { $0 % max(1, options.clients) == client }.map { index in
      PlannedRequest(
        request: .create(path: paths[index], data: newValue(), mode: .persistent, stat: true))
    }
  }

  /// A value that nobody wrote before.
  private mutating func newValue() -> [UInt8] {
    lastValue += 1
    var value = Array("\(client).\(lastValue)".utf8)
    if value.count < options.valueSize {
      value.append(UInt8(ascii: "-"))
      value.append(
        contentsOf: repeatElement(UInt8(ascii: "x"), count: options.valueSize - value.count))
    }
    return value
  }

  /// Something that only the session can do.
  enum Step: Hashable, Sendable {
    /// The requests that were planned.
    case requests
    /// To go to another server.
    case move
    /// To begin a recipe.
    case recipe(Activity)
  }

  /// Plans the next step; nil if there is nothing to choose from.
  ///
  /// - Parameters:
  ///   - plan: where the requests go.
  ///   - isBusy: whether a recipe is under way, so that no other can begin.
  /// - Returns: what it is.
  mutating func planNext(into plan: inout [PlannedRequest], isBusy: Bool) -> Step? {
    guard let activity = options.mix.choose(&random) else { return nil }
    let key = random.below(keys.count)
    switch activity {
    case .get: planRead(.getData(path: keys[key], watch: watches), .key(key), into: &plan)
    case .exists: planRead(.exists(path: keys[key], watch: watches), .key(key), into: &plan)
    case .children:
      planRead(
        .getChildren(path: Self.sequential, watch: watches, stat: true), .nothing, into: &plan)
    case .multiRead:
      let others = (0..<3).map { _ in MultiReadOperation.getData(path: anyKey()) }
      planRead(.multiRead(others + [.getChildren(path: Self.sequential)]), .nothing, into: &plan)
    case .move where options.placement.allowsMoves: return .move
    case .move: planRead(.getData(path: keys[key]), .key(key), into: &plan)
    case .counter, .lock, .readWriteLock, .election, .doubleBarrier, .enqueue, .dequeue:
      if !isBusy { return .recipe(activity) }
      planRead(.getData(path: keys[key]), .key(key), into: &plan)
    case .deleteOwn:
      guard let path = ownNodes.isEmpty ? nil : ownNodes.removeFirst() else {
        planRead(.getData(path: keys[key]), .key(key), into: &plan)
        break
      }
      plan.append(PlannedRequest(request: .delete(path: path)))
    default: plan.append(planWrite(activity, key))
    }
    return .requests
  }

  private var watches: Bool {
    mutating get { options.watchPercent > 0 && random.chance(options.watchPercent, in: 100) }
  }

  private mutating func anyKey() -> [UInt8] { keys[random.below(keys.count)] }

  private mutating func planRead(
    _ read: SessionRequest, _ intent: Intent, into plan: inout [PlannedRequest]
  ) {
    switch options.reads {
    case .plain: break
    case .afterSync: plan.append(PlannedRequest(request: .sync(path: Array("/".utf8))))
    case .afterWrite:
      plan.append(PlannedRequest(request: .setData(path: marker, data: newValue())))
    }
    plan.append(PlannedRequest(request: read, intent: intent))
  }

  private mutating func planWrite(_ activity: Activity, _ key: Int) -> PlannedRequest {
    let path = keys[key]
    switch activity {
    case .conditionalSet:
      return PlannedRequest(
        request: .setData(path: path, data: newValue(), version: max(0, versions[key])),
        intent: .key(key))
    case .create:
      return PlannedRequest(
        request: .create(path: path, data: newValue(), mode: .persistent, stat: true),
        intent: .key(key))
    case .delete:
      return PlannedRequest(
        request: .delete(path: path, version: random.chance(1, in: 2) ? -1 : versions[key]))
    case .createSequential, .createEphemeral: return planOwnNode(activity)
    case .multi: return PlannedRequest(request: planMulti(key))
    case .sync: return PlannedRequest(request: .sync(path: path))
    case .closeSession: return PlannedRequest(request: .closeSession)
    case .addWatch:
      hasPersistentWatch.toggle()
      return PlannedRequest(
        request: hasPersistentWatch
          ? .addWatch(path: path, recursive: random.chance(1, in: 2))
          : .removeWatches(path: path, kind: .any))
    default:
      return PlannedRequest(
        request: .setData(path: path, data: newValue()), intent: .key(key))
    }
  }

  private mutating func planOwnNode(_ activity: Activity) -> PlannedRequest {
    let isEphemeral = activity == .createEphemeral
    let isSequential = !isEphemeral || random.chance(1, in: 2)
    let name = isSequential ? "/n-" : "/e\(client)"
    return PlannedRequest(
      request: .create(
        path: Self.sequential + Array(name.utf8), data: newValue(),
        mode: isEphemeral
          ? isSequential ? .ephemeralSequential : .ephemeral : .persistentSequential,
        stat: random.chance(1, in: 2)),
      intent: .ownNode)
  }

  private mutating func planMulti(_ key: Int) -> SessionRequest {
    var operations: [MultiOperation] = [
      .check(path: keys[key], version: random.chance(1, in: 2) ? -1 : versions[key]),
      .setData(path: keys[key], data: newValue()),
    ]
    switch random.below(3) {
    case 0: operations.append(.setData(path: anyKey(), data: newValue()))
    case 1:
      operations.append(
        .create(
          path: Self.sequential + Array("/n-".utf8), data: newValue(),
          mode: .persistentSequential, stat: true))
    default:
      let other = anyKey()
      operations += [
        .delete(path: other),
        .create(path: other, data: newValue(), mode: .persistent, stat: false),
      ]
    }
    return .multi(operations)
  }

  /// Learns from a result.
  mutating func learn(_ intent: Intent, _ outcome: RequestOutcome) {
    switch (intent, outcome) {
    case (.key(let key), .done(.stat(let stat), _)), (.key(let key), .done(.data(_, let stat), _)):
      versions[key] = stat.version
    case (.key(let key), .done(.created, _)): versions[key] = 0
    case (.key(let key), .refused(.noNode, _)): versions[key] = -1
    case (.ownNode, .done(.created(let path, _), _)): ownNodes.append(path)
    default: break
    }
  }

  /// The session has ended, and its watches with it.
  mutating func sessionEnded() {
    hasPersistentWatch = false
  }

  // MARK: Recipes

  /// A recipe that is chosen, ready to begin.
  mutating func makeRecipe(_ activity: Activity, session: Int64) -> any Recipe {
    recipeCount += 1
    let guid = Array("c\(client).\(recipeCount)".utf8)
    func folder(_ name: StaticString) -> [UInt8] { Array("\(name)".utf8) }
    switch activity {
    case .readWriteLock:
      return LockRecipe(
        folder: folder("/rwlock"), kind: random.chance(2, in: 3) ? .read : .write, guid: guid,
        session: session)
    case .election:
      return LeaderElection(
        folder: folder("/election"), candidate: guid, guid: guid, session: session)
    case .doubleBarrier:
      return DoubleBarrier(folder: folder("/barrier"), name: guid, members: 2, session: session)
    case .enqueue: return EnqueueRecipe(folder: folder("/queue"), value: newValue(), guid: guid)
    case .dequeue: return DequeueRecipe(folder: folder("/queue"))
    case .counter: return CounterRecipe(path: folder("/counter"), adding: 1)
    default: return LockRecipe(folder: folder("/lock"), guid: guid, session: session)
    }
  }
}
