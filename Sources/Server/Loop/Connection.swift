import LinnaeusBase
import Sockets

/// What the loop knows of a client's connection; its slot is its place in the loop's table.
struct Connection {
  /// How far it has come.
  enum Phase {
    /// Nothing but the connection: a four-letter word or a request for a session follows.
    case greeting
    /// A first packet went to the replica.
    case session
    /// Nobody: the slot is free.
    case closed
  }

  var phase = Phase.closed
  var socket = StreamSocket.none
  /// The client's address without its port.
  var host = ""
  var port = 0
  /// When it was accepted, and when it was told to close.
  var since = Instant(nanoseconds: 0)
  var establishedWall: Int64 = 0

  /// Whether the system may have bytes that were not read.
  var mayRead = false
  /// Whether the system may take bytes.
  var mayWrite = true
  /// Whether reading goes on until the end or an error is met.
  var isEnding = false
  /// Whether whole packets are kept back in ``input``, and nothing is read.
  var isHeld = false
  /// Whether whole packets may be in ``input`` because the turn was long enough.
  var hasPaused = false
  /// Whether the slot is listed to be served.
  var isListed = false
  /// Whether it is answered and ends once that is sent.
  var isAnswered = false

  /// Bytes that were read and not taken: the beginning of a packet, or packets kept back.
  var input: [UInt8] = []
  /// How many bytes of the slot's output were sent.
  var sentBytes = 0
  /// How much was left unsent when the socket took no more.
  var stuckBytes = 0
  var packetsReceived: Int64 = 0
  /// Before which sync it asked for a write last (``Gathering``).
  var lastAsked = 0
}

/// What the loop does with a registered descriptor; in the upper half of its token.
enum Registration: UInt64 {
  case client, clientPort, stop, disk, adminPort, metricsPort, page

  /// The token of the descriptor with that slot.
  func token(slot: Int32 = 0) -> UInt64 {
    rawValue << 32 | UInt64(UInt32(bitPattern: slot))
  }
}
