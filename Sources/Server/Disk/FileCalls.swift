import Glibc
import LinnaeusBase

/// The system calls on files, each wrapper naming the C function that it wraps.
enum FileCalls {
  private static func failure(_ call: String, _ path: String, _ number: Int32? = nil) -> SystemError
  {
    SystemError(errno: number ?? errno, call: call, path: path)
  }

  /// `open`: to write; makes the file empty, or takes one that exists as it is.
  static func openToWrite(_ path: String, emptied: Bool) throws(SystemError) -> Int32 {
    let flags = O_RDWR | O_CLOEXEC | (emptied ? O_CREAT | O_TRUNC : 0)
    let descriptor = open(path, flags, 0o644)
    guard descriptor >= 0 else { throw failure("open", path) }
    return descriptor
  }

  /// `open`: to read.
  static func openToRead(_ path: String) throws(SystemError) -> Int32 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    return descriptor
  }

  /// `close`.
  static func close(_ descriptor: Int32) {
    _ = Glibc.close(descriptor)
  }

  /// `pwrite` until everything is written.
  static func write(
    _ bytes: [UInt8], to descriptor: Int32, at offset: Int, path: String
  ) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done,
          off_t(offset + done))
      }
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw failure("pwrite", path, count == 0 ? ENOSPC : errno)
      }
    }
  }

  /// `pread` until `count` bytes are there or the file ends.
  static func read(
    _ count: Int, from descriptor: Int32, at offset: Int, path: String
  ) throws(SystemError) -> [UInt8] {
    var number: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), count - filled,
          off_t(offset + filled))
        if got > 0 {
          filled += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          number = errno
          return
        }
      }
    }
    guard number == 0 else { throw failure("pread", path, number) }
    return bytes
  }

  /// `fdatasync`.
  @Sendable
  static func sync(_ descriptor: Int32, path: String) throws(SystemError) {
    guard fdatasync(descriptor) == 0 else { throw failure("fdatasync", path) }
  }

  /// `open`, `fsync`, `close`: what was made, renamed or removed in a folder stays so.
  static func syncFolder(_ path: String) throws(SystemError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
  }

  /// `posix_fallocate`: the file has that size at least, in zeros that need no more room later.
  static func preallocate(
    _ descriptor: Int32, upTo size: Int, path: String
  ) throws(SystemError) {
    let number = posix_fallocate(descriptor, 0, off_t(size))
    guard number == 0 else { throw failure("posix_fallocate", path, number) }
  }

  /// `ftruncate`.
  static func truncate(_ descriptor: Int32, to size: Int, path: String) throws(SystemError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("ftruncate", path) }
  }

  /// `rename`.
  static func rename(_ path: String, to target: String) throws(SystemError) {
    guard Glibc.rename(path, target) == 0 else { throw failure("rename", path) }
  }

  /// `unlink`; a file that does not exist is removed already.
  static func remove(_ path: String) throws(SystemError) {
    if unlink(path) != 0, errno != ENOENT { throw failure("unlink", path) }
  }

  /// `mkdir`: a folder and those above it, where they do not exist.
  static func makeFolder(_ path: String) throws(SystemError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolder(String(path[..<slash]))
    }
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw failure("mkdir", path) }
  }

  /// `mkdtemp`: a folder of its own in the system's folder for temporary files.
  static func makeTemporaryFolder() throws(SystemError) -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/linnaeus-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw failure("mkdtemp", parent) }
    return String(cString: made)
  }

  /// `opendir`, `readdir`, `stat`: the regular files in a folder and their sizes, by name.
  static func files(in folder: String) throws(SystemError) -> [(name: String, size: Int)] {
    guard let handle = opendir(folder) else { throw failure("opendir", folder) }
    defer { closedir(handle) }
    var found: [(name: String, size: Int)] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var status = stat()
      if stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG {
        found.append((name, Int(status.st_size)))
      }
    }
    return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The sizes of a folder's files together; 0 if it cannot be read.
  static func size(of folder: String) -> Int {
    do {
      return try files(in: folder).reduce(0) { $0 + $1.size }
    } catch {
      return 0
    }
  }

  /// `stat`: the file with that prefix whose hexadecimal number is the largest, and when it was
  /// changed, in milliseconds since 1970.
  static func newestFile(in folder: String, prefix: String) -> (name: String, modified: Int64)? {
    let numbered: [(name: String, number: UInt64)]
    do {
      numbered = try files(in: folder).compactMap { file in
        guard file.name.hasPrefix(prefix) else { return nil }
        return UInt64(file.name.dropFirst(prefix.count), radix: 16).map { (file.name, $0) }
      }
    } catch {
      return nil
    }
    guard let name = numbered.max(by: { $0.number < $1.number })?.name else { return nil }
    var status = stat()
    stat("\(folder)/\(name)", &status)
    return (name, Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
  }

  /// `opendir`, `readdir`: how many descriptors this process has.
  static func openDescriptors() -> Int {
    guard let handle = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(handle) }
    var count = 0
    while readdir(handle) != nil { count += 1 }
    // Two dots, and the handle itself.
    return max(0, count - 3)
  }

  /// `uname`.
  static func systemNames() -> (host: String, name: String, machine: String, release: String) {
    var names = utsname()
    uname(&names)
    return (
      text(names.nodename), text(names.sysname), text(names.machine), text(names.release)
    )
  }

  private static func text(_ field: some BitwiseCopyable) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// `getcwd`.
  static func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
  }

  /// `flock` of a file of the folder, so that no second server uses it; held until the process
  /// ends or the descriptor is closed.
  static func lock(_ folder: String) throws(SystemError) -> Int32 {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", folder) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let error = failure("flock", folder)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// `write` to standard error; there is nobody to tell if that fails.
  static func writeToStandardError(_ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
