import Jute
import LinnaeusBase

/// A barrier: waits as long as a node is there.
public struct BarrierRecipe: Recipe {
  private enum Phase: Hashable, Sendable {
    case notBegun, looking, waiting, removingWatch, over
  }

  private let path: [UInt8]
  private var phase = Phase.notBegun
  private var hasFired = false

  /// A barrier that closes while the node at `path` is there.
  public init(path: [UInt8]) {
    self.path = path
  }

  /// Whether it will ask for nothing and tell nothing any more.
  public var isOver: Bool { phase == .over }

  /// Looks for the node, by a `getData` that sets no watch if there is none.
  public mutating func begin(into effects: inout RecipeEffects) {
    phase = .looking
    hasFired = false
    effects.ask(.getData(path: path, watch: true))
  }

  /// Waits no more, and takes away the watch.
  public mutating func conclude(into effects: inout RecipeEffects) {
    guard phase == .waiting else { return }
    phase = .removingWatch
    effects.ask(.removeWatches(path: path, kind: .data))
  }

  /// The request that was asked for has ended.
  public mutating func completed(
    _ outcome: RequestOutcome, into effects: inout RecipeEffects
  ) {
    if phase == .removingWatch { return finish(.abandoned, &effects) }
    guard phase == .looking else { return }
    switch outcome {
    case .refused(.noNode, _): finish(.entered, &effects)
    case .refused(let error, _): finish(.failed(error), &effects)
    case .done where !hasFired: phase = .waiting
    case .done, .lost: begin(into: &effects)
    }
  }

  /// The session was told of a change.
  public mutating func received(_ event: WatcherEvent, into effects: inout RecipeEffects) {
    guard event.path == path else { return }
    if phase == .waiting { return begin(into: &effects) }
    hasFired = true
  }

  /// The session's state changed.
  public mutating func changed(to state: SessionState, into effects: inout RecipeEffects) {
    guard state == .expired || state == .closed, phase != .over, phase != .notBegun else { return }
    finish(.failed(.sessionExpired), &effects)
  }

  private mutating func finish(_ news: RecipeNews, _ effects: inout RecipeEffects) {
    phase = .over
    effects.news.append(news)
  }
}
