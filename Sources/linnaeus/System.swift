import Glibc
import LinnaeusBase

/// The system calls of this program, each named by what it is for.
enum System {
  /// `isatty`: whether the descriptor is a terminal.
  static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1
  }

  /// `getenv`: whether the variable is set and not empty.
  static func isSet(_ variable: String) -> Bool {
    getenv(variable).map { $0.pointee != 0 } ?? false
  }

  /// `sysconf`: how many processors may be used.
  static var processorCount: Int {
    max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// `write`, until everything is written; nil, or the `errno` of the failure.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress
      let count = Glibc.write(descriptor, start, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      rest = rest.dropFirst(count)
    }
    return nil
  }

  /// `write` to standard error; there is nobody to tell if that fails.
  static func complain(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
  }

  /// `open`, `write`, `close`: makes or replaces a file; `-` is standard output.
  static func write(_ bytes: [UInt8], toFile path: String) throws(SystemError) {
    let isOutput = path == "-"
    let descriptor = isOutput ? STDOUT_FILENO : try create(path)
    var failure = bytes.withUnsafeBytes { write($0, to: descriptor) }
    if !isOutput, close(descriptor) != 0, failure == nil { failure = errno }
    if let failure { throw SystemError(errno: failure, call: "write", path: path) }
  }

  /// `open`: makes a file or empties it.
  static func create(_ path: String) throws(SystemError) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw SystemError(errno: errno, call: "open", path: path) }
    return descriptor
  }

  /// `stat`: whether the path names a folder; nil if it names nothing that can be seen.
  static func isFolder(_ path: String) -> Bool? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  /// `lstat`: whether the path is a symbolic link.
  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// `stat`: the size of a file in bytes; 0 if nobody knows.
  static func size(of path: String) -> Int {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return 0 }
    return Int(status.st_size)
  }

  /// `opendir`, `readdir`: the names in a folder without `.` and `..`, in the order of their bytes.
  static func names(inFolder path: String) throws(SystemError) -> [String] {
    guard let folder = opendir(path) else {
      throw SystemError(errno: errno, call: "opendir", path: path)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// `mkdir`: a folder and those above it, where they do not exist.
  static func makeFolder(_ path: String) throws(SystemError) {
    if isFolder(path) == true { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolder(String(path[..<slash]))
    }
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw SystemError(errno: errno, call: "mkdir", path: path)
    }
  }

  /// `pthread_create`, `pthread_detach`: runs `body` on a thread of its own; false if there is none left.
  static func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      }, box.toOpaque())
    if failure == 0 { pthread_detach(thread) } else { box.release() }
    return failure == 0
  }

  private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// `signal`: a reader that goes away shall not end this program; `write` says `EPIPE` instead.
  static func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
  }

  /// `pthread_sigmask`: lets SIGINT and SIGTERM wait for ``nextSignal(withinMilliseconds:)`` on
  /// this thread and those that it starts.
  static func holdBackSignals() {
    var signals = interruptions
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// `sigtimedwait`: the next SIGINT or SIGTERM; nil if none came in time.
  static func nextSignal(withinMilliseconds milliseconds: Int?) -> Int32? {
    var signals = interruptions
    guard let milliseconds else {
      // A process that is stopped and goes on, or is traced, is interrupted without a signal.
      while true {
        let number = sigwaitinfo(&signals, nil)
        if number > 0 { return number }
        guard errno == EINTR else { return nil }
      }
    }
    var time = timespec(
      tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let number = sigtimedwait(&signals, nil, &time)
    return number > 0 ? number : nil
  }

  /// `raise` with the signal's own effect: ends the process as if it had never been held back.
  static func die(of number: Int32) -> Never {
    signal(number, SIG_DFL)
    var signals = interruptions
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
    _exit(128 + number)
  }

  private static var interruptions: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }

  /// `setenv`: processes that this one starts do not explain why they trap, which takes seconds.
  static func silenceTraps() {
    setenv("SWIFT_BACKTRACE", "enable=no", 1)
  }

  /// `_exit`: ends the process at once, threads and all; everything is written already.
  static func end(_ status: ExitCode) -> Never {
    _exit(status.rawValue)
  }
}

/// A counting semaphore (`sem_t`) on which one thread waits for others.
final class Semaphore: Sendable {
  nonisolated(unsafe) private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() {
    sem_post(semaphore)
  }

  func wait() {
    while sem_wait(semaphore) != 0 && errno == EINTR {}
  }
}

extension SystemError {
  /// Whether it is but a reader that went away.
  var isBrokenPipe: Bool { errno == EPIPE }
}

extension InputBytes {
  /// Hands out the bytes and keeps them valid meanwhile.
  func withBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }
}
