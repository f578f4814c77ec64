import Jute
import LinnaeusBase
import Tree

/// How replies and events are written.
extension ZooKeeperReplica {
  /// Leaves room for the length and the header, which are known when the body is written.
  @inline(__always)
  func beginReply(_ slot: Int32, into effects: inout Effects) {
    effects.outputs[Int(slot)].appendFixed(4 + ReplyHeader.size) { bytes in
      bytes.integer(0 as Int64)
      bytes.integer(0 as Int64)
      bytes.integer(0 as Int32)
    }
  }

  /// Ends the reply to a request: fills in the header; after an error the body goes.
  mutating func finishReply(
    _ header: ReplyHeader, on slot: Int32, from start: Int, keepsBody: Bool = false,
    receivedAt: Instant, into effects: inout Effects
  ) {
    finishFrame(header, on: slot, from: start, keepsBody: keepsBody, into: &effects)
    connections[Int(slot)].statistics.lastZxid = header.zxid
    connections[Int(slot)].statistics.lastResponse = wall
    finishUnanswered(on: slot)
    let latency = now.nanoseconds - receivedAt.nanoseconds
    connections[Int(slot)].statistics.latency.record(latency)
    statistics.latency.record(latency)
  }

  /// A request is done with.
  mutating func finishUnanswered(on slot: Int32) {
    connections[Int(slot)].statistics.outstanding -= 1
    outstandingRequests -= 1
  }

  /// Writes a whole reply that has no body.
  mutating func reply(
    to xid: Int32, _ error: ErrorCode, on slot: Int32, receivedAt: Instant,
    into effects: inout Effects
  ) {
    let start = effects.outputs[Int(slot)].count
    beginReply(slot, into: &effects)
    finishReply(
      ReplyHeader(xid: xid, zxid: tree.lastZxid, error: error), on: slot, from: start,
      receivedAt: receivedAt, into: &effects)
  }

  /// Fills in the header of a frame that ``beginReply(_:into:)`` began.
  mutating func finishFrame(
    _ header: ReplyHeader, on slot: Int32, from start: Int, keepsBody: Bool = false,
    into effects: inout Effects
  ) {
    let index = Int(slot)
    if header.error != .ok, !keepsBody {
      let surplus = effects.outputs[index].count - start - 4 - ReplyHeader.size
      effects.outputs[index].bytes.removeLast(surplus)
    }
    effects.outputs[index].replaceInt32(at: start + 4, with: header.xid)
    effects.outputs[index].replaceInt64(at: start + 8, with: header.zxid.rawValue)
    effects.outputs[index].replaceInt32(at: start + 16, with: header.error.rawValue)
    finishFrame(slot, from: start, into: &effects)
  }

  /// Fills in the length of a frame.
  mutating func finishFrame(_ slot: Int32, from start: Int, into effects: inout Effects) {
    let index = Int(slot)
    effects.outputs[index].replaceInt32(
      at: start, with: Int32(effects.outputs[index].count - start - 4))
    effects.touched.append(slot)
    statistics.packetsSent += 1
    connections[index].statistics.packetsSent += 1
  }

  /// Writes the events that are due, each to its connection.
  ///
  /// Who may not read the znode is told nothing, as from 3.9 on (section 4).
  mutating func deliverEvents(into effects: inout Effects) {
    guard !events.isEmpty else { return }
    for event in events {
      let index = Int(event.watcher)
      guard connections.indices.contains(index), connections[index].isEstablished,
        event.acl.map({
          tree.allows(.read, acl: $0, identities: connections[index].identities)
        }) ?? true
      else { continue }
      let start = effects.outputs[index].count
      effects.outputs[index].int32(0)
      ReplyHeader(xid: SpecialXid.notification, zxid: event.zxid, error: .ok)
        .write(to: &effects.outputs[index])
      WatcherEvent.write(event.kind, path: event.path, to: &effects.outputs[index])
      finishFrame(event.watcher, from: start, into: &effects)
    }
    events.removeAll(keepingCapacity: true)
  }
}
