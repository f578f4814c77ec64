import Glibc
import LinnaeusBase
import Storage

/// A disk on which all that was not synced may vanish, stay, or tear when the power fails.
struct SimulatedDisk {
  private enum NameChange {
    case link(StoredFile, Int32)
    case rename(StoredFile, StoredFile, Int32)
    case remove(StoredFile)

    var directory: StoredFile.Directory {
      switch self {
      case .link(let file, _), .rename(let file, _, _), .remove(let file): file.directory
      }
    }
  }

  private struct Directory {
    /// A few names: looking through them costs nothing.
    var entries: [(file: StoredFile, inode: Int32)] = []

    subscript(file: StoredFile) -> Int32? {
      get { entries.first { $0.file == file }?.inode }
      set {
        entries.removeAll { $0.file == file }
        if let newValue { entries.append((file, newValue)) }
      }
    }
  }

  private var inodes: [SimulatedFile] = []
  private var freeInodes: [Int32] = []
  private var names = Directory()
  private var durableNames = Directory()
  private var changes: [NameChange] = []
  private var open: [(number: FileNumber, inode: Int32)] = []
  private var failures = DiskFailures()
  /// So many bytes may be used in all.
  var capacity = Int.max
  /// The next sync of a file fails with that error, and what it should have made durable tears.
  var nextSyncFails: Int32?
  /// How often each way of losing unsynced bytes was taken.
  private(set) var tears = [Int](repeating: 0, count: TearKind.allCases.count)
  /// How many changes of names were lost.
  private(set) var lostNames = 0
  /// How many snapshots got their names.
  private(set) var namedSnapshots = 0

  init() {}

  // MARK: Operations

  /// Executes an operation; the error if it fails or must not be tried.
  mutating func execute(_ operation: DiskOperation, _ random: inout SeededRandom) -> Int32? {
    if let refusal = failures.refusal(of: operation) { return refusal }
    let errno = attempt(operation, &random)
    if let errno { failures.record(operation, errno: errno) }
    return errno
  }

  private mutating func attempt(
    _ operation: DiskOperation, _ random: inout SeededRandom
  ) -> Int32? {
    switch operation {
    case .create(let file, let number): create(file, number)
    case .open(let file, let number):
      guard let inode = names[file] else { return ENOENT }
      open.append((number, inode))
    case .preallocate(let number, let end):
      guard let inode = inode(number) else { return EBADF }
      guard hasRoom(for: end - inodes[inode].size) else { return ENOSPC }
      inodes[inode].grow(to: end)
    case .truncate(let number, let end):
      guard let inode = inode(number) else { return EBADF }
      inodes[inode].truncate(to: end)
    case .write(let number, let offset, let bytes):
      return write(number, offset, bytes)
    case .sync(let number, _):
      guard let inode = inode(number) else { return EBADF }
      if let errno = nextSyncFails {
        nextSyncFails = nil
        if let kind = inodes[inode].tear(&random) { tears[kind.rawValue] += 1 }
        return errno
      }
      inodes[inode].sync()
    case .close(let number): open.removeAll { $0.number == number }
    case .rename(let from, let to):
      guard let inode = names[from] else { return ENOENT }
      names[from] = nil
      names[to] = inode
      changes.append(.rename(from, to, inode))
      if to.snapshotZxid != nil { namedSnapshots += 1 }
    case .remove(let file), .erase(let file):
      guard names[file] != nil else { return nil }
      names[file] = nil
      changes.append(.remove(file))
    case .syncDirectory(let directory, _):
      for change in changes where change.directory == directory { apply(change) }
      changes.removeAll { $0.directory == directory }
      collect()
    }
    return nil
  }

  private mutating func create(_ file: StoredFile, _ number: FileNumber) {
    if let inode = names[file] {
      // As open(O_TRUNC): the same file, emptied.
      inodes[Int(inode)].truncate(to: 0)
      open.append((number, inode))
      return
    }
    let inode: Int32
    if let reused = freeInodes.popLast() {
      inode = reused
      inodes[Int(inode)] = SimulatedFile()
    } else {
      inode = Int32(inodes.count)
      inodes.append(SimulatedFile())
    }
    names[file] = inode
    changes.append(.link(file, inode))
    open.append((number, inode))
  }

  private mutating func write(_ number: FileNumber, _ offset: Int, _ bytes: [UInt8]) -> Int32? {
    guard let inode = inode(number) else { return EBADF }
    if capacity < .max {
      let missing = offset + bytes.count - inodes[inode].size - (capacity - used)
      if missing > 0 {
        // What fits is written before the call fails.
        inodes[inode].write(bytes.dropLast(missing), at: offset)
        return ENOSPC
      }
    }
    inodes[inode].write(bytes[...], at: offset)
    return nil
  }

  private func inode(_ number: FileNumber) -> Int? {
    open.last { $0.number == number }.map { Int($0.inode) }
  }

  private func hasRoom(for count: Int) -> Bool { capacity == .max || used + count <= capacity }

  /// How many bytes the files have together.
  var used: Int { names.entries.reduce(0) { $0 + inodes[Int($1.inode)].size } }

  private mutating func apply(_ change: NameChange) {
    switch change {
    case .link(let file, let inode): durableNames[file] = inode
    case .rename(let from, let to, let inode):
      durableNames[from] = nil
      durableNames[to] = inode
    case .remove(let file): durableNames[file] = nil
    }
  }

  /// Files that have no name and are not open are free.
  private mutating func collect() {
    guard inodes.count > 8 else { return }
    var isUsed = [Bool](repeating: false, count: inodes.count)
    for entry in names.entries + durableNames.entries { isUsed[Int(entry.inode)] = true }
    for entry in open { isUsed[Int(entry.inode)] = true }
    for change in changes {
      switch change {
      case .link(_, let inode), .rename(_, _, let inode): isUsed[Int(inode)] = true
      case .remove: break
      }
    }
    freeInodes = inodes.indices.filter { !isUsed[$0] }.map { Int32($0) }
    for inode in freeInodes { inodes[Int(inode)] = SimulatedFile() }
  }

  /// Whoever had files open begins anew.
  mutating func closeAll() { open = [] }

  // MARK: Crashes

  /// The process ends: nothing is open any more, the system keeps what was written.
  mutating func endProcess() {
    open = []
    failures = DiskFailures()
    nextSyncFails = nil
  }

  /// The power fails: of what was not synced, anything may be left.
  mutating func losePower(_ random: inout SeededRandom) {
    endProcess()
    // Nothing, everything, the first ones, or any of the changes of names.
    let kind = random.below(4)
    let prefix = random.below(changes.count + 1)
    for (index, change) in changes.enumerated() {
      let stays = [false, true, index < prefix, random.chance(1, in: 2)][kind]
      if stays { apply(change) } else { lostNames += 1 }
    }
    changes = []
    names = durableNames
    for index in inodes.indices {
      if let tear = inodes[index].tear(&random) { tears[tear.rawValue] += 1 }
    }
    collect()
  }

  /// One bit of one file changes; false if there is none.
  mutating func rot(_ random: inout SeededRandom) -> Bool {
    let files = self.files
    guard !files.isEmpty, let inode = names[files[random.below(files.count)].file] else {
      return false
    }
    return inodes[Int(inode)].rot(&random)
  }

  /// Nothing is left.
  mutating func wipe() {
    self = SimulatedDisk()
  }

  // MARK: Reading

  /// All files by name, and their sizes.
  var files: [(file: StoredFile, size: Int)] {
    names.entries.map { ($0.file, inodes[Int($0.inode)].size) }
      .sorted { $0.file.name < $1.file.name }
  }

  /// Reads a part of a file.
  func read(_ file: StoredFile, _ offset: Int, _ count: Int) throws(SystemError) -> [UInt8] {
    guard let inode = names[file] else {
      throw SystemError(errno: ENOENT, call: "open", path: file.name)
    }
    return inodes[Int(inode)].read(offset, count)
  }
}
