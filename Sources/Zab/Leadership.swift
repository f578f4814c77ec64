import LinnaeusBase

/// How far a leader is with its epoch.
struct Leadership: Sendable {
  enum Stage: Int, Comparable, Sendable {
    /// It waits for a quorum to introduce itself.
    case collecting
    /// Its own promise is not durable yet.
    case promising
    /// It waits for a quorum to acknowledge the epoch.
    case confirming
    /// It waits for a quorum, itself included, to have its history.
    case synchronising
    /// It serves.
    case serving

    static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  /// Something that is said once all that was proposed before is committed.
  struct Answer: Sendable {
    enum Kind: Sendable {
      case sync
      case validity(session: Int64, isAlive: Bool)
    }

    var kind: Kind
    /// Who asked; nil: a client of the leader's own.
    var link: Int32?
    var after: Zxid
    /// A quorum must have answered this round of pings.
    var round: Int
  }

  var stage = Stage.collecting
  var epoch: Int64 = 0
  var isPromiseDurable = false
  var isEpochWritten = false
  /// The end of the log that it began with.
  var historyEnd = Zxid.zero
  /// By when the present stage must be over.
  var deadline = Instant(nanoseconds: 0)
  var pingAt = Instant(nanoseconds: 0)
  var checkAt = Instant(nanoseconds: 0)
  /// How many rounds of pings were sent, and the last that a quorum has answered.
  var pingRound = 0
  var provedRound = 0
  var answers = FIFO<Answer>()
  /// Who has introduced itself as knowing what Apache's servers do not.
  var extendedPeers: Set<ServerID> = []
  /// How many learners have acknowledged NEWLEADER and may not serve yet.
  var waitingLearners = 0
}
