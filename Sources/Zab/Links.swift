import Jute
import LinnaeusBase

/// A connection between quorum ports.
struct Link: Sendable {
  enum State: Hashable, Sendable {
    /// There is none in this slot, or what comes from it no longer matters.
    case absent
    /// Somebody has connected while no leader is known; it is heard once this server leads.
    case parked
    /// It comes from a learner.
    case learner
    /// It goes to the leader.
    case leader
  }

  var state = State.absent
  /// What has come in and is not a whole packet, or not to be read yet.
  var input: [UInt8] = []
  var learner = Learner()
}

/// What a leader knows of a learner.
struct Learner: Sendable {
  enum Stage: Int, Comparable, Sendable {
    /// It has said nothing yet.
    case connected
    /// It has introduced itself.
    case introduced
    /// It has been told the new epoch.
    case invited
    /// It has acknowledged the epoch.
    case promised
    /// It gets a snapshot.
    case loading
    /// It has been sent all that it lacked, and NEWLEADER.
    case synchronised
    /// It has acknowledged NEWLEADER.
    case acknowledged
    /// It serves.
    case upToDate

    static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  var stage = Stage.connected
  var server = ServerID(rawValue: .min)
  var isObserver = false
  var acceptedEpoch: Int64 = 0
  /// Whether its promise is a new one; only then it counts.
  var isNewPromise = false
  /// The end of its log when it came.
  var lastZxid = Zxid.zero
  /// The end of its log by what it was sent before NEWLEADER and is part of the leader's history.
  var historyEnd = Zxid.zero
  /// The last proposal that it has made durable.
  var acknowledged = Zxid.zero
  /// Nothing after it may leave the window while it gets a snapshot, or something from the log.
  var pinned = Zxid.zero
  /// Whether what it lacks is being read from the log.
  var awaitsHistory = false
  var lastHeard = Instant(nanoseconds: 0)
  /// A proposal that it has not acknowledged, and since when.
  var overdue: (zxid: Zxid, since: Instant)?
  /// The leader's last round of pings before it began to serve, and the last that it has answered.
  var joinedRound = 0
  var answeredRound = 0

  /// Whether it gets what is proposed.
  var isForwardedTo: Bool { stage >= .synchronised }
}

extension ZabEffects {
  mutating func note(_ text: String) { events.append(.note(text)) }

  mutating func warn(_ text: String) { events.append(.warning(text)) }

  /// Sends a packet without data.
  mutating func send(_ kind: QuorumPacket.Kind, zxid: Zxid, on link: Int32) {
    touch(link)
    outputs[Int(link)].quorumPacket(kind, zxid: zxid)
  }

  /// Sends a packet.
  mutating func send(
    _ kind: QuorumPacket.Kind, zxid: Zxid, _ data: BorrowedBytes, on link: Int32
  ) {
    touch(link)
    outputs[Int(link)].quorumPacket(kind, zxid: zxid, data: data)
  }

  /// Sends a packet with short data.
  mutating func send(
    _ kind: QuorumPacket.Kind, zxid: Zxid, on link: Int32, _ write: (inout ByteWriter) -> Void
  ) {
    var data = ByteWriter(capacity: 32)
    write(&data)
    data.bytes.withBorrowedBytes { send(kind, zxid: zxid, $0, on: link) }
  }

  mutating func close(_ link: Int32) {
    touch(link)
    closing[Int(link)] = true
  }

  mutating func touch(_ link: Int32) {
    while outputs.count <= Int(link) {
      outputs.append(ByteWriter())
      closing.append(false)
    }
    if touched.last != link { touched.append(link) }
  }
}
