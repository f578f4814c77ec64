import CLinux
import Glibc
import LinnaeusBase

/// Waits until one of many descriptors can be read or written (`epoll`).
public struct Poller: ~Copyable {
  /// Something that happened to a descriptor.
  public struct Event {
    /// What the descriptor was registered with.
    public var token: UInt64
    fileprivate var flags: UInt32

    /// Whether there may be something to read, be it the end or an error.
    public var isReadable: Bool {
      flags & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }
    /// Whether there may be room to write.
    public var isWritable: Bool { flags & EPOLLOUT.rawValue != 0 }
    /// Whether the peer has closed its half, or the connection is broken.
    public var isEnding: Bool {
      flags & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }
  }

  private let poll: Int32
  private let events: UnsafeMutableBufferPointer<epoll_event>

  /// Registers nothing yet.
  ///
  /// - Parameter capacity: How many events are taken at once.
  /// - Throws: The error of `epoll_create1`.
  public init(capacity: Int = 512) throws(SystemError) {
    poll = try SystemCalls.makePoll()
    events = .allocate(capacity: capacity)
    events.initialize(repeating: epoll_event())
  }

  deinit {
    SystemCalls.close(poll)
    events.deallocate()
  }

  /// Tells of a descriptor as long as it can be read.
  public func add(level descriptor: Int32, token: UInt64) throws(SystemError) {
    try SystemCalls.control(
      poll, EPOLL_CTL_ADD, descriptor, events: EPOLLIN.rawValue, token: token)
  }

  /// Tells of a socket whenever it *becomes* readable or writable, once each time: it is registered
  /// once and needs no other call until it is closed.
  public func add(edge socket: StreamSocket, token: UInt64) throws(SystemError) {
    let flags =
      EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    try SystemCalls.control(poll, EPOLL_CTL_ADD, socket.descriptor, events: flags, token: token)
  }

  /// Stops or goes on telling of a descriptor that was added with ``add(level:token:)``.
  public func setEnabled(
    _ isEnabled: Bool, level descriptor: Int32, token: UInt64
  ) throws(SystemError) {
    try SystemCalls.control(
      poll, EPOLL_CTL_MOD, descriptor, events: isEnabled ? EPOLLIN.rawValue : 0, token: token)
  }

  /// Waits for events.
  ///
  /// - Parameter milliseconds: At most that long; nil is without limit.
  /// - Returns: How many there are: those of ``event(_:)``.
  /// - Throws: The error of `epoll_wait`.
  public mutating func wait(milliseconds: Int?) throws(SystemError) -> Int {
    try SystemCalls.wait(poll, events, milliseconds: milliseconds.map { Int32(clamping: $0) } ?? -1)
  }

  /// One of the events of the last ``wait(milliseconds:)``.
  public func event(_ index: Int) -> Event {
    Event(token: events[index].data.u64, flags: events[index].events)
  }
}
