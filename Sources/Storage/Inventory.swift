import LinnaeusBase

/// The files of a database, by kind.
struct Inventory {
  typealias Entry = (file: StoredFile, size: Int, zxid: Zxid)

  /// In ascending order of their zxids.
  var logs: [Entry] = []
  /// In ascending order of their zxids; compressed ones as well.
  var snapshots: [Entry] = []
  /// Snapshots from the leader that have not their usual names yet: one at most.
  var incomingSnapshots: [Entry] = []
  /// Files of replies.
  var replies: [Entry] = []
  /// The marks of truncations, in ascending order.
  var truncations: [Zxid] = []
  var epochs: [(file: StoredFile, size: Int, name: EpochFileName)] = []
  var leftovers: [StoredFile] = []

  /// Whether there is nothing.
  var isEmpty: Bool {
    logs.isEmpty && snapshots.isEmpty && incomingSnapshots.isEmpty && replies.isEmpty
      && truncations.isEmpty && epochs.isEmpty && leftovers.isEmpty
  }

  init(_ files: [(file: StoredFile, size: Int)]) throws(RecoveryError) {
    for (file, size) in files {
      if let zxid = file.logZxid {
        if file.directory == .log {
          logs.append((file, size, zxid))
        } else if !files.contains(where: { $0.file == StoredFile(.log, file.name) }) {
          throw .misplaced(file)
        }
      } else if let zxid = file.snapshotZxid ?? file.compressedSnapshotZxid {
        if file.directory == .snapshot {
          snapshots.append((file, size, zxid))
        } else if !files.contains(where: { $0.file == StoredFile(.snapshot, file.name) }) {
          throw .misplaced(file)
        }
      } else if file.directory == .snapshot {
        take(file, size)
      }
    }
    func precedes(_ left: Entry, _ right: Entry) -> Bool {
      (left.zxid, left.file.name) < (right.zxid, right.file.name)
    }
    logs.sort(by: precedes)
    snapshots.sort(by: precedes)
    incomingSnapshots.sort(by: precedes)
    truncations.sort()
    for file in replies
    where !(snapshots + incomingSnapshots).contains(where: { $0.zxid == file.zxid }) {
      leftovers.append(file.file)
    }
  }

  /// Takes note of a file that Apache does not have, or not so.
  private mutating func take(_ file: StoredFile, _ size: Int) {
    if file.isUnfinished {
      leftovers.append(file)
    } else if let zxid = file.incomingSnapshotZxid {
      incomingSnapshots.append((file, size, zxid))
    } else if let zxid = file.repliesZxid {
      replies.append((file, size, zxid))
    } else if let zxid = file.truncationZxid {
      truncations.append(zxid)
    } else if let name = EpochFileName(rawValue: file.name) {
      epochs.append((file, size, name))
    }
  }

  /// Whether no transaction can have been between the two: it is the next one, or a new leader's
  /// first, and no snapshot says that its predecessor went further.
  func follows(_ zxid: Zxid, _ last: Zxid) -> Bool {
    if zxid == last.next { return true }
    return zxid > last && zxid.epoch > last.epoch && zxid.counter == 1
      && !snapshots.contains { $0.zxid > last && $0.zxid < zxid && $0.zxid.counter > 0 }
  }

  /// Whether the snapshot of that zxid has replies beside it.
  func hasReplies(_ zxid: Zxid) -> Bool { replies.contains { $0.zxid == zxid } }
}
