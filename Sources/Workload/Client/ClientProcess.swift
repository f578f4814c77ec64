import ClientSession
import Jute
import LinnaeusBase

/// A client of a run, as a value: it joins a session with the work that is done in it, and records
/// both.
///
/// The driver owns clock and connection. It calls ``advance(to:into:record:)`` at ``nextDeadline``
/// at the latest, and first whenever it has been away; then ``connected(now:into:record:)``,
/// ``receive(_:now:into:record:)`` and ``disconnected(now:into:record:)`` as they happen. After each
/// call it does what the effects ask for: it sends the output, closes the connection if it is to be
/// closed, and only then opens the one that is wanted.
///
/// A session that ends is followed by a new one, which is a new process in the history.
public struct ClientProcess: Sendable {
  /// The client's number, from 0.
  public let client: Int
  /// The number of its present session in the history.
  public private(set) var process: Int64 = -1
  /// The server that it is connected to, or tries next.
  public private(set) var server: ServerID?
  /// Whether it has stopped, nothing is on its way, and its session is closed if it should be.
  public private(set) var isFinished = false

  let options: WorkloadOptions
  private let servers: [ServerID]
  var session: ZooKeeperSession
  var work: ClientWork
  private var pace: Pace
  private var connections: SeededRandom
  /// What is to be sent next, before any new step.
  var plan: [PlannedRequest] = []
  /// The recipe under way.
  var run: RecipeRun?
  private var pending = PendingOperations()
  private var unansweredWatchLists: [HistoryRecorder.Invocation] = []
  /// The server of the present connection, or of the last one.
  private var connectedServer = ServerID(rawValue: 0)
  /// Whether all steps were taken, so that it stops once no lock is held.
  private var isExhausted = false
  private var isStopping = false
  private var isClosing = false
  /// What the connect request said: whether it continued a session, and from where.
  private var resumption: (isResumed: Bool, lastZxidSeen: Zxid) = (false, .zero)

  /// A client that has not connected yet.
  ///
  /// - Parameters:
  ///   - client: its number, from 0; in a run each has its own.
  ///   - options: what it does.
  ///   - servers: the ensemble.
  ///   - seed: what its choices follow from, the same for all clients of a run.
  public init(client: Int, options: WorkloadOptions, servers: [ServerID], seed: UInt64) {
    self.client = client
    self.options = options
    self.servers = servers
    // A stream for each purpose: what a client does is then the same whatever the network does.
    var seeds = SeededRandom(seed: seed ^ (UInt64(client) &+ 1) &* 0xD1B5_4A32_D192_ED03)
    work = ClientWork(
      options: options, client: client, random: SeededRandom(seed: seeds.next()))
    pace = Pace(options: options, random: SeededRandom(seed: seeds.next()))
    connections = SeededRandom(seed: seeds.next())
    session = ZooKeeperSession()
    if options.preparesKeys { plan = work.preparation() }
    beginSession()
  }

  /// What the client sends and receives is of this session; 0 before there is one.
  public var sessionID: Int64 { session.session }

  /// Whether what the session sends again is recognised.
  public var retransmits: Bool { session.retransmits }

  /// How the session stands.
  public var state: SessionState { session.state }

  /// How many operations have no answer yet.
  public var outstanding: Int { pending.count }

  /// The number of the recipe under way, counted from 1; nil if none is.
  public var recipe: Int? { run?.number }

  /// Whether it has neither sent nor planned anything that has no answer yet.
  public var isIdle: Bool { pending.isEmpty && plan.isEmpty }

  private mutating func beginSession() {
    let list: ServerList
    switch options.placement {
    case .anyServer: list = ServerList(servers, random: &connections)
    case .spread:
      let first = client % servers.count
      list = ServerList(inOrder: Array(servers[first...] + servers[..<first]))
    case .pinned: list = ServerList(inOrder: [servers[client % servers.count]])
    case .only(let chosen): list = ServerList(inOrder: chosen)
    }
    session = ZooKeeperSession(
      options: options.session, servers: list, seed: connections.next())
    process = -1
  }

  // MARK: What the driver tells

  /// Time passed.
  public mutating func advance(
    to now: Instant, into effects: inout SessionEffects, record: inout RunRecord
  ) {
    useHolding(now, &record)
    session.advance(to: now, into: &effects)
    settle(now, &effects, &record)
  }

  /// When ``advance(to:into:record:)`` has something to do; nil if never.
  public var nextDeadline: Instant? {
    guard !isFinished else { return nil }
    var deadline = session.nextDeadline ?? Instant(nanoseconds: .max)
    if let due = run?.nextDeadline { deadline = min(deadline, due) }
    if isConnected, !isStopping, !isClosing, plan.isEmpty,
      let next = pace.nextStep(outstanding: pending.count)
    {
      deadline = min(deadline, next)
    }
    return deadline.nanoseconds == .max ? nil : deadline
  }

  /// There is a connection to the server that was wanted.
  public mutating func connected(
    now: Instant, into effects: inout SessionEffects, record: inout RunRecord
  ) {
    session.connected(now: now, into: &effects)
    settle(now, &effects, &record)
  }

  /// The connection is gone, or could not be had.
  public mutating func disconnected(
    now: Instant, into effects: inout SessionEffects, record: inout RunRecord
  ) {
    session.disconnected(now: now, into: &effects)
    settle(now, &effects, &record)
  }

  /// Bytes arrived: any part of one message or of several.
  public mutating func receive(
    _ bytes: BorrowedBytes, now: Instant, into effects: inout SessionEffects,
    record: inout RunRecord
  ) {
    session.receive(bytes, now: now, into: &effects)
    settle(now, &effects, &record)
  }

  /// Adds a request to what the client does next, for scenarios whose steps are given.
  ///
  /// It is sent once there is a session, in the order of the calls.
  public mutating func perform(
    _ request: SessionRequest, now: Instant, into effects: inout SessionEffects,
    record: inout RunRecord
  ) {
    plan.append(PlannedRequest(request: request))
    settle(now, &effects, &record)
  }

  /// Begins a recipe now, in place of one that may be under way.
  public mutating func perform(
    _ recipe: Activity, now: Instant, into effects: inout SessionEffects,
    record: inout RunRecord
  ) {
    begin(recipe, now, &record)
    settle(now, &effects, &record)
  }

  /// Leaves the server for another one.
  public mutating func move(
    to server: ServerID, now: Instant, into effects: inout SessionEffects,
    record: inout RunRecord
  ) {
    session.move(to: server, now: now, into: &effects)
    session.advance(to: now, into: &effects)
    settle(now, &effects, &record)
  }

  /// Begins nothing new; what is on its way ends, and then the session if it should.
  public mutating func stop(
    now: Instant, into effects: inout SessionEffects, record: inout RunRecord
  ) {
    beginStopping(now, &record)
    settle(now, &effects, &record)
  }

  // MARK: What follows

  private mutating func beginStopping(_ now: Instant, _ record: inout RunRecord) {
    isStopping = true
    plan.removeAll { if case .recipe = $0.intent { false } else { true } }
    concludeRecipe(now, &record)
  }

  private var isConnected: Bool {
    if case .connected = session.state { return true }
    return false
  }

  private mutating func settle(
    _ now: Instant, _ effects: inout SessionEffects, _ record: inout RunRecord
  ) {
    repeat {
      if !effects.news.isEmpty { takeNews(now, &effects, &record) }
      switch session.state {
      case .connected: goOn(now, &effects, &record)
      case .expired where !isStopping, .closed where !isStopping:
        beginSession()
        session.advance(to: now, into: &effects)
      default: break
      }
    } while !effects.news.isEmpty
    if let next = effects.connectsTo { server = next }
    if isStopping, pending.isEmpty { isFinished = hasEnded }
  }

  /// Whether a client that begins nothing new has nothing left to do.
  private var hasEnded: Bool {
    switch session.state {
    case .expired, .closed: true
    // A session that was never granted need not be closed.
    default: plan.isEmpty && (!options.closesSessions || !isConnected && session.session == 0)
    }
  }

  private mutating func takeNews(
    _ now: Instant, _ effects: inout SessionEffects, _ record: inout RunRecord
  ) {
    var news: [SessionNews] = []
    swap(&news, &effects.news)
    for item in news { take(item, now, &effects, &record) }
    // The room is used again.
    news.removeAll(keepingCapacity: true)
    if effects.news.isEmpty { swap(&news, &effects.news) }
  }

  /// Sends what is planned, and plans what is due, as far as the depth allows.
  private mutating func goOn(
    _ now: Instant, _ effects: inout SessionEffects, _ record: inout RunRecord
  ) {
    while isConnected, !isClosing {
      while !plan.isEmpty, pending.count < options.depth, isConnected, !isClosing {
        submit(plan.removeFirst(), now, &effects, &record)
      }
      guard plan.isEmpty else { return }
      if isExhausted, !isStopping, run?.holding == nil { beginStopping(now, &record) }
      guard plan.isEmpty else { continue }
      if isStopping {
        guard pending.isEmpty, options.closesSessions, !isFinished else { return }
        // What a recipe still waits for may never come.
        run = nil
        plan.append(PlannedRequest(request: .closeSession))
        continue
      }
      guard pace.takeStep(now: now, outstanding: pending.count) else { return }
      switch work.planNext(into: &plan, isBusy: run != nil) {
      case .requests: break
      case .move: moveAnywhere(now, &effects)
      case .recipe(let activity): begin(activity, now, &record)
      case nil: return
      }
      if pace.isExhausted { isExhausted = true }
    }
  }

  private mutating func moveAnywhere(_ now: Instant, _ effects: inout SessionEffects) {
    let next = servers[connections.below(servers.count)]
    session.move(to: next, now: now, into: &effects)
    session.advance(to: now, into: &effects)
  }

  private mutating func submit(
    _ planned: PlannedRequest, _ now: Instant, _ effects: inout SessionEffects,
    _ record: inout RunRecord
  ) {
    let xid: Int32 =
      if case .auth = planned.request { SpecialXid.auth } else { session.nextXid }
    let invocation = record.history.invoke(planned.request, xid: xid, at: place, now: now)
    if case .closeSession = planned.request { isClosing = true }
    let id = session.submit(planned.request, now: now, into: &effects)
    pending.append(PendingOperation(id: id, invocation: invocation, intent: planned.intent))
  }

  var place: HistoryRecorder.Place {
    HistoryRecorder.Place(
      process: process, session: session.session, server: connectedServer)
  }

  private mutating func take(
    _ news: SessionNews, _ now: Instant, _ effects: inout SessionEffects,
    _ record: inout RunRecord
  ) {
    switch news {
    case .completed(let id, let outcome):
      guard let operation = pending.take(id) else { return }
      record.history.complete(operation.invocation, outcome, now: now)
      if record.notesAnswers {
        record.answers.append(
          ClientAnswer(outcome, isWrite: operation.invocation.isWrite))
      }
      if isClosing, pending.isEmpty { isClosing = false }
      if case .recipe(let number) = operation.intent {
        if run?.number == number { withRecipe(now, &record) { $0.completed(outcome, into: &$1) } }
      } else {
        work.learn(operation.intent, outcome)
        pace.stepEnded(now: now)
      }
    case .watch(let event, let zxid):
      record.history.watch(event, zxid: zxid, at: place, now: now)
      withRecipe(now, &record) { $0.received(event, into: &$1) }
    case .restoringWatches(let list):
      unansweredWatchLists.append(
        record.history.invoke(
          .setWatches(list), xid: SpecialXid.setWatches, at: place, now: now))
    case .restoredWatches(let error, let zxid):
      let invocation = unansweredWatchLists.removeFirst()
      // It overtakes requests that are sent again, so that its zxid has no place in their order.
      let told = session.retransmits ? .zero : zxid
      record.history.complete(
        invocation, error == .ok ? .done(.done, zxid: told) : .refused(error, zxid: told),
        now: now)
    case .state(let state):
      enter(state, now, &record)
      withRecipe(now, &record) { $0.changed(to: state, into: &$1) }
    }
  }

  private func note(_ state: SessionState, _ record: inout RunRecord) {
    switch state {
    case .connected:
      record.answers.append(.connected(connectedServer, isResumed: resumption.isResumed))
    case .expired: record.answers.append(.expired)
    case .disconnected(.violation(let error)):
      record.answers.append(.violation(connectedServer, error))
    default: break
    }
  }

  private mutating func enter(
    _ state: SessionState, _ now: Instant, _ record: inout RunRecord
  ) {
    if record.notesAnswers { note(state, &record) }
    switch state {
    case .connecting:
      if process < 0 { process = record.history.newProcess() }
      connectedServer = server ?? connectedServer
      resumption = (session.session != 0, session.lastZxidSeen)
    case .connected:
      record.history.connect(
        at: place, lastZxidSeen: resumption.lastZxidSeen,
        timeoutMilliseconds: session.timeoutMilliseconds, isResumed: resumption.isResumed,
        retransmits: session.retransmits, now: now)
    case .disconnected(let reason):
      for invocation in unansweredWatchLists {
        record.history.complete(invocation, .lost(.connectionLost), now: now)
      }
      unansweredWatchLists.removeAll()
      if let word = reason.word {
        record.history.disconnect(at: place, reason: word, now: now)
      }
    case .expired:
      record.history.expired(at: place, now: now)
      endSession()
    case .closed: endSession()
    }
  }

  private mutating func endSession() {
    work.sessionEnded()
    // A recipe's requests are for the session that it began in.
    plan.removeAll { if case .recipe = $0.intent { true } else { false } }
  }
}

extension Disconnection {
  /// What a history calls it; nil for what is no end of a connection.
  fileprivate var word: StaticString? {
    switch self {
    case .notYet, .suspended: nil
    case .closedByServer: "closed"
    case .refused: "refused"
    case .moved: "client"
    case .silence: "timeout"
    case .authenticationFailed: "authentication"
    case .violation: "violation"
    }
  }
}
