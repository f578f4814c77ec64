import Jute
import LinnaeusBase
import Testing

@testable import Zab

/// What a leader waits for, and what it tells whom.
@Suite struct LeaderTests {
  private func zxid(_ epoch: UInt32, _ counter: UInt32) -> Zxid { Rig.zxid(epoch, counter) }

  @Test("The epoch is later than all that a quorum has promised, and durable before it is told")
  func choosesEpoch() {
    var rig = Rig(3, of: 5, accepted: 2)
    rig.hear(from: 1, leader: 3)
    rig.hear(from: 2, leader: 3)
    rig.advance(200)
    rig.introduce(1, link: 1, accepted: 6)
    #expect(rig.wanted().isEmpty)
    rig.introduce(2, link: 2, accepted: 4)
    #expect(rig.wanted() == ["write accepted 7"] && rig.sent(1).isEmpty)
    rig.zab.epochIsDurable(.accepted, 7, into: &rig.effects)
    #expect(rig.sent(1) == ["leaderInfo 700000000"] && rig.sent(2) == ["leaderInfo 700000000"])
    rig.introduce(4, link: 4)
    #expect(rig.sent(4) == ["leaderInfo 700000000"])
  }

  @Test("Whoever connects before the election is over is heard after it")
  func hearsEarlyLearners() {
    var rig = Rig(3)
    rig.introduce(1, link: 1)
    #expect(rig.isClosing.isEmpty)
    rig.beElected(by: 1)
    #expect(rig.wanted() == ["write accepted 1"])
  }

  @Test("A learner that knows more than the leader ends it")
  func leavesToWhoKnowsMore() {
    var rig = Rig(3, log: [zxid(1, 1)], accepted: 1, current: 1)
    rig.beElected(by: 1)
    rig.introduce(1, link: 1, accepted: 1)
    rig.zab.epochIsDurable(.accepted, 2, into: &rig.effects)
    rig.acknowledgeEpoch(1, 1, zxid(1, 2))
    #expect(rig.zab.phase == .looking)
  }

  @Test("A promise that is not new does not count")
  func oldPromiseDoesNotCount() {
    var rig = Rig(3)
    rig.beElected(by: 1)
    rig.introduce(1, link: 1)
    rig.zab.epochIsDurable(.accepted, 1, into: &rig.effects)
    rig.acknowledgeEpoch(1, -1, .zero)
    #expect(rig.wanted() == ["write accepted 1"] && rig.sent(1) == ["leaderInfo 100000000"])
    rig.introduce(2, link: 2)
    rig.acknowledgeEpoch(2, 0, .zero)
    #expect(rig.wanted() == ["write current 1"])
    #expect(rig.sent(1) == ["difference 0", "newLeader 100000000"])
  }

  @Test("It serves when a quorum has its history, commits it first, and then lets others serve")
  func servesAfterHistory() {
    var rig = Rig(3, log: [zxid(1, 1)], accepted: 1, current: 1)
    rig.beElected(by: 1)
    rig.introduce(1, link: 1, accepted: 1)
    rig.zab.epochIsDurable(.accepted, 2, into: &rig.effects)
    rig.acknowledgeEpoch(1, 0, .zero)
    #expect(
      rig.sent(1) == [
        "leaderInfo 200000000", "difference 100000001", "proposal 100000001",
        "commit 100000001", "newLeader 200000000",
      ])
    rig.receive(1, .ack, zxid(2, 0))
    #expect(rig.wanted() == ["write accepted 2", "write current 2"] && !rig.zab.isServing)
    rig.zab.epochIsDurable(.current, 2, into: &rig.effects)
    #expect(rig.wanted() == ["commit 100000001", "serve"])
    #expect(rig.sent(1) == ["upToDate ffffffffffffffff"])
    #expect(rig.zab.epochStart == zxid(2, 0))
  }

  @Test("A later quorum waits for an earlier proposal")
  func commitsInOrder() {
    var rig = Rig(3, of: 5)
    rig.hear(from: 2, leader: 3)
    rig.beElected(by: 1)
    rig.introduce(1, link: 1)
    rig.introduce(2, link: 2)
    rig.zab.epochIsDurable(.accepted, 1, into: &rig.effects)
    rig.acknowledgeEpoch(2, 0, .zero)
    rig.acknowledgeEpoch(1, 0, .zero)
    rig.zab.epochIsDurable(.current, 1, into: &rig.effects)
    rig.receive(1, .ack, zxid(1, 0))
    rig.receive(2, .ack, zxid(1, 0))
    #expect(rig.zab.isServing)
    _ = (rig.wanted(), rig.sent(1), rig.sent(2))
    rig.propose(zxid(1, 1))
    rig.propose(zxid(1, 2))
    #expect(rig.wanted() == ["log 100000001", "log 100000002"])
    #expect(rig.sent(1) == ["proposal 100000001", "proposal 100000002"])
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    rig.receive(1, .ack, zxid(1, 1))
    rig.receive(1, .ack, zxid(1, 2))
    #expect(rig.wanted().isEmpty)
    rig.receive(2, .ack, zxid(1, 1))
    #expect(rig.wanted() == ["commit 100000001"] && rig.sent(2).last == "commit 100000001")
    rig.receive(2, .ack, zxid(1, 2))
    #expect(rig.wanted().isEmpty)
    rig.zab.durable(upTo: zxid(1, 2), into: &rig.effects)
    #expect(rig.wanted() == ["commit 100000002"])
  }

  @Test("Observers hear of what is committed, and do not count")
  func informsObservers() {
    var rig = Rig(3, observers: 4...4)
    rig.lead()
    rig.introduce(4, link: 4, isObserver: true)
    rig.acknowledgeEpoch(4, 0, .zero)
    rig.receive(4, .ack, zxid(1, 0))
    #expect(rig.sent(4).last == "upToDate ffffffffffffffff")
    rig.propose(zxid(1, 1))
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    #expect(rig.sent(4).isEmpty)
    rig.receive(1, .ack, zxid(1, 1))
    #expect(rig.sent(4) == ["inform 100000001"])
  }

  @Test("A leader that a quorum does not answer steps down")
  func stepsDown() {
    var rig = Rig(3)
    rig.lead()
    rig.advance(11_999)
    #expect(rig.zab.isServing)
    #expect(rig.sent(1).filter { $0.hasPrefix("ping") }.count == 12)
    rig.advance(1)
    #expect(rig.wanted().last == "stop serving" && rig.isClosing.contains(1))
  }

  @Test("After a long pause a leader steps down before it does anything else")
  func stepsDownAfterPause() {
    var rig = Rig(3)
    rig.lead()
    rig.now += 60_000
    rig.zab.advance(now: Instant(milliseconds: rig.now), into: &rig.effects)
    #expect(rig.zab.phase == .looking)
  }

  @Test("A leader whom nobody follows gives up after initLimit")
  func givesUp() {
    var rig = Rig(3)
    rig.beElected(by: 1)
    rig.advance(19_999)
    #expect(rig.zab.phase == .leading)
    rig.advance(1)
    #expect(rig.zab.phase == .looking)
  }

  @Test("A voter that has promised a later epoch makes the leader choose one that is later still")
  func takesAlongWhoPromisedMore() {
    var rig = Rig(3)
    rig.lead()
    rig.introduce(2, link: 2, accepted: 9)
    #expect(rig.zab.phase == .looking)
    rig.hear(from: 1, leader: 3, epoch: 1, round: 2)
    rig.advance(200)
    rig.introduce(1, link: 1, accepted: 1)
    #expect(rig.wanted().last == "write accepted 10")
  }

  @Test("Whoever acknowledges a proposal before NEWLEADER is sent away: ZOOKEEPER-4685")
  func newLeaderComesFirst() {
    var rig = Rig(3)
    rig.lead()
    rig.introduce(2, link: 2)
    rig.propose(zxid(1, 1))
    rig.acknowledgeEpoch(2, 0, .zero)
    rig.receive(2, .ack, zxid(1, 1))
    #expect(rig.isClosing == [2] && rig.zab.isServing)
  }

  @Test("A learner with proposals in its log waits until they are committed")
  func waitsForItsOwnProposals() {
    var rig = Rig(3)
    rig.lead()
    rig.propose(zxid(1, 1))
    _ = rig.sent(1)
    // It was started again, and has applied what is in its log.
    rig.introduce(1, link: 2, accepted: 1)
    rig.acknowledgeEpoch(2, -1, zxid(1, 1))
    rig.receive(2, .ack, zxid(1, 0))
    #expect(rig.sent(2) == ["leaderInfo 100000000", "difference 0", "newLeader 100000000"])
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    #expect(rig.sent(2) == ["commit 100000001", "upToDate ffffffffffffffff"])
  }

  // MARK: Synchronisation

  @Test("What a learner gets follows from the end of its log")
  func remedies() {
    let log = [zxid(1, 5), zxid(1, 6), zxid(3, 1), zxid(3, 2)]
    let zab = Rig(3, log: log, floor: zxid(1, 4), accepted: 3, current: 3).zab
    let expected: [(Zxid, Zab.Remedy)] = [
      (zxid(3, 2), .difference(after: zxid(3, 2))), (zxid(1, 5), .difference(after: zxid(1, 5))),
      (zxid(1, 4), .difference(after: zxid(1, 4))), (zxid(1, 3), .history(after: zxid(1, 3))),
      (.zero, .history(after: .zero)),
      (zxid(1, 9), .truncation(to: zxid(1, 6))), (zxid(3, 7), .truncation(to: zxid(3, 2))),
      // It may lack something even before its last epoch.
      (zxid(2, 1), .snapshot), (zxid(4, 1), .snapshot),
      // Where an epoch begins there is no transaction.
      (zxid(3, 0), .difference(after: zxid(1, 6))), (zxid(4, 0), .difference(after: zxid(3, 2))),
      (Zxid(rawValue: -1), .snapshot), (Zxid(rawValue: .max), .snapshot),
    ]
    for (last, remedy) in expected { #expect(zab.remedy(for: last) == remedy, "\(last)") }
    let whole = Rig(3, log: [zxid(2, 1)], accepted: 2, current: 2).zab
    #expect(whole.remedy(for: zxid(1, 1)) == .truncation(to: .zero))
    #expect(whole.remedy(for: .zero) == .difference(after: .zero))
  }

  @Test("What is no longer in memory comes from the log, and then what was committed meanwhile")
  func sendsHistory() {
    var rig = Rig(
      3, log: [zxid(1, 3), zxid(1, 4)], floor: zxid(1, 2), accepted: 1, current: 1,
      commitLogCount: 1)
    rig.beElected(by: 1)
    rig.introduce(1, link: 1)
    rig.zab.epochIsDurable(.accepted, 2, into: &rig.effects)
    rig.acknowledgeEpoch(1, 0, zxid(1, 4))
    rig.zab.epochIsDurable(.current, 2, into: &rig.effects)
    rig.receive(1, .ack, zxid(2, 0))
    rig.introduce(2, link: 2)
    rig.acknowledgeEpoch(2, 0, zxid(1, 1))
    let asked = rig.wanted().last ?? ""
    #expect(asked == "read 100000001..100000003 for 2")
    // Meanwhile nothing of what comes behind it leaves the memory.
    for counter: UInt32 in 1...3 {
      rig.propose(zxid(2, counter))
      rig.zab.durable(upTo: zxid(2, counter), into: &rig.effects)
      rig.receive(1, .ack, zxid(2, counter))
      rig.advance(1)
    }
    var history = TransactionWindow(after: zxid(1, 1))
    for counter: UInt32 in 2...3 { history.append(.empty, zxid: zxid(1, counter)) }
    rig.zab.historyRead(2, after: zxid(1, 1), history, into: &rig.effects)
    let zxids = ["100000002", "100000003", "100000004", "200000001", "200000002", "200000003"]
    let expected = zxids.flatMap { ["proposal \($0)", "commit \($0)"] }
    #expect(
      rig.sent(2) == ["leaderInfo 200000000", "difference 200000003"] + expected
        + ["newLeader 200000000"])
  }

  @Test("Behind a snapshot comes everything that it lacks, whatever was committed meanwhile")
  func sendsSnapshot() {
    var rig = Rig(
      3, log: [zxid(1, 5)], floor: zxid(1, 4), accepted: 1, current: 1, commitLogCount: 1)
    rig.beElected(by: 1)
    rig.introduce(1, link: 1)
    rig.zab.epochIsDurable(.accepted, 2, into: &rig.effects)
    rig.acknowledgeEpoch(1, 0, zxid(1, 5))
    rig.zab.epochIsDurable(.current, 2, into: &rig.effects)
    rig.receive(1, .ack, zxid(2, 0))
    rig.introduce(2, link: 2)
    rig.acknowledgeEpoch(2, 0, .zero)
    #expect(rig.wanted().last == "read 0..100000004 for 2")
    rig.zab.historyRead(2, after: .zero, nil, into: &rig.effects)
    #expect(rig.wanted() == ["send snapshot 2"])
    // It was asked for once.
    rig.zab.historyRead(2, after: .zero, TransactionWindow(after: .zero), into: &rig.effects)
    #expect(rig.wanted().isEmpty)
    rig.zab.snapshotBegins(2, zxid(1, 5), into: &rig.effects)
    for counter: UInt32 in 1...4 {
      rig.propose(zxid(2, counter))
      rig.zab.durable(upTo: zxid(2, counter), into: &rig.effects)
      if counter < 4 { rig.receive(1, .ack, zxid(2, counter)) }
      rig.advance(1)
    }
    #expect(rig.sent(2) == ["leaderInfo 200000000", "snapshot 100000005"])
    rig.zab.snapshotSent(2, zxid(1, 5), into: &rig.effects)
    let signature: [UInt8] = [0, 0, 0, 10] + Array("BenWasHere".utf8)
    #expect(Array(rig.effects.outputs[2].bytes.prefix(14)) == signature)
    rig.effects.outputs[2].bytes.removeFirst(14)
    let expected = (1...3).flatMap { ["proposal 20000000\($0)", "commit 20000000\($0)"] }
    #expect(rig.sent(2) == expected + ["proposal 200000004", "newLeader 200000000"])
  }

  // MARK: Extensions

  @Test("Extensions are for ensembles in which all voters are known to have them")
  func extensions() {
    var rig = Rig(3)
    #expect(!rig.zab.peersKnowExtensions)
    rig.lead()
    #expect(!rig.zab.peersKnowExtensions, "nobody has heard of server 2")
    rig.introduce(7, link: 5, isObserver: true, version: LearnerInfo.apacheVersion)
    #expect(!rig.zab.peersKnowExtensions)
    rig.introduce(2, link: 2)
    #expect(rig.zab.peersKnowExtensions)
    rig.introduce(2, link: 3, version: LearnerInfo.apacheVersion)
    #expect(!rig.zab.peersKnowExtensions, "an Apache server came in its place")
  }

  @Test("A learner goes by what its leader says", arguments: [true, false])
  func leadersExtensions(hasThem: Bool) {
    var rig = Rig(1)
    rig.promise(
      to: 3, epoch: 7,
      version: hasThem ? LearnerInfo.currentVersion : LearnerInfo.apacheVersion)
    #expect(rig.zab.peersKnowExtensions == hasThem)
  }

  // MARK: Answers

  @Test("A sync is answered once everything proposed before it is committed, and in order")
  func syncWaitsForProposals() {
    var rig = Rig(3)
    rig.lead()
    rig.zab.answerSync(link: nil, provesLeadership: false, into: &rig.effects)
    #expect(rig.wanted() == ["synced"])
    rig.propose(zxid(1, 1))
    rig.zab.answerSync(link: nil, provesLeadership: false, into: &rig.effects)
    rig.zab.answerSync(link: 1, provesLeadership: false, into: &rig.effects)
    rig.zab.answerRevalidation(1, session: 7, isAlive: true, into: &rig.effects)
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    #expect(rig.wanted() == ["log 100000001"])
    rig.receive(1, .ack, zxid(1, 1))
    #expect(rig.wanted() == ["commit 100000001", "synced"])
    #expect(
      rig.sent(1) == [
        "proposal 100000001", "commit 100000001", "sync 0", "revalidate ffffffffffffffff",
      ])
  }

  @Test("A sync that proves leadership waits for answers to a ping that was sent after it")
  func syncProvesLeadership() {
    var rig = Rig(3)
    rig.lead()
    rig.advance(0)
    // A ping that was sent before proves nothing.
    #expect(rig.sent(1) == ["ping 0"])
    rig.zab.answerSync(link: nil, provesLeadership: true, into: &rig.effects)
    #expect(rig.sent(1).isEmpty)
    rig.receive(1, .ping, .zero)
    #expect(rig.wanted().isEmpty && rig.sent(1) == ["ping 0"])
    rig.receive(1, .ping, .zero)
    #expect(rig.wanted() == ["synced"])
    // With nothing under way a ping is sent at once; those who come meanwhile share the next.
    for _ in 1...3 { rig.zab.answerSync(link: nil, provesLeadership: true, into: &rig.effects) }
    #expect(rig.sent(1) == ["ping 0"])
    rig.receive(1, .ping, .zero)
    #expect(rig.wanted() == ["synced"] && rig.sent(1) == ["ping 0"])
    rig.receive(1, .ping, .zero)
    #expect(rig.wanted() == ["synced", "synced"])
  }

  @Test("A proposal that came after a sync proves leadership as well, and is committed after it")
  func proposalProvesLeadership() {
    var rig = Rig(3)
    rig.lead()
    rig.propose(zxid(1, 1))
    rig.zab.answerSync(link: 1, provesLeadership: true, into: &rig.effects)
    _ = rig.sent(1)
    // What was proposed before the sync proves nothing.
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    rig.receive(1, .ack, zxid(1, 1))
    #expect(rig.sent(1) == ["commit 100000001", "ping 100000001"])
    rig.propose(zxid(1, 2))
    rig.zab.answerSync(link: 1, provesLeadership: true, into: &rig.effects)
    rig.zab.durable(upTo: zxid(1, 2), into: &rig.effects)
    rig.receive(1, .ack, zxid(1, 2))
    #expect(rig.sent(1) == ["proposal 100000002", "sync 0", "commit 100000002"])
    rig.receive(1, .ping, .zero)
    #expect(rig.sent(1) == ["ping 100000002"])
    rig.receive(1, .ping, .zero)
    #expect(rig.sent(1) == ["sync 0"])
  }

  @Test("Whoever asked and is gone is not answered, though another has its link")
  func answersNobodyElse() {
    var rig = Rig(3)
    rig.lead()
    rig.propose(zxid(1, 1))
    rig.zab.answerSync(link: 1, provesLeadership: false, into: &rig.effects)
    rig.zab.linkClosed(1, into: &rig.effects)
    #expect(rig.wanted() == ["log 100000001", "gone 1"])
    _ = rig.sent(1)
    rig.introduce(1, link: 1, accepted: 1)
    rig.acknowledgeEpoch(1, -1, .zero)
    rig.receive(1, .ack, zxid(1, 0))
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    rig.receive(1, .ack, zxid(1, 1))
    #expect(
      rig.sent(1) == [
        "leaderInfo 100000000", "difference 0", "proposal 100000001", "newLeader 100000000",
        "upToDate ffffffffffffffff", "commit 100000001",
      ])
  }

  // MARK: Reconfiguration

  private func next(_ servers: [Int64]) -> QuorumConfiguration {
    QuorumConfiguration(
      members: servers.map {
        QuorumConfiguration.Member(id: ServerID(rawValue: $0), address: Array("s:1:2".utf8))
      }, version: zxid(1, 1).rawValue)
  }

  private func reconfigure(_ rig: inout Rig, _ servers: [Int64]) {
    let configuration = next(servers)
    Rig.payload(zxid(1, 1)).withBorrowedBytes {
      rig.zab.proposeConfiguration(
        configuration, payload: $0, zxid: zxid(1, 1), designatedLeader: ServerID(rawValue: 3),
        into: &rig.effects)
    }
  }

  @Test("A reconfiguration needs quorums of both configurations, and so does what follows it")
  func needsBothQuorums() {
    var rig = Rig(3)
    rig.lead()
    for (server, link) in [(5, 5), (6, 6)] as [(Int64, Int32)] {
      rig.introduce(server, link: link)
      rig.acknowledgeEpoch(link, 0, .zero)
      rig.receive(link, .ack, zxid(1, 0))
    }
    reconfigure(&rig, [3, 5, 6])
    rig.propose(zxid(1, 2))
    #expect(rig.zab.isReconfiguring)
    _ = (rig.wanted(), rig.sent(1), rig.sent(5))
    rig.zab.durable(upTo: zxid(1, 2), into: &rig.effects)
    rig.receive(1, .ack, zxid(1, 2))
    #expect(rig.wanted().isEmpty)
    rig.receive(5, .ack, zxid(1, 1))
    #expect(rig.wanted() == ["commit 100000001", "configured 4294967297"])
    #expect(rig.sent(5) == ["commitAndActivate 100000001"] && !rig.zab.isReconfiguring)
    rig.receive(6, .ack, zxid(1, 2))
    #expect(rig.wanted() == ["commit 100000002"])
  }

  @Test("An observer with a vote in the next ensemble is sent proposals, unless it is Apache's")
  func promotesObserver() {
    for version in [LearnerInfo.currentVersion, LearnerInfo.currentVersion - 1] {
      var rig = Rig(3)
      rig.lead()
      reconfigure(&rig, [3, 5])
      rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
      rig.receive(1, .ack, zxid(1, 1))
      rig.introduce(5, link: 5, isObserver: true, version: version)
      rig.acknowledgeEpoch(5, 0, .zero)
      let isOurs = version == LearnerInfo.currentVersion
      #expect(rig.sent(5).contains("proposal 100000001") == isOurs)
      rig.receive(5, .ack, zxid(1, 0))
      if isOurs { rig.receive(5, .ack, zxid(1, 1)) }
      #expect(rig.zab.isReconfiguring != isOurs)
    }
  }

  @Test("A leader that is no longer part of the ensemble steps down when that is committed")
  func leavesEnsemble() {
    var rig = Rig(3)
    rig.lead()
    reconfigure(&rig, [1, 2])
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    rig.introduce(2, link: 2)
    rig.acknowledgeEpoch(2, 0, .zero)
    rig.receive(2, .ack, zxid(1, 0))
    rig.receive(1, .ack, zxid(1, 1))
    rig.receive(2, .ack, zxid(1, 1))
    #expect(rig.wanted().suffix(2) == ["configured 4294967297", "stop serving"])
    #expect(rig.sent(1).last == "commitAndActivate 100000001" && rig.isClosing == [1, 2])
  }
}
