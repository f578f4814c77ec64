import Jute
import LinnaeusBase

/// The election of a leader: the candidate whose node is the oldest leads, once it knows it.
///
/// It is a lock that is not meant to be given back. The lowest node alone says little: its client
/// may not know yet that it leads, or not know any more that it does not; whoever acts for the
/// leader shows the token.
public struct LeaderElection: Recipe {
  private var lock: LockRecipe

  /// A candidacy that is not announced yet.
  ///
  /// - Parameters:
  ///   - folder: where the candidates' nodes are; it is made if it is missing.
  ///   - candidate: who it is, which others may read in the node.
  ///   - guid: a text that nobody used before, without `/` and `_`.
  ///   - session: the session's id.
  public init(folder: [UInt8], candidate: [UInt8], guid: [UInt8], session: Int64) {
    lock = LockRecipe(folder: folder, guid: guid, session: session, data: candidate)
  }

  /// Whether it will ask for nothing and tell nothing any more.
  public var isOver: Bool { lock.isOver }
  /// Whether it leads, as far as it knows.
  public var isLeading: Bool { lock.isHeld }

  /// Stands for election.
  public mutating func begin(into effects: inout RecipeEffects) { lock.begin(into: &effects) }

  /// Resigns, or withdraws.
  public mutating func resign(into effects: inout RecipeEffects) { lock.release(into: &effects) }

  /// As ``resign(into:)``.
  public mutating func conclude(into effects: inout RecipeEffects) { resign(into: &effects) }

  /// The request that was asked for has ended.
  public mutating func completed(
    _ outcome: RequestOutcome, into effects: inout RecipeEffects
  ) {
    lock.completed(outcome, into: &effects)
  }

  /// The session was told of a change.
  public mutating func received(_ event: WatcherEvent, into effects: inout RecipeEffects) {
    lock.received(event, into: &effects)
  }

  /// The session's state changed.
  public mutating func changed(to state: SessionState, into effects: inout RecipeEffects) {
    lock.changed(to: state, into: &effects)
  }
}
