/// What a reply says of its request (zookeeper-protocol.md, section 2.6).
///
/// It is a value, not a Swift error: most of them are answers.
public struct ErrorCode: RawRepresentable, Error, Hashable, Sendable, CustomStringConvertible {
  /// The number on the wire.
  public var rawValue: Int32

  /// Takes a number from the wire, known or not.
  @inlinable
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// The request was done.
  public static let ok = ErrorCode(rawValue: 0)
  /// Something unforeseen in the server.
  public static let systemError = ErrorCode(rawValue: -1)
  /// Within a multi: the operation was not tried, since an earlier one failed.
  public static let runtimeInconsistency = ErrorCode(rawValue: -2)
  /// The server's data contradict each other.
  public static let dataInconsistency = ErrorCode(rawValue: -3)
  /// The connection was lost; only clients say so.
  public static let connectionLoss = ErrorCode(rawValue: -4)
  /// The request's bytes are no such request.
  public static let marshallingError = ErrorCode(rawValue: -5)
  /// The server does not do this.
  public static let unimplemented = ErrorCode(rawValue: -6)
  /// The server did not manage in time.
  public static let operationTimeout = ErrorCode(rawValue: -7)
  /// The request makes no sense.
  public static let badArguments = ErrorCode(rawValue: -8)
  /// The new configuration has no quorum that is connected.
  public static let newConfigNoQuorum = ErrorCode(rawValue: -13)
  /// Another reconfiguration is under way.
  public static let reconfigInProgress = ErrorCode(rawValue: -14)
  /// There is no such znode.
  public static let noNode = ErrorCode(rawValue: -101)
  /// The access-control list does not allow it.
  public static let noAuth = ErrorCode(rawValue: -102)
  /// The version is another one.
  public static let badVersion = ErrorCode(rawValue: -103)
  /// An ephemeral znode cannot have children.
  public static let noChildrenForEphemerals = ErrorCode(rawValue: -108)
  /// There is such a znode already.
  public static let nodeExists = ErrorCode(rawValue: -110)
  /// The znode has children.
  public static let notEmpty = ErrorCode(rawValue: -111)
  /// The session has ended.
  public static let sessionExpired = ErrorCode(rawValue: -112)
  /// The access-control list is none.
  public static let invalidACL = ErrorCode(rawValue: -114)
  /// The credentials were refused.
  public static let authFailed = ErrorCode(rawValue: -115)
  /// The session has moved to another server.
  public static let sessionMoved = ErrorCode(rawValue: -118)
  /// The server is read-only.
  public static let notReadOnly = ErrorCode(rawValue: -119)
  /// A local session cannot own ephemeral znodes.
  public static let ephemeralOnLocalSession = ErrorCode(rawValue: -120)
  /// There is no such watch.
  public static let noWatcher = ErrorCode(rawValue: -121)
  /// Reconfiguration is switched off.
  public static let reconfigDisabled = ErrorCode(rawValue: -123)
  /// The session must authenticate first.
  public static let sessionClosedRequireAuth = ErrorCode(rawValue: -124)
  /// A quota would be exceeded.
  public static let quotaExceeded = ErrorCode(rawValue: -125)
  /// The request waited too long.
  public static let throttledOperation = ErrorCode(rawValue: -127)

  /// The name as histories write it, `NodeExists`; for an unknown number, the number.
  public var name: String { Self.names[rawValue] ?? "\(rawValue)" }

  /// The name and the number.
  public var description: String { "\(name) (\(rawValue))" }

  private static let names: [Int32: String] = [
    0: "OK", -1: "SystemError", -2: "RuntimeInconsistency", -3: "DataInconsistency",
    -4: "ConnectionLoss", -5: "MarshallingError", -6: "Unimplemented", -7: "OperationTimeout",
    -8: "BadArguments", -12: "UnknownSession", -13: "NewConfigNoQuorum",
    -14: "ReconfigInProgress", -100: "APIError", -101: "NoNode", -102: "NoAuth",
    -103: "BadVersion", -108: "NoChildrenForEphemerals", -110: "NodeExists", -111: "NotEmpty",
    -112: "SessionExpired", -113: "InvalidCallback", -114: "InvalidACL", -115: "AuthFailed",
    -118: "SessionMoved", -119: "NotReadOnly", -120: "EphemeralOnLocalSession",
    -121: "NoWatcher", -122: "RequestTimeout", -123: "ReconfigDisabled",
    -124: "SessionClosedRequireSASLAuth", -125: "QuotaExceeded", -127: "ThrottledOp",
  ]
}
