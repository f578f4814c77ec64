import ClientSession
import LinnaeusBase

/// A lock or an office that a client holds, as far as it knows.
struct Holding: Hashable, Sendable {
  var lock: [UInt8]
  var token: Zxid
  var node: [UInt8]
}

/// A recipe under way, and what its client means to do with it.
struct RecipeRun: Sendable {
  var recipe: any Recipe
  /// Distinguishes it from the client's other recipes.
  let number: Int
  /// Whether one client at a time may hold it, so that tokens only grow.
  let isExclusive: Bool
  var holding: Holding?
  /// When the resource behind the lock is used.
  var usesAt: Instant?
  /// When it is given back.
  var concludesAt: Instant?

  var nextDeadline: Instant? {
    guard let concludesAt else { return nil }
    return usesAt.map { min($0, concludesAt) } ?? concludesAt
  }

  /// Nothing is held any more.
  mutating func letGo() {
    (holding, usesAt, concludesAt) = (nil, nil, nil)
  }
}
