/// Something that happened to a server and that it has not looked at yet.
struct ServerInput {
  enum Kind: UInt8 {
    /// A client has connected to a slot.
    case connected
    /// Bytes of a client.
    case bytes
    /// A client's connection is gone.
    case disconnected
    /// The disk has answered a ticket: its number.
    case completed
    /// The disk has failed a ticket: its number, and the error.
    case failed
    /// Its own connection to a leader stands.
    case linkOpened
    /// Its own connection to a leader cannot be made.
    case linkFailed
    /// A learner has connected.
    case linkAccepted
    /// Bytes of a peer.
    case linkBytes
    /// A peer's connection is gone.
    case linkClosed
    /// A notification of a peer.
    case notification
    /// A peer's election port can be reached.
    case electionConnected
    /// Nothing but time has passed.
    case time
  }

  var kind: Kind
  /// The slot, the link, or the number of the peer.
  var number: Int32 = 0
  /// Which connection of the slot or link it was.
  var generation: UInt32 = 0
  var ticket: UInt64 = 0
  var errno: Int32 = 0
  var bytes: [UInt8] = []
}
