import Jute
import LinnaeusBase

/// What a session wants done and has to tell; the driver empties it.
public struct SessionEffects: Sendable {
  /// Bytes to send on the connection, in order.
  public var output: [UInt8] = []
  /// Whether the connection is to be closed once the output is sent.
  ///
  /// The driver does so before it opens the one that ``connectsTo`` asks for.
  public var closesConnection = false
  /// The server to which a connection is wanted.
  ///
  /// The driver answers with `connected` or `disconnected`; an attempt that is given up first is
  /// told by ``closesConnection``.
  public var connectsTo: ServerID?
  /// What happened, in the order in which it did: the client sees an event before the answer that
  /// shows the change (zookeeper-protocol.md, section 4).
  public var news: [SessionNews] = []

  /// Nothing yet.
  public init() {}

  /// Forgets everything.
  public mutating func removeAll() {
    output.removeAll(keepingCapacity: true)
    closesConnection = false
    connectsTo = nil
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
  /// The watches, or some of them, are being set again after a reconnection.
  case restoringWatches(WatchList)
  /// The server has set the first of those that were being set, unless there is an error.
  case restoredWatches(ErrorCode, zxid: Zxid)
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
  /// A server said that it does not know the session any more; there will be no other state.
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
  /// The server closed it without an answer to the connect request: it may be behind what the
  /// client has seen (zookeeper-protocol.md, section 2.1).
  case refused
  /// The client left for another server.
  case moved
  /// The session's own time has run out without a server: it may have expired, or not, which only
  /// a server can say.
  case suspended
  /// The server was silent for too long.
  case silence
  /// The credentials of an `auth` were refused.
  case authenticationFailed
  /// The server sent what the protocol does not allow.
  case violation(ByteReaderError)
}
