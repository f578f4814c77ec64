import Glibc
import LinnaeusBase
import Replica
import Storage
import Tree

/// The two folders of a server, which may be one: made if need be, and locked while it runs.
struct DataFolders {
  private let log: String
  private let snapshots: String
  private var locks: [Int32] = []

  init(_ configuration: ServerConfiguration) throws(ServerError) {
    log = configuration.logFolder
    snapshots = configuration.snapshotFolder
    for folder in log == snapshots ? [log] : [log, snapshots] {
      do {
        try FileCalls.makeFolder(folder)
        locks.append(try FileCalls.lock(folder))
      } catch {
        close()
        throw error.errno == EWOULDBLOCK && error.call == "flock"
          ? .locked(folder) : .system(error)
      }
    }
  }

  /// Gives the folders to whoever comes next.
  func close() {
    for lock in locks { FileCalls.close(lock) }
  }

  /// Reads what is there.
  func recover(
    options: TreeOptions, log serverLog: ServerLog
  ) throws(ServerError) -> (state: RecoveredState, sink: RecoveringTree) {
    var files: [(file: StoredFile, size: Int)] = []
    do {
      let isOneFolder = log == snapshots
      files += try FileCalls.files(in: snapshots).map { name, size in
        (StoredFile(isOneFolder && name.hasPrefix("log.") ? .log : .snapshot, name), size)
      }
      if !isOneFolder {
        files += try FileCalls.files(in: log).map { (StoredFile(.log, $0.name), $0.size) }
      }
    } catch {
      throw .system(error)
    }
    var sink = RecoveringTree(options: options)
    var reader = FileReader()
    defer { reader.close() }
    let state: RecoveredState
    do {
      state = try DurableStorage.recover(
        files,
        read: { (file, offset, count) throws(SystemError) in
          try reader.read(path(of: file), offset, count)
        }, into: &sink)
    } catch {
      throw .recovery(error, folder: log)
    }
    for warning in state.warnings { serverLog(.warning, "\(log): \(warning)") }
    return (state, sink)
  }

  private func path(of file: StoredFile) -> String {
    switch file.directory {
    case .log: "\(log)/\(file.name)"
    case .snapshot: "\(snapshots)/\(file.name)"
    }
  }
}

/// Reads files, of which recovery reads one to its end before the next.
private struct FileReader {
  private var path = ""
  private var descriptor: Int32 = -1

  mutating func read(_ path: String, _ offset: Int, _ count: Int) throws(SystemError) -> [UInt8] {
    if path != self.path {
      close()
      descriptor = try FileCalls.openToRead(path)
      self.path = path
    }
    return try FileCalls.read(count, from: descriptor, at: offset, path: path)
  }

  mutating func close() {
    if descriptor >= 0 { FileCalls.close(descriptor) }
    descriptor = -1
    path = ""
  }
}
