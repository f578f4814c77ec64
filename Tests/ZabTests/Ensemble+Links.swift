import Jute
import LinnaeusBase

@testable import Zab

/// Connections between quorum ports.
extension Ensemble {
  func delay() -> Int64 { 1 + Int64(random.below(Int(options.networkDelay))) }

  private func slot(_ server: Int, _ connection: Int) -> Int32 {
    if let free = servers[server].links.firstIndex(where: { $0 == nil }) {
      servers[server].links[free] = connection
      return Int32(free)
    }
    servers[server].links.append(connection)
    return Int32(servers[server].links.count - 1)
  }

  func connect(_ from: Int, _ to: Int, _ life: Int) {
    guard servers[from].life == life, servers[from].zab != nil else { return }
    guard !isCut[from][to], !isCut[to][from], servers[to].zab != nil else {
      return input(from) { $0.linkFailed(into: &$1) }
    }
    let connection = connections.count
    connections.append(Connection(opener: from, other: to, openerSlot: 0, otherSlot: 0))
    connections[connection].openerSlot = slot(from, connection)
    connections[connection].otherSlot = slot(to, connection)
    let (near, far) = (connections[connection].openerSlot, connections[connection].otherSlot)
    input(to) { $0.linkAccepted(far, into: &$1) }
    input(from) { $0.linkOpened(near, into: &$1) }
  }

  func send(_ server: Int, _ link: Int32, _ bytes: [UInt8]) {
    guard let connection = servers[server].links[Int(link)] else { return }
    let toOpener = connections[connection].other == server
    // Bytes come in pieces.
    var start = 0
    while start < bytes.count {
      let piece =
        random.chance(1, in: 8)
        ? min(bytes.count - start, 1 + random.below(30)) : bytes.count - start
      queue.plan(
        .bytes(connection, toOpener: toOpener, Array(bytes[start..<start + piece])),
        at: arrival(connection, toOpener))
      start += piece
    }
  }

  /// Nothing overtakes what was sent before on the same connection.
  private func arrival(_ connection: Int, _ toOpener: Bool) -> Int64 {
    var time = now + delay()
    if toOpener {
      time = max(time, connections[connection].toOpener)
      connections[connection].toOpener = time
    } else {
      time = max(time, connections[connection].toOther)
      connections[connection].toOther = time
    }
    return time
  }

  /// A server closes a link; what it has sent before still arrives.
  func hangUp(_ server: Int, _ link: Int32, _ connection: Int) {
    let isOpener =
      connections[connection].opener == server && connections[connection].openerSlot == link
    if isOpener {
      connections[connection].isOpenAtOpener = false
    } else {
      connections[connection].isOpenAtOther = false
    }
    servers[server].links[Int(link)] = nil
    queue.plan(.closed(connection, toOpener: !isOpener), at: arrival(connection, !isOpener))
  }

  func close(_ connection: Int, _ toOpener: Bool) {
    let ends = connections[connection]
    let server = toOpener ? ends.opener : ends.other
    let link = toOpener ? ends.openerSlot : ends.otherSlot
    guard toOpener ? ends.isOpenAtOpener : ends.isOpenAtOther else { return }
    let from = toOpener ? ends.other : ends.opener
    guard !isCut[from][server] else {
      return held.append(.closed(connection, toOpener: toOpener))
    }
    if toOpener {
      connections[connection].isOpenAtOpener = false
    } else {
      connections[connection].isOpenAtOther = false
    }
    servers[server].links[Int(link)] = nil
    input(server) { $0.linkClosed(link, into: &$1) }
  }

  func deliver(_ kind: Happening.Kind, _ connection: Int, _ toOpener: Bool, _ bytes: [UInt8]) {
    let ends = connections[connection]
    let server = toOpener ? ends.opener : ends.other
    guard toOpener ? ends.isOpenAtOpener : ends.isOpenAtOther else { return }
    let from = toOpener ? ends.other : ends.opener
    guard !isCut[from][server] else { return held.append(kind) }
    receive(server, toOpener ? ends.openerSlot : ends.otherSlot, bytes, connection)
  }

  /// What a message becomes on its way: changed, cut short or lengthened.
  func corrupted(_ bytes: [UInt8]) -> [UInt8] {
    guard corruption > 0, !bytes.isEmpty, random.chance(1, in: corruption) else { return bytes }
    var bytes = bytes
    for _ in 0...random.below(3) {
      let place = random.below(bytes.count)
      switch random.below(4) {
      case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes[place] = [0, 0x7f, 0x80, 0xff][random.below(4)]
      case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
      default: if bytes.count > 1 { bytes.remove(at: place) }
      }
    }
    return bytes
  }

  private func receive(_ server: Int, _ link: Int32, _ bytes: [UInt8], _ connection: Int) {
    var rest = corrupted(bytes)[...]
    while !rest.isEmpty, servers[server].links[Int(link)] == connection {
      if servers[server].incoming?.link == link {
        rest = rest.dropFirst(restore(server, link, rest))
        continue
      }
      var taken = 0
      rest.withBorrowedBytes { bytes in
        input(server) { taken = $0.receive(bytes, on: link, into: &$1) }
      }
      rest = rest.dropFirst(taken)
    }
  }

  /// Takes a part of a snapshot: how many transactions, then those.
  private func restore(_ server: Int, _ link: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
    guard var incoming = servers[server].incoming else { return bytes.count }
    var taken = 0
    for byte in bytes {
      if incoming.bytes.count >= 8, incoming.bytes.count == 8 &+ 16 &* length(of: incoming.bytes) {
        break
      }
      incoming.bytes.append(byte)
      taken += 1
    }
    servers[server].incoming = incoming
    guard incoming.bytes.count >= 8, incoming.bytes.count == 8 &+ 16 &* length(of: incoming.bytes)
    else { return taken }
    servers[server].incoming = nil
    var state: [TestTransaction] = []
    incoming.bytes.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      _ = try? reader.int64()
      while let zxid = try? reader.zxid(), let value = try? reader.int64() {
        state.append(TestTransaction(zxid: zxid, value: value))
      }
    }
    servers[server].state = state
    write(.snapshot(state, incoming.zxid), server)
    input(server) { $0.snapshotReceived(link, into: &$1) }
    return taken
  }

  private func length(of bytes: [UInt8]) -> Int {
    bytes.prefix(8).reduce(0) { $0 << 8 | Int($1) }
  }

  func sendSnapshot(_ server: Int, _ link: Int32) {
    count("SNAP sent")
    let state = servers[server].state
    let zxid = servers[server].state.last?.zxid ?? servers[server].disk.snapshotZxid
    input(server) { zab, effects in
      zab.snapshotBegins(link, zxid, into: &effects)
      guard !effects.outputs.isEmpty, !effects.closing[Int(link)] else { return }
      effects.outputs[Int(link)].int64(Int64(state.count))
      for transaction in state { effects.outputs[Int(link)].append(transaction.payload) }
      zab.snapshotSent(link, zxid, into: &effects)
    }
  }

  // MARK: Faults

  func cut(_ one: Int, _ other: Int) {
    isCut[one][other] = true
    isCut[other][one] = true
  }

  /// Everybody reaches everybody again; what was held up arrives.
  func heal() {
    for one in servers.indices {
      for other in servers.indices { isCut[one][other] = false }
    }
    let late = held
    held = []
    // Before everything that was sent later and has not arrived yet.
    for kind in late { queue.plan(kind, at: now - 1) }
    for one in servers.indices {
      for other in servers.indices where other > one { meet(one, other) }
    }
  }

  private func crashAndRestart(_ server: Int) {
    crash(server)
    let pause = random.chance(1, in: 2) ? 5_000 : 100_000
    queue.plan(.restart(server: server), at: now + Int64(random.below(pause)))
  }

  func makeFault() {
    guard isFaulty else { return }
    queue.plan(.fault, at: now + 1 + Int64(random.below(Int(options.faultPause * 2))))
    let server = random.below(servers.count)
    switch random.below(8) {
    case 0, 1: crashAndRestart(server)
    case 7:
      // The power fails.
      for other in servers.indices where random.chance(4, in: 5) { crashAndRestart(other) }
    case 2:
      count("split")
      for other in servers.indices where other != server { cut(server, other) }
    case 3:
      let other = random.below(servers.count)
      if other != server { cut(server, other) }
    case 4, 5: heal()
    default:
      for slot in servers[server].links.indices {
        guard let connection = servers[server].links[slot], random.chance(1, in: 2) else {
          continue
        }
        hangUp(server, Int32(slot), connection)
        input(server) { $0.linkClosed(Int32(slot), into: &$1) }
      }
    }
  }
}
