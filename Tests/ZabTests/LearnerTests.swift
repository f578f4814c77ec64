import Jute
import LinnaeusBase
import Testing

@testable import Zab

/// The order in which a learner does things, and the bugs that other orders were.
@Suite struct LearnerTests {
  private func zxid(_ epoch: UInt32, _ counter: UInt32) -> Zxid { Rig.zxid(epoch, counter) }

  @Test("An epoch is acknowledged once the promise is durable")
  func promisesDurably() {
    var rig = Rig(1, log: [zxid(1, 1)], accepted: 1, current: 1)
    rig.follow(3)
    #expect(rig.sent(0) == ["followerInfo 100000000"])
    rig.receive(0, .leaderInfo, zxid(4, 0)) { $0.int32(0x10000) }
    #expect(rig.wanted() == ["connect 3", "write accepted 4"] && rig.sent(0).isEmpty)
    rig.zab.epochIsDurable(.accepted, 4, into: &rig.effects)
    #expect(rig.sent(0) == ["ackEpoch 100000001"])
  }

  @Test("An epoch is acknowledged once the whole log is durable")
  func acknowledgesDurableLog() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    rig.receiveProposal(0, zxid(1, 1))
    rig.zab.linkClosed(0, into: &rig.effects)
    rig.hear(from: 3, .looking, leader: 3, zxid: zxid(900, 0), epoch: 900, round: 2)
    rig.advance(200)
    rig.zab.linkOpened(1, into: &rig.effects)
    rig.receive(1, .leaderInfo, zxid(2, 0)) { $0.int32(0x10000) }
    rig.zab.epochIsDurable(.accepted, 2, into: &rig.effects)
    #expect(rig.sent(1) == ["followerInfo 100000000"])
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    #expect(rig.sent(1) == ["ackEpoch 100000001"])
  }

  @Test("An epoch earlier than the promised one is not followed")
  func refusesEarlierEpoch() {
    var rig = Rig(1, accepted: 5)
    rig.follow(3)
    rig.receive(0, .leaderInfo, zxid(4, 0)) { $0.int32(0x10000) }
    #expect(rig.zab.phase == .looking && rig.isClosing == [0])
  }

  @Test("The promised epoch again is acknowledged as -1, without writing")
  func repeatsPromise() {
    var rig = Rig(1, accepted: 5)
    rig.follow(3)
    rig.receive(0, .leaderInfo, zxid(5, 0)) { $0.int32(0x10000) }
    #expect(rig.wanted() == ["connect 3"])
    #expect(Array(rig.effects.outputs[0].bytes.suffix(8).prefix(4)) == [255, 255, 255, 255])
    #expect(rig.sent(0) == ["followerInfo 500000000", "ackEpoch 0"])
  }

  @Test("First the history is durable, then the epoch, then NEWLEADER is acknowledged")
  func historyThenEpochThenAck() {
    var rig = Rig(1)
    rig.promise(to: 3, epoch: 2)
    _ = (rig.sent(0), rig.wanted())
    rig.receive(0, .difference, zxid(1, 2))
    rig.receiveProposal(0, zxid(1, 1))
    rig.receive(0, .commit, zxid(1, 1))
    rig.receiveProposal(0, zxid(1, 2))
    rig.receive(0, .newLeader, zxid(2, 0))
    #expect(rig.wanted() == ["log 100000001", "log 100000002"])
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    #expect(rig.wanted().isEmpty && rig.sent(0).isEmpty)
    rig.zab.durable(upTo: zxid(1, 2), into: &rig.effects)
    #expect(rig.wanted() == ["write current 2"] && rig.sent(0).isEmpty)
    rig.zab.epochIsDurable(.current, 2, into: &rig.effects)
    // What was proposed and not committed is acknowledged by itself, after NEWLEADER.
    #expect(rig.sent(0) == ["ack 200000000", "ack 100000002"])
  }

  @Test("What comes between NEWLEADER and UPTODATE is acknowledged after it, applied with it")
  func appliesAtUpToDate() {
    var rig = Rig(1)
    rig.promise(to: 3, epoch: 2)
    _ = (rig.sent(0), rig.wanted())
    rig.receive(0, .difference, .zero)
    rig.receive(0, .newLeader, zxid(2, 0))
    rig.receiveProposal(0, zxid(2, 1))
    rig.zab.durable(upTo: zxid(2, 1), into: &rig.effects)
    rig.receive(0, .commit, zxid(2, 1))
    #expect(rig.sent(0).isEmpty)
    #expect(rig.wanted() == ["write current 2", "log 200000001"])
    rig.zab.epochIsDurable(.current, 2, into: &rig.effects)
    #expect(rig.sent(0) == ["ack 200000000", "ack 200000001"] && !rig.zab.isServing)
    rig.receive(0, .upToDate, Zxid(rawValue: -1))
    #expect(rig.wanted() == ["commit 200000001", "serve"])
    #expect(rig.sent(0) == ["ack 200000000"])
  }

  @Test("Each durable proposal is acknowledged by itself, in order")
  func acknowledgesEach() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    for counter: UInt32 in 1...3 { rig.receiveProposal(0, zxid(1, counter)) }
    #expect(rig.sent(0).isEmpty)
    rig.zab.durable(upTo: zxid(1, 2), into: &rig.effects)
    #expect(rig.sent(0) == ["ack 100000001", "ack 100000002"])
    rig.receive(0, .commit, zxid(1, 1))
    #expect(
      rig.wanted() == ["log 100000001", "log 100000002", "log 100000003", "commit 100000001"])
  }

  @Test("A commit that is not of the oldest proposal ends it")
  func commitsInOrder() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    rig.receiveProposal(0, zxid(1, 1))
    rig.receiveProposal(0, zxid(1, 2))
    rig.receive(0, .commit, zxid(1, 2))
    #expect(rig.wanted().last == "stop serving" && rig.zab.phase == .looking)
  }

  @Test("A proposal that leaves a gap ends it")
  func refusesGap() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    rig.receiveProposal(0, zxid(1, 2))
    rig.receiveProposal(0, zxid(1, 4))
    #expect(rig.wanted() == ["log 100000002", "stop serving"])
  }

  @Test("What follows TRUNC waits until the log is cut")
  func holdsBehindTruncation() {
    var rig = Rig(1, log: [zxid(1, 1), zxid(1, 2)], accepted: 1, current: 1)
    rig.promise(to: 3, epoch: 2)
    _ = (rig.sent(0), rig.wanted())
    rig.receive(0, .truncate, zxid(1, 1))
    rig.receiveProposal(0, zxid(2, 1))
    rig.receive(0, .newLeader, zxid(2, 0))
    #expect(rig.wanted() == ["reload 100000001"])
    var window = TransactionWindow(after: .zero)
    Rig.payload(zxid(1, 1)).withBorrowedBytes { window.append($0, zxid: zxid(1, 1)) }
    window.commit(upTo: zxid(1, 1))
    rig.zab.reloaded(window, into: &rig.effects)
    #expect(rig.wanted() == ["log 200000001"])
    rig.zab.durable(upTo: zxid(2, 1), into: &rig.effects)
    #expect(rig.wanted() == ["write current 2"])
  }

  @Test("A log that cannot be cut is not: the same leader is asked for a snapshot")
  func cannotBeCut() {
    var rig = Rig(1, floor: zxid(1, 5), accepted: 1, current: 1)
    rig.promise(to: 3, epoch: 2)
    rig.receive(0, .truncate, zxid(1, 3))
    #expect(rig.wanted() == ["connect 3", "write accepted 2", "connect 3"])
    #expect(rig.zab.phase == .following(ServerID(rawValue: 3)) && rig.isClosing == [0])
    rig.zab.linkOpened(1, into: &rig.effects)
    rig.receive(1, .leaderInfo, zxid(2, 0)) { $0.int32(0x10000) }
    #expect(rig.sent(1) == ["followerInfo 200000000", "ackEpoch ffffffffffffffff"])
  }

  @Test("A snapshot that is given up is followed by a recovery, and no vote before that")
  func recoversAfterSnapshot() {
    var rig = Rig(1)
    rig.promise(to: 3, epoch: 2)
    rig.receive(0, .snapshot, zxid(1, 9))
    _ = (rig.wanted(), rig.said())
    rig.zab.linkClosed(0, into: &rig.effects)
    #expect(rig.wanted() == ["reload 7fffffffffffffff"] && rig.said().isEmpty)
    rig.hear(from: 3, leader: 3)
    #expect(rig.said().isEmpty)
    rig.zab.reloaded(TransactionWindow(after: .zero), into: &rig.effects)
    #expect(rig.said().map(\.to) == [2, 3])
  }

  @Test("NEWLEADER is acknowledged once the snapshot is durable")
  func snapshotIsDurableFirst() {
    var rig = Rig(1)
    rig.promise(to: 3, epoch: 2)
    _ = (rig.sent(0), rig.wanted())
    rig.receive(0, .snapshot, zxid(1, 9))
    rig.zab.snapshotReceived(0, into: &rig.effects)
    rig.receive(0) { $0.string("BenWasHere") }
    rig.receive(0, .newLeader, zxid(2, 0))
    #expect(rig.wanted() == ["receive snapshot 0 100000009"])
    rig.zab.durable(upTo: zxid(1, 9), into: &rig.effects)
    #expect(rig.wanted() == ["write current 2"])
    // From here on the disk has the snapshot: nothing must be recovered.
    rig.zab.linkClosed(0, into: &rig.effects)
    #expect(rig.wanted().isEmpty && rig.zab.window.last == zxid(1, 9))
  }

  @Test("A leader that is silent is left")
  func leavesSilentLeader() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    rig.advance(9_000)
    rig.receive(0, .ping, .zero)
    rig.advance(9_999)
    #expect(rig.zab.isServing)
    rig.advance(1)
    #expect(rig.zab.phase == .looking)
  }

  @Test("It is tried five times to reach a leader that may not know that it is one")
  func triesAgain() {
    var rig = Rig(1)
    rig.hear(from: 3, leader: 3)
    rig.advance(200)
    for _ in 1...4 {
      rig.zab.linkFailed(into: &rig.effects)
      rig.advance(100)
    }
    #expect(rig.wanted() == Array(repeating: "connect 3", count: 5))
    rig.zab.linkFailed(into: &rig.effects)
    #expect(rig.zab.phase == .looking)
  }

  @Test("Pings, requests and answers about sessions have their layout")
  func sessions() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    rig.receive(0, .ping, zxid(1, 0))
    #expect(rig.wanted() == ["report"])
    rig.zab.reportSessions([(7, 4_000)], into: &rig.effects)
    #expect(
      Array(rig.effects.outputs[0].bytes.suffix(16)) == [
        0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 15, 160, 255, 255, 255, 255,
      ])
    #expect(rig.sent(0) == ["ping 100000000"])
    [1, 2].withBorrowedBytes { body in
      rig.zab.forward(
        session: 7, xid: 3, opcode: .sync, body: body, identities: .empty, into: &rig.effects)
    }
    #expect(rig.sent(0) == ["request ffffffffffffffff"])
    rig.zab.revalidate(session: 7, timeoutMilliseconds: 9, into: &rig.effects)
    rig.receive(0, .sync, .zero)
    rig.receive(0, .revalidate, .zero) {
      $0.int64(7)
      $0.bool(true)
    }
    #expect(rig.wanted() == ["synced", "revalidated 7 true"])
  }

  /// A transaction of type 16 that makes `servers` the ensemble.
  private func reconfiguration(_ zxid: Zxid, _ servers: [Int64]) -> [UInt8] {
    var configuration = QuorumConfiguration(
      members: servers.map {
        QuorumConfiguration.Member(id: ServerID(rawValue: $0), address: Array("s:1:2".utf8))
      })
    configuration.version = zxid.rawValue
    var writer = ByteWriter()
    writer.int64(7)
    writer.int32(1)
    writer.zxid(zxid)
    writer.int64(0)
    writer.int32(Opcode.reconfig.rawValue)
    writer.string("/zookeeper/config")
    writer.buffer(configuration.text)
    writer.int32(-1)
    return writer.bytes
  }

  @Test("A reconfiguration is in force when it is committed, and counts for elections before that")
  func reconfigures() {
    var rig = Rig(1)
    rig.serve(under: 3, epoch: 1)
    let payload = reconfiguration(zxid(1, 1), [1, 3, 4])
    rig.receive(0, .proposal, zxid(1, 1)) { $0.append(payload) }
    #expect(rig.zab.isReconfiguring && rig.wanted() == ["log 100000001"])
    var other = rig
    rig.receive(0, .commitAndActivate, zxid(1, 1)) { $0.int64(3) }
    #expect(rig.wanted() == ["commit 100000001", "configured 4294967297"])
    #expect(rig.zab.configuration.members.map(\.id.rawValue) == [1, 3, 4])
    // Its leader is lost: a quorum of both configurations must agree on the next one.
    other.zab.linkClosed(0, into: &other.effects)
    #expect(Set(other.said().map(\.to)) == [2, 3, 4])
    other.hear(from: 2, leader: 1, zxid: zxid(1, 1), epoch: 1, round: 2)
    #expect(other.zab.election.decideAt == nil)
    other.hear(from: 4, leader: 1, zxid: zxid(1, 1), epoch: 1, round: 2)
    #expect(other.zab.election.decideAt != nil)
  }

  @Test("An observer learns of a reconfiguration with its transaction")
  func observerReconfigures() {
    var rig = Rig(4, observers: 4...4)
    rig.hear(from: 2, leader: 3, zxid: zxid(900, 0), epoch: 900)
    rig.serve(under: 3, epoch: 1)
    let payload = reconfiguration(zxid(1, 1), [1, 3, 4])
    rig.receive(0, .informAndActivate, zxid(1, 1)) {
      $0.int64(3)
      $0.append(payload)
    }
    // It has a vote now, and joins again as a follower.
    #expect(
      rig.wanted() == [
        "log 100000001", "commit 100000001", "configured 4294967297", "stop serving",
      ])
    #expect(rig.zab.phase == .looking)
    #expect(rig.sent(0).isEmpty)
  }

  @Test("What a follower had logged before it lost its vote, an observer is told as committed")
  func informsOfWhatIsLogged() {
    var rig = Rig(4, observers: 4...4, log: [zxid(1, 1)], accepted: 1, current: 1)
    rig.hear(from: 2, leader: 3, zxid: zxid(900, 0), epoch: 900)
    rig.serve(under: 3, epoch: 2)
    _ = rig.wanted()
    rig.receive(0, .inform, zxid(2, 1)) { $0.int64(7) }
    #expect(rig.wanted() == ["log 200000001", "commit 200000001"])
    rig.zab.window.append(.empty, zxid: zxid(2, 2))
    rig.receive(0, .inform, zxid(2, 2)) { $0.int64(7) }
    #expect(rig.wanted() == ["commit 200000002"])
  }

  /// A server of ensemble 1, 2, 3 that has logged a configuration of 1, 3, 4.
  private func expecting(_ id: Int64 = 1) throws -> Rig {
    let payload = reconfiguration(zxid(1, 1), [1, 3, 4])
    let next = try #require(payload.withBorrowedBytes { Zab.reconfiguration(in: $0) })
    return Rig(id, log: [zxid(1, 1)], accepted: 1, current: 1, next: next)
  }

  @Test("An established leader needs a quorum of either configuration to be joined")
  func joinsEitherQuorum() throws {
    // The next configuration was given up: its servers know nothing of it.
    for voters in [[2, 3], [3, 4]] as [[Int64]] {
      var rig = try expecting()
      for voter in voters {
        rig.hear(
          from: voter, voter == 3 ? .leading : .following, leader: 3, epoch: 5, round: 9)
      }
      #expect(rig.zab.phase == .following(ServerID(rawValue: 3)), "\(voters)")
    }
    var rig = try expecting()
    rig.hear(from: 3, .leading, leader: 3, epoch: 5, round: 9)
    #expect(rig.zab.phase == .looking)
  }

  @Test("Who votes by the next configuration alone is met in its own round")
  func joinsRound() throws {
    var rig = try expecting()
    _ = rig.said()
    rig.hear(from: 4, leader: .min, zxid: Zxid(rawValue: .min), epoch: .min, round: 7)
    #expect(rig.zab.election.round == 7)
    #expect(rig.said().contains { $0.to == 4 && $0.1.round == 7 && $0.1.leader.rawValue == 1 })
    rig.hear(from: 4, leader: 1, zxid: zxid(1, 1), epoch: 1, round: 7)
    rig.hear(from: 2, leader: 1, zxid: zxid(1, 1), epoch: 1, round: 7)
    #expect(rig.zab.election.decideAt != nil)
  }

  @Test("An observer that is sent proposals acknowledges them")
  func acknowledgesAsObserver() {
    var rig = Rig(4, observers: 4...4)
    rig.hear(from: 2, leader: 3, zxid: zxid(900, 0), epoch: 900)
    rig.serve(under: 3, epoch: 1)
    rig.receiveProposal(0, zxid(1, 1))
    rig.zab.durable(upTo: zxid(1, 1), into: &rig.effects)
    #expect(rig.sent(0) == ["ack 100000001"])
  }

  @Test("A configuration in the state counts besides the one in force until it is committed")
  func recoversConfiguration() throws {
    var rig = try expecting()
    let next = try #require(rig.zab.pending?.configuration)
    #expect(rig.zab.isReconfiguring && rig.zab.configuration.version == 0)
    rig.hear(from: 2, leader: 1, zxid: zxid(1, 1), epoch: 1)
    #expect(rig.zab.election.decideAt == nil)
    rig.hear(from: 4, leader: 1, zxid: zxid(1, 1), epoch: 1)
    #expect(rig.zab.election.decideAt != nil)
    rig.serve(under: 3, epoch: 2)
    #expect(rig.zab.configuration == next && !rig.zab.isReconfiguring)
  }
}
