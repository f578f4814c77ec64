import Glibc
import LinnaeusBase

/// A blocking socket to one server, and the wait for it and for standard input.
struct ShellSocket {
  private let descriptor: Int32
  private let name: String

  /// Which of the two has something.
  struct Readiness {
    var socket: Bool
    var input: Bool
  }

  /// `getaddrinfo`, `socket`, `connect`: the first address that accepts.
  init(_ server: ShellServer) throws(SystemError) {
    name = server.description
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(server.host, String(server.port), &hints, &list) == 0 else {
      throw SystemError(errno: EHOSTUNREACH, call: "getaddrinfo", path: name)
    }
    defer { freeaddrinfo(list) }
    var failure = EHOSTUNREACH
    var next = list
    while let info = next?.pointee {
      next = info.ai_next
      let candidate = socket(info.ai_family, info.ai_socktype | Self.closeOnExec, info.ai_protocol)
      guard candidate >= 0 else {
        failure = errno
        continue
      }
      if Glibc.connect(candidate, info.ai_addr, info.ai_addrlen) == 0 {
        descriptor = candidate
        return
      }
      failure = errno
      Glibc.close(candidate)
    }
    throw SystemError(errno: failure, call: "connect", path: name)
  }

  private static var closeOnExec: Int32 { Int32(SOCK_CLOEXEC.rawValue) }

  /// `poll`: until bytes arrive, standard input has some if asked for, or the time is over.
  func wait(withInput: Bool, milliseconds: Int32) throws(SystemError) -> Readiness {
    var descriptors = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: withInput ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    guard count >= 0 || errno == EINTR else {
      throw SystemError(errno: errno, call: "poll", path: name)
    }
    return Readiness(
      socket: count > 0 && descriptors[0].revents != 0,
      input: count > 0 && descriptors[1].revents != 0)
  }

  /// `recv`: what has arrived; empty if the server closed the connection.
  func receive() throws(SystemError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count >= 0 { return Array(buffer.prefix(count)) }
      if errno != EINTR { throw SystemError(errno: errno, call: "recv", path: name) }
    }
  }

  /// `write`: all of the bytes.
  func send(_ bytes: [UInt8]) throws(SystemError) {
    let failure = bytes.withUnsafeBytes { System.write($0, to: descriptor) }
    if let failure { throw SystemError(errno: failure, call: "send", path: name) }
  }

  /// `close`: the descriptor is gone thereafter.
  func close() {
    Glibc.close(descriptor)
  }
}

/// Where a server is: `HOST:PORT`, `HOST`, `[ADDRESS]:PORT`.
struct ShellServer: CustomStringConvertible {
  let host: String
  let port: UInt16

  /// nil if the text is no such place.
  init?(_ text: String) {
    var rest = text[...]
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      host = String(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[rest.index(after: end)...]
    } else {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      host = String(rest[..<end])
      rest = rest[end...]
    }
    guard !host.isEmpty else { return nil }
    guard !rest.isEmpty else {
      port = 2181
      return
    }
    guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
    port = number
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// `clock_gettime`, `strftime`, `read`: the clocks and the input of the shell.
enum ShellWorld {
  /// The monotonic clock.
  static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// A date as Java writes it: `Wed Nov 25 01:06:21 UTC 2026`.
  static func date(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
    var parts = tm()
    localtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, "%a %b %d %H:%M:%S %Z %Y", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What standard input has; empty at its end.
  static func readInput() throws(SystemError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count >= 0 { return Array(buffer.prefix(count)) }
      if errno != EINTR { throw SystemError(errno: errno, call: "read", path: "-") }
    }
  }
}
