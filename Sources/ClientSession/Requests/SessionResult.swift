import Jute
import LinnaeusBase

/// What a request that was done gives back.
public enum SessionResult: Hashable, Sendable {
  /// Nothing: `delete`, `auth`, `addWatch`, `checkWatches`, `removeWatches`, `setWatches`,
  /// `closeSession`.
  case done
  /// The path of a znode that was created, and its Stat if it was asked for.
  case created(path: [UInt8], stat: Stat?)
  /// Of `exists`, `setData` and `setACL`.
  case stat(Stat)
  /// Of `getData` and `reconfig`; null data are nil.
  case data([UInt8]?, Stat)
  /// Of `getACL`.
  case acl([ACL], Stat)
  /// Of `getChildren`, in the server's order, and the Stat if it was asked for.
  case children([[UInt8]], stat: Stat?)
  /// Of `sync`.
  case synced(path: [UInt8])
  /// Of `multi` and `multiRead`, one for each operation.
  case results([MultiResult])
  /// Of `getEphemerals`.
  case paths([[UInt8]])
  /// Of `getAllChildrenNumber`.
  case number(Int32)
  /// Of `whoAmI`.
  case identities([Identity])
  /// Of `sasl`.
  case token([UInt8]?)
}

/// What became of an operation within a multi or a multiRead.
public enum MultiResult: Hashable, Sendable {
  /// A znode was created; its Stat if it was asked for.
  case created(path: [UInt8], stat: Stat?)
  /// A znode was removed.
  case deleted
  /// Data were replaced.
  case setData(Stat)
  /// The version was the right one.
  case checked
  /// Data were read.
  case data([UInt8]?, Stat)
  /// Children were listed.
  case children([[UInt8]])
  /// Of a multi, 0 stands before the operation that failed, its error at it, and
  /// ``ErrorCode/runtimeInconsistency`` after it; of a multiRead each has its own.
  case failed(ErrorCode)
}

/// How a request ended.
public enum RequestOutcome: Hashable, Sendable {
  /// The server did it: `zxid` is a write's own, or the last that the server had applied.
  case done(SessionResult, zxid: Zxid)
  /// The server answered with an error.
  case refused(ErrorCode, zxid: Zxid)
  /// No answer came, and none will.
  case lost(Loss)

  /// Why there is no answer.
  public enum Loss: Hashable, Sendable {
    /// It was never sent: it surely did not happen.
    case neverSent
    /// It was sent, and may have happened.
    case connectionLost
  }
}

extension SessionResult {
  /// Reads the response record that answers a request of that kind.
  init(answering opcode: Opcode, from reader: inout ByteReader) throws(ByteReaderError) {
    switch opcode {
    case .create: self = .created(path: try reader.stringOrEmpty().array, stat: nil)
    case .create2, .createContainer, .createTTL:
      self = .created(path: try reader.stringOrEmpty().array, stat: try Stat(from: &reader))
    case .exists, .setData, .setACL: self = .stat(try Stat(from: &reader))
    case .getData, .reconfig: self = .data(try reader.buffer()?.array, try Stat(from: &reader))
    case .getACL: self = .acl(try ACL.list(from: &reader), try Stat(from: &reader))
    case .getChildren: self = .children(try reader.strings(), stat: nil)
    case .getChildren2: self = .children(try reader.strings(), stat: try Stat(from: &reader))
    case .sync: self = .synced(path: try reader.stringOrEmpty().array)
    case .multi, .multiRead: self = .results(try MultiResult.list(from: &reader))
    case .getEphemerals: self = .paths(try reader.strings())
    case .getAllChildrenNumber: self = .number(try reader.int32())
    case .whoAmI:
      var identities: [Identity] = []
      for _ in 0..<(try reader.count(elementSize: 8) ?? 0) {
        identities.append(try Identity(from: &reader))
      }
      self = .identities(identities)
    case .sasl: self = .token(try reader.buffer()?.array)
    default: self = .done
    }
  }
}

extension MultiResult {
  /// Reads all results up to the last header.
  static func list(from reader: inout ByteReader) throws(ByteReaderError) -> [MultiResult] {
    var results: [MultiResult] = []
    while true {
      let header = try MultiHeader(from: &reader)
      if header.isDone { return results }
      results.append(try MultiResult(answering: header.opcode, from: &reader))
    }
  }

  private init(answering opcode: Opcode, from reader: inout ByteReader) throws(ByteReaderError) {
    switch opcode {
    case .error: self = .failed(ErrorCode(rawValue: try reader.int32()))
    case .create: self = .created(path: try reader.stringOrEmpty().array, stat: nil)
    case .create2, .createContainer, .createTTL:
      self = .created(path: try reader.stringOrEmpty().array, stat: try Stat(from: &reader))
    case .delete: self = .deleted
    case .setData: self = .setData(try Stat(from: &reader))
    case .check: self = .checked
    case .getData: self = .data(try reader.buffer()?.array, try Stat(from: &reader))
    case .getChildren: self = .children(try reader.strings())
    default: throw reader.error("the result of an operation that is not one of a multi")
    }
  }
}
