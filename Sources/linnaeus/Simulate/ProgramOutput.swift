import Glibc
import LinnaeusBase

/// This program, started again, and the lines that it prints.
final class ProgramOutput {
  /// What came next.
  enum Next {
    /// A line, without its end.
    case line([UInt8])
    /// Nothing more will come.
    case end
    /// Nothing came in time.
    case silence
  }

  private let process: ChildProcess
  private let descriptor: Int32
  private var bytes: [UInt8] = []
  private var start = 0

  /// `socketpair`: starts it; what it says on standard error is not kept.
  init(_ arguments: [String]) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    // Closed in other processes that are started meanwhile: its end would not be seen otherwise.
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw SystemError(errno: errno, call: "socketpair", path: "")
    }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer {
      close(ends[1])
      close(null)
    }
    descriptor = ends[0]
    do {
      process = try ChildProcess(
        "/proc/self/exe", arguments, input: null, output: ends[1], error: null)
    } catch {
      close(ends[0])
      throw error
    }
  }

  deinit { close(descriptor) }

  /// `poll`, `read`: the next line; whether to give up is asked a few times a second.
  func nextLine(withinMilliseconds milliseconds: Int32, unless isInterrupted: () -> Bool) -> Next {
    var waited: Int32 = 0
    while true {
      if let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return .line(Array(bytes[start..<end]))
      }
      bytes.removeFirst(start)
      start = 0
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 200) <= 0 {
        waited += 200
        if waited >= milliseconds || isInterrupted() { return .silence }
        continue
      }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .end }
      bytes += piece[..<count]
    }
  }

  /// `kill`: ends it at once.
  func kill() { process.send(SIGKILL) }

  /// Waits for its end.
  func wait() -> (ending: ChildProcess.Ending, seconds: Double) { process.wait() }
}
