import ClientSession
import LinnaeusBase

/// What the clients of a run share: the history that they write, and the resources behind locks.
public struct RunRecord: Sendable {
  /// The history.
  public var history: HistoryRecorder
  /// Whether ``answers`` grows.
  package var notesAnswers = false
  /// What servers told the clients; whoever asked for it empties it.
  package var answers: [ClientAnswer] = []
  private var resources: [(name: [UInt8], highestToken: Zxid)] = []

  /// Begins a run.
  public init(history: HistoryRecorder) {
    self.history = history
  }

  /// Uses a resource, which lies outside ZooKeeper, with the token of the lock that guards it.
  ///
  /// - Parameters:
  ///   - name: the resource's.
  ///   - token: what proves that the lock was held.
  ///   - fences: whether the resource refuses a token older than one that it has seen.
  /// - Returns: whether it did not refuse.
  mutating func use(_ name: [UInt8], token: Zxid, fences: Bool) -> Bool {
    guard let index = resources.firstIndex(where: { $0.name == name }) else {
      resources.append((name, token))
      return true
    }
    if fences, token < resources[index].highestToken { return false }
    resources[index].highestToken = max(token, resources[index].highestToken)
    return true
  }
}

/// What a server told a client, or that it told nothing, for whoever watches a run.
package enum ClientAnswer: Sendable {
  /// An operation was done: a write as that transaction, a read after it.
  case done(Zxid, isWrite: Bool)
  /// An operation was refused.
  case refused(Zxid)
  /// The answer to an operation will never come.
  case lost
  /// A session was granted, or goes on, on that server.
  case connected(ServerID, isResumed: Bool)
  /// A session has expired.
  case expired
  /// The server sent what the protocol does not allow.
  case violation(ServerID, ByteReaderError)
}

extension ClientAnswer {
  init(_ outcome: RequestOutcome, isWrite: Bool) {
    switch outcome {
    case .done(_, let zxid): self = .done(zxid, isWrite: isWrite)
    case .refused(_, let zxid): self = .refused(zxid)
    case .lost: self = .lost
    }
  }
}
