import Glibc
import LinnaeusBase
import Storage

/// What became of an operation that carries a ticket.
struct DiskAnswer: Sendable {
  var ticket: Ticket
  /// nil if what the ticket stands for is durable.
  var errno: Int32?
}

/// Does what Storage asks of the disk, in order.
///
/// A file or a directory that failed is left alone from then on: a later sync that succeeds would
/// say nothing of bytes that an earlier one lost.
struct DiskExecutor: Sendable {
  /// Makes what was written to a descriptor durable; the path is for whoever reads of its failure.
  typealias Sync = @Sendable (_ descriptor: Int32, _ path: String) throws(SystemError) -> Void

  private struct OpenFile {
    var descriptor: Int32
    var path: String
    var isLog: Bool
  }

  private let folders: (log: String, snapshot: String)
  private let syncs: Bool
  private let syncFile: Sync
  private var open: [FileNumber: OpenFile] = [:]
  private var failures = DiskFailures()
  private var pace = SyncPace()

  /// What went wrong since somebody last took note; every answer that fails is among it.
  var errors: [SystemError] = []

  /// Works in two folders, which may be the same.
  ///
  /// - Parameters:
  ///   - logFolder: Where logs are.
  ///   - snapshotFolder: Where snapshots are.
  ///   - syncs: Whether a sync waits for the disk (`forceSync`).
  ///   - syncFile: How it waits; a test has its own.
  init(
    logFolder: String, snapshotFolder: String, syncs: Bool,
    syncFile: @escaping Sync = FileCalls.sync
  ) {
    folders = (logFolder, snapshotFolder)
    self.syncs = syncs
    self.syncFile = syncFile
  }

  /// Whether all of it together is surely quick: a little to be written to the log and synced, on a
  /// disk that was quick of late.
  ///
  /// Everything else may take long: a new file, a directory, room for a log, a snapshot.
  func isQuick(_ operations: [DiskOperation]) -> Bool {
    guard pace.isQuick else { return false }
    var size = 0
    for operation in operations {
      switch operation {
      case .write(let number, _, let bytes):
        guard open[number]?.isLog == true else { return false }
        size += bytes.count
      case .sync(let number, _):
        guard open[number]?.isLog == true else { return false }
      default: return false
      }
    }
    return size <= Limits.quickWriteBytes
  }

  /// Does one thing.
  ///
  /// - Returns: The answer, if the operation carries a ticket.
  mutating func run(_ operation: DiskOperation) -> DiskAnswer? {
    var number = failures.refusal(of: operation)
    if number == nil {
      do {
        try attempt(operation)
      } catch {
        number = error.errno
        errors.append(error)
        failures.record(operation, errno: error.errno)
      }
    }
    return operation.ticket.map { DiskAnswer(ticket: $0, errno: number) }
  }

  private mutating func attempt(_ operation: DiskOperation) throws(SystemError) {
    switch operation {
    case .create(let file, let number):
      try openToWrite(file, number, emptied: true)
    case .open(let file, let number):
      try openToWrite(file, number, emptied: false)
    case .preallocate(let number, let size):
      try preallocate(try opened(number), upTo: size)
    case .truncate(let number, let size):
      let file = try opened(number)
      try FileCalls.truncate(file.descriptor, to: size, path: file.path)
    case .write(let number, let offset, let bytes):
      let file = try opened(number)
      try FileCalls.write(bytes, to: file.descriptor, at: offset, path: file.path)
    case .sync(let number, _):
      let file = try opened(number)
      if syncs { try sync(file) }
    case .close(let number):
      if let file = open.removeValue(forKey: number) { FileCalls.close(file.descriptor) }
    case .rename(let file, let target):
      try FileCalls.rename(path(of: file), to: path(of: target))
    case .remove(let file), .erase(let file):
      try FileCalls.remove(path(of: file))
    case .syncDirectory(let directory, _):
      if syncs { try FileCalls.syncFolder(path(of: directory)) }
    }
  }

  /// A file system that cannot preallocate is but slower: what it lacks, writing finds out.
  private func preallocate(_ file: OpenFile, upTo size: Int) throws(SystemError) {
    do {
      try FileCalls.preallocate(file.descriptor, upTo: size, path: file.path)
    } catch {
      if error.errno != EOPNOTSUPP && error.errno != EINVAL { throw error }
    }
  }

  private mutating func openToWrite(
    _ file: StoredFile, _ number: FileNumber, emptied: Bool
  ) throws(SystemError) {
    let path = path(of: file)
    let descriptor = try FileCalls.openToWrite(path, emptied: emptied)
    open[number] = OpenFile(descriptor: descriptor, path: path, isLog: file.directory == .log)
  }

  /// Of a snapshot there are megabytes: how long they take says nothing of the log.
  private mutating func sync(_ file: OpenFile) throws(SystemError) {
    let start = SystemClock.now()
    try syncFile(file.descriptor, file.path)
    if file.isLog { pace.record(SystemClock.now().nanoseconds - start.nanoseconds) }
  }

  private func opened(_ number: FileNumber) throws(SystemError) -> OpenFile {
    guard let file = open[number] else {
      throw SystemError(errno: EBADF, call: "open", path: "file \(number.rawValue)")
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
