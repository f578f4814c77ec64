import Jute
import LinnaeusBase

/// What one operation of a transaction did.
public struct OperationResult: Hashable, Sendable {
  /// The kind of operation; `error` if it failed or was not tried.
  public var opcode: Opcode
  /// Why it was not done.
  public var error: ErrorCode = .ok
  /// The znode.
  public var path: [UInt8] = []
  /// The znode's figures afterwards, where the operation tells them.
  public var stat: Stat?
}

/// What a transaction did, and how its client is answered.
public struct AppliedTransaction: Sendable {
  /// The transaction's header.
  public var header: TransactionHeader
  /// What it did as a whole.
  public var result: OperationResult
  /// What each operation of a multi did.
  public var parts: [OperationResult] = []
  /// The session that began.
  public var startedSession: (session: Int64, timeoutMilliseconds: Int32)?
  /// The session that ended.
  public var endedSession: Int64?
  /// Whether the digest that the transaction carries, if any, is the tree's.
  ///
  /// If it is not, replicas differ, or this server's past and present do.
  public var agreesWithDigest = true

  /// Whether it was refused because it came the wrong way: the session's requests come another way
  /// by now, and this one may, too (zookeeper-protocol.md, section 3).
  ///
  /// A multi is a transaction for all that, whose first failing part says so.
  public var hasMoved: Bool {
    result.error == .sessionMoved || parts.contains { $0.error == .sessionMoved }
  }

  /// Appends the body of the response that the transaction's client gets.
  ///
  /// - Parameter writer: Where the reply's header was written.
  /// - Returns: The error for the reply's header; unless it is `.ok`, nothing was appended. A multi
  ///   that failed is `.ok`: its errors are in the body.
  public func writeResponse(to writer: inout ByteWriter) -> ErrorCode {
    guard result.error == .ok else { return result.error }
    switch header.opcode {
    case .create: writer.string(result.path)
    case .create2, .createContainer, .createTTL:
      writer.string(result.path)
      result.stat?.write(to: &writer)
    // What `reconfig` answers besides, the new configuration, its caller writes before.
    case .setData, .setACL, .reconfig: result.stat?.write(to: &writer)
    case .multi:
      for part in parts { Self.write(part, to: &writer) }
      MultiHeader.end.write(to: &writer)
    default: break
    }
    return .ok
  }

  private static func write(_ part: OperationResult, to writer: inout ByteWriter) {
    switch part.opcode {
    case .create:
      MultiHeader(opcode: .create, error: 0).write(to: &writer)
      writer.string(part.path)
    case .create2, .createContainer, .createTTL:
      MultiHeader(opcode: .create2, error: 0).write(to: &writer)
      writer.string(part.path)
      part.stat?.write(to: &writer)
    case .setData:
      MultiHeader(opcode: .setData, error: 0).write(to: &writer)
      part.stat?.write(to: &writer)
    case .error: writeError(part.error, to: &writer)
    default: MultiHeader(opcode: part.opcode, error: 0).write(to: &writer)
    }
  }

  static func writeError(_ error: ErrorCode, to writer: inout ByteWriter) {
    MultiHeader(opcode: .error, error: error.rawValue).write(to: &writer)
    writer.int32(error.rawValue)
  }
}
