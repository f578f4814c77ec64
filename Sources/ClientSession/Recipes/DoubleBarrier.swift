import Jute
import LinnaeusBase

/// A double barrier: a number of clients begin together and end together.
///
/// Each makes its node before it looks for `ready`, and counts only a `ready` that was made after
/// its node: one of an earlier round, whose last client died before it could remove it, opens
/// nothing. Whoever sees enough nodes makes `ready`, in place of an old one if need be, so that it
/// does not matter which of them dies.
public struct DoubleBarrier: Recipe {
  private enum Phase: Hashable, Sendable {
    case notBegun, joining, makingFolder, identifying, lookingForReady, counting, opening
    case waiting, inside, removingWatch, withdrawing
    case deleting, countingOut, watchingOut([UInt8]), waitingOut([UInt8]), cleaning, over
  }

  private let folder: [UInt8]
  private let name: [UInt8]
  private let members: Int
  private let session: Int64
  private var phase = Phase.notBegun
  private var joined = Zxid.zero
  private var readyIsOld = false
  private var hasFired = false
  private var isDeleted = false

  private static let readyName = Array("ready".utf8)

  /// A barrier for that many members in a folder of their own.
  ///
  /// - Parameters:
  ///   - folder: where the nodes are; it is made if it is missing.
  ///   - name: the client's, which no other has, and not `ready`.
  ///   - members: how many there must be.
  ///   - session: the session's id.
  public init(folder: [UInt8], name: [UInt8], members: Int, session: Int64) {
    self.folder = folder
    self.name = name
    self.members = members
    self.session = session
  }

  /// Whether it will ask for nothing and tell nothing any more.
  public var isOver: Bool { phase == .over }
  /// Whether the client is inside, and may leave.
  public var isInside: Bool { phase == .inside }

  private var own: [UInt8] { child(name, of: folder) }
  private var ready: [UInt8] { child(Self.readyName, of: folder) }

  /// Joins.
  public mutating func begin(into effects: inout RecipeEffects) {
    phase = .joining
    effects.ask(.create(path: own, data: [], mode: .ephemeral, stat: true))
  }

  /// Leaves, once inside, and waits for the others to leave.
  public mutating func leave(into effects: inout RecipeEffects) {
    guard phase == .inside else { return }
    countOut(&effects)
  }

  /// As ``leave(into:)``; or waits no more for the others, and takes away watch and node.
  public mutating func conclude(into effects: inout RecipeEffects) {
    guard phase == .waiting else { return leave(into: &effects) }
    phase = .removingWatch
    effects.ask(.removeWatches(path: ready, kind: .data))
  }

  // MARK: What happens

  /// The request that was asked for has ended.
  public mutating func completed(
    _ outcome: RequestOutcome, into effects: inout RecipeEffects
  ) {
    switch phase {
    case .notBegun, .waiting, .inside, .waitingOut, .over: break
    case .removingWatch: withdraw(&effects)
    case .withdrawing:
      if case .lost = outcome { withdraw(&effects) } else { finish(.abandoned, &effects) }
    case .joining, .makingFolder, .identifying: joining(outcome, &effects)
    case .lookingForReady, .counting, .opening: entering(outcome, &effects)
    case .deleting, .countingOut, .watchingOut, .cleaning: leaving(outcome, &effects)
    }
  }

  /// The session was told of a change.
  public mutating func received(_ event: WatcherEvent, into effects: inout RecipeEffects) {
    switch phase {
    case .waiting where event.path == ready: lookForReady(&effects)
    case .lookingForReady, .counting, .opening:
      if event.path == ready { hasFired = true }
    case .waitingOut(let path) where event.path == path: countOut(&effects)
    case .watchingOut(let path) where event.path == path: hasFired = true
    default: break
    }
  }

  /// The session's state changed.
  public mutating func changed(to state: SessionState, into effects: inout RecipeEffects) {
    guard state == .expired || state == .closed, phase != .over, phase != .notBegun else { return }
    finish(.lost, &effects)
  }

  // MARK: In

  private mutating func joining(_ outcome: RequestOutcome, _ effects: inout RecipeEffects) {
    switch (phase, outcome) {
    case (.joining, .done(.created(_, let stat?), _)):
      joined = stat.czxid
      lookForReady(&effects)
    case (.joining, .refused(.noNode, _)), (.makingFolder, .lost):
      phase = .makingFolder
      effects.ask(.create(path: folder, data: [], mode: .persistent, stat: false))
    case (.makingFolder, .done), (.makingFolder, .refused(.nodeExists, _)), (.joining, .lost):
      begin(into: &effects)
    case (.joining, .refused(.nodeExists, _)), (.identifying, .lost):
      // It may be ours, of a creation whose answer was lost, or of an older session of ours.
      phase = .identifying
      effects.ask(.exists(path: own))
    case (.identifying, .done(.stat(let stat), _)):
      guard stat.ephemeralOwner == session else { return finish(.failed(.nodeExists), &effects) }
      joined = stat.czxid
      lookForReady(&effects)
    case (.identifying, .refused(.noNode, _)): begin(into: &effects)
    case (_, .refused(let error, _)): finish(.failed(error), &effects)
    default: finish(.failed(.dataInconsistency), &effects)
    }
  }

  private mutating func lookForReady(_ effects: inout RecipeEffects) {
    phase = .lookingForReady
    hasFired = false
    effects.ask(.exists(path: ready, watch: true))
  }

  private mutating func entering(_ outcome: RequestOutcome, _ effects: inout RecipeEffects) {
    switch (phase, outcome) {
    case (.lookingForReady, .done(.stat(let stat), _)):
      readyIsOld = stat.czxid < joined
      guard readyIsOld else { return enter(&effects) }
      count(&effects)
    case (.lookingForReady, .refused(.noNode, _)):
      readyIsOld = false
      count(&effects)
    case (.counting, .done(.children(let children, _), _)):
      if children.count(where: { $0 != Self.readyName }) >= members {
        open(&effects)
      } else if hasFired {
        lookForReady(&effects)
      } else {
        phase = .waiting
      }
    // Somebody else was faster, or the answer was lost: what is there tells.
    case (.opening, .done), (.opening, .refused), (_, .lost): lookForReady(&effects)
    case (_, .refused(let error, _)): finish(.failed(error), &effects)
    case (_, .done): finish(.failed(.dataInconsistency), &effects)
    }
  }

  private mutating func count(_ effects: inout RecipeEffects) {
    phase = .counting
    effects.ask(.getChildren(path: folder, stat: false))
  }

  private mutating func open(_ effects: inout RecipeEffects) {
    phase = .opening
    guard readyIsOld else {
      return effects.ask(.create(path: ready, data: [], mode: .persistent, stat: false))
    }
    effects.ask(
      .multi([
        .delete(path: ready), .create(path: ready, data: [], mode: .persistent, stat: false),
      ]))
  }

  private mutating func enter(_ effects: inout RecipeEffects) {
    phase = .inside
    effects.news.append(.entered)
  }

  // MARK: Out

  private mutating func countOut(_ effects: inout RecipeEffects) {
    phase = .countingOut
    effects.ask(.getChildren(path: folder, stat: false))
  }

  private mutating func leaving(_ outcome: RequestOutcome, _ effects: inout RecipeEffects) {
    switch (phase, outcome) {
    case (.countingOut, .done(.children(let children, _), _)):
      leave(children.filter { $0 != Self.readyName }, &effects)
    case (.deleting, .done), (.deleting, .refused(.noNode, _)):
      isDeleted = true
      countOut(&effects)
    case (.watchingOut(let path), .done) where !hasFired: phase = .waitingOut(path)
    case (.cleaning, .done), (.cleaning, .refused(.noNode, _)): finish(.left, &effects)
    case (.cleaning, .lost), (.countingOut, .lost), (.watchingOut, _): countOut(&effects)
    case (.deleting, .lost): delete(&effects)
    case (_, .refused(let error, _)): finish(.failed(error), &effects)
    default: finish(.failed(.dataInconsistency), &effects)
    }
  }

  /// The lowest of those inside waits for the highest and all others for the lowest, so that each
  /// departure wakes few.
  private mutating func leave(_ inside: [[UInt8]], _ effects: inout RecipeEffects) {
    let names = inside.sorted { $0.lexicographicallyPrecedes($1) }
    guard let lowest = names.first, let highest = names.last else {
      phase = .cleaning
      return effects.ask(.delete(path: ready))
    }
    if lowest == name, highest != name {
      watchOut(highest, &effects)
    } else if !isDeleted {
      delete(&effects)
    } else {
      watchOut(lowest, &effects)
    }
  }

  private mutating func watchOut(_ name: [UInt8], _ effects: inout RecipeEffects) {
    let path = child(name, of: folder)
    phase = .watchingOut(path)
    hasFired = false
    effects.ask(.getData(path: path, watch: true))
  }

  private mutating func withdraw(_ effects: inout RecipeEffects) {
    phase = .withdrawing
    effects.ask(.delete(path: own))
  }

  private mutating func delete(_ effects: inout RecipeEffects) {
    phase = .deleting
    effects.ask(.delete(path: own))
  }

  private mutating func finish(_ news: RecipeNews, _ effects: inout RecipeEffects) {
    phase = .over
    effects.news.append(news)
  }
}
