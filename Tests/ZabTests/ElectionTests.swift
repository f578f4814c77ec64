import Jute
import LinnaeusBase
import Testing

@testable import Zab

/// The rules of the election, one by one (zookeeper-protocol.md, section 7).
@Suite struct ElectionTests {
  private func zxid(_ epoch: UInt32, _ counter: UInt32) -> Zxid { Rig.zxid(epoch, counter) }

  @Test("Who begins to look votes for itself and tells every voter")
  func votesForItself() {
    var rig = Rig(2, observers: 4...4, log: [zxid(1, 1)], current: 1)
    let said = rig.said()
    #expect(said.map(\.to) == [1, 3])
    let first = said[0].1
    #expect(first.state == .looking && first.round == 1 && first.leader.rawValue == 2)
    #expect(first.zxid == zxid(1, 1) && first.peerEpoch == 1)
  }

  @Test("Epoch comes before zxid, zxid before number")
  func orderOfVotes() {
    let own = Vote(leader: ServerID(rawValue: 2), zxid: zxid(2, 5), epoch: 2)
    func vote(_ leader: Int64, _ zxid: Zxid, _ epoch: Int64) -> Vote {
      Vote(leader: ServerID(rawValue: leader), zxid: zxid, epoch: epoch)
    }
    #expect(vote(1, zxid(1, 1), 3).isBetter(than: own))
    #expect(vote(1, zxid(2, 6), 2).isBetter(than: own))
    #expect(vote(3, zxid(2, 5), 2).isBetter(than: own))
    #expect(!vote(3, zxid(2, 9), 1).isBetter(than: own))
    #expect(!vote(3, zxid(2, 4), 2).isBetter(than: own))
    #expect(!own.isBetter(than: own))
  }

  @Test("A better candidate is voted for, and everybody told")
  func adoptsBetter() {
    var rig = Rig(2)
    _ = rig.said()
    rig.hear(from: 1, leader: 1)
    #expect(rig.said().isEmpty)
    rig.hear(from: 3, leader: 3)
    #expect(rig.said().map { $0.1.leader.rawValue } == [3, 3])
  }

  @Test("A later round is joined, and what was said before it forgotten")
  func joinsLaterRound() {
    var rig = Rig(2, log: [zxid(1, 1)], current: 1)
    rig.hear(from: 1, leader: 2, zxid: zxid(1, 1), epoch: 1)
    #expect(rig.zab.election.decideAt != nil)
    _ = rig.said()
    // The candidate of the later round is not as good as this server.
    rig.hear(from: 3, leader: 3, round: 5)
    #expect(rig.zab.election.round == 5 && rig.zab.election.decideAt == nil)
    #expect(rig.said().allSatisfy { $0.1.leader.rawValue == 2 && $0.1.round == 5 })
  }

  @Test("An earlier round is not counted, and answered")
  func answersEarlierRound() {
    var rig = Rig(2)
    rig.hear(from: 3, leader: 2, round: 4)
    _ = rig.said()
    rig.hear(from: 1, leader: 2, round: 2)
    #expect(rig.said().map(\.to) == [1])
    #expect(rig.zab.election.received[ServerID(rawValue: 1)] == nil)
  }

  @Test("A quorum's agreement waits for a better candidate")
  func waitsBeforeItIsFinal() {
    var rig = Rig(2, of: 5)
    rig.hear(from: 1, leader: 2)
    rig.hear(from: 3, leader: 2)
    rig.advance(199)
    #expect(rig.zab.phase == .looking)
    rig.hear(from: 5, leader: 5)
    rig.advance(100)
    #expect(rig.zab.phase == .looking)
    rig.hear(from: 1, leader: 5)
    rig.advance(199)
    #expect(rig.zab.phase == .looking)
    rig.advance(1)
    #expect(rig.zab.phase == .following(ServerID(rawValue: 5)))
    #expect(rig.wanted() == ["connect 5"])
  }

  @Test("Who is alone becomes the leader")
  func aloneLeads() {
    var rig = Rig(1, of: 1)
    rig.advance(200)
    #expect(rig.zab.phase == .leading)
  }

  @Test("A quorum that has a leader is joined only if the leader says so itself")
  func joinsSettled() {
    var rig = Rig(1, of: 5, log: [zxid(1, 1)], current: 1)
    for follower: Int64 in [2, 3, 4] {
      rig.hear(from: follower, .following, leader: 5, epoch: 7, round: 9)
    }
    #expect(rig.zab.phase == .looking)
    rig.hear(from: 5, .leading, leader: 5, epoch: 7, round: 9)
    #expect(rig.zab.phase == .following(ServerID(rawValue: 5)) && rig.zab.election.round == 9)
  }

  @Test("Nobody is followed whom only a minority follows")
  func minorityDoesNotCount() {
    var rig = Rig(1, of: 5)
    rig.hear(from: 5, .leading, leader: 5, epoch: 7, round: 9)
    rig.hear(from: 2, .following, leader: 5, epoch: 7, round: 9)
    rig.hear(from: 3, .following, leader: 5, epoch: 6, round: 9)
    rig.hear(from: 4, .observing, leader: 5, epoch: 7, round: 9)
    #expect(rig.zab.phase == .looking)
  }

  @Test("Who has a leader tells those who look")
  func answersLooking() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    rig.hear(from: 2, .following, leader: 3)
    #expect(rig.said().isEmpty)
    rig.hear(from: 2, leader: 2)
    let said = rig.said()
    #expect(said.map(\.to) == [2] && said[0].1.state == .following)
    #expect(said[0].1.leader.rawValue == 3 && said[0].1.peerEpoch == 1)
  }

  @Test("Who has no vote is not counted, and answered once there is a leader")
  func observersDoNotVote() {
    var rig = Rig(1, of: 2, observers: 3...3)
    _ = rig.said()
    rig.hear(from: 3, leader: 1)
    #expect(rig.zab.election.decideAt == nil)
    #expect(rig.said().isEmpty)
    rig.hear(from: 2, leader: 3, zxid: zxid(9, 9), epoch: 9)
    #expect(rig.zab.election.vote.leader.rawValue == 1)
    rig.serve(under: 2, epoch: 1)
    _ = rig.said()
    rig.hear(from: 3, leader: 1)
    #expect(rig.said().map(\.to) == [3])
  }

  @Test("Two who think that the other has no vote do not answer each other for ever")
  func strangers() throws {
    // Each is an observer by what the other knows.
    var (one, other) = (Rig(1, of: 1, observers: 2...2), Rig(2, observers: 1...1))
    var rounds = 0
    _ = (one.said(), other.said())
    one.hear(from: 2, leader: 2)
    while rounds < 100 {
      let (fromOne, fromOther) = (one.said(), other.said())
      if fromOne.isEmpty, fromOther.isEmpty { break }
      for (to, said) in fromOne where to == 2 {
        other.hear(from: 1, leader: said.leader.rawValue, round: said.round)
      }
      for (to, said) in fromOther where to == 1 {
        one.hear(from: 2, leader: said.leader.rawValue, round: said.round)
      }
      rounds += 1
    }
    #expect(rounds < 10)
  }

  @Test("An observer names no candidate, and observes whom the voters agree on")
  func observerObserves() {
    var rig = Rig(4, observers: 4...4, log: [zxid(5, 5)], current: 5)
    #expect(rig.said().allSatisfy { $0.1.leader.rawValue == .min && $0.1.peerEpoch == .min })
    rig.hear(from: 1, leader: 3)
    rig.hear(from: 3, leader: 3)
    rig.advance(200)
    #expect(rig.zab.phase == .observing(ServerID(rawValue: 3)))
  }

  @Test("A server without weight never becomes the leader")
  func weightlessNeverLeads() {
    var rig = Rig(1, text: "weight.3=0\n")
    rig.hear(from: 3, leader: 3, zxid: zxid(9, 9), epoch: 9)
    #expect(rig.zab.election.vote.leader.rawValue == 1)
  }

  @Test("A newer configuration is taken over, and the election begins again")
  func adoptsConfiguration() {
    var rig = Rig(1)
    _ = rig.said()
    rig.hear(
      from: 2, leader: 2,
      configuration: "server.1=a:1:2\nserver.2=b:1:2\nserver.9=c:1:2\nversion=5")
    #expect(rig.zab.configuration.version == 5)
    #expect(rig.wanted() == ["configured 5"])
    #expect(Set(rig.said().map(\.to)) == [2, 9])
  }

  @Test("Who is not answered asks again, less and less often")
  func asksAgain() {
    var rig = Rig(1)
    var times: [Int64] = []
    for _ in 0..<300_000 / 100 {
      if !rig.said().isEmpty { times.append(rig.now) }
      rig.advance(100)
    }
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(pauses.prefix(5) == [200, 400, 800, 1_600, 3_200])
    #expect(pauses.max() == 60_000)
  }

  @Test("Whoever reconnects hears what was said last")
  func saysAgain() {
    var rig = Rig(1)
    _ = rig.said()
    rig.zab.electionConnected(to: ServerID(rawValue: 3), into: &rig.effects)
    #expect(rig.said().map(\.to) == [3])
  }

  @Test("The end of the log counts for the vote, durable or not")
  func votesWithWholeLog() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    rig.receiveProposal(0, zxid(1, 1))
    rig.zab.linkClosed(0, into: &rig.effects)
    #expect(rig.wanted() == ["log 100000001", "stop serving"])
    #expect(rig.said().allSatisfy { $0.1.zxid == zxid(1, 1) && $0.1.peerEpoch == 1 })
  }
}
