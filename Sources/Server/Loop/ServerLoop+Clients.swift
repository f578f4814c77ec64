import Jute
import LinnaeusBase
import Replica
import Sockets

extension ServerLoop {
  /// Takes note of what the poller says of a client, and serves it.
  mutating func take(_ event: Poller.Event, _ slot: Int32) {
    let index = Int(slot)
    guard index < connections.count, connections[index].phase != .closed else { return }
    if event.isEnding { connections[index].isEnding = true }
    if event.isWritable {
      connections[index].mayWrite = true
      if unsentBytes(slot) > 0 { send(slot) }
    }
    if event.isReadable {
      connections[index].mayRead = true
      serve(slot)
    }
  }

  /// Looks at packets that were kept back, then reads once.
  mutating func serve(_ slot: Int32) {
    let index = Int(slot)
    guard connections[index].phase != .closed, !connections[index].isHeld else { return }
    connections[index].hasPaused = false
    if connections[index].input.count >= 4 { consumeKept(slot) }
    guard connections[index].phase != .closed, connections[index].mayRead,
      !connections[index].isHeld, !connections[index].hasPaused
    else { return }
    let socket = connections[index].socket
    let (transfer, bytes) = withScratch { socket.receive(into: $0) }
    switch transfer {
    case .bytes(let count):
      counters.bytesReceived += Int64(count)
      // Less than there was room for: all is read. An end that was told of comes after it.
      let isDrained = count < Limits.readBytes && !connections[index].isEnding
      if isDrained { connections[index].mayRead = false } else { list(slot) }
      if connections[index].isAnswered { return }
      consume(slot, bytes)
    case .later: connections[index].mayRead = false
    case .end, .failed: end(slot)
    }
  }

  /// Takes the packets among new bytes; what is left is kept.
  private mutating func consume(_ slot: Int32, _ bytes: UnsafeRawBufferPointer) {
    let index = Int(slot)
    var rest = bytes
    if !connections[index].input.isEmpty {
      rest = complete(slot, rest)
      if connections[index].phase == .closed { return }
    }
    if connections[index].input.isEmpty, !rest.isEmpty {
      let taken = takePackets(slot, rest)
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
    }
    if !rest.isEmpty, connections[index].phase != .closed, !connections[index].isAnswered {
      connections[index].input.append(contentsOf: rest)
    }
  }

  /// Completes the packet whose beginning was kept, and takes it; returns the bytes after it.
  private mutating func complete(
    _ slot: Int32, _ bytes: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    let index = Int(slot)
    var rest = bytes
    while !rest.isEmpty {
      let have = connections[index].input.count
      let needed: Int
      switch Framing.packet(in: connections[index].input, limit: configuration.maxPacketBytes) {
      // A four-letter word, or something to be refused: taking it tells.
      case .malformed: needed = have + rest.count
      case .missing(let count): needed = have + count
      case .whole: needed = have
      }
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(max(0, needed - have)))
      connections[index].input.append(contentsOf: part)
      rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
      if connections[index].input.count >= 4 { consumeKept(slot) }
      let isOpen = connections[index].phase != .closed && !connections[index].isAnswered
      if connections[index].input.isEmpty || connections[index].isHeld || !isOpen { break }
      if connections[index].hasPaused { break }
    }
    return rest
  }

  /// Takes packets out of what was kept.
  private mutating func consumeKept(_ slot: Int32) {
    let index = Int(slot)
    var kept: [UInt8] = []
    swap(&kept, &connections[index].input)
    let taken = kept.withUnsafeBytes { takePackets(slot, $0) }
    guard connections[index].phase != .closed, !connections[index].isAnswered else { return }
    if taken < kept.count {
      if taken > 0 { kept.removeFirst(taken) }
      swap(&kept, &connections[index].input)
    } else if kept.capacity <= 4096 {
      kept.removeAll(keepingCapacity: true)
      swap(&kept, &connections[index].input)
    }
  }

  /// Gives whole packets to the replica until there is none or the connection must wait.
  ///
  /// - Returns: How many bytes were taken.
  private mutating func takePackets(_ slot: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    let index = Int(slot)
    var position = 0
    if connections[index].phase == .greeting, bytes.count >= 4 {
      switch answerWord(slot, bytes) {
      case .answered: return bytes.count
      case .unfinished: return 0
      case .none: break
      }
    }
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      switch Framing.packet(in: rest, limit: configuration.maxPacketBytes) {
      case .missing: return position
      case .malformed(let length):
        log(
          .warning,
          "/\(peer(slot)) sent a packet of length \(length), which is not in 0...\(configuration.maxPacketBytes); closing its connection"
        )
        // What was asked before it is answered.
        send(slot)
        end(slot)
        return bytes.count
      case .whole(let length):
        // A connection waits with its packets, not with its replies.
        if mustHold(slot) {
          hold(slot)
          return position
        }
        connections[index].phase = .session
        connections[index].packetsReceived += 1
        let packet = BorrowedBytes(
          UnsafeRawBufferPointer(rebasing: bytes[position + 4..<position + 4 + length]))
        let before = replica.outstandingRequests
        replica.receive(packet, on: slot, into: &effects)
        if replica.outstandingRequests > before {
          gathering.ask(&connections[index].lastAsked)
        }
        position += 4 + length
        if effects.closing[index] { return bytes.count }
        if SystemClock.coarse() > now.nanoseconds + Limits.turnNanoseconds {
          // Some requests cost much: the next ones wait for a turn.
          connections[index].hasPaused = true
          list(slot)
          return position
        }
      }
    }
  }

  /// Whether the connection's next request must wait: too many are in work and some are its own
  /// (zookeeper-protocol.md, section 5), or its client does not take its replies.
  func mustHold(_ slot: Int32) -> Bool {
    if unsentBytes(slot) > Limits.unsentBytes { return true }
    return replica.isThrottled(slot)
  }

  private mutating func hold(_ slot: Int32) {
    connections[Int(slot)].isHeld = true
    held.append(slot)
  }

  func unsentBytes(_ slot: Int32) -> Int {
    effects.outputs[Int(slot)].count - connections[Int(slot)].sentBytes
  }

  // MARK: Sending and ending

  /// Sends what the socket takes; ends the connection if that was its last.
  mutating func send(_ slot: Int32) {
    let index = Int(slot)
    guard connections[index].phase != .closed else { return }
    let total = effects.outputs[index].count
    if !connections[index].mayWrite, connections[index].stuckBytes > Limits.stuckBytes,
      unsentBytes(slot) > connections[index].stuckBytes
    {
      log(.warning, "/\(peer(slot)) does not take its replies and events; closing its connection")
      return end(slot)
    }
    while connections[index].sentBytes < total, connections[index].mayWrite {
      let start = connections[index].sentBytes
      let socket = connections[index].socket
      let transfer = effects.outputs[index].bytes.withUnsafeBytes {
        socket.send(UnsafeRawBufferPointer(rebasing: $0[start..<total]))
      }
      switch transfer {
      case .bytes(let count):
        counters.bytesSent += Int64(count)
        connections[index].sentBytes = start + count
        connections[index].since = now
      case .later: connections[index].mayWrite = false
      case .end, .failed: return end(slot)
      }
    }
    finishSending(slot, total)
  }

  private mutating func finishSending(_ slot: Int32, _ total: Int) {
    let index = Int(slot)
    let sent = connections[index].sentBytes
    connections[index].stuckBytes = total - sent
    if effects.closing[index] { connections[index].isAnswered = true }
    if sent < total {
      // Moving costs no more than sending did.
      if sent > total / 2 {
        effects.outputs[index].bytes.removeFirst(sent)
        connections[index].sentBytes = 0
      }
      return
    }
    connections[index].sentBytes = 0
    if effects.closing[index] { return end(slot) }
    if total > Limits.keptBytes {
      effects.outputs[index] = ByteWriter()
    } else {
      effects.outputs[index].bytes.removeAll(keepingCapacity: true)
    }
  }

  /// Ends a connection at once; its slot is free in the next turn.
  mutating func end(_ slot: Int32) {
    let index = Int(slot)
    guard connections[index].phase != .closed else { return }
    let connection = connections[index]
    // Unread bytes would make the system take back replies that the client has not read.
    if connection.mayRead, effects.closing[index] {
      _ = withScratch { connection.socket.receive(into: $0) }
    }
    connection.socket.close()
    connections[index] = Connection()
    connections[index].isListed = connection.isListed
    effects.outputs[index] = ByteWriter()
    endedSlots.append(slot)
    connectionCount -= 1
    counters.connectionsEnded += 1
    let sameHost = connectionsByHost[connection.host, default: 1]
    connectionsByHost[connection.host] = sameHost > 1 ? sameHost - 1 : nil
    replica.disconnected(slot, into: &effects)
  }

  /// The client's address and port, as Java writes them after a slash.
  func peer(_ slot: Int32) -> String {
    let connection = connections[Int(slot)]
    let isIPv6 = connection.host.utf8.contains(UInt8(ascii: ":"))
    return isIPv6
      ? "[\(connection.host)]:\(connection.port)" : "\(connection.host):\(connection.port)"
  }
}
