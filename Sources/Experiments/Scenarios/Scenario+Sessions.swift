import ClientSession
import LinnaeusBase
import Simulator
import Workload

/// Sessions that move, and what they leave behind.
extension Scenario {
  /// A session that leaves a write on its way to a server, and comes back to that server.
  static var returningSessions: [Scenario] {
    var scenario = Scenario(
      "session-returns", "What a session left behind on an earlier connection is refused.",
      servers: [[1], [2]],
      story: """
        A session comes back. At 2 s nothing that process 0 sends reaches server 1; its write "left \
        behind" of /config is under way there when process 0 goes to server 2, and what became of it \
        is not known. Through server 2 it sets /config to "later", which is acknowledged. The \
        network is mended, process 0 goes back to server 1, and only then does the first write \
        arrive, on the old connection. Linnaeus knows a session's connection and not only its \
        server: the old connection is closed as soon as the session comes back, and "later" stays. \
        The same in session-returns-apache.jsonl ends with "left behind".
        """)
    // Seconds until a message that was lost is sent again.
    scenario.set {
      $0.network.retransmissionNanoseconds = 3_000_000_000
      $0.network.connectTimeoutNanoseconds = 8_000_000_000
    }
    let client = 3
    scenario.faults((2_000, .block(from: client, to: 0, milliseconds: 500)))
    scenario.at(1_000, 0, .create("/config", "first"))
    scenario.at(2_100, 0, .set("/config", "left behind"))
    scenario.at(2_200, 0, .move(to: ServerID(rawValue: 2)), .set("/config", "later"))
    scenario.at(2_600, 0, .move(to: ServerID(rawValue: 1)))
    scenario.at(2_700, 0, .get("/config"))
    scenario.at(6_500, 1, .sync("/config"), .get("/config"))
    var apache = scenario.varied(
      "session-returns-apache", "What a session left behind comes true after what it wrote later.",
      story: """
        A session comes back, and Apache compares only the server that owns it. At 2 s nothing that \
        process 0 sends reaches server 1; its write "left behind" of /config is under way there when \
        process 0 goes to server 2, and what became of it is not known. Through server 2 it sets \
        /config to "later", which is acknowledged. The network is mended, process 0 goes back to \
        server 1 and reads "later". Then the first write arrives, on the old connection: server 1 \
        owns the session again, so it is accepted, and a session's earlier write has come after its \
        later one. Process 1 reads "left behind". No answer contradicts another one, so that the \
        history is linearizable; but the session's writes are out of order. (Linnaeus with the bug \
        keepsEarlierConnections switched on; without it: session-returns.jsonl.)
        """
    ) { _ in }
    apache.mutate(.keepsEarlierConnections)
    return [apache, scenario]
  }

  /// A write whose answer is lost, and which is sent again.
  static var resentWrites: [Scenario] {
    var scenario = Scenario(
      "resent-write", "A write that is sent again after its answer was lost is done once.",
      servers: [[1, 2]],
      story: """
        Exactly once, through a follower that falls silent. When process 0 connected it asked for \
        retransmission, an extension of Linnaeus, which all three servers know. From 2 s to 5 s \
        nothing that server 1 sends reaches it. It sets /counter to "1"; that is done, but the answer \
        does not come, and it gives the connection up. It continues its session on server 2 and sends \
        the write again, with the same xid. Server 2 recognises it and gives the answer that server 1 \
        had given: version 1. In the history it is one operation, from the first time it was sent to \
        the answer.
        """)
    scenario.set { $0.workload.session.asksForRetransmission = true }
    scenario.faults((2_000, .block(from: 0, to: 3, milliseconds: 3_000)))
    scenario.at(1_000, 0, .create("/counter", "0"))
    scenario.at(2_100, 0, .set("/counter", "1"))
    scenario.at(6_000, 0, .get("/counter"))
    var twice = scenario.varied(
      "resent-write-twice", "The same write is done twice where nobody remembers it.",
      story: """
        The story of resent-write.jsonl with servers that do not recognise what is sent again: the \
        only setData of the history is done twice. Its answer says version 2, though nobody else \
        has written: there is no order of the operations that explains it, and so check says that \
        the history is not linearizable. (Linnaeus with the bug forgetsReplies switched on.)
        """
    ) { _ in }
    twice.mutate(.forgetsReplies)
    return [scenario, twice]
  }
}
