import Glibc
import Jute
import LinnaeusBase
import Replica
import Sockets
import Synchronization
import Testing

@testable import Server

/// A server on a free port of loopback and a folder of its own, which runs until this object goes.
final class ServerUnderTest: Sendable {
  let server: ZooKeeperServer
  let folder: String
  private let ended: UnsafeSemaphore
  private let outcome = Mutex<ServerError?>(nil)

  init(
    folder: TemporaryFolder, _ change: (inout ServerConfiguration) -> Void = { _ in },
    syncFile: @escaping DiskExecutor.Sync = FileCalls.sync
  ) throws {
    self.folder = folder.path
    var configuration = ServerConfiguration()
    configuration.tickMilliseconds = 2000
    configuration.client = .init(host: "127.0.0.1", port: 0)
    configuration.dataDirectory = folder.path
    configuration.preallocationKilobytes = 64
    configuration.fourLetterWords = .all
    change(&configuration)
    let log = LineCollector()
    server = try ZooKeeperServer(
      configuration, log: ServerLog(level: .debug) { log.add($0) }, syncFile: syncFile)
    collector = log
    ended = UnsafeSemaphore()
    try Threads.start(named: "server") { [self] in
      do throws(ServerError) { try server.run() } catch { outcome.withLock { $0 = error } }
      ended.signal()
    }
  }

  private let collector: LineCollector

  var port: Int { server.clientAddress.port }
  /// What it has logged so far.
  var logged: [String] { collector.lines }

  /// Stops it and waits; what it ended with, if not well.
  @discardableResult
  func stop() -> ServerError? {
    server.stop()
    return waitForEnd()
  }

  /// Waits until it has ended by itself.
  func waitForEnd() -> ServerError? {
    ended.wait()
    ended.signal()
    return outcome.withLock { $0 }
  }
}

final class LineCollector: Sendable {
  private let collected = Mutex<[String]>([])
  var lines: [String] { collected.withLock { $0 } }
  func add(_ line: String) { collected.withLock { $0.append(line) } }
}

/// `sem_t`, for a thread that waits for another.
final class UnsafeSemaphore: Sendable {
  nonisolated(unsafe) private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }
  func wait() { while sem_wait(semaphore) != 0, errno == EINTR {} }
}

/// A folder that is gone with this object.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws { path = try FileCalls.makeTemporaryFolder() }

  deinit {
    for folder in ["\(path)/version-2", path] {
      for file in (try? FileCalls.files(in: folder)) ?? [] { unlink("\(folder)/\(file.name)") }
      rmdir(folder)
    }
  }
}

/// A client that sends whatever bytes it is told to.
final class RawClient {
  private let descriptor: Int32

  init(port: Int, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw SystemError(errno: errno, call: "connect", path: "\(port)") }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// False if the server has closed the connection.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Exactly that many bytes, or fewer if the connection ends before; nil after 20 s of silence.
  func receive(_ count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while bytes.count < count {
      let got = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
      if got == 0 || (got < 0 && errno == ECONNRESET) { return bytes }
      guard got > 0 else { return nil }
      bytes += buffer[..<got]
    }
    return bytes
  }

  /// Everything to the end of the connection.
  func receiveAll() -> [UInt8]? { receive(Int.max) }

  /// The next packet without its length; nil if there is none.
  func packet() -> [UInt8]? {
    guard let head = receive(4), head.count == 4 else { return nil }
    let length = head.reduce(0) { $0 << 8 | Int($1) }
    guard let body = receive(length), body.count == length else { return nil }
    return body
  }

  /// Begins a session, and tells what the server granted.
  func connect(
    timeout: Int32 = 10_000, session: Int64 = 0, password: [UInt8]? = nil
  ) throws -> ConnectResponse {
    let request = ConnectRequest(
      timeoutMilliseconds: timeout, session: session,
      password: password ?? [UInt8](repeating: 0, count: 16))
    send(framed { request.write(to: &$0) })
    let answer = packet()
    let body = try #require(answer, "no answer to the request for a session")
    return try body.withBorrowedBytes {
      var reader = ByteReader($0)
      return try ConnectResponse(from: &reader)
    }
  }

  /// The next reply: its header and its body.
  func reply() throws -> (header: ReplyHeader, body: [UInt8]) {
    let next = packet()
    let packet = try #require(next, "no reply")
    return try packet.withBorrowedBytes {
      var reader = ByteReader($0)
      let header = try ReplyHeader(from: &reader)
      return (header, reader.takeRest().array)
    }
  }
}

/// A packet with its length before it.
func framed(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
  var writer = ByteWriter()
  writer.int32(0)
  write(&writer)
  writer.replaceInt32(at: 0, with: Int32(writer.count - 4))
  return writer.bytes
}

/// A request with its header.
func request(_ xid: Int32, _ opcode: Opcode, _ body: (inout ByteWriter) -> Void = { _ in })
  -> [UInt8]
{
  framed { writer in
    RequestHeader(xid: xid, opcode: opcode).write(to: &writer)
    body(&writer)
  }
}

func getData(_ xid: Int32, _ path: String) -> [UInt8] {
  request(xid, .getData) { writer in
    writeText(path, &writer)
    writer.bool(false)
  }
}

func create(_ xid: Int32, _ path: String, data: [UInt8]) -> [UInt8] {
  request(xid, .create) { writer in
    writeText(path, &writer)
    writer.int32(Int32(data.count))
    writer.append(data)
    writer.int32(1)
    writer.int32(31)
    writeText("world", &writer)
    writeText("anyone", &writer)
    writer.int32(0)
  }
}

private func writeText(_ text: String, _ writer: inout ByteWriter) {
  writer.int32(Int32(text.utf8.count))
  writer.append(Array(text.utf8))
}
