import Jute
import LinnaeusBase

/// Reconfigurations, as far as they concern the tree.
extension Preparation {
  /// Makes a transaction that changes the ensemble: it puts the new configuration's text into
  /// `/zookeeper/config` (zookeeper-protocol.md, section 2.8).
  ///
  /// - Parameters:
  ///   - text: The configuration.
  ///   - session: Whose request it is.
  ///   - xid: The request's number.
  ///   - identities: Who the client is.
  ///   - zxid: The transaction's number.
  ///   - time: Milliseconds since 1970.
  ///   - tree: Everything that has been applied.
  ///   - payload: Where to append the transaction.
  /// - Returns: `.ok`, or the error of the error transaction that was written.
  public mutating func prepareConfiguration(
    _ text: [UInt8], session: Int64, xid: Int32, identities: [Identity], zxid: Zxid, time: Int64,
    tree: ZnodeTree, into payload: inout ByteWriter
  ) -> ErrorCode {
    let header = TransactionHeader(
      session: session, xid: xid, zxid: zxid, time: time, opcode: .reconfig)
    let start = begin(header, tree, into: &payload)
    let error = KnownPath.config.withBorrowedBytes { path -> ErrorCode in
      guard var node = node(path, tree) else { return .noNode }
      guard node.allows(.write, identities, tree) else { return .noAuth }
      text.withBorrowedBytes { payload.setDataTransaction(path: path, data: $0, version: -1) }
      node.stat.version = -1
      node.stat.mtime = time
      node.stat.mzxid = zxid
      node.dataLength = text.count
      set(path, node, zxid: zxid, tree)
      return .ok
    }
    return end(header, start, error, tree, into: &payload)
  }

  /// Makes a transaction that says only that a request failed.
  ///
  /// - Parameters:
  ///   - error: Why it failed.
  ///   - opcode: What was asked for.
  ///   - session: Whose request it is.
  ///   - xid: The request's number.
  ///   - zxid: The transaction's number.
  ///   - time: Milliseconds since 1970.
  ///   - tree: Everything that has been applied.
  ///   - payload: Where to append the transaction.
  /// - Returns: The error.
  public mutating func prepareError(
    _ error: ErrorCode, opcode: Opcode, session: Int64, xid: Int32, zxid: Zxid, time: Int64,
    tree: ZnodeTree, into payload: inout ByteWriter
  ) -> ErrorCode {
    let header = TransactionHeader(
      session: session, xid: xid, zxid: zxid, time: time, opcode: opcode)
    let start = begin(header, tree, into: &payload)
    return end(header, start, error, tree, into: &payload)
  }
}

extension ZnodeTree {
  /// Puts the text of the configuration that is in force into `/zookeeper/config`.
  ///
  /// A server does so when it starts: no transaction says so. What a later one has put there stays.
  public mutating func setConfiguration(_ text: [UInt8], version: Int64, time: Int64) {
    let slot = nodes.slot(of: KnownPath.config)
    guard slot != noSlot, nodes[slot].data != text, nodes[slot].mzxid.rawValue <= version else {
      return
    }
    changeContents(of: slot, data: text) { node in
      node.version = -1
      node.mzxid = Zxid(rawValue: version)
      node.mtime = time
    }
  }

  /// The text in `/zookeeper/config`.
  public var configuration: [UInt8] {
    let slot = nodes.slot(of: KnownPath.config)
    return slot == noSlot ? [] : nodes[slot].data ?? []
  }
}
