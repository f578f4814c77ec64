import Jute
import LinnaeusBase

/// A znode as it will be once every prepared transaction is applied.
struct ProspectiveNode {
  /// An access-control list that the tree has, or one that it will have.
  enum Access {
    case kept(ACLIndex)
    case new(AccessList)
  }
  /// Of the last transaction that changes it.
  var zxid = Zxid.zero
  var exists = true
  var stat: PersistedStat
  var childCount: Int32 = 0
  var dataLength = 0
  var access: Access
  /// The digest's checksum of path and data.
  var content: CRC32
  /// The node's part of the tree's digest.
  var digest: UInt32 = 0

  func allows(_ permission: Permissions, _ identities: [Identity], _ tree: ZnodeTree) -> Bool {
    switch access {
    case .kept(let acl): tree.acls[acl].allows(permission, identities: identities)
    case .new(let list): list.allows(permission, identities: identities)
    }
  }
}

extension ProspectiveNode.Access: Sendable {}
extension ProspectiveNode: Sendable {}

/// What transactions that are prepared, but not yet applied, make of znodes: for each path the last
/// state, and the order of the changes.
struct Outstanding: Sendable {
  private struct Change: Sendable {
    var zxid: Zxid
    var slot: Int32
  }
  private struct Undo: Sendable {
    var slot: Int32
    /// Nil if the path was not there before.
    var node: ProspectiveNode?
  }
  private var paths = PathTable()
  private var nodes: [ProspectiveNode] = []
  private var changes: [Change] = []
  private var firstChange = 0
  private var undos: [Undo] = []
  private var keepsUndos = false
  private var undoDigest: UInt64 = 0
  private var undoChanges = 0
  /// The tree's digest after all of them; meaningless while there are none.
  var digest: UInt64 = 0

  var isEmpty: Bool { firstChange == changes.count }

  /// The last state of a path, if there is one.
  @inline(__always)
  func node(_ path: BorrowedBytes) -> ProspectiveNode? {
    guard !isEmpty else { return nil }
    let slot = paths.slot(of: path)
    return slot == noSlot ? nil : nodes[Int(slot)]
  }

  /// Records the state of a path after the transaction `node.zxid`.
  mutating func set(_ path: BorrowedBytes, _ node: ProspectiveNode) {
    let count = paths.count
    let slot = paths.insert(path)
    let isNew = paths.count > count
    if keepsUndos { undos.append(Undo(slot: slot, node: isNew ? nil : nodes[Int(slot)])) }
    if Int(slot) == nodes.count { nodes.append(node) } else { nodes[Int(slot)] = node }
    changes.append(Change(zxid: node.zxid, slot: slot))
  }

  /// Begins to remember how to undo what follows.
  mutating func beginUndoable() {
    keepsUndos = true
    undoDigest = digest
    undoChanges = changes.count
  }

  /// What was done since ``beginUndoable()`` stays.
  mutating func keep() {
    keepsUndos = false
    undos.removeAll(keepingCapacity: true)
  }

  /// Undoes what was done since ``beginUndoable()``.
  mutating func undo() {
    while let undo = undos.popLast() {
      if let node = undo.node { nodes[Int(undo.slot)] = node } else { paths.remove(undo.slot) }
    }
    changes.removeLast(changes.count - undoChanges)
    digest = undoDigest
    keepsUndos = false
  }

  /// Forgets the states that the tree has reached.
  mutating func forget(upTo zxid: Zxid) {
    while firstChange < changes.count, changes[firstChange].zxid <= zxid {
      let slot = changes[firstChange].slot
      // A path may have changed several times; its last state goes with the last change.
      if nodes[Int(slot)].zxid == changes[firstChange].zxid {
        paths.remove(slot)
        nodes[Int(slot)].zxid = Zxid(rawValue: .min)
      }
      firstChange += 1
    }
    if firstChange == changes.count {
      changes.removeAll(keepingCapacity: true)
      firstChange = 0
    } else if firstChange > 1024, firstChange * 2 > changes.count {
      changes.removeFirst(firstChange)
      firstChange = 0
    }
  }

  /// Calls `body` with each path in the order in which the paths changed, once for each change.
  func forEachChange(_ body: ([UInt8], ProspectiveNode) -> Void) {
    for change in changes[firstChange...] {
      body(paths[change.slot], nodes[Int(change.slot)])
    }
  }
}
