import Jute
import LinnaeusBase

/// A server as a candidate: what decides between two of them.
struct Vote: Hashable, Sendable {
  var leader: ServerID
  var zxid: Zxid
  /// The candidate's `currentEpoch`.
  var epoch: Int64

  /// Whether this candidate is to be preferred: by epoch, then by its log, then by its number.
  func isBetter(than other: Vote) -> Bool {
    (epoch, zxid.rawValue, leader.rawValue)
      > (other.epoch, other.zxid.rawValue, other.leader.rawValue)
  }
}

/// What a server has said last.
struct Ballot: Hashable, Sendable {
  var voter: ServerID
  var vote: Vote
  var round: Int64
  var state: ElectionNotification.State

  /// Whether both are for the same leader.
  ///
  /// Those who have a leader need only name the same one of the same epoch: what they voted for
  /// when they began may have differed (ZOOKEEPER-1732).
  func agrees(with other: Ballot) -> Bool {
    if state == .looking || other.state == .looking {
      return vote == other.vote && round == other.round
    }
    return vote.leader == other.vote.leader && vote.epoch == other.vote.epoch
  }
}

/// Ballots by their voters, in ascending order.
struct Ballots: Hashable, Sendable {
  private(set) var all: [Ballot] = []

  subscript(voter: ServerID) -> Ballot? { all.first { $0.voter == voter } }

  mutating func put(_ ballot: Ballot) {
    if let place = all.firstIndex(where: { $0.voter >= ballot.voter }) {
      if all[place].voter == ballot.voter {
        all[place] = ballot
      } else {
        all.insert(ballot, at: place)
      }
    } else {
      all.append(ballot)
    }
  }

  mutating func removeAll() { all.removeAll(keepingCapacity: true) }
}

/// How far a server is in an election, and afterwards what came of it
/// (zookeeper-protocol.md, section 7).
struct Election: Sendable {
  /// Whether votes are being counted.
  var isRunning = false
  /// The round: a logical clock.
  var round: Int64 = 0
  /// The candidate that this server votes for; later the leader that it has found.
  var vote = Vote(leader: ServerID(rawValue: .min), zxid: Zxid(rawValue: .min), epoch: .min)
  /// What was said in this round.
  var received = Ballots()
  /// What those say who have a leader.
  var outside = Ballots()
  /// When the vote is told again.
  var resendAt = Instant(nanoseconds: .max)
  var pauseMilliseconds: Int64 = 0
  /// When a quorum's agreement becomes final.
  var decideAt: Instant?

  /// A round beyond this is no round that anybody has counted to.
  static let maxRound = Int64(1) << 60
}
