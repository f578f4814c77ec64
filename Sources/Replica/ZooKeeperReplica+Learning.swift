import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

/// The server as a learner: what it forwards, and what the leader answers.
extension ZooKeeperReplica {
  mutating func forward(
    _ opcode: Opcode, session: Int64, xid: Int32, _ body: BorrowedBytes, on slot: Int32,
    into effects: inout Effects
  ) {
    if connections[Int(slot)].identityBytes.isEmpty {
      connections[Int(slot)].identityBytes = Identity.bytes(connections[Int(slot)].identities)
    }
    let identities = connections[Int(slot)].identityBytes
    ask(&effects) { zab, effects in
      identities.withBorrowedBytes {
        zab.forward(
          session: session, xid: xid, opcode: opcode, body: body, identities: $0, into: &effects)
      }
    }
  }

  /// Asks the leader, or others whether this server is it, before a `sync` is answered.
  mutating func sync(
    _ header: RequestHeader, _ body: BorrowedBytes, on slot: Int32, into effects: inout Effects
  ) {
    pendingSyncs.append((slot, connections[Int(slot)].generation))
    if role == .learning {
      forward(
        .sync, session: connections[Int(slot)].session, xid: header.xid, body, on: slot,
        into: &effects)
    } else {
      let proves = options.quorumSync
      ask(&effects) { zab, effects in
        zab.answerSync(link: nil, provesLeadership: proves, into: &effects)
      }
    }
  }

  mutating func finishSync(into effects: inout Effects) {
    guard let (slot, generation) = pendingSyncs.popFirst(),
      connections[Int(slot)].generation == generation, connections[Int(slot)].isEstablished
    else { return }
    connections[Int(slot)].answeredSyncs += 1
    drain(slot, into: &effects)
  }

  mutating func finishRevalidation(
    _ session: Int64, isAlive: Bool, into effects: inout Effects
  ) {
    guard let place = revalidations.firstIndex(where: { $0.session == session }) else { return }
    let waiter = revalidations.remove(at: place)
    guard connections[Int(waiter.slot)].generation == waiter.generation else { return }
    finishConnecting(waiter.slot, session: isAlive ? session : 0, into: &effects)
  }

  mutating func reportSessions(into effects: inout Effects) {
    var sessions: [(session: Int64, timeoutMilliseconds: Int32)] = []
    for slot in touchedSlots where connections[Int(slot)].isTouched {
      connections[Int(slot)].isTouched = false
      let statistics = connections[Int(slot)].statistics
      if statistics.session != 0 {
        sessions.append((statistics.session, statistics.timeoutMilliseconds))
      }
    }
    touchedSlots.removeAll(keepingCapacity: true)
    zab?.reportSessions(sessions, into: &effects.peers)
  }

  /// Takes in a piece of the leader's snapshot and returns how many bytes belong to it.
  mutating func restore(
    _ bytes: BorrowedBytes, on link: Int32, into effects: inout Effects
  ) -> Int {
    guard var snapshot = incoming else { return 0 }
    incoming = nil
    do throws(ByteReaderError) {
      let used = try snapshot.restoration.feed(bytes)
      guard snapshot.restoration.isComplete else {
        incoming = snapshot
        // The leader is heard, though nothing is for Zab.
        ask(&effects) { zab, effects in
          _ = zab.receive(.empty, on: link, into: &effects)
        }
        return used
      }
      let zxid = snapshot.zxid
      guard let restored = snapshot.restoration.finish(lastZxid: zxid) else { return used }
      if isTakingSnapshot { abandonOwnSnapshot(into: &effects) }
      tree = restored
      showConfiguration()
      // What sessions were answered does not come with a snapshot: none is recognised here.
      replies = ReplyTable()
      storage.restart(at: zxid, into: &effects.disk)
      toldDurable = Zxid(rawValue: -1)
      effects.note(.info, "took over the leader's snapshot of \(zxid)")
      let next = tree.quorumConfiguration
      ask(&effects) { zab, effects in zab.snapshotReceived(link, next: next, into: &effects) }
      return used
    } catch {
      let reason = "the leader's snapshot is none: \(error)"
      ask(&effects) { zab, effects in zab.snapshotRefused(link, reason: reason, into: &effects) }
      return bytes.count
    }
  }
}

extension Identity {
  /// Writes a vector of `Id`, as requests that are forwarded have it.
  static func bytes(_ identities: [Identity]) -> [UInt8] {
    var writer = ByteWriter(capacity: 64)
    writer.int32(Int32(identities.count))
    for identity in identities {
      writer.string(identity.scheme)
      writer.string(identity.id)
    }
    return writer.bytes
  }

  /// Reads a vector of `Id`; whatever is none is nobody.
  static func list(_ bytes: [UInt8]) -> [Identity] {
    bytes.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      var identities: [Identity] = []
      guard let count = (try? reader.count(elementSize: 8)) ?? nil else { return [] }
      for _ in 0..<count {
        guard let scheme = try? reader.stringOrEmpty(), let id = try? reader.stringOrEmpty() else {
          return []
        }
        identities.append(Identity(scheme: scheme.array, id: id.array))
      }
      return identities
    }
  }
}
