import OperationHistory
import Simulator
import Synchronization
import Workload
import Dispatch
import ClientSession
import Replica
import Zab

/// How many reads and writes an ensemble answers in a second of virtual time, by its size, when
/// everything has a price.
///
/// Nothing here is computed: clients that never pause keep the servers busy, and their answers are
/// counted.
public struct Scaling: Sendable {
  /// What an ensemble of one size answers.
  public struct Row: Hashable, Sendable {
    /// How many servers there are.
    public var servers: Int
    /// Writes a second, when clients only write.
    public var writes = 0
    /// Reads a second, when clients only read, each at its own server.
    public var readsAnywhere = 0
    /// Reads a second, when clients only read, all at the leader.
    public var readsAtLeader = 0
  }

  /// What is measured.
  private enum Work: CaseIterable {
    case writes, readsAnywhere, readsAtLeader
  }

  /// What a server does costs, in nanoseconds: a turn of its loop, a message that comes, a connection
  /// that is written to, a kilobyte that is written, a sync of its disk.
  public static let prices = (
    turn: Int64(5_000), input: Int64(20_000), output: Int64(20_000), kilobyte: Int64(20_000),
    sync: Int64(500_000)
  )
  /// How many clients there are, whatever the number of servers.
  public static let clients = 140
  /// From one to so many servers.
  public static let largest = 7

  /// What was counted, from one server up.
  public var rows: [Row]

  /// Measures all sizes, several at a time.
  public init(_ options: ExploreOptions, jobs: Int) {
    let cells = (1...Self.largest).flatMap { servers in Work.allCases.map { (servers, $0) } }
    let counts = Mutex([Int](repeating: 0, count: cells.count))
    let cursor = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, cells.count))) { _ in
      while true {
        let index = cursor.add(1, ordering: .relaxed).oldValue
        guard index < cells.count else { return }
        let count = Self.count(servers: cells[index].0, cells[index].1, seed: options.seed)
        counts.withLock { $0[index] = count }
      }
    }
    let all = counts.withLock { $0 }
    rows = (1...Self.largest).map { servers in
      let first = (servers - 1) * Work.allCases.count
      return Row(
        servers: servers, writes: all[first], readsAnywhere: all[first + 1],
        readsAtLeader: all[first + 2])
    }
  }

  /// The answers in a second, after a second in which leaders are elected and znodes created.
  private static func count(servers: Int, _ work: Work, seed: UInt64) -> Int {
    let window: Range<Int64> = 1_000_000_000..<2_000_000_000
    var options = SimulationOptions(seed: seed)
    options.voters = servers
    options.operations = 1_000_000_000
    options.safetyNanoseconds = window.upperBound
    options.livenessNanoseconds = 10 * window.upperBound
    options.turnNanoseconds = prices.turn
    options.inputNanoseconds = prices.input
    options.outputNanoseconds = prices.output
    options.outputNanosecondsPerKilobyte = prices.kilobyte
    options.disk.syncNanoseconds = prices.sync
    options.disk.syncJitterNanoseconds = 0
    options.replica.tickMilliseconds = 100
    options.zab.tickMilliseconds = 100
    options.zab.finalizeWaitMilliseconds = 100
    options.workload.session.reconnectDelayMilliseconds = 10
    options.workload.clients = clients
    options.workload.keys = 10
    options.workload.valueSize = 100
    var role = ClientRole(
      clients: options.workload.clients, mix: work == .writes ? [.set: 1] : [.get: 1],
      arrivals: .closedLoop(thinkNanoseconds: 0))
    role.placement = work == .readsAtLeader ? .spread : .pinned
    role.takers = work == .readsAtLeader ? .leaders : .all
    options.roles = [role]
    var simulation = Simulation(options)
    let result = simulation.run()
    guard let history = try? History(native: result.history) else { return 0 }
    return history.operations.count { operation in
      let function = history.functions[Int(operation.function.raw)]
      return function == (work == .writes ? "setData" : "getData") && operation.outcome == .ok
        && window.contains(operation.completionTime)
    }
  }
}
