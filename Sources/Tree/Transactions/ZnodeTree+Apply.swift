import Jute
import LinnaeusBase

extension ZnodeTree {
  /// Applies a transaction as the log keeps it: header, record, and perhaps the digest.
  ///
  /// Nothing of it fails in a tree that the transaction was prepared for. Replayed over a fuzzy
  /// snapshot, which may have seen it, or later ones, already, it does what is left to do
  /// (zookeeper-protocol.md, section 2.8, the replay rule).
  ///
  /// - Parameters:
  ///   - payload: The bytes of the transaction.
  ///   - events: Where to append the events of watches, in the order of their delivery.
  /// - Returns: What it did.
  /// - Throws: An error at the offset of what is no transaction; then nothing was changed.
  public mutating func apply(
    _ payload: BorrowedBytes, events: inout [WatchNotification]
  ) throws(ByteReaderError) -> AppliedTransaction {
    try apply(payload, keepingEphemerals: false, events: &events)
  }

  /// As ``apply(_:events:)``, or by the mutation `observersKeepEphemerals`.
  package mutating func apply(
    _ payload: BorrowedBytes, keepingEphemerals: Bool, events: inout [WatchNotification]
  ) throws(ByteReaderError) -> AppliedTransaction {
    var reader = ByteReader(payload)
    let header = try TransactionHeader(from: &reader)
    let record = try TransactionRecord(header.opcode, from: &reader)
    var applied = AppliedTransaction(
      header: header, result: OperationResult(opcode: header.opcode))
    acls.purge()
    switch record {
    case .createSession(let timeout):
      sessionTable.insert(header.session, timeoutMilliseconds: timeout)
      applied.startedSession = (header.session, timeout)
    case .closeSession(let paths):
      if !keepingEphemerals {
        closeSession(header.session, paths: paths ?? [], zxid: header.zxid, events: &events)
      }
      applied.endedSession = header.session
    case .multi(let parts):
      try applyMulti(parts, reader, &applied, events: &events)
    default:
      try check(record, reader)
      applied.result = perform(header.opcode, record, header, events: &events)
    }
    lastZxid = max(lastZxid, header.zxid)
    if options.hasDigest, header.opcode != .error, reader.remaining >= 12 {
      let recorded = try TransactionDigest(from: &reader)
      applied.agreesWithDigest =
        recorded.version != TransactionDigest.currentVersion || recorded.digest == digest
    }
    return applied
  }

  /// A multi of which any part failed does nothing, although the parts before that one keep their
  /// records.
  private mutating func applyMulti(
    _ parts: [(opcode: Opcode, record: BorrowedBytes)], _ reader: ByteReader,
    _ applied: inout AppliedTransaction, events: inout [WatchNotification]
  ) throws(ByteReaderError) {
    if let failure = parts.firstIndex(where: { $0.opcode == .error }) {
      for (index, part) in parts.enumerated() {
        var error = ErrorCode(rawValue: index < failure ? 0 : -2)
        if part.opcode == .error {
          var reader = ByteReader(part.record)
          error = ErrorCode(rawValue: try reader.int32())
        }
        applied.parts.append(OperationResult(opcode: .error, error: error))
      }
      return
    }
    var records: [TransactionRecord] = []
    records.reserveCapacity(parts.count)
    for part in parts {
      guard Self.isPartOfMulti(part.opcode) else {
        throw reader.error("\(part.opcode) within a multi")
      }
      var partReader = ByteReader(part.record)
      let record = try TransactionRecord(part.opcode, from: &partReader)
      try check(record, reader)
      records.append(record)
    }
    applied.parts.reserveCapacity(parts.count)
    for (part, record) in zip(parts, records) {
      applied.parts.append(perform(part.opcode, record, applied.header, events: &events))
    }
  }

  private static func isPartOfMulti(_ opcode: Opcode) -> Bool {
    switch opcode {
    case .create, .create2, .createContainer, .createTTL, .delete, .deleteContainer, .setData,
      .check:
      true
    default: false
    }
  }

  /// Refuses what no server writes, before anything is changed.
  private func check(_ record: TransactionRecord, _ reader: ByteReader) throws(ByteReaderError) {
    switch record {
    case .create(let creation):
      guard creation.path.lastSlash != nil else { throw reader.error("a path without a slash") }
      if case .ttl(let ttl) = creation.kind, !(1...OwnerKind.largestTTL).contains(ttl) {
        throw reader.error("a time to live of \(ttl)")
      }
    case .delete(let path):
      guard path.lastSlash != nil, !KnownPath.isRoot(path) else {
        throw reader.error("the path of no znode that can be deleted")
      }
    default: break
    }
  }

  private mutating func perform(
    _ opcode: Opcode, _ record: TransactionRecord, _ header: TransactionHeader,
    events: inout [WatchNotification]
  ) -> OperationResult {
    var result = OperationResult(opcode: opcode)
    switch record {
    case .error(let error): result.error = error
    case .create(let creation):
      let slot = create(creation, header, &result.error, events: &events)
      guard slot != noSlot else { break }
      result.path = visiblePath(of: slot)
      if opcode != .create { result.stat = stat(of: slot) }
    case .delete(let path):
      result.error = delete(path, zxid: header.zxid, events: &events)
    case .setData(let path, let data, let version):
      let slot = setData(path, data, version: version, header, events: &events)
      if slot == noSlot { result.error = .noNode } else { result.stat = stat(of: slot) }
    case .setACL(let path, let acl, let version):
      let slot = setACL(path, acl, version: version)
      if slot == noSlot { result.error = .noNode } else { result.stat = stat(of: slot) }
    case .check, .createSession, .closeSession, .multi: break
    }
    return result
  }

  // MARK: One operation

  private mutating func create(
    _ creation: CreateTransaction, _ header: TransactionHeader, _ error: inout ErrorCode,
    events: inout [WatchNotification]
  ) -> Int32 {
    let slash = creation.path.lastSlash ?? 0
    let parent = nodes.slot(of: creation.path[0..<slash])
    guard parent != noSlot else {
      error = .noNode
      return noSlot
    }
    let acl = acls.use(creation.acl)
    let present = nodes.slot(of: creation.path)
    if present != noSlot {
      // A fuzzy snapshot has seen a later transaction: it is right about all but the parent.
      acls.release(nodes[present].acl)
      change(present) { $0.acl = acl }
      raiseCversion(of: parent, to: creation.parentCversion, zxid: header.zxid)
      error = .nodeExists
      return noSlot
    }
    raiseCversion(of: parent, to: creation.parentCversion, zxid: header.zxid)
    let stat = PersistedStat(
      czxid: header.zxid, mzxid: header.zxid, ctime: header.time, mtime: header.time,
      ephemeralOwner: OwnerKind.owner(of: creation.kind, session: header.session),
      pzxid: header.zxid)
    let slot = addNode(
      creation.path.array, data: creation.data?.array, stat: stat, acl: acl, under: parent)
    quotaCreated(slot)
    watches.changed(.created, nodes[slot].path, zxid: header.zxid, acl: acl, events: &events)
    watches.childrenChanged(
      visiblePath(of: parent), zxid: header.zxid, acl: nodes[parent].acl, events: &events)
    return slot
  }

  /// Only ever forwards, since a fuzzy snapshot may be ahead; forwards also means from the largest
  /// number to the smallest, which is how numbers of sequential znodes go on.
  private mutating func raiseCversion(of slot: Int32, to cversion: Int32, zxid: Zxid) {
    let present = nodes[slot].cversion
    let new = cversion == -1 ? present &+ 1 : cversion
    guard new &- present > 0 else { return }
    change(slot) { node in
      node.cversion = new
      node.pzxid = zxid
    }
  }

  private mutating func delete(
    _ path: BorrowedBytes, zxid: Zxid, events: inout [WatchNotification]
  ) -> ErrorCode {
    let slash = path.lastSlash ?? 0
    let parent = nodes.slot(of: path[0..<slash])
    guard parent != noSlot else { return .noNode }
    if zxid > nodes[parent].pzxid { change(parent) { $0.pzxid = zxid } }
    let slot = nodes.slot(of: path)
    guard slot != noSlot, slot != ZnodeStore.root else { return .noNode }
    // Children can only come from transactions that a fuzzy snapshot has seen already and that will
    // be applied once more.
    while nodes[slot].childCount > 0 {
      var leaf = nodes[slot].firstChild
      while nodes[leaf].childCount > 0 { leaf = nodes[leaf].firstChild }
      remove(leaf, zxid: zxid, events: &events)
    }
    remove(slot, zxid: zxid, events: &events)
    return .ok
  }

  private mutating func remove(
    _ slot: Int32, zxid: Zxid, events: inout [WatchNotification]
  ) {
    let parent = nodes[slot].parent
    let (path, acl) = (nodes[slot].path, nodes[slot].acl)
    let bytes = nodes[slot].data?.count ?? 0
    removeNode(slot)
    quotaDeleted(path, bytes: bytes)
    watches.changed(.deleted, path, zxid: zxid, acl: acl, events: &events)
    watches.childrenChanged(
      visiblePath(of: parent), zxid: zxid, acl: nodes[parent].acl, events: &events)
  }

  private mutating func setData(
    _ path: BorrowedBytes, _ data: BorrowedBytes?, version: Int32, _ header: TransactionHeader,
    events: inout [WatchNotification]
  ) -> Int32 {
    let slot = nodes.slot(of: path)
    guard slot != noSlot else { return noSlot }
    let difference = (data?.count ?? 0) - (nodes[slot].data?.count ?? 0)
    changeContents(of: slot, data: data?.array) { node in
      node.mtime = header.time
      node.mzxid = header.zxid
      node.version = version
    }
    quotaChanged(slot, bytes: difference)
    if watches.data.count > 0 {
      watches.changed(
        .dataChanged, visiblePath(of: slot), zxid: header.zxid, acl: nodes[slot].acl,
        events: &events)
    }
    return slot
  }

  private mutating func setACL(
    _ path: BorrowedBytes, _ list: BorrowedBytes, version: Int32
  ) -> Int32 {
    let slot = nodes.slot(of: path)
    guard slot != noSlot else { return noSlot }
    let acl = acls.use(list)
    acls.release(nodes[slot].acl)
    change(slot) { node in
      node.acl = acl
      node.aversion = version
    }
    return slot
  }

  /// Deletes what the transaction lists, then whatever else the session still owns here.
  private mutating func closeSession(
    _ session: Int64, paths: [[UInt8]], zxid: Zxid, events: inout [WatchNotification]
  ) {
    for path in paths {
      path.withBorrowedBytes {
        if $0.lastSlash != nil, !KnownPath.isRoot($0) {
          _ = delete($0, zxid: zxid, events: &events)
        }
      }
    }
    while case let slot = ephemerals.first(of: session), slot != noSlot {
      let path = nodes[slot].path
      path.withBorrowedBytes { _ = delete($0, zxid: zxid, events: &events) }
    }
    sessionTable.remove(session)
  }
}
