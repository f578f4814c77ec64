import Jute
import LinnaeusBase

/// A connection of a client, from the replica's side.
struct Connection: Sendable {
  enum State: Sendable {
    /// There is none in this slot.
    case absent
    /// The first packet has not come.
    case new
    /// A session is being made; what comes meanwhile waits.
    case connecting(ConnectRequest)
    /// Requests are served.
    case established
    /// Nothing is read any more.
    case closing
  }

  /// What stands between a request and its reply.
  enum Waiting: Sendable {
    /// A write under way, which answers when it is applied.
    case write(xid: Int32, opcode: Opcode, receivedAt: Instant)
    /// A `sync` that the leader must answer first.
    case sync([UInt8], receivedAt: Instant)
    /// A packet that waits for the writes before it.
    case packet([UInt8], replyBytes: Int, receivedAt: Instant)
  }

  var state = State.absent
  /// Told apart from the slot's earlier connections by this.
  var generation: UInt32 = 0
  /// Told apart from everything else that a session's requests come through by this.
  var owner: Int64 = 0
  /// How many of the syncs that wait the leader has answered.
  var answeredSyncs = 0
  /// Whether the leader is to be told that the session was heard of.
  var isTouched = false
  /// Who the client has shown to be.
  var identities: [Identity] = []
  /// The same as a learner forwards it; empty until it is asked for.
  var identityBytes: [UInt8] = []
  var waiting = FIFO<Waiting>()
  /// How long the replies to the packets that wait will be: they come all at once.
  var waitingBytes = 0
  /// What came before the session stood.
  var early: [[UInt8]] = []
  var statistics = ConnectionStatistics()

  var session: Int64 { statistics.session }

  /// The number of the first write that is not applied.
  var nextWrite: Int32? {
    for place in 0..<waiting.count {
      if case .write(let xid, _, _) = waiting[place] { return xid }
    }
    return nil
  }

  var isEstablished: Bool {
    if case .established = state { true } else { false }
  }

  var isConnecting: Bool {
    if case .connecting = state { true } else { false }
  }
}

/// A transaction that was prepared and is not committed yet, and whom to tell.
struct PendingTransaction: Sendable {
  var zxid: Zxid
  /// What its preparation found; the reply's error.
  var error: ErrorCode
  var xid: Int32
  var opcode: Opcode
  /// The connection that waits for it; −1 if none does.
  var slot: Int32
  var generation: UInt32
  var receivedAt: Instant
}
