import Jute
import LinnaeusBase

/// An access-control list as it is compared and kept: its bytes, and what they say.
struct AccessList: Hashable, Sendable {
  /// The number of the entries, and the entries.
  let bytes: [UInt8]
  let entries: [ACL]
  /// What everybody may do, whoever they are; everything if there are no entries.
  let worldPermissions: Permissions

  static let open = AccessList(ACL.open)
  static let readOnly = AccessList(ACL.readOnly)

  init(_ entries: [ACL]) {
    self.init(bytes: ACL.bytes(entries), entries: entries)
  }

  /// Takes a list apart that `ByteReader.aclList` has stepped over.
  init(_ bytes: BorrowedBytes) {
    var reader = ByteReader(bytes)
    do throws(ByteReaderError) {
      self.init(bytes: bytes.array, entries: try ACL.list(from: &reader))
    } catch {
      // It cannot be read, so that it allows nothing.
      self.init(bytes: bytes.array, entries: [ACL([], .anyone)])
    }
  }

  private init(bytes: [UInt8], entries: [ACL]) {
    self.bytes = bytes
    self.entries = entries
    var world: Permissions = entries.isEmpty ? Permissions(rawValue: -1) : []
    for entry in entries where entry.identity == .anyone {
      world.formUnion(entry.permissions)
    }
    worldPermissions = world
  }

  /// Whether one of these identities may do any one of the things in `permission`
  /// (zookeeper-protocol.md, section 9).
  @inline(__always)
  func allows(_ permission: Permissions, identities: [Identity]) -> Bool {
    if !worldPermissions.isDisjoint(with: permission) { return true }
    return allowsSomebody(permission, identities: identities)
  }

  private func allowsSomebody(_ permission: Permissions, identities: [Identity]) -> Bool {
    if identities.contains(where: \.isSuper) { return true }
    for entry in entries where !entry.permissions.isDisjoint(with: permission) {
      for identity in identities where entry.identity.covers(identity) { return true }
    }
    return false
  }
}

/// Whether an entry of a list lacks a scheme, or an id where one is needed: to Apache that is no
/// list at all, rather than an invalid one.
func hasNullIdentity(_ list: BorrowedBytes) -> Bool {
  // The open list, which is what nearly everybody sends.
  if list == AccessList.open.bytes { return false }
  var reader = ByteReader(list)
  do throws(ByteReaderError) {
    for _ in 0..<(try reader.count(elementSize: 12) ?? 0) {
      _ = try reader.int32()
      guard let scheme = try reader.string() else { return true }
      if try reader.string() == nil, !(scheme == "auth") { return true }
    }
    return false
  } catch {
    return false
  }
}

/// Where a tree keeps an access-control list.
///
/// The index of a znode that is gone stays valid until the next transaction is applied.
public struct ACLIndex: Hashable, Sendable {
  var rawValue: Int32

  /// Everything to everybody: what the server's own znodes have.
  public static let open = ACLIndex(rawValue: 0)
}

/// The access-control lists of a tree, each kept once, under the ids that snapshots give them.
///
/// As in Apache's: ids count from 1, a list that nobody uses any more is dropped, and a list that
/// clients set has an id of its own even if it is the open one, whose id is −1.
struct ACLTable: Sendable {
  struct Entry: Sendable {
    var id: Int64
    var list: AccessList
    var uses: Int
    var isInUse: Bool { uses > 0 }
  }
  private(set) var entries: [Entry] = [Entry(id: -1, list: .open, uses: 1)]
  private var index = PathIndex()
  private var free: [Int32] = []
  /// Entries that lost their last use since the last purge.
  private var released: [Int32] = []
  private(set) var lastID: Int64 = 0

  subscript(acl: ACLIndex) -> AccessList {
    @inline(__always)
    _read { yield entries[Int(acl.rawValue)].list }
  }

  func id(of acl: ACLIndex) -> Int64 { entries[Int(acl.rawValue)].id }

  /// How many lists are in use, the open one not counted.
  var count: Int { entries.count - 1 - free.count - released.count }

  /// The place of a list, which is used once more; null is the open one.
  mutating func use(_ bytes: BorrowedBytes) -> ACLIndex {
    if bytes.count == 4, bytes[0] == 0xFF { return .open }
    let hash = hashOfBytes(bytes)
    var slot = index.slot(hash) { bytes == entries[Int($0)].list.bytes }
    if slot == noSlot {
      lastID += 1
      slot = insert(AccessList(bytes), id: lastID, hash: hash)
    }
    entries[Int(slot)].uses += 1
    return ACLIndex(rawValue: slot)
  }

  /// Takes a list from a snapshot, unused so far; nil if the id is there already.
  mutating func restore(_ list: AccessList, id: Int64) -> ACLIndex {
    lastID = max(lastID, id)
    let hash = list.bytes.withBorrowedBytes(hashOfBytes)
    let present = list.bytes.withBorrowedBytes { bytes in
      index.slot(hash) { bytes == entries[Int($0)].list.bytes }
    }
    if present != noSlot { return ACLIndex(rawValue: present) }
    let slot = insert(list, id: id, hash: hash)
    released.append(slot)
    return ACLIndex(rawValue: slot)
  }

  mutating func useAgain(_ acl: ACLIndex) {
    if acl != .open { entries[Int(acl.rawValue)].uses += 1 }
  }

  mutating func release(_ acl: ACLIndex) {
    guard acl != .open else { return }
    entries[Int(acl.rawValue)].uses -= 1
    if !entries[Int(acl.rawValue)].isInUse { released.append(acl.rawValue) }
  }

  /// Drops what was released; until then, whoever must still be checked against it can be.
  @inline(__always)
  mutating func purge() {
    if !released.isEmpty { purgeReleased() }
  }

  private mutating func purgeReleased() {
    for slot in released where !entries[Int(slot)].isInUse && entries[Int(slot)].id != 0 {
      index.remove(entries[Int(slot)].list.bytes.withBorrowedBytes(hashOfBytes), slot)
      entries[Int(slot)] = Entry(id: 0, list: .open, uses: 0)
      free.append(slot)
    }
    released.removeAll(keepingCapacity: true)
  }

  private mutating func insert(_ list: AccessList, id: Int64, hash: UInt32) -> Int32 {
    let entry = Entry(id: id, list: list, uses: 0)
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      entries[Int(slot)] = entry
    } else {
      slot = Int32(entries.count)
      entries.append(entry)
    }
    index.insert(hash, slot)
    return slot
  }
}
