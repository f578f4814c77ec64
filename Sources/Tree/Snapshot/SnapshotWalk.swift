import Jute
import LinnaeusBase

/// A walk through a tree that writes it as it was when the walk began, in steps between which the
/// tree may change (design.md: a snapshot is consistent and stops nobody).
///
/// The nodes are visited in order of creation, so that a parent precedes its children, which is all
/// that readers need. A node that changes before the walk has come to it first leaves a copy here;
/// those that are deleted come last, the last deleted first, since children are deleted before
/// their parents. Nodes that were created since are passed over.
struct SnapshotWalk: Sendable {
  struct Saved: Sendable {
    var path: [UInt8]
    var data: [UInt8]?
    var acl: Int64
    var stat: PersistedStat
  }
  private enum Phase {
    case sessions
    case acls
    case nodes
    case deleted
    case done
  }
  private var phase = Phase.sessions
  private var position = 0
  private let sessions: [(session: Int64, timeoutMilliseconds: Int32)]
  private let acls: [ACLTable.Entry]
  /// The next node to visit.
  var cursor = ZnodeStore.root
  /// By slot; looked up, never walked.
  var changed: [Int32: Saved] = [:]
  var deleted: [Saved] = []

  init(of tree: borrowing ZnodeTree) {
    sessions = tree.sessionTable.entries
    acls = tree.acls.entries
  }

  var isDone: Bool { phase == .done }

  /// Writes until at least `limit` bytes are there, or until everything is.
  mutating func advance(
    _ nodes: inout ZnodeStore, walkNumber: UInt32, acls current: borrowing ACLTable,
    until limit: Int,
    into writer: inout ByteWriter
  ) {
    if phase == .sessions {
      if position == 0 { writer.int32(Int32(sessions.count)) }
      while position < sessions.count, writer.count < limit {
        writer.int64(sessions[position].session)
        writer.int32(sessions[position].timeoutMilliseconds)
        position += 1
      }
      if position == sessions.count { (phase, position) = (.acls, 0) }
    }
    if phase == .acls {
      if position == 0 { writer.int32(Int32(acls.dropFirst().count { $0.isInUse })) }
      while position < acls.count, position == 0 || writer.count < limit {
        if position > 0, acls[position].isInUse {
          writer.int64(acls[position].id)
          writer.append(acls[position].list.bytes)
        }
        position += 1
      }
      if position == acls.count { (phase, position) = (.nodes, 0) }
    }
    if phase == .nodes {
      visitNodes(&nodes, walkNumber: walkNumber, acls: current, until: limit, into: &writer)
    }
    if phase == .deleted {
      while writer.count < limit, let saved = deleted.popLast() { saved.write(to: &writer) }
      guard deleted.isEmpty else { return }
      writer.string([UInt8(ascii: "/")])
      phase = .done
    }
  }

  private mutating func visitNodes(
    _ nodes: inout ZnodeStore, walkNumber: UInt32, acls: borrowing ACLTable, until limit: Int,
    into writer: inout ByteWriter
  ) {
    // Passing over new nodes costs time as well.
    var budget = max(64, (limit - writer.count) / 64)
    while cursor != noSlot, writer.count < limit, budget > 0 {
      budget -= 1
      if nodes[cursor].walk != walkNumber {
        nodes[cursor].walk = walkNumber
        nodes[cursor].write(acl: acls.id(of: nodes[cursor].acl), to: &writer)
      } else if !changed.isEmpty, let saved = changed.removeValue(forKey: cursor) {
        saved.write(to: &writer)
      }
      cursor = nodes[cursor].nextCreated
    }
    if cursor == noSlot { phase = .deleted }
  }
}

extension SnapshotWalk.Saved {
  func write(to writer: inout ByteWriter) {
    writer.string(path)
    writer.buffer(data)
    writer.int64(acl)
    stat.write(to: &writer)
  }
}

extension Znode {
  func write(acl: Int64, to writer: inout ByteWriter) {
    writer.string(path)
    writer.buffer(data)
    writer.int64(acl)
    stat.write(to: &writer)
  }
}

extension ZnodeTree {
  /// Begins to write the tree as it is now; a walk that was not finished is given up.
  ///
  /// - Returns: The zxid and the digest of what will be written.
  /// - Complexity: O(1) in the number of nodes.
  public mutating func beginSnapshot() -> (zxid: Zxid, digest: UInt64) {
    walkNumber &+= 1
    // A purge makes sure that no list without users is written.
    acls.purge()
    walk = SnapshotWalk(of: self)
    return (lastZxid, digest)
  }

  /// Goes on with the snapshot that was begun: writes what stands between a snapshot's
  /// `FileHeader` and its first seal (zookeeper-protocol.md, section 6.2).
  ///
  /// - Parameters:
  ///   - bytes: Roughly how many bytes to write at most, though always a little.
  ///   - writer: Where to write them.
  /// - Returns: Whether everything is written, or nothing was begun.
  public mutating func continueSnapshot(
    atMost bytes: Int, into writer: inout ByteWriter
  ) -> Bool {
    guard walk != nil else { return true }
    let limit = writer.count + max(bytes, 1)
    walk?.advance(&nodes, walkNumber: walkNumber, acls: acls, until: limit, into: &writer)
    guard walk?.isDone == true else { return false }
    walk = nil
    return true
  }

  /// Gives up the snapshot that was begun, if any.
  public mutating func abandonSnapshot() { walk = nil }

  /// Whether a snapshot was begun that is not finished.
  public var isWritingSnapshot: Bool { walk != nil }

  /// To be called before a node changes.
  @inline(__always)
  mutating func prepareToChange(_ slot: Int32) {
    if walk != nil, nodes[slot].walk != walkNumber { save(slot) }
  }

  private mutating func save(_ slot: Int32) {
    if options.mutations.contains(.takesFuzzySnapshots) { return }
    nodes[slot].walk = walkNumber
    let saved = copy(slot)
    walk?.changed[slot] = saved
  }

  private func copy(_ slot: Int32) -> SnapshotWalk.Saved {
    SnapshotWalk.Saved(
      path: nodes[slot].path, data: nodes[slot].data, acl: acls.id(of: nodes[slot].acl),
      stat: nodes[slot].stat)
  }

  /// To be called before a node goes.
  @inline(__always)
  mutating func prepareToRemove(_ slot: Int32) {
    if walk != nil { saveRemoved(slot) }
  }

  private mutating func saveRemoved(_ slot: Int32) {
    if nodes[slot].walk != walkNumber {
      let saved = copy(slot)
      walk?.deleted.append(saved)
    } else if let saved = walk?.changed.removeValue(forKey: slot) {
      walk?.deleted.append(saved)
    }
    let next = nodes[slot].nextCreated
    if walk?.cursor == slot { walk?.cursor = next }
  }
}
