import Glibc

/// A program that this one started.
package struct ChildProcess: Sendable {
  /// How a process ended.
  package enum Ending: Hashable, Sendable {
    /// It ended itself, with this code.
    case exit(Int32)
    /// This signal ended it.
    case signal(Int32)
  }

  /// Its number.
  package let id: pid_t
  private let start: ContinuousClock.Instant

  /// `posix_spawn`: starts a program with its standard streams on these descriptors.
  ///
  /// `environment` is the whole one; nil is this process's own.
  package init(
    _ executable: String, _ arguments: [String], environment: [String]? = nil, input: Int32,
    output: Int32, error: Int32
  ) throws(SystemError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in [input, output, error].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    // The child shall find signals as a shell would leave them, whatever this process ignores.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var words = ([executable] + arguments).map { strdup($0) } + [nil]
    var variables = (environment ?? []).map { strdup($0) } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var id = pid_t()
    start = .now
    let failure =
      environment == nil
      ? posix_spawnp(&id, executable, &actions, &attributes, &words, environ)
      : posix_spawnp(&id, executable, &actions, &attributes, &words, &variables)
    guard failure == 0 else {
      throw SystemError(errno: failure, call: "posix_spawn", path: executable)
    }
    self.id = id
  }

  /// `kill`: sends it a signal.
  package func send(_ signal: Int32) {
    kill(id, signal)
  }

  /// `waitpid`: waits for its end; to be called once.
  ///
  /// Tells how it ended, and how many seconds after it was started.
  package func wait() -> (ending: Ending, seconds: Double) {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    let passed = (ContinuousClock.now - start).components
    let seconds = Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
    let signal = status & 0x7F
    return (signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal), seconds)
  }

  /// `RssAnon` of `/proc/PID/status`: its memory that no file backs, now; nil once it has ended.
  package var anonymousMemory: Int? {
    LinnaeusBase.anonymousMemory(process: "\(id)")
  }
}

/// `RssAnon` of `/proc/…/status`: a process's bytes of memory that no file backs; `self` is this
/// process.
package func anonymousMemory(process: String) -> Int? {
  let descriptor = open("/proc/\(process)/status", O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
    let count = read(descriptor, buffer.baseAddress, buffer.count)
    guard count > 0 else { return nil }
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix("RssAnon:") {
      return line.split { !$0.isNumber }.first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }
}
