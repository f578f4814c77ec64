import LinnaeusBase
import Replica
import Simulator

/// What a `sync` before a read promises, and what it does not (consistency.md, section 1.2).
extension Scenario {
  /// A leader that was replaced and does not know it yet.
  static var deposedLeaders: [Scenario] {
    var scenario = Scenario(
      "deposed-leader", "A leader that was replaced answers a sync, and then reads are stale.",
      servers: [[3, 1, 2], [1, 2]],
      story: """
        ZOOKEEPER-1675: a sync does not prove that the leader still leads. Server 3 leads. At 2 s it \
        is cut off from servers 1 and 2. They notice at once, since their connections break, and \
        elect another leader; there process 1 sets /config to "new", which is acknowledged. Server 3 \
        hears nothing of that, and waits a second for its followers before it steps down. Meanwhile \
        process 0, which is still with server 3, calls sync, is told that all is well, and reads \
        "old": a stale read right after a sync. Its next sync and read, on another server, find \
        "new".
        """)
    scenario.faults((2_000, .deposedLeader(milliseconds: 3_000)))
    scenario.at(1_000, 0, .create("/config", "old"), .get("/config"))
    scenario.at(2_200, 1, .set("/config", "new"))
    scenario.at(2_600, 0, .sync("/config"), .get("/config"))
    scenario.at(4_000, 0, .sync("/config"), .get("/config"))
    let asked = scenario.varied(
      "deposed-leader-quorum-sync",
      "The same leader asks a quorum first (quorumSync), and does not answer.",
      story: """
        The story of deposed-leader.jsonl, with quorumSync=true: before a leader answers a sync it \
        asks a quorum whether it still leads. Server 3 gets no answer, steps down and closes its \
        clients' connections: what became of the sync of process 0 is not known. Process 0 finds \
        another server, and its read there returns "new", which was acknowledged before the sync \
        began. No read after a sync is stale.
        """
    ) { $0.replica.quorumSync = true }
    return [scenario, asked]
  }

  /// The moment between COMMIT and the leader's own tree.
  static var liveLeaders: [Scenario] {
    var scenario = Scenario(
      "live-leader", "A write is in the leader's tree before any follower may acknowledge it.",
      servers: [[3], [1]],
      story: """
        Nothing goes wrong here. Server 3 leads; process 0 is with it, process 1 with the follower \
        server 1. Process 1 sets /config to "new". As soon as that is acknowledged, process 0 calls \
        sync and reads at the leader. Linnaeus's leader applies a transaction before it lets its \
        COMMIT out, so that the read returns "new". The same in live-leader-apache.jsonl returns \
        "old".
        """)
    scenario.at(1_000, 0, .create("/config", "old"))
    scenario.at(2_000, 1, .set("/config", "new"))
    scenario.at(2_003, 0, .sync("/config"), .get("/config"))
    scenario.at(2_500, 0, .sync("/config"), .get("/config"))
    var apache = scenario.varied(
      "live-leader-apache", "A follower acknowledges a write that the leader has not applied yet.",
      story: """
        The live leader's window, as Apache has it: a leader sends COMMIT to its followers before it \
        has applied the transaction itself, and answers a sync without waiting for that. Server 3 \
        leads, and nothing goes wrong. Process 1 sets /config to "new" through the follower server \
        1, which acknowledges it; then process 0 calls sync at the leader, reads, and gets "old". \
        Half a second later the same returns "new". (Linnaeus with the bug commitsBeforeApplying \
        switched on; without it: live-leader.jsonl.)
        """
    ) { _ in }
    apache.mutate(.commitsBeforeApplying)
    return [apache, scenario]
  }
}
