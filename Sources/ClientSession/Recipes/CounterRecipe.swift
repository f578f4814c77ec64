import Jute
import LinnaeusBase

/// A shared counter: its value is the decimal text in a node, replaced only in the version that was
/// read.
public struct CounterRecipe: Recipe {
  private enum Phase: Hashable, Sendable {
    case notBegun, reading, creating
    case writing(Int64)
    case over
  }

  private let path: [UInt8]
  private let amount: Int64
  private var phase = Phase.notBegun

  /// Adds `amount` to the counter in `path`, which begins at 0.
  public init(path: [UInt8], adding amount: Int64) {
    self.path = path
    self.amount = amount
  }

  /// Whether it will ask for nothing and tell nothing any more.
  public var isOver: Bool { phase == .over }

  /// Reads the counter.
  public mutating func begin(into effects: inout RecipeEffects) {
    phase = .reading
    effects.ask(.getData(path: path))
  }

  /// The request that was asked for has ended.
  public mutating func completed(
    _ outcome: RequestOutcome, into effects: inout RecipeEffects
  ) {
    switch (phase, outcome) {
    case (.notBegun, _), (.over, _): break
    case (.reading, .done(.data(let data, let stat), _)): write(data ?? [], stat, &effects)
    case (.reading, .refused(.noNode, _)):
      phase = .creating
      effects.ask(.create(path: path, data: Array("0".utf8), mode: .persistent, stat: false))
    // Whoever created it, it is there; an unknown creation is harmless.
    case (.creating, .done), (.creating, .refused(.nodeExists, _)), (.creating, .lost),
      (.reading, .lost), (.writing, .refused(.badVersion, _)), (.writing, .lost(.neverSent)):
      begin(into: &effects)
    case (.writing(let value), .done): finish(.counted(value), &effects)
    // The value alone does not tell who wrote it.
    case (.writing, .lost): finish(.unknown, &effects)
    case (_, .refused(let error, _)): finish(.failed(error), &effects)
    case (_, .done): finish(.failed(.dataInconsistency), &effects)
    }
  }

  private mutating func write(_ data: [UInt8], _ stat: Stat, _ effects: inout RecipeEffects) {
    guard let value = Int64(String(decoding: data, as: UTF8.self)) else {
      return finish(.failed(.dataInconsistency), &effects)
    }
    let (sum, overflows) = value.addingReportingOverflow(amount)
    guard !overflows else { return finish(.failed(.badArguments), &effects) }
    phase = .writing(sum)
    effects.ask(.setData(path: path, data: Array("\(sum)".utf8), version: stat.version))
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
    if case .writing = phase { return finish(.unknown, &effects) }
    finish(.failed(.sessionExpired), &effects)
  }
}
