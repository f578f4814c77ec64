import Jute
import LinnaeusBase

/// The single operations. The order of the checks decides which error a client sees
/// (zookeeper-protocol.md, section 2.7); nothing is recorded before all of them have passed.
extension Preparation {
  mutating func prepareCreate(
    _ opcode: Opcode, _ request: CreateRequest, _ context: Context, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) -> ErrorCode {
    guard let mode = CreateMode(flags: request.flags) else { return .badArguments }
    if mode.hasTTL, !tree.options.hasExtendedTypes { return .unimplemented }
    let ttl = request.ttl ?? -1
    if mode.hasTTL {
      guard (1...OwnerKind.largestTTL).contains(ttl) else { return .badArguments }
    } else if ttl >= 0 || opcode == .createTTL {
      return .badArguments
    }
    guard context.sessionError == .ok else { return context.sessionError }
    guard let slash = request.path.lastSlash, !request.path.buffer.contains(0) else {
      return .badArguments
    }
    if hasNullIdentity(request.acl) { return .marshallingError }
    guard let list = fixedUp(request.acl, context, tree) else { return .invalidACL }
    let parentPath = request.path[0..<slash]
    guard let parent = node(parentPath, tree) else { return .noNode }
    guard parent.allows(.create, context.identities, tree) else { return .noAuth }
    let kind: ZnodeKind =
      switch opcode {
      case .createContainer: .container
      case .createTTL: .ttl(ttl)
      default: mode.isEphemeral ? .ephemeral : .persistent
      }
    guard mode.isSequential else {
      return finishCreate(
        request.path, request.data, list, kind, parentPath, parent, context, tree, into: &payload)
    }
    let number =
      tree.options.mutations.contains(.countsChildren) ? parent.childCount : parent.stat.cversion
    let path = request.path.array + PathRules.sequenceSuffix(number)
    return path.withBorrowedBytes {
      finishCreate(
        $0, request.data, list, kind, parentPath, parent, context, tree, into: &payload)
    }
  }

  private mutating func finishCreate(
    _ path: BorrowedBytes, _ data: BorrowedBytes?, _ list: AccessList, _ kind: ZnodeKind,
    _ parentPath: BorrowedBytes, _ parent: consuming ProspectiveNode, _ context: Context,
    _ tree: ZnodeTree, into payload: inout ByteWriter
  ) -> ErrorCode {
    guard PathRules.isValid(path) else { return .badArguments }
    if exists(path, tree) { return .nodeExists }
    let parentKind = OwnerKind(
      parent.stat.ephemeralOwner, hasExtendedTypes: tree.options.hasExtendedTypes)
    if parentKind == .session { return .noChildrenForEphemerals }
    if tree.exceedsQuota(path, bytes: data?.count ?? 0, count: 1) { return .quotaExceeded }
    parent.stat.cversion &+= 1
    parent.stat.pzxid = context.zxid
    parent.childCount += 1
    payload.createTransaction(
      path: path, data: data, acl: list.bytes, kind: kind, parentCversion: parent.stat.cversion)
    set(parentPath, parent, zxid: context.zxid, tree)
    let stat = PersistedStat(
      czxid: context.zxid, mzxid: context.zxid, ctime: context.time, mtime: context.time,
      ephemeralOwner: OwnerKind.owner(of: kind, session: context.session), pzxid: context.zxid)
    let node = ProspectiveNode(
      stat: stat, dataLength: data?.count ?? 0, access: .new(list),
      content: tree.options.hasDigest ? contentChecksum(path: path, data: data) : CRC32())
    set(path, node, zxid: context.zxid, tree)
    return .ok
  }

  private func exists(_ path: BorrowedBytes, _ tree: ZnodeTree) -> Bool {
    let path = KnownPath.isRoot(path) ? .empty : path
    if let node = outstanding.node(path) { return node.exists }
    return tree.nodes.slot(of: path) != noSlot
  }

  mutating func prepareDelete(
    _ request: PathVersionRequest, _ context: Context, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) -> ErrorCode {
    guard context.sessionError == .ok else { return context.sessionError }
    guard let slash = request.path.lastSlash, !request.path.buffer.contains(0),
      !KnownPath.isSpecial(request.path)
    else { return .badArguments }
    guard let parent = node(request.path[0..<slash], tree) else { return .noNode }
    guard parent.allows(.delete, context.identities, tree) else { return .noAuth }
    guard let node = node(request.path, tree) else { return .noNode }
    guard request.version == -1 || request.version == node.stat.version else { return .badVersion }
    guard node.childCount == 0 else { return .notEmpty }
    payload.string(request.path)
    remove(request.path, zxid: context.zxid, tree)
    return .ok
  }

  mutating func prepareSetData(
    _ request: SetDataRequest, _ context: Context, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) -> ErrorCode {
    guard context.sessionError == .ok else { return context.sessionError }
    guard PathRules.isValid(request.path) else { return .badArguments }
    guard var node = node(request.path, tree) else { return .noNode }
    guard node.allows(.write, context.identities, tree) else { return .noAuth }
    let length = request.data?.count ?? 0
    if tree.exceedsQuota(request.path, bytes: length - node.dataLength, count: 0) {
      return .quotaExceeded
    }
    guard let version = next(node.stat.version, expected: request.version) else {
      return .badVersion
    }
    payload.setDataTransaction(path: request.path, data: request.data, version: version)
    node.stat.version = version
    node.stat.mtime = context.time
    node.stat.mzxid = context.zxid
    node.dataLength = length
    if tree.options.hasDigest {
      node.content = contentChecksum(path: request.path, data: request.data)
    }
    set(request.path, node, zxid: context.zxid, tree)
    return .ok
  }

  mutating func prepareSetACL(
    _ request: SetACLRequest, _ context: Context, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) -> ErrorCode {
    guard context.sessionError == .ok else { return context.sessionError }
    guard PathRules.isValid(request.path) else { return .badArguments }
    if hasNullIdentity(request.acl) { return .marshallingError }
    guard let list = fixedUp(request.acl, context, tree) else { return .invalidACL }
    guard var node = node(request.path, tree) else { return .noNode }
    guard node.allows(.admin, context.identities, tree) else { return .noAuth }
    guard let version = next(node.stat.aversion, expected: request.version) else {
      return .badVersion
    }
    payload.setACLTransaction(path: request.path, acl: list.bytes, version: version)
    node.stat.aversion = version
    node.access = .new(list)
    set(request.path, node, zxid: context.zxid, tree)
    return .ok
  }

  /// Compares a version, within a multi.
  func prepareCheck(
    _ request: PathVersionRequest, _ context: Context, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) -> ErrorCode {
    guard context.sessionError == .ok else { return context.sessionError }
    guard PathRules.isValid(request.path) else { return .badArguments }
    guard let node = node(request.path, tree) else { return .noNode }
    guard node.allows(.read, context.identities, tree) else { return .noAuth }
    guard let version = next(node.stat.version, expected: request.version) else {
      return .badVersion
    }
    payload.string(request.path)
    payload.int32(version)
    return .ok
  }

  /// The version after `present`; nil if another one was expected.
  ///
  /// −1, which means any, is passed over (ZOOKEEPER-4743).
  private func next(_ present: Int32, expected: Int32) -> Int32? {
    guard expected == -1 || expected == present else { return nil }
    let next = present &+ 1
    return next == -1 ? 0 : next
  }

  /// What is kept for a list that a client sends; nil if it is no list to keep.
  private mutating func fixedUp(
    _ sent: BorrowedBytes, _ context: Context, _ tree: ZnodeTree
  ) -> AccessList? {
    if sent == lastACL.sent { return lastACL.list }
    let list = AccessList(sent)
    let authentication = tree.options.authentication
    guard
      let entries = authentication.fixedUp(list.entries, identities: context.identities)
    else { return nil }
    let kept = entries == list.entries ? list : AccessList(entries)
    // What becomes of `auth` depends on who asks.
    if !list.entries.contains(where: { $0.identity.scheme == Scheme.auth }) {
      lastACL = (list.bytes, kept)
    }
    return kept
  }
}

/// What the flags of a creation say.
struct CreateMode {
  var isEphemeral: Bool
  var isSequential: Bool
  var hasTTL: Bool
  var isContainer: Bool

  /// Nil for flags that there are not.
  init?(flags: Int32) {
    guard (0...6).contains(flags) else { return nil }
    isEphemeral = flags == 1 || flags == 3
    isSequential = flags == 2 || flags == 3 || flags == 6
    isContainer = flags == 4
    hasTTL = flags >= 5
  }
}
