import Jute
import LinnaeusBase

/// A node of the tree, in a slot of ``ZnodeStore``.
struct Znode: Sendable {
  /// The whole path; the root's is empty, as in snapshots.
  var path: [UInt8] = []
  var data: [UInt8]?
  var czxid: Zxid = .zero
  var mzxid: Zxid = .zero
  var pzxid: Zxid = .zero
  var ctime: Int64 = 0
  var mtime: Int64 = 0
  var owner: Int64 = 0
  var version: Int32 = 0
  var cversion: Int32 = 0
  var aversion: Int32 = 0
  var acl: ACLIndex = .open
  var childCount: Int32 = 0
  var parent: Int32 = noSlot
  /// The children are a ring of siblings in order of creation; this is the first.
  var firstChild: Int32 = noSlot
  var nextSibling: Int32 = noSlot
  var previousSibling: Int32 = noSlot
  /// All nodes are a list in order of creation.
  var nextCreated: Int32 = noSlot
  var previousCreated: Int32 = noSlot
  /// The digest's checksum of path and data, from which it goes on with the figures.
  var content = CRC32()
  /// The node's part of the tree's digest.
  var digest: UInt32 = 0
  /// The last walk that is done with the node, or need not see it.
  var walk: UInt32 = 0

  var stat: PersistedStat {
    get {
      PersistedStat(
        czxid: czxid, mzxid: mzxid, ctime: ctime, mtime: mtime, version: version,
        cversion: cversion, aversion: aversion, ephemeralOwner: owner, pzxid: pzxid)
    }
    set {
      (czxid, mzxid, pzxid) = (newValue.czxid, newValue.mzxid, newValue.pzxid)
      (ctime, mtime) = (newValue.ctime, newValue.mtime)
      (version, cversion) = (newValue.version, newValue.cversion)
      (aversion, owner) = (newValue.aversion, newValue.ephemeralOwner)
    }
  }
}

/// What `ephemeralOwner` says of a znode (zookeeper-protocol.md, section 2.8).
enum OwnerKind: Hashable {
  case none
  case session
  case container
  case ttl(Int64)

  static let containerOwner = Int64.min
  static let largestTTL: Int64 = 0xFF_FFFF_FFFF
  private static let extended = Int64(bitPattern: 0xFF00_0000_0000_0000)
  private static let reserved: Int64 = 0x00FF_FF00_0000_0000

  /// TTLs are only known where extended types are enabled; else they look like sessions.
  @inline(__always)
  init(_ owner: Int64, hasExtendedTypes: Bool) {
    if owner == 0 {
      self = .none
    } else if owner == Self.containerOwner {
      self = .container
    } else if hasExtendedTypes, owner & (Self.extended | Self.reserved) == Self.extended {
      self = .ttl(owner & Self.largestTTL)
    } else {
      self = .session
    }
  }

  /// The field's value of a kind of znode that `session` makes.
  static func owner(of kind: ZnodeKind, session: Int64) -> Int64 {
    switch kind {
    case .persistent: 0
    case .ephemeral: session
    case .container: containerOwner
    case .ttl(let ttl): extended | ttl
    }
  }
}

extension PersistedStat {
  /// What clients see of it, with the number of bytes and of children.
  ///
  /// The visible cversion counts creations and deletions, the persisted one creations alone.
  @inline(__always)
  func visible(dataLength: Int, childCount: Int32, hasExtendedTypes: Bool) -> Stat {
    let isEphemeral =
      OwnerKind(ephemeralOwner, hasExtendedTypes: hasExtendedTypes) == .session
    return Stat(
      czxid: czxid, mzxid: mzxid, ctime: ctime, mtime: mtime, version: version,
      cversion: cversion &* 2 &- childCount, aversion: aversion,
      ephemeralOwner: isEphemeral ? ephemeralOwner : 0,
      dataLength: Int32(truncatingIfNeeded: dataLength), numChildren: childCount, pzxid: pzxid)
  }

  /// A znode's part of the tree's digest (zookeeper-protocol.md, section 6.2), given the checksum
  /// of its path and data.
  @inline(__always)
  func digest(after content: CRC32) -> UInt32 {
    withUnsafeTemporaryAllocation(byteCount: 60, alignment: 8) { bytes in
      var place = 0
      func put(_ value: some FixedWidthInteger) {
        bytes.storeBytes(of: value.bigEndian, toByteOffset: place, as: type(of: value))
        place += value.bitWidth / 8
      }
      put(czxid.rawValue)
      put(mzxid.rawValue)
      put(pzxid.rawValue)
      put(ctime)
      put(mtime)
      put(version)
      put(cversion)
      put(aversion)
      put(ephemeralOwner)
      var checksum = content
      checksum.update(BorrowedBytes(UnsafeRawBufferPointer(bytes)))
      return checksum.value
    }
  }
}

/// Paths that the server knows of.
enum KnownPath {
  static let zookeeper = Array("/zookeeper".utf8)
  static let quota = Array("/zookeeper/quota".utf8)
  static let config = Array("/zookeeper/config".utf8)

  /// Whether it is the root, under either of its names: `/` and, in records, nothing.
  @inline(__always)
  static func isRoot(_ path: BorrowedBytes) -> Bool {
    path.count == 0 || (path.count == 1 && path[0] == UInt8(ascii: "/"))
  }

  /// Whether it cannot be deleted.
  static func isSpecial(_ path: BorrowedBytes) -> Bool {
    path == "/" || path == zookeeper || path == quota || path == config
  }

  /// Whether it belongs to the digest: what is under `/zookeeper/` does not.
  @inline(__always)
  static func isDigested(_ path: BorrowedBytes) -> Bool {
    guard path.count > 10, path[10] == UInt8(ascii: "/") else { return true }
    return !(path[0..<10] == zookeeper)
  }
}

extension BorrowedBytes {
  /// Where the last slash is; nil if there is none.
  @inline(__always)
  var lastSlash: Int? {
    var place = count - 1
    while place >= 0 {
      if buffer[place] == UInt8(ascii: "/") { return place }
      place -= 1
    }
    return nil
  }

  func starts(with prefix: [UInt8]) -> Bool {
    count >= prefix.count && self[0..<prefix.count] == prefix
  }

  func starts(with prefix: BorrowedBytes) -> Bool {
    count >= prefix.count && self[0..<prefix.count] == prefix
  }
}

/// The checksum of a path and data with which a znode's digest begins.
@inline(__always)
func contentChecksum(path: BorrowedBytes, data: BorrowedBytes?) -> CRC32 {
  var checksum = CRC32()
  // The root is "" in the digest.
  if !KnownPath.isRoot(path) { checksum.update(path) }
  if let data { checksum.update(data) }
  return checksum
}
