import Glibc
import Jute
import LinnaeusBase
import Sockets

/// A client that sends many requests before it reads their replies: a socket that blocks.
final class FootprintClient {
  private let descriptor: Int32
  private var input = [UInt8](repeating: 0, count: 1 << 20)
  private var filled = 0
  private var start = 0
  /// Requests that are written and not sent.
  var output = ByteWriter()
  /// How many of them there are.
  private(set) var written = 0

  /// Connects and waits for a session, as long as the server takes to come up.
  init(port: Int) throws {
    descriptor = try Self.connected(port)
    output.int32(0)
    ConnectRequest(
      lastZxidSeen: .zero, timeoutMilliseconds: 40_000, session: 0,
      password: [UInt8](repeating: 0, count: 16), readOnly: nil
    ).write(to: &output)
    output.replaceInt32(at: 0, with: Int32(output.count - 4))
    try send()
    _ = try nextFrame()
  }

  private static func connected(_ port: Int) throws -> Int32 {
    let until = ContinuousClock.now + .seconds(120)
    while true {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if status == 0 { return descriptor }
      close(descriptor)
      guard ContinuousClock.now < until else {
        throw BenchmarkError(message: "nothing listens on port \(port)")
      }
      usleep(200)
    }
  }

  deinit {
    close(descriptor)
  }

  /// Writes a request.
  func request(_ opcode: Opcode, _ body: (inout ByteWriter) -> Void) {
    let start = output.count
    output.int32(0)
    RequestHeader(xid: 1, opcode: opcode).write(to: &output)
    body(&output)
    output.replaceInt32(at: start, with: Int32(output.count - start - 4))
    written += 1
  }

  /// Sends what is written.
  func send() throws {
    var sent = 0
    while sent < output.count {
      let count = output.bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, 0)
      }
      guard count > 0 else { throw BenchmarkError(message: "the server closed its connection") }
      sent += count
    }
    output.bytes.removeAll(keepingCapacity: true)
  }

  /// Reads the replies to everything that was written; the number of those that are errors.
  func receive() throws -> Int {
    var errors = 0
    while written > 0 {
      let (place, _) = try nextFrame()
      let header = input.withUnsafeBytes {
        (
          xid: Int32(bigEndian: $0.loadUnaligned(fromByteOffset: place, as: Int32.self)),
          error: Int32(bigEndian: $0.loadUnaligned(fromByteOffset: place + 12, as: Int32.self))
        )
      }
      if header.xid == SpecialXid.notification { continue }
      if header.error != 0 { errors += 1 }
      written -= 1
    }
    return errors
  }

  /// Where the next packet stands in the input, without its length.
  private func nextFrame() throws -> (place: Int, count: Int) {
    while true {
      if filled - start >= 4 {
        let count = input.withUnsafeBytes {
          Int(Int32(bigEndian: $0.loadUnaligned(fromByteOffset: start, as: Int32.self)))
        }
        if filled - start >= 4 + count {
          defer { start += 4 + count }
          return (start + 4, count)
        }
      }
      if start > 0 {
        input.withUnsafeMutableBytes {
          $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<filled]))
        }
        filled -= start
        start = 0
      }
      let (descriptor, place) = (descriptor, filled)
      let count = input.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress?.advanced(by: place), $0.count - place)
      }
      guard count > 0 else { throw BenchmarkError(message: "the server closed its connection") }
      filled += count
    }
  }
}
