import Jute
import LinnaeusBase

/// Builds a tree from a snapshot that comes in pieces of any size: what stands between the
/// snapshot's `FileHeader` and its first seal (zookeeper-protocol.md, section 6.2).
public struct TreeRestoration: Sendable {
  private enum Phase {
    case sessionCount
    case sessions(Int32)
    case aclCount
    case acls(Int32)
    case nodes
    case done
  }
  private var tree: ZnodeTree
  private var phase = Phase.sessionCount
  /// The beginning of a record whose end has not come yet.
  private var pending: [UInt8] = []
  /// How many bytes came before `pending`.
  private var passed = 0
  private var aclsByID: [Int64: ACLIndex] = [-1: .open]
  /// The parent of the node before, which is most often the next one's as well.
  private var lastParent = ZnodeStore.root

  /// Begins with no bytes.
  public init(options: TreeOptions = TreeOptions()) {
    tree = ZnodeTree(emptyWith: options)
  }

  /// Whether the end of the nodes was read.
  public var isComplete: Bool {
    if case .done = phase { true } else { false }
  }

  /// How many znodes were read.
  public var nodeCount: Int { tree.nodes.count }

  /// Takes the next bytes.
  ///
  /// - Parameter bytes: Those that follow the last ones.
  /// - Returns: How many of them belong to the content: all, unless it ends among them.
  /// - Throws: An error at an offset that is counted from the first byte that was ever fed.
  public mutating func feed(_ bytes: BorrowedBytes) throws(ByteReaderError) -> Int {
    if pending.isEmpty {
      let used = try consume(bytes)
      passed += used
      if !isComplete { pending = bytes[used..<bytes.count].array }
      return isComplete ? used : bytes.count
    }
    let before = pending.count
    pending.append(contentsOf: bytes.buffer)
    let all = pending
    pending = []
    var used = 0
    var failure: ByteReaderError?
    all.withBorrowedBytes { bytes in
      do throws(ByteReaderError) { used = try consume(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
    passed += used
    if isComplete { return used - before }
    pending = Array(all[used...])
    return bytes.count
  }

  /// The tree, once ``isComplete``.
  ///
  /// - Parameter lastZxid: The zxid of the snapshot.
  /// - Returns: The tree, without watches; nil if the content has not ended.
  public consuming func finish(lastZxid: Zxid) -> ZnodeTree? {
    guard isComplete else { return nil }
    tree.lastZxid = lastZxid
    tree.acls.purge()
    tree.restoreQuotas()
    return tree
  }

  /// Reads whole records and returns where the first one begins that is not whole.
  private mutating func consume(_ bytes: BorrowedBytes) throws(ByteReaderError) -> Int {
    var start = 0
    while !isComplete {
      let rest = bytes[start..<bytes.count]
      guard let size = try sizeOfRecord(rest, at: start), size <= rest.count else { break }
      var reader = ByteReader(rest[0..<size])
      try readRecord(&reader, at: start)
      start += size
    }
    return start
  }

  private func error(_ place: Int, _ message: String) -> ByteReaderError {
    ByteReaderError(position: passed + place, message: message)
  }

  /// How many bytes the next record has; nil if too few are there to tell.
  private func sizeOfRecord(
    _ bytes: BorrowedBytes, at start: Int
  ) throws(ByteReaderError) -> Int? {
    switch phase {
    case .sessionCount, .aclCount: return 4
    case .sessions: return 12
    case .acls:
      guard bytes.count >= 12 else { return nil }
      var place = 12
      for _ in 0..<(try length(bytes, at: 8, start) ?? 0) {
        for offset in [4, 0] {
          guard let length = try length(bytes, at: place + offset, start) else { return nil }
          place += offset + 4 + length
        }
      }
      return place
    case .nodes:
      guard let path = try length(bytes, at: 0, start) else { return nil }
      if path == 1 {
        guard bytes.count >= 5 else { return nil }
        if bytes[4] == UInt8(ascii: "/") { return 5 }
      }
      guard let data = try length(bytes, at: 4 + path, start) else { return nil }
      return 4 + path + 4 + data + 8 + 60
    case .done: return 0
    }
  }

  /// A length or number that must not be negative; null counts as 0.
  private func length(
    _ bytes: BorrowedBytes, at place: Int, _ start: Int
  ) throws(ByteReaderError) -> Int? {
    guard bytes.count >= place + 4 else { return nil }
    let value = Int32(bigEndian: bytes.buffer.loadUnaligned(fromByteOffset: place, as: Int32.self))
    guard value >= -1 else { throw error(start + place, "a length of \(value)") }
    return max(0, Int(value))
  }

  private mutating func readRecord(
    _ reader: inout ByteReader, at start: Int
  ) throws(ByteReaderError) {
    switch phase {
    case .sessionCount:
      let count = try reader.int32()
      guard count >= 0 else { throw error(start, "\(count) sessions") }
      phase = count == 0 ? .aclCount : .sessions(count)
    case .sessions(let left):
      let session = try reader.int64()
      tree.sessionTable.insert(session, timeoutMilliseconds: try reader.int32())
      phase = left == 1 ? .aclCount : .sessions(left - 1)
    case .aclCount:
      let count = try reader.int32()
      guard count >= 0 else { throw error(start, "\(count) access-control lists") }
      phase = count == 0 ? .nodes : .acls(count)
    case .acls(let left):
      let id = try reader.int64()
      aclsByID[id] = tree.acls.restore(AccessList(try reader.aclList()), id: id)
      phase = left == 1 ? .nodes : .acls(left - 1)
    case .nodes: try readNode(&reader, at: start)
    case .done: break
    }
  }

  private mutating func readNode(
    _ reader: inout ByteReader, at start: Int
  ) throws(ByteReaderError) {
    let path = try reader.stringOrEmpty()
    if path == "/" {
      phase = .done
      return
    }
    let data = try reader.buffer()?.array
    let acl = useACL(try reader.int64())
    let stat = try PersistedStat(from: &reader)
    if path.isEmpty {
      tree.acls.release(tree.nodes[ZnodeStore.root].acl)
      tree.changeContents(of: ZnodeStore.root, data: data) { node in
        node.stat = stat
        node.acl = acl
      }
      return
    }
    guard let slash = path.lastSlash else { throw error(start, "a path without a slash") }
    let parentPath = path[0..<slash]
    if !(parentPath == tree.nodes[lastParent].path) {
      lastParent = tree.nodes.slot(of: parentPath)
      guard lastParent != noSlot else {
        lastParent = ZnodeStore.root
        throw error(start, "\(path.string) comes before its parent")
      }
    }
    guard tree.nodes.slot(of: path) == noSlot else {
      throw error(start, "\(path.string) comes twice")
    }
    tree.addNode(path.array, data: data, stat: stat, acl: acl, under: lastParent)
  }

  /// In a fuzzy snapshot a node's list may be younger than the table of lists: then a transaction
  /// that will be replayed sets it, and until then it allows nothing.
  private mutating func useACL(_ id: Int64) -> ACLIndex {
    if let known = aclsByID[id] {
      tree.acls.useAgain(known)
      return known
    }
    let closed = tree.acls.restore(AccessList([ACL([], .anyone)]), id: id)
    aclsByID[id] = closed
    tree.acls.useAgain(closed)
    return closed
  }
}
