import Glibc
import LinnaeusBase

/// An IPv4 or IPv6 address and a port.
public struct SocketAddress: Sendable, CustomStringConvertible {
  private var storage = sockaddr_storage()
  private var size: socklen_t = 0

  /// Copies what the system wrote.
  init(_ bytes: UnsafeRawBufferPointer) {
    size = socklen_t(min(bytes.count, MemoryLayout<sockaddr_storage>.size))
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: .init(rebasing: bytes.prefix(Int(size))))
    }
  }

  /// Lets a system call fill it in; stays empty if that fails.
  init(
    _ fill: (UnsafeMutablePointer<sockaddr_storage>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) {
    var filled = socklen_t(MemoryLayout<sockaddr_storage>.size)
    if fill(&storage, &filled) >= 0 { size = filled }
  }

  /// The wildcard address of a family.
  private init(anyOf family: Int32, port: Int) {
    withUnsafeMutableBytes(of: &storage) { bytes in
      bytes.storeBytes(of: sa_family_t(family), as: sa_family_t.self)
      bytes.storeBytes(of: UInt16(port).bigEndian, toByteOffset: 2, as: UInt16.self)
    }
    size = socklen_t(
      family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
  }

  /// All addresses of this machine: both families at once if it has IPv6, else IPv4.
  static func wildcards(port: Int) -> [SocketAddress] {
    [SocketAddress(anyOf: AF_INET6, port: port), SocketAddress(anyOf: AF_INET, port: port)]
  }

  /// Looks a host up.
  ///
  /// - Parameters:
  ///   - host: A name, or an address as text.
  ///   - port: 0 ... 65535.
  /// - Returns: At least one address.
  /// - Throws: The error of the look-up.
  public static func resolve(host: String, port: Int) throws(SystemError) -> SocketAddress {
    let found = try SystemCalls.addresses(of: host, port: port)
    guard let first = found.first else {
      throw SystemError(errno: ENOENT, call: "getaddrinfo", path: host)
    }
    return first
  }

  var family: Int32 { Int32(storage.ss_family) }

  /// The port.
  public var port: Int {
    withUnsafeBytes(of: storage) {
      Int(UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)))
    }
  }

  /// The address without the port, as Java writes it: IPv4 dotted, also where it came by way of
  /// IPv6; IPv6 in eight groups without abbreviation.
  public var host: String {
    withUnsafeBytes(of: storage) { bytes in
      guard let start = bytes.baseAddress else { return "?" }
      switch family {
      case AF_INET: return SystemCalls.text(family: AF_INET, start + 4)
      case AF_INET6:
        let address = bytes[8..<24]
        let isMapped =
          address.prefix(10).allSatisfy { $0 == 0 } && bytes[18] == 255
          && bytes[19] == 255
        // Taking connections of both families: as Java says it.
        if address.allSatisfy({ $0 == 0 }) { return "0.0.0.0" }
        if isMapped { return SystemCalls.text(family: AF_INET, start + 20) }
        return stride(from: 8, to: 24, by: 2).map { offset in
          String(Int(bytes[offset]) << 8 | Int(bytes[offset + 1]), radix: 16)
        }.joined(separator: ":")
      default: return "?"
      }
    }
  }

  /// `127.0.0.1:2181`; IPv6 stands in brackets.
  public var description: String {
    let host = host
    return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }
}
