import Glibc
import LinnaeusBase

/// A port on which connections are accepted, open as long as this object lives.
public final class ListeningSocket: Sendable {
  /// What an attempt to accept came to.
  public enum Acceptance: Sendable {
    /// A connection, and who it is from.
    case connection(StreamSocket, SocketAddress)
    /// None waits.
    case none
    /// The system has no descriptor or memory left; the connection still waits, so that one should
    /// try again after a while and not at once.
    case exhausted(SystemError)
  }

  /// The system's number.
  public let descriptor: Int32
  /// Where it listens, the port chosen by the system if 0 was asked for.
  public let address: SocketAddress

  /// Binds and listens.
  ///
  /// - Parameters:
  ///   - host: A name or an address; nil is all addresses of this machine.
  ///   - port: 0 lets the system choose.
  ///   - backlog: How many connections may wait to be accepted; nil is a good many.
  /// - Throws: The error of the look-up, of `bind` or of `listen`.
  public init(host: String?, port: Int, backlog: Int? = nil) throws(SystemError) {
    let candidates: [SocketAddress]
    if let host {
      candidates = [try SocketAddress.resolve(host: host, port: port)]
    } else {
      candidates = SocketAddress.wildcards(port: port)
    }
    var made: Int32?
    var failure = SystemError(errno: EADDRNOTAVAIL, call: "bind", path: host ?? "")
    for candidate in candidates where made == nil {
      do {
        made = try Self.open(candidate, backlog: backlog ?? 4096)
      } catch {
        failure = error
        // A machine without IPv6 has IPv4; a port that is taken is taken.
        if error.errno != EAFNOSUPPORT && error.errno != EADDRNOTAVAIL { break }
      }
    }
    guard let made else { throw failure }
    descriptor = made
    address = SystemCalls.localAddress(of: made)
  }

  deinit {
    SystemCalls.close(descriptor)
  }

  private static func open(_ address: SocketAddress, backlog: Int) throws(SystemError) -> Int32 {
    let descriptor = try SystemCalls.socket(family: address.family)
    SystemCalls.set(SO_REUSEADDR, level: SOL_SOCKET, to: 1, on: descriptor)
    if address.family == AF_INET6 {
      SystemCalls.set(Int32(IPV6_V6ONLY), level: Int32(IPPROTO_IPV6), to: 0, on: descriptor)
    }
    do {
      try SystemCalls.bind(descriptor, to: address)
      try SystemCalls.listen(descriptor, backlog: Int32(clamping: backlog))
    } catch {
      SystemCalls.close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Accepts a connection, which does not delay what is sent.
  public func accept() -> Acceptance {
    while true {
      if let (descriptor, peer) = SystemCalls.accept(self.descriptor) {
        let socket = StreamSocket(descriptor: descriptor)
        socket.sendImmediately()
        return .connection(socket, peer)
      }
      switch errno {
      case EAGAIN: return .none
      // The one connection failed before it was taken; there may be another.
      case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT:
        continue
      default: return .exhausted(SystemCalls.failure("accept", address.description))
      }
    }
  }
}
