import Glibc
import LinnaeusBase
import Storage

/// What became of an operation that carries a ticket.
struct DiskAnswer: Sendable {
  var ticket: Ticket
  /// nil if everything up to the ticket is durable.
  var failure: SystemError?
}

/// Does what Storage asks of the disk, in order.
///
/// After the first failure nothing is done any more and every ticket fails with that error: a
/// later sync that succeeds would say nothing of bytes that an earlier one lost.
struct DiskExecutor: Sendable {
  private let folders: (log: String, snapshot: String)
  private let syncs: Bool
  private var open: [FileHandle: (descriptor: Int32, path: String)] = [:]

  /// What went wrong first.
  private(set) var failure: SystemError?
  /// What went wrong without consequence: a file that could not be removed.
  var complaints: [SystemError] = []

  /// Works in two folders, which may be the same.
  ///
  /// - Parameters:
  ///   - logFolder: Where logs are.
  ///   - snapshotFolder: Where snapshots are.
  ///   - syncs: Whether a sync waits for the disk (`forceSync`).
  init(logFolder: String, snapshotFolder: String, syncs: Bool) {
    folders = (logFolder, snapshotFolder)
    self.syncs = syncs
  }

  /// Does one thing.
  ///
  /// - Returns: The answer, if the operation carries a ticket.
  mutating func run(_ operation: DiskOperation) -> DiskAnswer? {
    if failure == nil {
      do {
        try attempt(operation)
      } catch {
        failure = error
      }
    }
    switch operation {
    case .sync(_, let ticket), .syncDirectory(_, let ticket):
      return DiskAnswer(ticket: ticket, failure: failure)
    default: return nil
    }
  }

  private mutating func attempt(_ operation: DiskOperation) throws(SystemError) {
    switch operation {
    case .create(let file, let handle):
      let path = path(of: file)
      open[handle] = (try FileCalls.openToWrite(path, emptied: true), path)
    case .open(let file, let handle):
      let path = path(of: file)
      open[handle] = (try FileCalls.openToWrite(path, emptied: false), path)
    case .preallocate(let handle, let size):
      try preallocate(try opened(handle), upTo: size)
    case .write(let handle, let offset, let bytes):
      let file = try opened(handle)
      try FileCalls.write(bytes, to: file.descriptor, at: offset, path: file.path)
    case .sync(let handle, _):
      let file = try opened(handle)
      if syncs { try FileCalls.sync(file.descriptor, path: file.path) }
    case .close(let handle):
      if let file = open.removeValue(forKey: handle) { FileCalls.close(file.descriptor) }
    case .rename(let file, let target):
      try FileCalls.rename(path(of: file), to: path(of: target))
    case .remove(let file):
      // Room that is not freed costs no acknowledged write.
      do { try FileCalls.remove(path(of: file)) } catch { complaints.append(error) }
    case .truncate(let file, let size):
      try FileCalls.truncate(path(of: file), to: size)
    case .syncDirectory(let directory, _):
      if syncs { try FileCalls.syncFolder(path(of: directory)) }
    }
  }

  /// A file system that cannot preallocate is but slower; one that is full is full.
  private func preallocate(
    _ file: (descriptor: Int32, path: String), upTo size: Int
  ) throws(SystemError) {
    do {
      try FileCalls.preallocate(file.descriptor, upTo: size, path: file.path)
    } catch {
      if error.errno == ENOSPC || error.errno == EDQUOT { throw error }
    }
  }

  private func opened(
    _ handle: FileHandle
  ) throws(SystemError) -> (descriptor: Int32, path: String) {
    guard let file = open[handle] else {
      throw SystemError(errno: EBADF, call: "write", path: "file \(handle)")
    }
    return file
  }

  private func path(of directory: StoredFile.Directory) -> String {
    switch directory {
    case .log: folders.log
    case .snapshot: folders.snapshot
    }
  }

  private func path(of file: StoredFile) -> String {
    "\(path(of: file.directory))/\(file.name)"
  }

  /// Closes what is still open.
  mutating func closeAll() {
    for (_, file) in open { FileCalls.close(file.descriptor) }
    open.removeAll()
  }
}
