import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

/// Takes in a snapshot and the transactions after it: a tree that comes back from the disk.
public struct RecoveringTree: RecoverySink {
  /// The znodes so far.
  public private(set) var tree: ZnodeTree
  /// Whether the tree once was another one than its digest on the disk says.
  public private(set) var differsFromDigest = false
  /// The last transactions that were replayed, for other servers that lack them.
  public private(set) var window = TransactionWindow(after: .zero)
  /// What sessions that send requests again were answered.
  private(set) var replies = ReplyTable()
  private let options: TreeOptions
  private var restoration: TreeRestoration?
  private var snapshotZxid = Zxid.zero
  private var events: [WatchNotification] = []

  /// Starts with the tree of a new server.
  public init(options: TreeOptions) {
    self.options = options
    tree = ZnodeTree(options: options)
  }

  /// Forgets everything for the snapshot that begins.
  public mutating func beginSnapshot(zxid: Zxid) {
    snapshotZxid = zxid
    restoration = TreeRestoration(options: options)
  }

  /// Forgets everything: the tree of a new server counts.
  public mutating func beginWithoutSnapshot() {
    restoration = nil
    tree = ZnodeTree(options: options)
    window = TransactionWindow(after: .zero)
  }

  /// Takes in a piece of the snapshot.
  ///
  /// - Throws: An error where it is none.
  public mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError) {
    _ = try restoration?.feed(bytes)
  }

  /// The snapshot is whole: it is the tree now.
  ///
  /// - Throws: An error if it is not.
  public mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError) {
    guard let complete = restoration else { return }
    // Not held twice while it is moved.
    restoration = nil
    guard let restored = complete.finish(lastZxid: snapshotZxid) else {
      throw ByteReaderError(position: 0, message: "the znodes of the snapshot have no end")
    }
    tree = restored
    window = TransactionWindow(after: snapshotZxid)
    replies = ReplyTable()
    if let digest, options.hasDigest, digest != tree.digest { differsFromDigest = true }
  }

  /// Takes in what sessions were answered before the snapshot.
  public mutating func replies(_ bytes: BorrowedBytes) {
    var reader = ByteReader(bytes)
    if let known = try? ReplyTable(from: &reader) { replies = known }
  }

  /// Applies a transaction.
  ///
  /// - Throws: An error if it makes no sense.
  public mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError) {
    let applied = try tree.apply(payload, events: &events)
    if !applied.agreesWithDigest { differsFromDigest = true }
    replies.record(applied, tree)
    window.append(payload, zxid: tree.lastZxid)
    window.commit(upTo: tree.lastZxid)
    events.removeAll(keepingCapacity: true)
  }
}
