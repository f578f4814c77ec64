import Jute
import LinnaeusBase

/// What a session wants done and has to tell; the driver empties it.
public struct SessionEffects: Sendable {
  /// Bytes to send on the connection, in order.
  public var output: [UInt8] = []
  /// Whether the connection is to be closed once the output is sent.
  public var closesConnection = false
  /// What happened, in the order in which it did: the client sees an event before the answer that
  /// shows the change (zookeeper-protocol.md, section 4).
  public var news: [SessionNews] = []

  /// Nothing yet.
  public init() {}

  /// Forgets everything.
  public mutating func removeAll() {
    output.removeAll(keepingCapacity: true)
    closesConnection = false
    news.removeAll(keepingCapacity: true)
  }
}

/// Something that a session has to tell.
public enum SessionNews: Hashable, Sendable {
  /// A request ended.
  case completed(RequestID, RequestOutcome)
  /// A watch tells of a change; `zxid` is the change's, −1 from servers before 3.9.
  case watch(WatcherEvent, zxid: Zxid)
  /// The session's state changed.
  case state(SessionState)
}

/// The number that a request has for as long as the session lasts.
public struct RequestID: RawRepresentable, Hashable, Comparable, Sendable {
  /// Counted from 1.
  public var rawValue: Int64

  /// Takes the number.
  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// Whether one was submitted before the other.
  public static func < (left: RequestID, right: RequestID) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// How a session stands.
public enum SessionState: Hashable, Sendable {
  /// There is no connection.
  case disconnected(Disconnection)
  /// The session was asked for and the server has not answered.
  case connecting
  /// The server has granted the session; read-only if it has no quorum.
  case connected(readOnly: Bool)
  /// The server does not know the session any more; there will be no other state.
  case expired
  /// The session was closed as asked; there will be no other state.
  case closed
}

/// Why there is no connection.
public enum Disconnection: Hashable, Sendable {
  /// There was none yet.
  case notYet
  /// It was closed or broke.
  case closedByServer
  /// The server was silent for too long.
  case silence
  /// The credentials of an `auth` were refused.
  case authenticationFailed
  /// The server sent what the protocol does not allow.
  case violation(ByteReaderError)
}
