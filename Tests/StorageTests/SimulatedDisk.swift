import Glibc
import LinnaeusBase
import Storage

/// A disk on which all that was not synced may vanish, stay, or tear, sector by sector.
struct SimulatedDisk {
  static let sector = 512

  fileprivate struct Inode {
    var durable: [UInt8] = []
    var current: [UInt8] = []
  }

  private enum NameChange {
    case link(StoredFile, Int)
    case rename(StoredFile, StoredFile, Int)
    case remove(StoredFile)

    var directory: StoredFile.Directory {
      switch self {
      case .link(let file, _), .rename(let file, _, _), .remove(let file): file.directory
      }
    }
  }

  enum Crash {
    /// The process ends; the system and its page cache go on.
    case process
    /// The power fails.
    case power(seed: UInt64)
  }

  private var inodes: [Inode] = []
  private var names: [StoredFile: Int] = [:]
  private var durableNames: [StoredFile: Int] = [:]
  private var changes: [NameChange] = []
  private var open: [FileNumber: Int] = [:]
  /// How many operations were executed.
  private(set) var executed = 0
  /// So many bytes may be used in all.
  var capacity = Int.max
  /// The operation that fails, by its number, and how.
  var failure: (operation: Int, errno: Int32)?

  /// Executes an operation; its `errno` if it fails.
  mutating func execute(_ operation: DiskOperation) -> Int32? {
    defer { executed += 1 }
    if let failure, failure.operation == executed { return failure.errno }
    switch operation {
    case .create(let file, let number):
      inodes.append(Inode())
      names[file] = inodes.count - 1
      changes.append(.link(file, inodes.count - 1))
      open[number] = inodes.count - 1
    case .open(let file, let number):
      guard let inode = names[file] else { return ENOENT }
      open[number] = inode
    case .preallocate(let number, let end):
      guard used + end - size(number) <= capacity else { return ENOSPC }
      change(number) { bytes in
        if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
      }
    case .truncate(let number, let end):
      change(number) { bytes in
        if bytes.count > end { bytes.removeSubrange(end...) }
      }
    case .write(let number, let offset, let bytes):
      return write(number, offset, bytes)
    case .sync(let number, _):
      if let inode = open[number] { inodes[inode].durable = inodes[inode].current }
    case .close(let number): open[number] = nil
    case .rename(let from, let to):
      guard let inode = names[from] else { return ENOENT }
      names[from] = nil
      names[to] = inode
      changes.append(.rename(from, to, inode))
    case .remove(let file), .erase(let file):
      names[file] = nil
      changes.append(.remove(file))
    case .syncDirectory(let directory, _):
      for change in changes where change.directory == directory { apply(change) }
      changes.removeAll { $0.directory == directory }
    }
    return nil
  }

  private mutating func write(_ number: FileNumber, _ offset: Int, _ bytes: [UInt8]) -> Int32? {
    let growth = max(0, offset + bytes.count - size(number))
    let missing = max(0, used + growth - capacity)
    // What fits is written before the call fails.
    let part = missing > 0 ? bytes[..<max(0, bytes.count - missing)] : bytes[...]
    change(number) { current in
      if current.count < offset + part.count {
        current += [UInt8](repeating: 0, count: offset + part.count - current.count)
      }
      current.replaceSubrange(offset..<offset + part.count, with: part)
    }
    return missing > 0 ? ENOSPC : nil
  }

  private var used: Int { names.values.reduce(0) { $0 + inodes[$1].current.count } }

  private func size(_ number: FileNumber) -> Int {
    open[number].map { inodes[$0].current.count } ?? 0
  }

  private mutating func change(_ number: FileNumber, _ body: (inout [UInt8]) -> Void) {
    guard let inode = open[number] else { preconditionFailure("the file is not open") }
    body(&inodes[inode].current)
  }

  private mutating func apply(_ change: NameChange) {
    switch change {
    case .link(let file, let inode): durableNames[file] = inode
    case .rename(let from, let to, let inode):
      durableNames[from] = nil
      durableNames[to] = inode
    case .remove(let file): durableNames[file] = nil
    }
  }

  /// Whether a file of this name is there for good.
  func isDurable(_ file: StoredFile) -> Bool { durableNames[file] != nil }

  // MARK: Crashing

  /// Ends the process or the power, after which nothing is open.
  mutating func crash(_ crash: Crash) {
    open = [:]
    failure = nil
    guard case .power(let seed) = crash else { return }
    var random = SeededRandom(seed: seed)
    // Nothing, everything, the first ones, or any of the changes of names.
    let kind = random.below(4)
    let prefix = random.below(changes.count + 1)
    for (index, change) in changes.enumerated() {
      let stays = [false, true, index < prefix, random.chance(1, in: 2)][kind]
      if stays { apply(change) }
    }
    changes = []
    names = durableNames
    for index in inodes.indices { inodes[index].tear(&random) }
  }

  // MARK: Reading

  var files: [(file: StoredFile, size: Int)] {
    names.map { (file: $0.key, size: inodes[$0.value].current.count) }
      .sorted { $0.file.name < $1.file.name }
  }

  func contents(_ file: StoredFile) -> [UInt8] {
    names[file].map { inodes[$0].current } ?? []
  }

  func read(_ file: StoredFile, _ offset: Int, _ count: Int) throws(SystemError) -> [UInt8] {
    guard let inode = names[file] else {
      throw SystemError(errno: ENOENT, call: "open", path: file.name)
    }
    let bytes = inodes[inode].current
    guard offset < bytes.count else { return [] }
    return Array(bytes[offset..<min(bytes.count, offset + count)])
  }

  /// Puts a file there, for good.
  mutating func put(_ file: StoredFile, _ bytes: [UInt8]) {
    inodes.append(Inode(durable: bytes, current: bytes))
    names[file] = inodes.count - 1
    durableNames[file] = inodes.count - 1
  }

  /// Takes a file away, for good.
  mutating func drop(_ file: StoredFile) {
    names[file] = nil
    durableNames[file] = nil
  }
}

extension SimulatedDisk.Inode {
  /// Keeps of each sector what is durable or what was written, and of the two sizes either, or any
  /// size between them.
  fileprivate mutating func tear(_ random: inout SeededRandom) {
    if durable == current { return }
    let sector = SimulatedDisk.sector
    let kind = random.below(4)
    let sizes = [durable.count, current.count].sorted()
    let size = [
      durable.count, current.count, current.count, sizes[0] + random.below(sizes[1] - sizes[0] + 1),
    ][random.below(4)]
    var result = [UInt8](repeating: 0, count: size)
    for start in stride(from: 0, to: size, by: sector) {
      let isWritten = [false, true, random.chance(1, in: 2), random.chance(4, in: 5)][kind]
      let source = isWritten ? current : durable
      let end = min(size, start + sector, source.count)
      if start < end { result.replaceSubrange(start..<end, with: source[start..<end]) }
    }
    durable = result
    current = result
  }
}
