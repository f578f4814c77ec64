import Jute
import LinnaeusBase

/// Connections between quorum ports, and the bytes that come in on them.
extension Zab {
  /// So much of what somebody has said is kept before a leader is known.
  private static let parkedInput = 4096

  mutating func open(_ link: Int32, as state: Link.State) {
    while links.count <= Int(link) { links.append(Link()) }
    links[Int(link)] = Link()
    links[Int(link)].state = state
    links[Int(link)].learner.lastHeard = now
  }

  mutating func welcome(_ link: Int32, into effects: inout ZabEffects) {
    switch phase {
    case .leading: open(link, as: .learner)
    case .looking: open(link, as: .parked)
    case .following, .observing: effects.close(link)
    }
  }

  /// Has nothing more to do with a link, and closes it.
  mutating func drop(_ link: Int32, into effects: inout ZabEffects) {
    effects.close(link)
    forget(link, into: &effects)
  }

  mutating func forget(_ link: Int32, into effects: inout ZabEffects) {
    guard links.indices.contains(Int(link)) else { return }
    let state = links[Int(link)].state
    links[Int(link)].state = .absent
    links[Int(link)].input = []
    if state == .learner { learnerGone(link, into: &effects) }
    guard state == .leader, following.link == link else { return }
    following.link = nil
    if following.stage == .introduced {
      // The leader may not have known yet that it is one.
      following.stage = .connecting
      connectionFailed(into: &effects)
    } else {
      leave("the connection to leader \(following.leader) is gone", into: &effects)
    }
  }

  /// Leaves whatever it had, and looks for a leader.
  ///
  /// What is logged and not known to be committed stays in the window and counts for the vote. Only
  /// if the server's state is not that of its disk, the log is recovered first (ZOOKEEPER-3642,
  /// -5094).
  mutating func leave(_ reason: String, into effects: inout ZabEffects) {
    guard phase != .looking else { return }
    if isServing {
      effects.events.append(.stopServing(reason: reason))
    } else {
      effects.note(reason)
    }
    phase = .looking
    isServing = false
    let needsReload = following.hasVolatileSnapshot
    following = Following()
    for link in links.indices where links[link].state != .absent {
      effects.close(Int32(link))
      links[link].state = .absent
      links[link].input = []
    }
    leadership = Leadership()
    if mutations.contains(.forgetsTail) { window.truncate(after: window.lastCommitted) }
    if needsReload {
      isReloading = true
      effects.events.append(.reload(Zxid(rawValue: .max)))
    }
    beginElection(into: &effects)
  }

  // MARK: Bytes

  mutating func read(
    _ bytes: BorrowedBytes, on link: Int32, into effects: inout ZabEffects
  ) -> Int {
    guard links.indices.contains(Int(link)), links[Int(link)].state != .absent else {
      return bytes.count
    }
    links[Int(link)].learner.lastHeard = now
    if links[Int(link)].state == .leader { following.lastHeard = now }
    guard isReadable(link) else {
      hold(bytes, on: link, into: &effects)
      return bytes.count
    }
    if links[Int(link)].input.isEmpty {
      let taken = takePackets(bytes, on: link, into: &effects)
      if isLoading(link) { return taken }
      if taken < bytes.count { hold(bytes[taken..<bytes.count], on: link, into: &effects) }
      return bytes.count
    }
    var input: [UInt8] = []
    swap(&input, &links[Int(link)].input)
    let held = input.count
    input.append(contentsOf: bytes.buffer)
    let taken = input.withBorrowedBytes { takePackets($0, on: link, into: &effects) }
    if isLoading(link) { return taken - held }
    guard links[Int(link)].state != .absent else { return bytes.count }
    input.removeFirst(taken)
    swap(&input, &links[Int(link)].input)
    return bytes.count
  }

  /// What has come in while nothing could be done with it is read.
  mutating func readHeldInput(on link: Int32, into effects: inout ZabEffects) {
    var input: [UInt8] = []
    swap(&input, &links[Int(link)].input)
    guard !input.isEmpty else { return }
    _ = input.withBorrowedBytes { read($0, on: link, into: &effects) }
    if isLoading(link) { leave("a snapshot came after a truncation", into: &effects) }
  }

  private func isLoading(_ link: Int32) -> Bool {
    following.stage == .loading && following.link == link
  }

  private func isReadable(_ link: Int32) -> Bool {
    switch links[Int(link)].state {
    case .absent, .parked: false
    case .learner: true
    case .leader: following.stage != .truncating && following.stage != .loading
    }
  }

  private mutating func hold(
    _ bytes: BorrowedBytes, on link: Int32, into effects: inout ZabEffects
  ) {
    guard links[Int(link)].state != .absent else { return }
    links[Int(link)].input.append(contentsOf: bytes.buffer)
    if links[Int(link)].state == .parked, links[Int(link)].input.count > Self.parkedInput {
      drop(link, into: &effects)
    }
  }

  /// Takes as many packets as there are, and returns how many bytes they had.
  private mutating func takePackets(
    _ bytes: BorrowedBytes, on link: Int32, into effects: inout ZabEffects
  ) -> Int {
    var reader = ByteReader(bytes)
    do throws(ByteReaderError) {
      while isReadable(link) {
        if following.stage == .verifying, following.link == link {
          guard try takeSignature(from: &reader) else { break }
          following.stage = .synchronising
          continue
        }
        // Who has not introduced itself has not much to say.
        let isKnown =
          links[Int(link)].state == .leader
          || links[Int(link)].learner.stage > .connected
        let limit = isKnown ? QuorumPacket.maxDataCount : 64
        guard let packet = try QuorumPacket.next(from: &reader, maxDataCount: limit) else { break }
        if links[Int(link)].state == .leader {
          takeFromLeader(packet, on: link, into: &effects)
        } else {
          takeFromLearner(packet, on: link, into: &effects)
        }
      }
    } catch {
      breakOff(link, "\(error)", into: &effects)
    }
    return reader.position
  }

  /// Behind a snapshot stands a word that shows that it was read to its end.
  private func takeSignature(from reader: inout ByteReader) throws(ByteReaderError) -> Bool {
    guard reader.remaining >= 4 + Self.signature.utf8CodeUnitCount else { return false }
    guard let word = try reader.string(), word == Self.signature else {
      throw reader.error("the end of the snapshot was expected")
    }
    return true
  }

  static let signature: StaticString = "BenWasHere"

  /// Has nothing more to do with somebody who does not keep to the protocol.
  mutating func breakOff(_ link: Int32, _ reason: String, into effects: inout ZabEffects) {
    if links[Int(link)].state == .leader {
      effects.warn("leader \(following.leader) broke the protocol: \(reason)")
      leave("leader \(following.leader) is not understood", into: &effects)
    } else {
      let server = links[Int(link)].learner.server
      effects.warn("learner \(server) on link \(link) broke the protocol: \(reason)")
      drop(link, into: &effects)
    }
  }
}
