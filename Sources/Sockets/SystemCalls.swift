import CLinux
import Glibc
import LinnaeusBase

/// The system calls of this module, each wrapper naming the C function that it wraps.
enum SystemCalls {
  /// `errno` of the call that has just failed, with its name and what it was called for.
  static func failure(_ call: String, _ subject: String = "") -> SystemError {
    SystemError(errno: errno, call: call, path: subject)
  }

  /// `close`.
  static func close(_ descriptor: Int32) {
    _ = Glibc.close(descriptor)
  }

  /// `read`: how many bytes came, 0 at the end; -1 with `errno`.
  static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 || errno != EINTR { return count }
    }
  }

  /// `send` without SIGPIPE: how many bytes went; -1 with `errno`.
  static func send(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    while true {
      let count = Glibc.send(
        descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
      if count >= 0 || errno != EINTR { return count }
    }
  }

  /// `shutdown` of the sending half.
  static func shutDownSending(_ descriptor: Int32) {
    _ = Glibc.shutdown(descriptor, Int32(SHUT_WR))
  }

  // MARK: Sockets

  /// `socket`: a stream socket that does not block and is closed by `exec`.
  static func socket(family: Int32) throws(SystemError) -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(family, kind, 0)
    guard descriptor >= 0 else { throw failure("socket") }
    return descriptor
  }

  /// `setsockopt` with a whole number.
  @discardableResult
  static func set(_ option: Int32, level: Int32, to value: Int32, on descriptor: Int32) -> Bool {
    var value = value
    return setsockopt(
      descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
  }

  /// `bind`.
  static func bind(
    _ descriptor: Int32, to address: SocketAddress
  ) throws(SystemError) {
    let result = address.withSockaddr { Glibc.bind(descriptor, $0, $1) }
    guard result == 0 else { throw failure("bind", address.description) }
  }

  /// `listen`.
  static func listen(_ descriptor: Int32, backlog: Int32) throws(SystemError) {
    guard Glibc.listen(descriptor, backlog) == 0 else { throw failure("listen") }
  }

  /// `connect`, which a socket that does not block finishes later.
  static func connect(_ descriptor: Int32, to address: SocketAddress) throws(SystemError) {
    let result = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
    if result != 0, errno != EINPROGRESS { throw failure("connect", address.description) }
  }

  /// `accept4`: a socket that does not block, and its peer; nil with `errno` if there is none.
  static func accept(_ listener: Int32) -> (descriptor: Int32, peer: SocketAddress)? {
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    var descriptor: Int32 = -1
    let peer = SocketAddress { storage, size in
      descriptor = linux_accept4(listener, storage, size, flags)
      return descriptor
    }
    guard descriptor >= 0 else { return nil }
    return (descriptor, peer)
  }

  /// `getsockname`: where the socket is bound.
  static func localAddress(of descriptor: Int32) -> SocketAddress {
    SocketAddress { storage, size in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, size)
      }
    }
  }

  /// `getaddrinfo`: the addresses of a host and a port.
  static func addresses(of host: String, port: Int) throws(SystemError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &list)
    guard status == 0 else {
      throw SystemError(
        errno: status == EAI_SYSTEM ? errno : ENOENT, call: "getaddrinfo", path: host)
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next {
      if let address = entry.pointee.ai_addr {
        let size = Int(entry.pointee.ai_addrlen)
        found.append(
          SocketAddress(UnsafeRawBufferPointer(start: UnsafeRawPointer(address), count: size)))
      }
      next = entry.pointee.ai_next
    }
    return found
  }

  /// `inet_ntop`.
  static func text(family: Int32, _ address: UnsafeRawPointer) -> String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, address, &buffer, socklen_t(buffer.count)) != nil else { return "?" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: epoll and eventfd

  /// `epoll_create1`.
  static func makePoll() throws(SystemError) -> Int32 {
    let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw failure("epoll_create1") }
    return descriptor
  }

  /// `epoll_ctl`.
  static func control(
    _ poll: Int32, _ operation: Int32, _ descriptor: Int32, events: UInt32, token: UInt64
  ) throws(SystemError) {
    var event = epoll_event()
    event.events = events
    event.data.u64 = token
    guard epoll_ctl(poll, operation, descriptor, &event) == 0 else { throw failure("epoll_ctl") }
  }

  /// `epoll_wait`: how many events came; an interruption counts as none.
  static func wait(
    _ poll: Int32, _ events: UnsafeMutableBufferPointer<epoll_event>, milliseconds: Int32
  ) throws(SystemError) -> Int {
    let count = epoll_wait(poll, events.baseAddress, Int32(events.count), milliseconds)
    guard count < 0 else { return Int(count) }
    if errno == EINTR { return 0 }
    throw failure("epoll_wait")
  }

  /// `eventfd`: a counter to wait for.
  static func makeEvent(blocking: Bool) throws(SystemError) -> Int32 {
    let flags = Int32(EFD_CLOEXEC) | (blocking ? 0 : Int32(EFD_NONBLOCK))
    let descriptor = eventfd(0, flags)
    guard descriptor >= 0 else { throw failure("eventfd") }
    return descriptor
  }

  /// `write` of 1 to an `eventfd`.
  static func raise(_ descriptor: Int32) {
    var one: UInt64 = 1
    while Glibc.write(descriptor, &one, 8) < 0, errno == EINTR {}
  }

  /// `read` of an `eventfd`, which sets it back to 0.
  static func lower(_ descriptor: Int32) {
    var count: UInt64 = 0
    while Glibc.read(descriptor, &count, 8) < 0, errno == EINTR {}
  }

  // MARK: Limits

  /// `getrlimit`, `setrlimit`: raises the number of descriptors to what the process may have.
  static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    let previous = limit.rlim_cur
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    if limit.rlim_cur <= previous
      || setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0
    {
      return Int(clamping: previous)
    }
    return Int(clamping: limit.rlim_cur)
  }
}
