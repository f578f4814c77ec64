import Glibc

/// The bytes of a whole file or of standard input, as long as this object lives.
///
/// A large regular file is mapped, so that it costs no memory of the process's own; everything
/// else is read. Whoever shortens a file while it is mapped ends the process, as with any program
/// that maps files.
public final class InputBytes: Sendable {
  /// The bytes, valid as long as this object lives: use `withExtendedLifetime` around their use.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
  }

  private let address: UInt
  private let count: Int
  private let isMapped: Bool

  /// Regular files smaller than this are read: that is quicker than to map and unmap them.
  private static let smallestMapping = 1 << 20

  /// Reads or maps the file at `path`; `-` is standard input.
  public init(path: String) throws(SystemError) {
    var file: Int32 = 0
    if path != "-" {
      file = open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw SystemError(errno: errno, call: "open", path: path) }
    }
    defer { if path != "-" { close(file) } }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      throw SystemError(errno: errno, call: "fstat", path: path)
    }
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    let size = Int(status.st_size)
    // Standard input may stand in the middle of its file.
    if isRegular, path != "-", size >= Self.smallestMapping {
      guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
        throw SystemError(errno: errno, call: "mmap", path: path)
      }
      _ = madvise(start, size, MADV_SEQUENTIAL)
      (address, count, isMapped) = (UInt(bitPattern: start), size, true)
    } else {
      let read = try Self.readAll(file, path: path, expected: isRegular ? size : 0)
      (address, count, isMapped) = (UInt(bitPattern: read.baseAddress), read.count, false)
    }
  }

  deinit {
    let start = UnsafeMutableRawPointer(bitPattern: address)
    if isMapped { munmap(start, count) } else { free(start) }
  }

  /// Reads to the end, into memory of `malloc`.
  private static func readAll(
    _ file: Int32, path: String, expected: Int
  ) throws(SystemError) -> UnsafeRawBufferPointer {
    // One byte more than expected, so that the last call finds the end and nothing grows.
    var capacity = max(expected, 4_095) + 1
    var buffer = malloc(capacity)
    var count = 0
    while true {
      if count == capacity {
        capacity *= 2
        guard let larger = realloc(buffer, capacity) else {
          free(buffer)
          throw SystemError(errno: ENOMEM, call: "realloc", path: path)
        }
        buffer = larger
      }
      guard let start = buffer else {
        throw SystemError(errno: ENOMEM, call: "malloc", path: path)
      }
      let got = read(file, start + count, capacity - count)
      if got == 0 { return UnsafeRawBufferPointer(start: start, count: count) }
      if got > 0 {
        count += got
      } else if errno != EINTR {
        let number = errno
        free(start)
        throw SystemError(errno: number, call: "read", path: path)
      }
    }
  }
}
