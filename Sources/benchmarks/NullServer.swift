import Glibc
import Jute
import LinnaeusBase
import Sockets

/// A server that gives every request a plausible reply at once and does nothing: what a load client
/// and the loopback device allow at most.
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

  private init(listener: ListeningSocket, poller: consuming Poller) {
    self.listener = listener
    self.poller = poller
  }

  static func listening(_ arguments: [String]) throws -> NullServer {
    var port = 0
    if arguments.count == 2, arguments[0] == "--port", let number = Int(arguments[1]) {
      port = number
    } else if !arguments.isEmpty {
      throw BenchmarkError(message: "null-server takes --port <port>")
    }
    let listener = try ListeningSocket(host: "127.0.0.1", port: port)
    let poller = try Poller()
    try poller.add(level: listener.descriptor, token: UInt64.max)
    return NullServer(listener: listener, poller: poller)
  }

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
    }
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
        isOpen = send(&client)
        if count < scratch.count { break reading }
      case .later: break reading
      case .end, .failed: isOpen = false
      }
    }
    if isOpen, send(&client) { clients[slot] = client } else { client.socket.close() }
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
