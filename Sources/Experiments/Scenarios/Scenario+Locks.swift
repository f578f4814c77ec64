import ClientSession
import Simulator
import Workload

/// Locks whose holders are away for too long (consistency.md, section 5).
extension Scenario {
  /// A client that stands still for longer than its session lasts, and believes in its lock.
  static var outlivedLocks: [Scenario] {
    var scenario = Scenario(
      "outlived-lock", "A client that was away uses what another one has locked meanwhile.",
      servers: [[1], [2]],
      story: """
        A pause that outlasts a session. Process 0 acquires the lock /lock, and process 1 waits \
        behind it. Then process 0 stands still for three seconds, as in a long garbage collection. \
        Its session expires, the servers remove its ephemeral node, and process 1 acquires the lock \
        and uses what it guards. When process 0 goes on it still believes that it holds the lock, \
        and uses the resource too, before it hears that its session is over. ZooKeeper has broken \
        no promise: the lock's nodes were never held by two, but two clients believed that they held \
        it, and their uses are out of order. (The resource does not look at tokens.)
        """)
    scenario.set {
      $0.workload.session.timeoutMilliseconds = 1_000
      $0.workload.holdNanoseconds = 400_000_000
      $0.workload.patienceNanoseconds = 6_000_000_000
      $0.workload.fencesResource = false
    }
    scenario.at(1_000, 0, .recipe(.lock))
    scenario.at(1_100, 1, .recipe(.lock))
    scenario.at(1_150, 0, .pause(milliseconds: 3_000))
    let fenced = scenario.varied(
      "outlived-lock-fenced", "The same, but the resource refuses the older token.",
      story: """
        The story of outlived-lock.jsonl, with fencing: whoever uses the resource shows a token, the \
        zxid that created its lock's node, and the resource refuses one that is lower than another \
        that it has seen. Two clients still believe at the same time that they hold the lock, which \
        no lock service can prevent; but the late use of process 0 is refused ("accepted":false).
        """
    ) { $0.workload.fencesResource = true }
    return [scenario, fenced]
  }
}
