import Glibc
import Jute
import LinnaeusBase
import Sockets

/// A server that gives every request a plausible reply at once and does nothing: what a load client
/// and the loopback device allow at most.
///
/// With a log it writes so many bytes there for each write as a transaction has, and syncs them
/// before it replies to anything that came with it: what the disk allows of that, to a server of one
/// thread.
struct NullServer: ~Copyable {
  private struct Client {
    var socket: StreamSocket
    var isConnected = false
    var input: [UInt8] = []
    var output = ByteWriter()
  }

  private let listener: ListeningSocket
  private var poller: Poller
  private var clients: [Client?] = []
  /// As long as the process lives.
  private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private let data = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
  private var session: Int64 = 0x100_0000_0000_0000
  /// −1 without one.
  private let log: Int32
  private var logged = 0
  private var unlogged = 0
  private var waiting: [Int] = []

  private init(listener: ListeningSocket, poller: consuming Poller, log: Int32) {
    self.listener = listener
    self.poller = poller
    self.log = log
  }

  static func listening(_ arguments: [String]) throws -> NullServer {
    var port = 0
    var log: Int32 = -1
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch (argument, rest.popFirst()) {
      case ("--port", let text?) where Int(text) != nil: port = Int(text) ?? 0
      case ("--log", let path?):
        log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard log >= 0, posix_fallocate(log, 0, off_t(logBytes)) == 0 else {
          throw BenchmarkError(message: "\(path): \(String(cString: strerror(errno)))")
        }
      default: throw BenchmarkError(message: "null-server takes --port <port> and --log <file>")
      }
    }
    let listener = try ListeningSocket(host: "127.0.0.1", port: port)
    let poller = try Poller()
    try poller.add(level: listener.descriptor, token: UInt64.max)
    return NullServer(listener: listener, poller: poller, log: log)
  }

  /// How long the log is, which is written from its beginning again when it is full.
  private static let logBytes = 64 << 20
  private static let transactionBytes = 196

  /// Serves until the process ends.
  mutating func run() throws -> Never {
    print("null server on \(listener.address)")
    fflush(nil)
    while true {
      for index in 0..<(try poller.wait(milliseconds: nil)) {
        let event = poller.event(index)
        if event.token == .max {
          try accept()
        } else {
          serve(Int(event.token))
        }
      }
      if !waiting.isEmpty { try sync() }
    }
  }

  /// Makes durable what was asked for, and replies.
  private mutating func sync() throws {
    let bytes = [UInt8](repeating: 1, count: unlogged * Self.transactionBytes)
    if logged + bytes.count > Self.logBytes { logged = 0 }
    guard pwrite(log, bytes, bytes.count, off_t(logged)) == bytes.count, fdatasync(log) == 0 else {
      throw BenchmarkError(message: "the log: \(String(cString: strerror(errno)))")
    }
    logged += bytes.count
    unlogged = 0
    for slot in waiting {
      guard var client = clients[slot] else { continue }
      clients[slot] = nil
      if send(&client) { clients[slot] = client } else { client.socket.close() }
    }
    waiting.removeAll(keepingCapacity: true)
  }

  private mutating func accept() throws {
    while case .connection(let socket, _) = listener.accept() {
      let slot = clients.firstIndex { $0 == nil } ?? clients.count
      if slot == clients.count { clients.append(nil) }
      clients[slot] = Client(socket: socket)
      try poller.add(edge: socket, token: UInt64(slot))
    }
  }

  private mutating func serve(_ slot: Int) {
    guard var client = clients[slot] else { return }
    clients[slot] = nil
    var isOpen = true
    reading: while isOpen {
      switch client.socket.receive(into: scratch) {
      case .bytes(let count):
        client.input.append(
          contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count]))
        answer(&client)
        isOpen = unlogged > 0 || send(&client)
        if count < scratch.count { break reading }
      case .later: break reading
      case .end, .failed: isOpen = false
      }
    }
    if isOpen, unlogged > 0 { waiting.append(slot) } else if isOpen { isOpen = send(&client) }
    if isOpen { clients[slot] = client } else { client.socket.close() }
  }

  /// False if the client is gone.
  private func send(_ client: inout Client) -> Bool {
    var sent = 0
    defer { client.output.bytes.removeFirst(sent) }
    while sent < client.output.count {
      let start = sent
      let socket = client.socket
      let transfer = client.output.bytes.withUnsafeBytes {
        socket.send(UnsafeRawBufferPointer(rebasing: $0[start...]))
      }
      switch transfer {
      case .bytes(let count): sent += count
      case .later: return true
      case .end, .failed: return false
      }
    }
    return true
  }

  private mutating func answer(_ client: inout Client) {
    var taken = 0
    var input: [UInt8] = []
    swap(&input, &client.input)
    input.withBorrowedBytes { bytes in
      while bytes.count - taken >= 4 {
        var reader = ByteReader(bytes[taken..<bytes.count])
        guard let length = try? reader.int32(), let packet = try? reader.take(Int(length)) else {
          return
        }
        taken += 4 + packet.count
        reply(to: packet, &client)
      }
    }
    input.removeFirst(taken)
    swap(&input, &client.input)
  }

  private mutating func reply(to packet: BorrowedBytes, _ client: inout Client) {
    let start = client.output.count
    client.output.int32(0)
    if client.isConnected {
      var reader = ByteReader(packet)
      guard let header = try? RequestHeader(from: &reader) else { return }
      let isWrite = header.opcode == .setData || header.opcode == .create
      if isWrite, log >= 0 { unlogged += 1 }
      ReplyHeader(xid: header.xid, zxid: Zxid(rawValue: 1), error: .ok).write(to: &client.output)
      body(of: header.opcode, reader, &client.output)
    } else {
      client.isConnected = true
      session += 1
      let response = ConnectResponse(
        timeoutMilliseconds: 30_000, session: session,
        password: [UInt8](repeating: 0, count: 16), readOnly: false)
      response.write(to: &client.output)
    }
    client.output.replaceInt32(at: start, with: Int32(client.output.count - start - 4))
  }

  private func body(of opcode: Opcode, _ request: ByteReader, _ output: inout ByteWriter) {
    var request = request
    switch opcode {
    case .getData:
      output.int32(Int32(data.count))
      output.append(data)
      appendStat(to: &output)
    case .setData, .exists: appendStat(to: &output)
    case .create:
      guard let length = try? request.int32(), let path = try? request.take(Int(length)) else {
        return
      }
      output.int32(length)
      output.append(path)
    default: break
    }
  }

  private func appendStat(to output: inout ByteWriter) {
    output.appendFixed(68) { bytes in
      for _ in 0..<8 { bytes.integer(Int64(1)) }
      bytes.integer(Int32(0))
    }
  }
}
