import Jute
import LinnaeusBase

/// Makes transactions of requests, against the tree and whatever was prepared but is not yet
/// applied: Apache's PrepRequestProcessor (zookeeper-protocol.md, sections 2.5, 2.7 and 2.8).
///
/// Each request becomes a transaction, if need be one that says only that it failed.
public struct Preparation: Sendable {
  /// A request's circumstances.
  struct Context {
    var session: Int64
    var identities: [Identity]
    var zxid: Zxid
    var time: Int64
    /// What is wrong with the session, if anything.
    var sessionError: ErrorCode
  }

  var outstanding = Outstanding()
  /// The last list that a client sent, and what is kept for it: clients send the same ones again
  /// and again.
  var lastACL: (sent: [UInt8], list: AccessList) = (AccessList.open.bytes, .open)

  /// Begins with nothing outstanding.
  public init() {}

  /// Whether everything that was prepared has been applied.
  public var isEmpty: Bool { outstanding.isEmpty }

  /// Forgets what the tree has now applied.
  public mutating func forget(upTo zxid: Zxid) { outstanding.forget(upTo: zxid) }

  /// Forgets everything that was prepared: none of it will be applied.
  public mutating func reset() { outstanding = Outstanding() }

  /// Makes a transaction of a client's request.
  ///
  /// - Parameters:
  ///   - opcode: What is asked for.
  ///   - body: The request after its header.
  ///   - session: Whose request it is.
  ///   - xid: The request's number.
  ///   - identities: Who the client is.
  ///   - sessionError: What is wrong with the session, if anything: which error a client sees is a
  ///     matter of order, and some come before this one.
  ///   - zxid: The transaction's number, larger than any that is outstanding.
  ///   - time: Milliseconds since 1970.
  ///   - tree: Everything that has been applied.
  ///   - payload: Where to append header, record and digest.
  /// - Returns: `.ok`, or the error of the error transaction that was written. A multi that failed
  ///   is `.ok`: it is a transaction of its own that says which part failed.
  public mutating func prepare(
    _ opcode: Opcode, _ body: BorrowedBytes, session: Int64, xid: Int32, identities: [Identity],
    sessionError: ErrorCode = .ok, zxid: Zxid, time: Int64, tree: ZnodeTree,
    into payload: inout ByteWriter
  ) -> ErrorCode {
    let context = Context(
      session: session, identities: identities, zxid: zxid, time: time, sessionError: sessionError)
    let header = TransactionHeader(
      session: session, xid: xid, zxid: zxid, time: time, opcode: opcode)
    let start = begin(header, tree, into: &payload)
    var reader = ByteReader(body)
    var error = ErrorCode.marshallingError
    do throws(ByteReaderError) {
      error = try prepareRecord(opcode, &reader, context, tree, into: &payload)
    } catch {}
    return end(header, start, error, tree, into: &payload)
  }

  /// Makes a transaction by which a session begins.
  ///
  /// - Parameters:
  ///   - session: Its id.
  ///   - timeoutMilliseconds: What was settled on.
  ///   - xid: 0, unless another server forwards the request.
  ///   - zxid: The transaction's number.
  ///   - time: Milliseconds since 1970.
  ///   - tree: Everything that has been applied.
  ///   - payload: Where to append the transaction.
  public mutating func prepareCreateSession(
    _ session: Int64, timeoutMilliseconds: Int32, xid: Int32 = 0, zxid: Zxid, time: Int64,
    tree: ZnodeTree, into payload: inout ByteWriter
  ) {
    let header = TransactionHeader(
      session: session, xid: xid, zxid: zxid, time: time, opcode: .createSession)
    let start = begin(header, tree, into: &payload)
    payload.int32(timeoutMilliseconds)
    _ = end(header, start, .ok, tree, into: &payload)
  }

  /// Makes a transaction by which a session ends, and with it its ephemeral znodes, those included
  /// that are still to be applied.
  ///
  /// - Parameters:
  ///   - session: Its id.
  ///   - xid: The number of the client's request; 0 if the session has expired.
  ///   - zxid: The transaction's number.
  ///   - time: Milliseconds since 1970.
  ///   - tree: Everything that has been applied.
  ///   - payload: Where to append the transaction.
  public mutating func prepareCloseSession(
    _ session: Int64, xid: Int32, zxid: Zxid, time: Int64, tree: ZnodeTree,
    into payload: inout ByteWriter
  ) {
    let header = TransactionHeader(
      session: session, xid: xid, zxid: zxid, time: time, opcode: .closeSession)
    let start = begin(header, tree, into: &payload)
    let paths = ephemerals(of: session, tree)
    for path in paths {
      path.withBorrowedBytes { remove($0, zxid: zxid, tree) }
    }
    // The session's other znodes go all the same when this is applied. A record of all of them could
    // be longer than a log's records are.
    var listedBytes = 0
    let listed = paths.prefix { path in
      listedBytes += path.count + 4
      return listedBytes <= Self.longestList
    }
    payload.strings(Array(listed))
    _ = end(header, start, .ok, tree, into: &payload)
  }

  /// Makes a transaction that removes a container, or a znode whose time to live is over.
  ///
  /// - Parameters:
  ///   - path: One of ``ZnodeTree/expendableNodes(now:maxNeverUsedMilliseconds:)``.
  ///   - zxid: The transaction's number.
  ///   - time: Milliseconds since 1970.
  ///   - tree: Everything that has been applied.
  ///   - payload: Where to append the transaction.
  /// - Returns: `.ok`, or the error of the error transaction that was written, because the znode has
  ///   changed meanwhile.
  public mutating func prepareDeleteContainer(
    _ path: [UInt8], zxid: Zxid, time: Int64, tree: ZnodeTree, into payload: inout ByteWriter
  ) -> ErrorCode {
    let header = TransactionHeader(
      session: 0, xid: 0, zxid: zxid, time: time, opcode: .deleteContainer)
    let start = begin(header, tree, into: &payload)
    let error = path.withBorrowedBytes { removeExpendable($0, zxid: zxid, tree) }
    if error == .ok { payload.string(path) }
    return end(header, start, error, tree, into: &payload)
  }

  private mutating func removeExpendable(
    _ path: BorrowedBytes, zxid: Zxid, _ tree: ZnodeTree
  ) -> ErrorCode {
    guard let slash = path.lastSlash, !KnownPath.isSpecial(path) else { return .badArguments }
    guard let node = node(path, tree) else { return .noNode }
    guard node.childCount == 0 else { return .notEmpty }
    let kind = OwnerKind(
      node.stat.ephemeralOwner, hasExtendedTypes: tree.options.hasExtendedTypes)
    if kind == .session { return .badVersion }
    guard self.node(path[0..<slash], tree) != nil else { return .noNode }
    remove(path, zxid: zxid, tree)
    return .ok
  }

  /// How many bytes the paths in the end of a session come to at most.
  private static let longestList = 4 << 20

  // MARK: The frame of every transaction

  /// Writes the header and returns where it begins.
  mutating func begin(
    _ header: TransactionHeader, _ tree: ZnodeTree, into payload: inout ByteWriter
  ) -> Int {
    if outstanding.isEmpty { outstanding.digest = tree.digest }
    let start = payload.count
    header.write(to: &payload)
    return start
  }

  /// Writes the digest after the record; or, in place of all, a transaction that only says that
  /// there was an error.
  func end(
    _ header: TransactionHeader, _ start: Int, _ error: ErrorCode, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) -> ErrorCode {
    if error == .ok {
      if tree.options.hasDigest { TransactionDigest(outstanding.digest).write(to: &payload) }
      return .ok
    }
    payload.bytes.removeLast(payload.count - start)
    var header = header
    header.opcode = .error
    header.write(to: &payload)
    payload.int32(error.rawValue)
    return error
  }

  private mutating func prepareRecord(
    _ opcode: Opcode, _ reader: inout ByteReader, _ context: Context, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) throws(ByteReaderError) -> ErrorCode {
    switch opcode {
    case .create, .create2, .createContainer, .createTTL:
      let request = try CreateRequest(from: &reader, hasTTL: opcode == .createTTL)
      return prepareCreate(opcode, request, context, tree, into: &payload)
    case .delete:
      let request = try PathVersionRequest(from: &reader)
      return prepareDelete(request, context, tree, into: &payload)
    case .setData:
      let request = try SetDataRequest(from: &reader)
      return prepareSetData(request, context, tree, into: &payload)
    case .setACL:
      let request = try SetACLRequest(from: &reader)
      return prepareSetACL(request, context, tree, into: &payload)
    case .multi: return try prepareMulti(&reader, context, tree, into: &payload)
    case .reconfig:
      _ = try ReconfigRequest(from: &reader)
      return .reconfigDisabled
    // A client's is taken for a path with the bytes of a header in it.
    case .deleteContainer: return .badArguments
    // A bare `check` would be a transaction that servers cannot read again (ZOOKEEPER-2623).
    default: return .unimplemented
    }
  }
}
