import Jute
import LinnaeusBase

/// A lock, a read lock, a write lock, or the office of a leader: whoever has the oldest node in a
/// folder that is in the way of nobody's holds it.
///
/// Each waits for one node only, so that a release wakes one client and no herd. A node whose
/// creation was not answered is looked for by its guid, after a `sync`, since a server that lags
/// might not show it (CURATOR-264); one that another session owns is not ours, even if it was
/// once (CURATOR-498). A session without a server counts the lock as lost at once: the servers may
/// end the session, and give the lock away, before the client hears of it.
public struct LockRecipe: Recipe {
  /// What is in the way of what.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Waits for every older node: a plain lock, or a leader's office.
    case exclusive
    /// Waits for older writers only.
    case read
    /// Waits for every older node.
    case write
  }

  private enum Phase: Hashable, Sendable {
    case notBegun, creating, makingFolder, syncing, scanning, identifying([UInt8])
    case listing, removingDouble, watching([UInt8]), waiting([UInt8]), held
    case removingWatch, releasing, over
  }

  /// Where the nodes are.
  public let folder: [UInt8]
  /// What it waits for.
  public let kind: Kind
  private let guid: [UInt8]
  private let session: Int64
  private let data: [UInt8]?
  private var phase = Phase.notBegun
  private var node: [UInt8] = []
  private var token = Zxid.zero
  private var isReleasing = false
  /// Whether the predecessor changed while the answer that sets its watch was on its way.
  private var hasFired = false

  /// A lock that is not asked for yet.
  ///
  /// - Parameters:
  ///   - folder: where the nodes are; it is made if it is missing.
  ///   - kind: what to wait for.
  ///   - guid: a text that nobody used before, without `/` and `_`.
  ///   - session: the session's id.
  ///   - data: what the node holds, such as who the candidate is.
  public init(
    folder: [UInt8], kind: Kind = .exclusive, guid: [UInt8], session: Int64, data: [UInt8]? = []
  ) {
    self.folder = folder
    self.kind = kind
    self.guid = guid
    self.session = session
    self.data = data
  }

  /// Whether it will ask for nothing and tell nothing any more.
  public var isOver: Bool { phase == .over }
  /// Whether it holds the lock, as far as it knows.
  public var isHeld: Bool { phase == .held }

  /// Stands in line.
  public mutating func begin(into effects: inout RecipeEffects) {
    guard phase == .notBegun else { return }
    create(&effects)
  }

  /// Gives the lock back, or leaves the line.
  public mutating func release(into effects: inout RecipeEffects) {
    guard !isReleasing, phase != .over else { return }
    isReleasing = true
    switch phase {
    case .notBegun: finish(.released, &effects)
    case .held: delete(&effects)
    case .waiting(let path):
      // A watch that nobody waits for would stay with the server.
      phase = .removingWatch
      effects.ask(.removeWatches(path: path, kind: .data))
    default: break
    }
  }

  /// As ``release(into:)``.
  public mutating func conclude(into effects: inout RecipeEffects) { release(into: &effects) }

  // MARK: What happens

  /// The request that was asked for has ended.
  public mutating func completed(
    _ outcome: RequestOutcome, into effects: inout RecipeEffects
  ) {
    switch phase {
    case .notBegun, .held, .waiting, .over: break
    case .creating: created(outcome, &effects)
    case .makingFolder:
      ended(outcome, &effects, also: .nodeExists) {
        $0.create(&$1)
      } again: {
        $0.makeFolder(&$1)
      }
    case .syncing:
      ended(outcome, &effects) {
        $0.list(.scanning, &$1)
      } again: {
        $0.sync(&$1)
      }
    case .scanning: scanned(outcome, &effects)
    case .identifying(let path): identified(path, outcome, &effects)
    case .listing: listed(outcome, &effects)
    case .removingDouble:
      ended(outcome, &effects, also: .noNode) {
        $0.look(&$1)
      } again: {
        $0.look(&$1)
      }
    case .watching(let path): watched(path, outcome, &effects)
    case .removingWatch: delete(&effects)
    case .releasing:
      ended(outcome, &effects, also: .noNode) {
        $0.finish(.released, &$1)
      } again: {
        $0.delete(&$1)
      }
    }
  }

  /// The session was told of a change.
  public mutating func received(_ event: WatcherEvent, into effects: inout RecipeEffects) {
    switch phase {
    case .waiting(let path) where path == event.path: look(&effects)
    case .watching(let path) where path == event.path: hasFired = true
    default: break
    }
  }

  /// The session's state changed.
  public mutating func changed(to state: SessionState, into effects: inout RecipeEffects) {
    switch state {
    case .disconnected where phase == .held:
      effects.news.append(.lost)
      isReleasing = true
      delete(&effects)
    case .expired, .closed:
      guard phase != .over, phase != .notBegun else { return }
      finish(.lost, &effects)
    default: break
    }
  }

  // MARK: The node

  private mutating func create(_ effects: inout RecipeEffects) {
    phase = .creating
    let name = guid + Array("_\(kind)_".utf8)
    effects.ask(
      .create(
        path: child(name, of: folder), data: data, mode: .ephemeralSequential, stat: true))
  }

  private mutating func makeFolder(_ effects: inout RecipeEffects) {
    phase = .makingFolder
    effects.ask(.create(path: folder, data: [], mode: .persistent, stat: false))
  }

  private mutating func sync(_ effects: inout RecipeEffects) {
    phase = .syncing
    effects.ask(.sync(path: folder))
  }

  private mutating func created(_ outcome: RequestOutcome, _ effects: inout RecipeEffects) {
    switch outcome {
    case .done(.created(let path, let stat?), _): own(path, stat, &effects)
    case .refused(.noNode, _) where !isReleasing: makeFolder(&effects)
    case .refused(let error, _): finish(.failed(error), &effects)
    case .lost(.neverSent): isReleasing ? finish(.released, &effects) : create(&effects)
    default: sync(&effects)
    }
  }

  /// Looks for the node whose creation was not answered.
  private mutating func scanned(_ outcome: RequestOutcome, _ effects: inout RecipeEffects) {
    switch outcome {
    case .done(.children(let children, _), _):
      if let name = LineName.inOrder(children).first(where: { isOurs($0) })?.name {
        identify(child(name, of: folder), &effects)
      } else if isReleasing {
        finish(.released, &effects)
      } else {
        create(&effects)
      }
    case .refused(.noNode, _): isReleasing ? finish(.released, &effects) : makeFolder(&effects)
    case .refused(let error, _): finish(.failed(error), &effects)
    default: sync(&effects)
    }
  }

  private func isOurs(_ name: LineName) -> Bool {
    name.name.starts(with: guid + [UInt8(ascii: "_")])
  }

  private mutating func identify(_ path: [UInt8], _ effects: inout RecipeEffects) {
    phase = .identifying(path)
    effects.ask(.exists(path: path))
  }

  private mutating func identified(
    _ path: [UInt8], _ outcome: RequestOutcome, _ effects: inout RecipeEffects
  ) {
    switch outcome {
    case .done(.stat(let stat), _) where stat.ephemeralOwner == session:
      own(path, stat, &effects)
    case .done, .refused(.noNode, _):
      isReleasing ? finish(.released, &effects) : create(&effects)
    case .refused(let error, _): finish(.failed(error), &effects)
    case .lost: identify(path, &effects)
    }
  }

  private mutating func own(_ path: [UInt8], _ stat: Stat, _ effects: inout RecipeEffects) {
    node = path
    token = stat.czxid
    look(&effects)
  }

  // MARK: The line

  private mutating func look(_ effects: inout RecipeEffects) {
    guard !isReleasing else { return delete(&effects) }
    list(.listing, &effects)
  }

  private mutating func list(_ next: Phase, _ effects: inout RecipeEffects) {
    phase = next
    effects.ask(.getChildren(path: folder, stat: false))
  }

  private mutating func listed(_ outcome: RequestOutcome, _ effects: inout RecipeEffects) {
    guard !isReleasing else { return delete(&effects) }
    switch outcome {
    case .done(.children(let children, _), _):
      let line = LineName.inOrder(children)
      guard let place = line.firstIndex(where: { $0.name[...] == node.lastName }) else {
        // Somebody removed it.
        return finish(.lost, &effects)
      }
      if let double = line.first(where: { isOurs($0) && $0.name[...] != node.lastName }) {
        // A creation that was given up for lost came true after all: nobody must wait for it.
        phase = .removingDouble
        return effects.ask(.delete(path: child(double.name, of: folder)))
      }
      let reader = Array(Kind.read.rawValue.utf8)
      let inTheWay = line[..<place].last { kind != .read || $0.kind != reader[...] }
      guard let inTheWay else {
        phase = .held
        return effects.news.append(.acquired(token: token, node: node))
      }
      watch(child(inTheWay.name, of: folder), &effects)
    case .refused(let error, _): finish(.failed(error), &effects)
    default: look(&effects)
    }
  }

  /// Waits by `getData` and not by `exists`, which would leave a watch behind on a node that is
  /// gone already.
  private mutating func watch(_ path: [UInt8], _ effects: inout RecipeEffects) {
    phase = .watching(path)
    hasFired = false
    effects.ask(.getData(path: path, watch: true))
  }

  private mutating func watched(
    _ path: [UInt8], _ outcome: RequestOutcome, _ effects: inout RecipeEffects
  ) {
    if case .done = outcome, !hasFired {
      phase = .waiting(path)
      if isReleasing {
        phase = .removingWatch
        effects.ask(.removeWatches(path: path, kind: .data))
      }
      return
    }
    look(&effects)
  }

  // MARK: The end

  private mutating func delete(_ effects: inout RecipeEffects) {
    phase = .releasing
    effects.ask(.delete(path: node))
  }

  private mutating func finish(_ news: RecipeNews, _ effects: inout RecipeEffects) {
    phase = .over
    effects.news.append(news)
  }

  /// Goes on after a request that was done, or was refused because it was done already; repeats one
  /// that was lost.
  private mutating func ended(
    _ outcome: RequestOutcome, _ effects: inout RecipeEffects, also fine: ErrorCode = .ok,
    then next: (inout LockRecipe, inout RecipeEffects) -> Void,
    again: (inout LockRecipe, inout RecipeEffects) -> Void
  ) {
    switch outcome {
    case .done: next(&self, &effects)
    case .refused(fine, _): next(&self, &effects)
    case .refused(let error, _): finish(.failed(error), &effects)
    case .lost: again(&self, &effects)
    }
  }
}
