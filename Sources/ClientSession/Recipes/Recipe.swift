import Jute
import LinnaeusBase

/// A recipe: a way to use znodes so that clients keep to an order among themselves
/// (consistency.md, section 5).
///
/// It is a value that has at most one request on its way. The driver submits what
/// ``RecipeEffects/request`` holds, hands its outcome to ``completed(_:into:)``, and tells of every
/// watch event and change of state of the session. Requests may be submitted to a session without a
/// connection, which sends them when it has one. A recipe belongs to one session and is over when
/// that is.
public protocol Recipe: Sendable {
  /// Whether it will ask for nothing and tell nothing any more.
  var isOver: Bool { get }
  /// Asks for the first request.
  mutating func begin(into effects: inout RecipeEffects)
  /// The request that was asked for has ended.
  mutating func completed(_ outcome: RequestOutcome, into effects: inout RecipeEffects)
  /// The session was told of a change.
  mutating func received(_ event: WatcherEvent, into effects: inout RecipeEffects)
  /// The session's state changed.
  mutating func changed(to state: SessionState, into effects: inout RecipeEffects)
  /// Ends what was begun: gives back the lock, resigns, leaves the barrier; or waits no more. Does
  /// nothing where there is nothing to end, or a request is on its way after which there will be.
  mutating func conclude(into effects: inout RecipeEffects)
}

extension Recipe {
  /// Does nothing.
  public mutating func conclude(into effects: inout RecipeEffects) {}
}

/// What a recipe wants done and has to tell; the driver empties it.
public struct RecipeEffects: Sendable {
  /// The request to submit.
  public var request: SessionRequest?
  /// What happened, in its order.
  public var news: [RecipeNews] = []

  /// Nothing yet.
  public init() {}

  /// Asks for a request; the one before must have been taken.
  mutating func ask(_ request: SessionRequest) {
    precondition(self.request == nil, "a recipe has one request on its way at a time")
    self.request = request
  }
}

/// Something that a recipe has to tell.
public enum RecipeNews: Hashable, Sendable {
  /// The lock is held, or the office: the token, the zxid that created the node, is larger than
  /// that of everyone who held it before.
  case acquired(token: Zxid, node: [UInt8])
  /// The node is gone: someone else may hold the lock now.
  case released
  /// The lock may be someone else's already: the session has no server, or is over.
  case lost
  /// The barrier is open, or enough have come.
  case entered
  /// All have left.
  case left
  /// The element is in the queue.
  case enqueued
  /// The element was taken from the queue, by nobody else.
  case dequeued([UInt8]?)
  /// The counter was changed, to that value.
  case counted(Int64)
  /// It was waited for, and is waited for no more.
  case abandoned
  /// It may or may not have been done, which cannot be found out any more.
  case unknown
  /// It was not done, and will not be.
  case failed(ErrorCode)
}

/// A sequential znode's name as the recipes make it: `guid_kind_0000000017`.
struct LineName: Sendable {
  let name: [UInt8]
  let kind: ArraySlice<UInt8>
  let number: Int32

  /// Takes a name apart; nil for one that no recipe made.
  init?(_ name: [UInt8]) {
    let parts = name.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard parts.count >= 3,
      let number = Int32(String(decoding: parts[parts.count - 1], as: UTF8.self))
    else { return nil }
    self.name = name
    self.number = number
    kind = parts[parts.count - 2]
  }

  /// Whether the node was created before the other.
  ///
  /// The numbers start again from −2147483648 after 2147483647 (zookeeper-protocol.md, section
  /// 2.8), so that it is their distance that tells.
  func precedes(_ other: LineName) -> Bool { other.number &- number > 0 }

  /// The names among children that a recipe made, first created first.
  static func inOrder(_ children: [[UInt8]]) -> [LineName] {
    children.compactMap(LineName.init).sorted { $0.precedes($1) }
  }
}

/// A path below a folder.
func child(_ name: some Collection<UInt8>, of folder: [UInt8]) -> [UInt8] {
  folder + [UInt8(ascii: "/")] + name
}

extension [UInt8] {
  /// The name at the end of a path.
  var lastName: ArraySlice<UInt8> {
    lastIndex(of: UInt8(ascii: "/")).map { self[($0 + 1)...] } ?? self[...]
  }
}
