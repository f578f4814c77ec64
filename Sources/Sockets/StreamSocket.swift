import Glibc
import LinnaeusBase

/// A TCP connection that does not block.
///
/// Whoever holds it closes it.
public struct StreamSocket: Hashable, Sendable {
  /// What a transfer came to.
  public enum Transfer: Hashable, Sendable {
    /// That many bytes, at least one.
    case bytes(Int)
    /// None for now: try again when the poller says so.
    case later
    /// The peer sends no more.
    case end
    /// The connection is broken.
    case failed(Int32)
  }

  /// The system's number.
  public let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// No connection: every transfer fails.
  public static let none = StreamSocket(descriptor: -1)

  /// Begins to connect; the socket becomes writable when that is done.
  public init(connectingTo address: SocketAddress) throws(SystemError) {
    descriptor = try SystemCalls.socket(family: address.family)
    do {
      try SystemCalls.connect(descriptor, to: address)
    } catch {
      SystemCalls.close(descriptor)
      throw error
    }
    sendImmediately()
  }

  /// Takes what has come, at most as much as `buffer` holds.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    let count = SystemCalls.read(descriptor, buffer)
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    return errno == EAGAIN ? .later : .failed(errno)
  }

  /// Sends the bytes or the first of them.
  public func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    let count = SystemCalls.send(descriptor, bytes)
    if count >= 0 { return .bytes(count) }
    return errno == EAGAIN ? .later : .failed(errno)
  }

  /// Says that nothing more will be sent; what was sent still arrives.
  public func shutDownSending() {
    SystemCalls.shutDownSending(descriptor)
  }

  /// Ends the connection.
  public func close() {
    SystemCalls.close(descriptor)
  }

  /// `TCP_NODELAY`: small replies do not wait for larger ones.
  func sendImmediately() {
    SystemCalls.set(TCP_NODELAY, level: Int32(IPPROTO_TCP), to: 1, on: descriptor)
  }
}
