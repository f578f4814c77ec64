import Jute
import LinnaeusBase

/// Puts an element into a queue: a persistent sequential node, which outlives its producer.
///
/// If the answer is lost, the node is looked for by its guid, after a `sync`. One that is not there
/// may have been taken already, so that nobody can know.
public struct EnqueueRecipe: Recipe {
  private enum Phase: Hashable, Sendable {
    case notBegun, creating, makingFolder, syncing, scanning, over
  }

  private let folder: [UInt8]
  private let guid: [UInt8]
  private let value: [UInt8]?
  private var phase = Phase.notBegun

  /// An element that is not in the queue yet; `guid` is a text that nobody used before, without `/`
  /// and `_`.
  public init(folder: [UInt8], value: [UInt8]?, guid: [UInt8]) {
    self.folder = folder
    self.value = value
    self.guid = guid
  }

  /// Whether it will ask for nothing and tell nothing any more.
  public var isOver: Bool { phase == .over }

  /// Creates the node.
  public mutating func begin(into effects: inout RecipeEffects) {
    phase = .creating
    let name = guid + Array("_item_".utf8)
    effects.ask(
      .create(
        path: child(name, of: folder), data: value, mode: .persistentSequential, stat: false))
  }

  /// The request that was asked for has ended.
  public mutating func completed(
    _ outcome: RequestOutcome, into effects: inout RecipeEffects
  ) {
    switch (phase, outcome) {
    case (.notBegun, _), (.over, _): break
    case (.creating, .done): finish(.enqueued, &effects)
    case (.creating, .refused(.noNode, _)), (.makingFolder, .lost):
      phase = .makingFolder
      effects.ask(.create(path: folder, data: [], mode: .persistent, stat: false))
    case (.makingFolder, .done), (.makingFolder, .refused(.nodeExists, _)),
      (.creating, .lost(.neverSent)):
      begin(into: &effects)
    case (.creating, .lost), (.syncing, .lost), (.scanning, .lost):
      phase = .syncing
      effects.ask(.sync(path: folder))
    case (.syncing, .done):
      phase = .scanning
      effects.ask(.getChildren(path: folder, stat: false))
    case (.scanning, .done(.children(let children, _), _)):
      let isThere = children.contains { $0.starts(with: guid + [UInt8(ascii: "_")]) }
      finish(isThere ? .enqueued : .unknown, &effects)
    case (.syncing, .refused), (.scanning, _): finish(.unknown, &effects)
    case (_, .refused(let error, _)): finish(.failed(error), &effects)
    }
  }

  private mutating func finish(_ news: RecipeNews, _ effects: inout RecipeEffects) {
    phase = .over
    effects.news.append(news)
  }

  /// The session was told of a change.
  public mutating func received(_ event: WatcherEvent, into effects: inout RecipeEffects) {}

  /// The session's state changed.
  public mutating func changed(to state: SessionState, into effects: inout RecipeEffects) {
    guard state == .expired || state == .closed, phase != .over, phase != .notBegun else { return }
    finish(phase == .makingFolder ? .failed(.sessionExpired) : .unknown, &effects)
  }
}

/// Takes the oldest element from a queue, and waits for one if it is empty.
///
/// It is the delete that claims the element: only one client's succeeds. The list of children may
/// be old, so that an element that is gone is no error.
public struct DequeueRecipe: Recipe {
  private enum Phase: Hashable, Sendable {
    case notBegun, listing, waiting, removingWatch
    case reading([UInt8])
    case deleting([UInt8], value: [UInt8]?)
    case syncing([UInt8], value: [UInt8]?)
    case looking([UInt8], value: [UInt8]?)
    case over
  }

  private let folder: [UInt8]
  private var phase = Phase.notBegun
  private var candidates: ArraySlice<[UInt8]> = []
  private var hasFired = false

  /// Takes nothing yet.
  public init(folder: [UInt8]) {
    self.folder = folder
  }

  /// Whether it will ask for nothing and tell nothing any more.
  public var isOver: Bool { phase == .over }

  /// Lists the elements.
  public mutating func begin(into effects: inout RecipeEffects) {
    phase = .listing
    hasFired = false
    effects.ask(.getChildren(path: folder, watch: true, stat: false))
  }

  /// Waits no more for an element, and takes away the watch that told of one.
  public mutating func conclude(into effects: inout RecipeEffects) {
    guard phase == .waiting else { return }
    phase = .removingWatch
    effects.ask(.removeWatches(path: folder, kind: .children))
  }

  /// The request that was asked for has ended.
  public mutating func completed(
    _ outcome: RequestOutcome, into effects: inout RecipeEffects
  ) {
    switch (phase, outcome) {
    case (.notBegun, _), (.waiting, _), (.over, _): break
    case (.removingWatch, _): finish(.abandoned, &effects)
    case (.listing, .done(.children(let children, _), _)):
      candidates = LineName.inOrder(children).map { child($0.name, of: folder) }[...]
      tryNext(&effects)
    case (.reading(let path), .done(.data(let value, _), _)): delete(path, value, &effects)
    case (.reading, .refused(.noNode, _)), (.deleting, .refused(.noNode, _)): tryNext(&effects)
    case (.listing, .lost), (.reading, .lost): begin(into: &effects)
    case (.deleting(_, let value), .done): finish(.dequeued(value), &effects)
    case (.deleting(let path, let value), .lost(.neverSent)): delete(path, value, &effects)
    case (.deleting(let path, let value), .lost), (.syncing(let path, let value), .lost),
      (.looking(let path, let value), .lost):
      phase = .syncing(path, value: value)
      effects.ask(.sync(path: path))
    case (.syncing(let path, let value), .done):
      phase = .looking(path, value: value)
      effects.ask(.exists(path: path))
    // It is still there: the delete was lost on the way.
    case (.looking(let path, let value), .done): delete(path, value, &effects)
    // It is gone, through us or somebody else.
    case (.looking, .refused), (.syncing, .refused): finish(.unknown, &effects)
    case (_, .refused(let error, _)): finish(.failed(error), &effects)
    case (_, .done): finish(.failed(.dataInconsistency), &effects)
    }
  }

  private mutating func tryNext(_ effects: inout RecipeEffects) {
    if let path = candidates.popFirst() {
      phase = .reading(path)
      effects.ask(.getData(path: path))
    } else if hasFired {
      begin(into: &effects)
    } else {
      phase = .waiting
    }
  }

  private mutating func delete(
    _ path: [UInt8], _ value: [UInt8]?, _ effects: inout RecipeEffects
  ) {
    phase = .deleting(path, value: value)
    effects.ask(.delete(path: path))
  }

  private mutating func finish(_ news: RecipeNews, _ effects: inout RecipeEffects) {
    phase = .over
    effects.news.append(news)
  }

  /// The session was told of a change.
  public mutating func received(_ event: WatcherEvent, into effects: inout RecipeEffects) {
    guard event.path == folder else { return }
    if phase == .waiting { return begin(into: &effects) }
    hasFired = true
  }

  /// The session's state changed.
  public mutating func changed(to state: SessionState, into effects: inout RecipeEffects) {
    guard state == .expired || state == .closed, phase != .over, phase != .notBegun else { return }
    switch phase {
    case .deleting, .syncing, .looking: finish(.unknown, &effects)
    default: finish(.failed(.sessionExpired), &effects)
    }
  }
}
